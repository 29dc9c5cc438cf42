/**
 * The commonest hole in this field: a restriction that the API accepts and one code path forgets. Every way in that a
 * run or an execution has is walked with the same restrictions, and a program inside looks whether they hold.
 *
 * Control: the same program under looser limits sees looser ones, so it does see.
 */
import type { RunRequest, Sandbox } from "@hsr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { livingCalls } from "../support/living.ts";
import { allEvents, outputOf } from "../support/sse.ts";

const MiB = 1024 * 1024;

/** Prints what it finds: files' space, processes that it can start, memory that it can have, what it can reach. */
const look = `
import json, os, resource, socket, subprocess, sys
seen = {}
stat = os.statvfs("/workspace")
seen["disk"] = stat.f_blocks * stat.f_frsize
seen["inodes"] = stat.f_files
seen["open_files"] = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
children = []
try:
    while len(children) < 200: children.append(subprocess.Popen(["sleep", "5"]))
except OSError: pass
seen["children"] = len(children)
for child in children: child.kill()
for child in children: child.wait()
hog = subprocess.run([sys.executable, "-c", "x = bytearray(100 * 1024 * 1024); print(len(x))"], capture_output=True)
seen["hog"] = hog.returncode
try:
    socket.create_connection(("127.0.0.1", 1), timeout=1); seen["network"] = "open"
except OSError as error: seen["network"] = type(error).__name__
seen["written"] = []
for folder in ("/", "/usr", "/etc", "/opt/hsr", "/proc/sys/kernel", "/dev"):
    try: open(folder + "/hsr-was-here", "w").close(); seen["written"].append(folder)
    except OSError: pass
seen["uid"] = os.getuid()
seen["env"] = sorted(os.environ)
print(json.dumps(seen), flush=True)
print("x" * 5000)
# Again: of a program in the background the newest output is kept.
print(json.dumps(seen), end="")
sys.exit(0)
`;

interface Seen {
  readonly disk: number;
  readonly inodes: number;
  readonly open_files: number;
  readonly children: number;
  readonly hog: number;
  readonly network: string;
  readonly written: readonly string[];
  readonly uid: number;
  readonly env: readonly string[];
}

const restricted: RunRequest = {
  code: look,
  language: "python",
  memory_limit: 64 * MiB,
  disk_limit_bytes: 8 * MiB,
  pids_limit: 24,
  output_limit_bytes: 1000,
  timeout: 20_000,
  environment: { MINE: "1" },
};
const loose: RunRequest = {
  ...restricted,
  memory_limit: 512 * MiB,
  disk_limit_bytes: 64 * MiB,
  pids_limit: 128,
  output_limit_bytes: 100_000,
};

