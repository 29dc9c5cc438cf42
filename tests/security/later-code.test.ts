/**
 * The way around every policy would be to make a sandbox with harmless code and to send the real code afterwards. Here machine
 * code, and whatever nobody can see in advance, wants walls that this host does not have; each way of bringing it in is tried
 * on a sandbox of the level that there is. Control: without those two rules every one of these ways runs it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ErrorBody, ExecRequest, Execution, Sandbox, SandboxRequest } from "@hsr/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

const strict = `rules:
  - name: machine code
    match: {binary: true}
    level: standard
  - name: what cannot be seen
    match: {opaque: true}
    level: standard
default: {level: basic}
`;
const lax = "default: {level: basic}\n";

/** Machine code that says so when it runs. */
const program = readFileSync("/usr/bin/echo");
const mark = "it runs";

interface Way {
  readonly name: string;
  /** How a strict policy refuses the last step. */
  readonly refused: "needs_stronger_sandbox" | "opaque_not_allowed";
  /** Brings the program in and tries to run it; resolves with the last answer. */
  run(sandbox: Sandbox, in_: Tools): Promise<Answer>;
}
type Answer = { readonly status: number; readonly body: Execution & ErrorBody };
interface Tools {
  upload(sandbox: Sandbox, path: string, bytes: Uint8Array, mode?: string): Promise<void>;
  unpack(sandbox: Sandbox, archive: Uint8Array): Promise<void>;
  files(sandbox: Sandbox, verb: string, body: object): Promise<void>;
  exec(sandbox: Sandbox, request: ExecRequest): Promise<Answer>;
}

