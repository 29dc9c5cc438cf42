/** What one sandbox leaves, another must not find: files, environment, shared memory, random numbers, listening ports. */
import type { Agent } from "@hsr/core";
import { BubblewrapRuntime, openAgent } from "@hsr/runtimes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { launchSpec } from "../support/launch-spec.ts";
import { type RunningLauncher, startLauncher } from "../support/launcher.ts";
import { run } from "../support/run-in-guest.ts";

const leave = `
import os, socket
for place in ("/workspace/left", "/tmp/left", "/dev/shm/left", "/workspace/sitecustomize.py", "/workspace/.pth"):
    open(place, "w").write("left")
import ctypes
libc = ctypes.CDLL(None)
print("segment", libc.shmget(0x1234, 4096, 0o1666) >= 0, flush=True)
server = socket.socket()
server.bind(("127.0.0.1", 7777))
server.listen()
hidden = socket.socket(socket.AF_UNIX)
hidden.bind("\\0left")
hidden.listen()
away, told = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.write(told, b"x")
    import time
    time.sleep(30)
os.read(away, 1)
os._exit(0)
`;

const look = `
import ctypes, os, socket
found = [place for place in ("/workspace/left", "/tmp/left", "/dev/shm/left", "/workspace/sitecustomize.py", "/workspace/.pth") if os.path.exists(place)]
if ctypes.CDLL(None).shmget(0x1234, 0, 0) >= 0: found.append("segment")
for family, address in ((socket.AF_INET, ("127.0.0.1", 7777)), (socket.AF_UNIX, "\\0left")):
    try:
        socket.socket(family).connect(address)
        found.append(str(address))
    except OSError: pass
print(len(found), found)
`;

describeWith(["bubblewrap", "root", "cgroup", "python3"], "a sandbox", () => {
  let launcher: RunningLauncher;
  let runtime: BubblewrapRuntime;
  beforeAll(async () => {
    // One stem at a time, so that the second sandbox follows closely on the first.
    launcher = await startLauncher({ stems: 1 });
    runtime = new BubblewrapRuntime(launcher.client);
  });
  afterAll(() => launcher.stop());

  const inSandbox = async <T>(body: (agent: Agent) => Promise<T>): Promise<T> => {
    const guest = await runtime.launch(launchSpec());
    const agent = openAgent(await guest.attach());
    try {
      return await body(agent);
    } finally {
      agent.close();
      await guest.destroy();
    }
  };
  const python = async (agent: Agent, source: string): Promise<string> =>
    (await run(agent, ["python3", "-c", source])).stdout;

  test("finds nothing of the one before it, nor of the one beside it; control: the same one does", async () => {
    await inSandbox(async (first) => {
      expect(await python(first, leave)).toBe("segment True\n");
      // Control: in the same sandbox everything is still there.
      expect(await python(first, look)).toMatch(/^8 /);
      await inSandbox(async (beside) => {
        expect(await python(beside, look)).toBe("0 []\n");
      });
    });
    await inSandbox(async (after) => {
      expect(await python(after, look)).toBe("0 []\n");
    });
  });

  test("has random numbers and addresses of its own", async () => {
    const draw =
      'import os, random, uuid; print(os.urandom(16).hex(), random.random(), uuid.uuid4(), hash("x"), id(object()))';
    const drawn = await Promise.all([1, 2, 3].map(() => inSandbox((agent) => python(agent, draw))));
    for (const index of [0, 1, 2, 3, 4]) {
      expect(new Set(drawn.map((line) => line.trim().split(" ")[index])).size, `value ${index}`).toBe(3);
    }
  });
});
