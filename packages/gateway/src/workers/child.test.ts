/** Processes that read hostile text: what they may do, and that none outlives the gateway. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { startChild } from "./child.ts";

const folder = mkdtempSync(join(tmpdir(), "hsr-child-"));
afterAll(() => rmSync(folder, { recursive: true }));

function program(name: string, text: string): URL {
  const file = join(folder, name);
  writeFileSync(file, text);
  return pathToFileURL(file);
}

/** What a process answers to one message. */
async function answer(from: URL): Promise<unknown> {
  const child = startChild(from);
  try {
    child.send({});
    return await new Promise((resolve) => {
      child.onMessage(resolve);
      child.onEnd(resolve);
    });
  } finally {
    await child.kill();
  }
}

test("it has no environment, writes nothing, starts nothing, and makes no code of texts", async () => {
  const tries = program(
    "tries.mjs",
    `import { writeFileSync } from "node:fs"; import { spawnSync } from "node:child_process"; import { Worker } from "node:worker_threads";
const attempt = (what) => { try { return what() ?? "done"; } catch (cause) { return cause.code ?? cause.name; } };
process.on("message", () => process.send({
  environment: Object.keys(process.env),
  write: attempt(() => writeFileSync(${JSON.stringify(join(folder, "written"))}, "x")),
  start: attempt(() => spawnSync("/bin/true").status),
  thread: attempt(() => void new Worker("", { eval: true })),
  code: attempt(() => new Function("return 1")()),
}));`,
  );
  expect(await answer(tries)).toEqual({
    environment: [],
    write: "ERR_ACCESS_DENIED",
    start: "ERR_ACCESS_DENIED",
    thread: "ERR_ACCESS_DENIED",
    code: "EvalError",
  });
  expect(existsSync(join(folder, "written"))).toBe(false);
});

test("one that cannot start says so", async () => {
  expect(await answer(program("broken.mjs", "throw new Error('broken')"))).toBe("exit 1");
});

test("one that hangs is gone when whoever started it is killed", async () => {
  const hangs = program("hangs.mjs", 'process.on("message", () => { process.send({ ready: true }); for (;;); });');
  const starts = program(
    "starts.ts",
    `import { startChild } from ${JSON.stringify(new URL("./child.ts", import.meta.url).href)};
const child = startChild(new URL(${JSON.stringify(hangs.href)}));
child.ref();
child.onMessage(() => console.log(child.pid));
child.send({});`,
  );
  const parent = spawn(process.execPath, [starts.pathname], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  parent.kill("SIGKILL");
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 5000 }).toBe(false);
});
