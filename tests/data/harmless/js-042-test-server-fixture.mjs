import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, test } from "node:test";

let child;
let base;

before(async () => {
  const probe = createServer().listen(0);
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  child = spawn(process.execPath, ["server.js"], { env: { ...process.env, PORT: String(port) }, stdio: "pipe" });
  await once(child.stdout, "data");
  base = `http://127.0.0.1:${port}`;
});

after(() => child.kill());

test("answers health checks", async () => {
  const response = await fetch(`${base}/healthz`);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { ok: true });
});

test("says 404 to unknown paths", async () => {
  assert.equal((await fetch(`${base}/nothing`)).status, 404);
});