const script = `${["echo", `'${mark}'`].join(" ")}\n`;
const ways: readonly Way[] = [
  {
    name: "uploaded, then started",
    refused: "needs_stronger_sandbox",
    run: async (sandbox, { upload, exec }) => {
      await upload(sandbox, "prog", program, "0755");
      return await exec(sandbox, { argv: ["/workspace/prog", mark] });
    },
  },
  {
    name: "uploaded under another name, moved over the API and made executable",
    refused: "needs_stronger_sandbox",
    run: async (sandbox, { upload, files, exec }) => {
      await upload(sandbox, "notes.txt", program);
      await files(sandbox, "move", { path: "notes.txt", to: "prog" });
      await files(sandbox, "chmod", { path: "prog", mode: 0o755 });
      return await exec(sandbox, { argv: ["/workspace/prog", mark] });
    },
  },
  {
    name: "uploaded, then renamed and made executable by the guest",
    refused: "needs_stronger_sandbox",
    run: async (sandbox, { upload, exec }) => {
      await upload(sandbox, "notes.txt", program);
      // The analyzer sees every file that a command names, so even this much may be too much.
      const moved = await exec(sandbox, { argv: ["mv", "notes.txt", "prog"] });
      if (moved.status !== 200) return moved;
      expect((await exec(sandbox, { argv: ["chmod", "755", "prog"] })).body.exit_code).toBe(0);
      return await exec(sandbox, { argv: ["./prog", mark] });
    },
  },
  {
    name: "uploaded, and found in the PATH that the caller sets",
    refused: "needs_stronger_sandbox",
    run: async (sandbox, { upload, exec }) => {
      await upload(sandbox, "prog", program, "0755");
      return await exec(sandbox, { argv: ["prog", mark], environment: { PATH: "/workspace:/usr/bin" } });
    },
  },
  {
    name: "uploaded, and started by a shell or by another program",
    refused: "needs_stronger_sandbox",
    run: async (sandbox, { upload, exec }) => {
      await upload(sandbox, "prog", program, "0755");
      const first = await exec(sandbox, { argv: ["env", "A=b", "timeout", "5", "./prog", mark] });
      const second = await exec(sandbox, { argv: ["bash", "-c", `true; cd /workspace && ./prog '${mark}'`] });
      expect(second.status).toBe(first.status);
      return second;
    },
  },
  {
    name: "uploaded, and started by the code of a request",
    refused: "needs_stronger_sandbox",
    run: async (sandbox, { upload, exec }) => {
      await upload(sandbox, "prog", program, "0755");
      const code = `import subprocess\nprint(subprocess.run(["./prog", "${mark}"], capture_output=True, text=True).stdout)\n`;
      const first = await exec(sandbox, { language: "python", code });
      const second = await exec(sandbox, { language: "bash", code: `cd /workspace && ./prog '${mark}'\n` });
      expect(second.status).toBe(first.status);
      return second;
    },
  },
  {
    name: "uploaded, and started by a module that the code of a request imports",
    refused: "needs_stronger_sandbox",
    run: async (sandbox, { upload, files, exec }) => {
      await upload(sandbox, "notes", program, "0755");
      await files(sandbox, "move", { path: "notes", to: "prog" });
      await upload(sandbox, "steps.txt", Buffer.from(`./prog '${mark}'\n`));
      await upload(sandbox, "first.py", Buffer.from('import subprocess\nsubprocess.run(["bash", "steps.txt"])\n'));
      return await exec(sandbox, { argv: ["python3", "-c", "import first"] });
    },
  },
  {
    name: "an archive that is unpacked over the API",
    refused: "needs_stronger_sandbox",
    run: async (sandbox, { unpack, exec }) => {
      await unpack(sandbox, tar("prog", program));
      return await exec(sandbox, { argv: ["./prog", mark] });
    },
  },
  {
    name: "an uploaded archive that the guest unpacks",
    refused: "needs_stronger_sandbox",
    run: async (sandbox, { upload, exec }) => {
      await upload(sandbox, "x.tar", tar("prog", program));
      // What is in an archive is seen where a command names it.
      const unpacked = await exec(sandbox, { argv: ["tar", "xf", "x.tar"] });
      if (unpacked.status !== 200) return unpacked;
      return await exec(sandbox, { argv: ["./prog", mark] });
    },
  },
  {
    name: "a here-document through standard input",
    refused: "opaque_not_allowed",
    run: (sandbox, { exec }) => exec(sandbox, { argv: ["bash"], stdin: script }),
  },
  {
    name: "a shell that runs what it reads from a file",
    refused: "opaque_not_allowed",
    run: async (sandbox, { upload, exec }) => {
      await upload(sandbox, "f", Buffer.from(script));
      return await exec(sandbox, { argv: ["bash", "-c", '$(cat f | sed "s/\'//g")'] });
    },
  },
  {
    name: "a file that the guest wrote",
    refused: "opaque_not_allowed",
    run: async (sandbox, { exec }) => {
      const write = { argv: ["python3", "-c", `open("w.sh", "w").write(${JSON.stringify(script)})`] };
      expect((await exec(sandbox, write)).body.exit_code).toBe(0);
      return await exec(sandbox, { argv: ["bash", "w.sh"] });
    },
  },
  ...(
    [
      ["BASH_ENV", "w.sh", script, ["bash", "-c", "true"], { BASH_ENV: "/workspace/w.sh" }],
      ["ENV in a command line", "w.sh", script, ["bash", "-c", "BASH_ENV=w.sh bash -c true"], {}],
      [
        "NODE_OPTIONS",
        "w.cjs",
        `console.log(${JSON.stringify(mark)})\n`,
        ["/opt/hsr/bin/node", "-e", "1"],
        { NODE_OPTIONS: "--require=./w.cjs" },
      ],
      [
        "PYTHONPATH",
        "sitecustomize.py",
        `print(${JSON.stringify(mark)})\n`,
        ["python3", "-c", "1"],
        { PYTHONPATH: "/workspace" },
      ],
    ] as const
  ).map(
    ([variable, file, text, argv, environment]): Way => ({
      name: `a file that the guest wrote, and ${variable} names`,
      refused: "opaque_not_allowed",
      run: async (sandbox, { exec }) => {
        const write = `open(${JSON.stringify(file)}, "w").write(${JSON.stringify(text)})`;
        expect((await exec(sandbox, { argv: ["python3", "-c", write] })).body.exit_code).toBe(0);
        return await exec(sandbox, { argv: [...argv], environment });
      },
    }),
  ),
  ...(
    [
      ["the loader of programs", "w.sh", ["/lib64/ld-linux-x86-64.so.2", "/usr/bin/bash", "w.sh"]],
      ["an option with a value in front", "w.sh", ["bash", "-eo", "pipefail", "w.sh"]],
      ["a shell that is logged in to", ".profile", ["bash", "-lc", "true"]],
      ["a copy in the same text", "w.sh", ["bash", "-c", "cp w.sh z; bash<z"]],
      [
        "an option of a program for data",
        "w.sh",
        ["tar", "cf", "/dev/null", "--checkpoint=1", "--checkpoint-act=exec=bash w.sh", "/usr/bin/bash"],
      ],
    ] as const
  ).map(
    ([starter, file, argv]): Way => ({
      name: `a file that the guest wrote, through ${starter}`,
      refused: "opaque_not_allowed",
      run: async (sandbox, { exec }) => {
        const write = `open(${JSON.stringify(file)}, "w").write(${JSON.stringify(script)})`;
        expect((await exec(sandbox, { argv: ["python3", "-c", write] })).body.exit_code).toBe(0);
        return await exec(sandbox, { argv: [...argv] });
      },
    }),
  ),
  {
    name: "an uploaded file that the guest changed",
    refused: "opaque_not_allowed",
    run: async (sandbox, { upload, exec }) => {
      await upload(sandbox, "w.sh", Buffer.from("true\n"));
      expect((await exec(sandbox, { argv: ["bash", "w.sh"] })).body.exit_code).toBe(0);
      const write = { argv: ["python3", "-c", `open("w.sh", "w").write(${JSON.stringify(script)})`] };
      await exec(sandbox, write);
      return await exec(sandbox, { argv: ["bash", "w.sh"] });
    },
  },
  {
    name: "a terminal",
    refused: "opaque_not_allowed",
    run: (sandbox, { exec }) =>
      exec(sandbox, { argv: ["bash", "-c", script], terminal: { rows: 24, cols: 80 }, wait_ms: 10_000 }),
  },
];

