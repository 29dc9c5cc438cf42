/** Every file in examples/ is run against a real gateway, and says what it says it does. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { inCheckout } from "../../scripts/support/checkout.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

const expected: Readonly<Record<string, string>> = {
  "run.ts": "exited with 0: 42\n\nrefused: unavailable\n",
  "stream.ts": "stdout: 1\nstdout: 2\nstdout: 3\nexit code 4\nended: TimeoutError\n",
  "sandbox.ts":
    "sort: 0\n1 2 3 \n/workspace/data/numbers.txt, 6 bytes\n/workspace/data/sorted.txt, 6 bytes\ncounted 0 1 2 in some time\n",
  "terminal.ts": "24 80\nthe shell ended with 0\n",
  "webhook.ts":
    "somebody else: 401\ntold of sandbox.ended\nseen: sandbox.starting\nseen: sandbox.started\nseen: sandbox.ended\n",
};

/** A port that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describeWith(["bubblewrap"], "the examples", () => {
  let gateway: RunningGateway;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    gateway = await startGateway({ env: { HSR_WEBHOOKS_ALLOWED_HOSTS: `127.0.0.1:${port}` } });
  });
  afterAll(() => gateway.stop());

  it("are these", () => {
    const found = readdirSync(inCheckout("examples")).filter((name) => name !== "client.ts" && name !== "README.md");
    expect(found.toSorted((a, b) => a.localeCompare(b))).toEqual(
      Object.keys(expected).toSorted((a, b) => a.localeCompare(b)),
    );
  });

  it.each(Object.keys(expected))("%s", async (name) => {
    const env = { PATH: process.env["PATH"], HSR_URL: gateway.url, HSR_KEY: gateway.key };
    const args = [inCheckout(`examples/${name}`), String(port)];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env, timeout: 20_000 });
    expect({ stdout, stderr }).toEqual({ stdout: expected[name], stderr: "" });
  });
});