describeWith(["bubblewrap", "cgroup", "python3"], "the restrictions of a run hold through every door", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway({
      env: { HSR_RUNS_CONCURRENCY: "1", HSR_RUNS_STARTING_CONCURRENCY: "1", HSR_TENANT_CONCURRENCY: "1" },
    });
  });
  afterAll(async () => {
    await gateway.stop();
  });

  const later = async (id: string) => (await gateway.call("GET", `/v1/runs/${id}?wait_ms=30000`)).body.stdout ?? "";
  const block = async () => (await gateway.run({ argv: ["sleep", "60"], wait_ms: 0 })).body.id;
  const free = (id: string) => gateway.call("POST", `/v1/runs/${id}/cancel`);

  /** Makes a sandbox with the limits of the request, and has its program run in it by `exec`. */
  async function living(
    { code, language, timeout, output_limit_bytes, environment, ...limits }: RunRequest,
    exec: (sandbox: Sandbox, request: object) => Promise<string>,
  ): Promise<string> {
    const calls = livingCalls(gateway);
    const sandbox = await calls.create({ ...limits, ...(environment === undefined ? {} : { environment }) });
    try {
      return await exec(sandbox, { code, language, timeout, output_limit_bytes });
    } finally {
      await calls.remove(sandbox);
    }
  }
  const execDirectly = async (sandbox: Sandbox, request: object) =>
    (await livingCalls(gateway).exec(sandbox, request)).body.stdout ?? "";

  const doors: Readonly<Record<string, (request: RunRequest) => Promise<string>>> = {
    waiting: async (request) => (await gateway.run(request)).body.stdout ?? "",
    "asked for at once": async (request) => later((await gateway.run({ ...request, wait_ms: 0 })).body.id),
    streamed: async (request) => {
      const response = await fetch(`${gateway.url}/v1/sandboxes/run`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${gateway.key}`,
          "content-type": "application/json",
          accept: "text/event-stream",
        },
        body: JSON.stringify(request),
      });
      return outputOf(await allEvents(response), "stdout").toString();
    },
    "with an Idempotency-Key": async (request) =>
      (await gateway.run(request, { "idempotency-key": `door-${request.memory_limit}` })).body.stdout ?? "",
    "through the queue": async (request) => {
      const blocking = await block();
      const { id } = (await gateway.run({ ...request, wait_ms: 0 })).body;
      await free(blocking);
      return later(id);
    },
    "through the queue, and taken up by another gateway": async (request) => {
      const blocking = await block();
      const { id } = (await gateway.run({ ...request, wait_ms: 0 })).body;
      await gateway.restart();
      await free(blocking);
      return later(id);
    },
    "executed in a living sandbox": (request) => living(request, execDirectly),
    "executed in the background": (request) =>
      living(request, async (sandbox, asked) => {
        const calls = livingCalls(gateway);
        return (await calls.finished(await calls.background(sandbox, asked))).stdout ?? "";
      }),
    "executed, with its events": (request) =>
      living(request, async (sandbox, asked) => {
        const response = await fetch(`${gateway.url}/v1/sandboxes/${sandbox.id}/exec`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${gateway.key}`,
            "content-type": "application/json",
            accept: "text/event-stream",
          },
          body: JSON.stringify(asked),
        });
        const pieces = (await allEvents(response)).filter(({ type }) => type === "execution.output");
        return pieces.map(({ data }) => (data as unknown as { data: { text?: string } }).data.text ?? "").join("");
      }),
    "executed when another gateway has taken the sandbox up": (request) =>
      living(request, async (sandbox, asked) => {
        await gateway.restart();
        return execDirectly(sandbox, asked);
      }),
    "executed after the sandbox was renewed": (request) =>
      living(request, async (sandbox, asked) => {
        await gateway.call("POST", `/v1/sandboxes/${sandbox.id}/renew`, { ttl_ms: 600_000 });
        return execDirectly(sandbox, asked);
      }),
    "by its file, with argv": async ({ code, language: _language, ...request }) =>
      (
        await gateway.run({
          ...request,
          argv: ["python3", "/workspace/look.py"],
          files: [{ path: "look.py", content: code ?? "" }],
        })
      ).body.stdout ?? "",
  };

  test.for(Object.keys(doors))("%s", async (name) => {
    const stdout = (await doors[name]?.(restricted)) ?? "";
    const seen = JSON.parse(stdout.split("\n").find((line) => line.startsWith("{")) ?? "") as Seen;
    expect(seen.disk).toBe(8 * MiB);
    // The root of the scratch space and its three folders come on top of the guest's own.
    expect(seen.inodes).toBe(4096 + 4);
    expect(seen.open_files).toBe(256);
    expect(seen.children).toBeLessThan(24);
    expect(seen.hog).not.toBe(0);
    expect(seen.network).not.toBe("open");
    expect(seen.written).toEqual([]);
    expect(seen.uid).not.toBe(0);
    expect(seen.env.filter((variable) => variable !== "LC_CTYPE")).toEqual(["HOME", "LANG", "MINE", "PATH"]);
    expect(Buffer.byteLength(stdout)).toBe(1000);
  });

  test.for(["waiting", "executed in a living sandbox"])(
    "control: under looser limits it sees looser ones: %s",
    async (name) => {
      const stdout = (await doors[name]?.(loose)) ?? "";
      const seen = JSON.parse(stdout.split("\n").find((line) => line.startsWith("{")) ?? "") as Seen;
      expect(seen).toMatchObject({ disk: 64 * MiB, hog: 0 });
      expect(seen.children).toBeGreaterThan(24);
      expect(Buffer.byteLength(stdout)).toBeGreaterThan(5000);
    },
  );
});