/** A tar archive with one file. */
function tar(name: string, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write("0000755\0", 100);
  head.write("0000000\0", 108);
  head.write("0000000\0", 116);
  head.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
  head.write("00000000000\0", 136);
  head.write("        ", 148);
  head.write("0", 156);
  head.write("ustar\0", 257);
  head.write("00", 263);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512), Buffer.alloc(1024)]);
}

describeWith(["bubblewrap", "python3"], "code that arrives later", () => {
  const folder = mkdtempSync(join(tmpdir(), "hsr-later-"));
  let held: RunningGateway;
  let open: RunningGateway;

  const tools = (gateway: RunningGateway): Tools => ({
    upload: async (sandbox, path, bytes, mode = "0644") => {
      const answer = await fetch(`${gateway.url}/v1/sandboxes/${sandbox.id}/files?path=${path}&mode=${mode}`, {
        method: "PUT",
        headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/octet-stream" },
        body: Buffer.from(bytes),
      });
      expect(answer.status).toBe(200);
    },
    unpack: async (sandbox, archive) => {
      const answer = await fetch(`${gateway.url}/v1/sandboxes/${sandbox.id}/files/archive?path=/workspace`, {
        method: "PUT",
        headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/x-tar" },
        body: Buffer.from(archive),
      });
      expect(answer.status).toBe(200);
    },
    files: async (sandbox, verb, body) => {
      expect((await gateway.call("POST", `/v1/sandboxes/${sandbox.id}/files/${verb}`, body)).status).toBe(200);
    },
    exec: (sandbox, request) => gateway.call("POST", `/v1/sandboxes/${sandbox.id}/exec`, request),
  });
  const create = (gateway: RunningGateway, request: SandboxRequest) =>
    gateway.call<Sandbox & ErrorBody>("POST", "/v1/sandboxes", request);

  beforeAll(async () => {
    writeFileSync(join(folder, "strict.yaml"), strict);
    writeFileSync(join(folder, "lax.yaml"), lax);
    held = await startGateway({ env: { HSR_POLICY_FILE: join(folder, "strict.yaml") } });
    open = await startGateway({ env: { HSR_POLICY_FILE: join(folder, "lax.yaml") }, launcher: held.launcher });
  });
  afterAll(async () => {
    await open.stop();
    await held.stop();
    rmSync(folder, { recursive: true });
  });

  test.each(ways)("$name does not reach a sandbox that is too weak for it", async (way) => {
    const sandbox = (await create(held, {})).body;
    expect(sandbox.decision.level).toBe("basic");
    const answer = await way.run(sandbox, tools(held));
    expect(answer.body.error?.code).toBe(way.refused);
    if (way.refused === "needs_stronger_sandbox") {
      expect(answer.status).toBe(409);
      expect(answer.body.error).toMatchObject({ details: { level: "standard", rule: "strict.yaml:2" } });
    }
    // Everything else goes on.
    expect((await tools(held).exec(sandbox, { argv: ["echo", "fine"] })).body.stdout).toBe("fine\n");
    await held.call("DELETE", `/v1/sandboxes/${sandbox.id}`);
  });

  test.each(ways)("control: $name runs where the policy has no such rules", async (way) => {
    const sandbox = (await create(open, { allow: ["opaque"] })).body;
    const answer = await way.run(sandbox, tools(open));
    expect(answer.body.error ?? null).toBeNull();
    expect(answer.body.stdout?.replaceAll("\r", "")).toContain(mark);
    await open.call("DELETE", `/v1/sandboxes/${sandbox.id}`);
  });

  describe("what arrives while a program runs that means it", () => {
    /** Waits for a file to appear under the first name, then runs what has the second. */
    const waiting = (name: string) => `until [ -e go ]; do sleep 0.05; done; ./${name} '${mark}'`;
    const put = (gateway: RunningGateway, sandbox: Sandbox, path: string, bytes: Uint8Array) =>
      fetch(`${gateway.url}/v1/sandboxes/${sandbox.id}/files?path=${path}&mode=0755`, {
        method: "PUT",
        headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/octet-stream" },
        body: Buffer.from(bytes),
      });
    const harmless = Buffer.from("#!/bin/bash\necho harmless\n");
    const arrivals: readonly (readonly [string, (gateway: RunningGateway, sandbox: Sandbox) => Promise<number>])[] = [
      ["a file that was not there", async (gateway, sandbox) => (await put(gateway, sandbox, "later", program)).status],
      [
        "a file in the place of another",
        async (gateway, sandbox) => {
          expect((await put(gateway, sandbox, "later", harmless)).status).toBe(200);
          return (await put(gateway, sandbox, "later", program)).status;
        },
      ],
      [
        "a file that is moved there",
        async (gateway, sandbox) => {
          expect((await put(gateway, sandbox, "other", program)).status).toBe(200);
          const paths = { path: "other", to: "later" };
          return (await gateway.call("POST", `/v1/sandboxes/${sandbox.id}/files/move`, paths)).status;
        },
      ],
      [
        "a file that a link leads to",
        async (gateway, sandbox) => (await put(gateway, sandbox, "target", program)).status,
      ],
    ];

    test.each(arrivals)("%s is judged with it", async (_name, bring) => {
      for (const [gateway, status, out] of [
        [held, 409, ""],
        [open, 200, mark],
      ] as const) {
        const sandbox = (await create(gateway, {})).body;
        const { exec } = tools(gateway);
        await exec(sandbox, { argv: ["ln", "-s", "target", "link"] });
        const name = bring === arrivals[3]?.[1] ? "link" : "later";
        const running = await exec(sandbox, { argv: ["bash", "-c", waiting(name)], background: true });
        expect(running.status).toBe(201);
        expect(await bring(gateway, sandbox)).toBe(status);
        // What it does not mean arrives.
        expect((await put(gateway, sandbox, "go", Buffer.from(""))).status).toBe(200);
        const ended = await gateway.call<Execution>(
          "GET",
          `/v1/sandboxes/${sandbox.id}/executions/${running.body.id}?wait_ms=20000`,
        );
        expect(ended.body.stdout ?? "").toContain(out);
        expect(ended.body.stdout?.includes(mark) ?? false).toBe(status === 200);
        await gateway.call("DELETE", `/v1/sandboxes/${sandbox.id}`);
      }
    });
  });

  test("what was sent is known to the next gateway, and what was not is not", async () => {
    const sandbox = (await create(held, {})).body;
    const { upload, exec } = tools(held);
    await upload(sandbox, "sent.sh", Buffer.from(script));
    await upload(sandbox, "prog", program, "0755");
    await exec(sandbox, { argv: ["cp", "/etc/hostname", "made.sh"] });
    await held.restart();
    const later = tools(held);
    expect((await later.exec(sandbox, { argv: ["bash", "sent.sh"] })).body.stdout).toBe(`${mark}\n`);
    expect((await later.exec(sandbox, { argv: ["./prog", mark] })).body.error.code).toBe("needs_stronger_sandbox");
    expect((await later.exec(sandbox, { argv: ["bash", "made.sh"] })).body.error.code).toBe("opaque_not_allowed");
    await held.call("DELETE", `/v1/sandboxes/${sandbox.id}`);
  });

  test("so much is looked at for one execution, all of it together", async () => {
    const sandbox = (await create(held, {})).body;
    const { upload, exec } = tools(held);
    for (const name of ["a", "b"]) await upload(sandbox, name, Buffer.alloc(5 * 1024 * 1024, `${name}\n`));
    const code = async (...argv: readonly string[]) =>
      (await exec(sandbox, { argv: ["namei", ...argv] })).body.error?.code;
    expect(await code("a")).toBeUndefined();
    expect(await code("b")).toBeUndefined();
    expect(await code("a", "b")).toBe("opaque_not_allowed");
    // The same file under other names is one, and read once.
    const spelled = Array.from({ length: 200 }, (_, at) => `.${"/.".repeat(at)}//a`);
    expect(await code(...spelled)).toBeUndefined();
    // So many names are not looked for, even where there is nothing.
    expect(await code(...Array.from({ length: 300 }, (_, at) => `n${at}`))).toBe("opaque_not_allowed");
    // A folder is everything in it.
    expect((await exec(sandbox, { argv: ["mkdir", "d"] })).body.exit_code).toBe(0);
    expect(await code("d")).toBeUndefined();
    await upload(sandbox, "d/seen", Buffer.from("seen"));
    expect(await code("d")).toBeUndefined();
    await exec(sandbox, { argv: ["cp", "/etc/hostname", "d/made"] });
    expect(await code("d")).toBe("opaque_not_allowed");
    await held.call("DELETE", `/v1/sandboxes/${sandbox.id}`);
  });

  test("a sandbox for what cannot be seen is not to be had where it would be too weak", async () => {
    const refused = await create(held, { allow: ["opaque"] });
    expect(refused.status).toBe(503);
    expect(refused.body.error).toMatchObject({ code: "level_unavailable", details: { rule: "strict.yaml:5" } });
  });
});
