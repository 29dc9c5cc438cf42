import { connect, createServer, type Server, type Socket } from "node:net";
import type { CreatedKey, Run } from "@hsr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { type HsrctlOptions, hsrctl, startHsrctl } from "../support/hsrctl.ts";

/** A fixed address in front of a gateway whose port changes with each restart. */
async function fixedAddress(target: () => string): Promise<{ url: string; server: Server; cut(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const { hostname, port } = new URL(target());
    const behind = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}`, server, cut: () => sockets.forEach((one) => one.destroy()) };
}

describeWith(["bubblewrap", "python3"], "hsrctl beside run", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.stop());

  const ctl = async (args: readonly string[], options: HsrctlOptions = {}) => {
    const { code, stdout, stderr } = await hsrctl(args, { url: gateway.url, key: gateway.key, ...options });
    return { code, stdout: stdout.toString("utf8"), stderr };
  };
  const start = async (...argv: string[]) => (await ctl(["run", "--no-wait", "--", ...argv])).stdout.trim();

  test("a run that does not exist is an error, and an id cannot lead to another address", async () => {
    expect(await ctl(["runs", "get", "run-x"])).toMatchObject({ code: 125 });
    expect((await ctl(["runs", "get", "../health"])).code).toBe(125);
    expect(await ctl(["runs", "get"])).toMatchObject({ code: 2 });
  });

  test("a guest's output and labels cannot act on the terminal in tables; logs are its own bytes", async () => {
    const evil = "\u001b]0;owned\u0007\u001b[2J";
    const { body } = await gateway.run({ argv: ["printf", evil], labels: { note: "\u001b[31mred\n" } });
    const shown = [await ctl(["runs", "ls"]), await ctl(["runs", "get", body.id])];
    for (const { stdout } of shown) {
      expect(stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
      expect(stdout).toContain("\\x1b[31mred\\n");
    }
    expect((await ctl(["runs", "logs", body.id])).stdout).toBe(evil);
  });

  test("runs are listed, shown, waited for and cancelled", async () => {
    const id = await start("bash", "-c", "echo begun; sleep 30");
    expect((await ctl(["runs", "ls", "--state", "running", "-n", "1"])).stdout).toContain(id);
    const waited = await ctl(["runs", "wait", "--timeout", "100ms", id]);
    expect(waited).toMatchObject({ code: 125, stderr: expect.stringContaining("it goes on") as string });
    const following = startHsrctl(["runs", "logs", "-f", id], { url: gateway.url, key: gateway.key });
    await following.shows("begun");
    expect((await ctl(["runs", "cancel", id])).stdout).toBe(`${id}  cancelled\n`);
    expect((await following.done).code).toBe(0);
    expect((await ctl(["runs", "wait", id])).code).toBe(130);
    expect((await ctl(["runs", "get", id])).stdout).toMatch(/state +cancelled/);
    const json = JSON.parse((await ctl(["runs", "wait", "--json", await start("bash", "-c", "exit 9")])).stdout) as Run;
    expect(json.exit_code).toBe(9);
  });

  test("pages are followed up to the limit", async () => {
    for (let n = 0; n < 5; n += 1) await gateway.run({ argv: ["true"], labels: { page: "yes" } });
    const listed = await ctl(["runs", "ls", "--json", "--label", "page=yes", "-n", "4"]);
    expect(listed.stdout.trim().split("\n")).toHaveLength(4);
  });

  test("a key is made, used, listed without its secret, and revoked", async () => {
    const made = JSON.parse(
      (await ctl(["key", "create", "for a test", "--scope", "read", "--expires", "1h", "--json"])).stdout,
    ) as CreatedKey;
    expect((await ctl(["runs", "ls"], { key: made.key })).code).toBe(0);
    const refused = await ctl(["run", "--", "true"], { key: made.key });
    expect(refused).toMatchObject({ code: 125, stderr: expect.stringMatching(/scope/) as string });
    const listed = (await ctl(["key", "ls"])).stdout;
    expect(listed).toContain("for a test");
    expect(listed).not.toContain(made.key);
    expect((await ctl(["key", "revoke", made.id])).code).toBe(0);
    expect((await ctl(["runs", "ls"], { key: made.key })).stderr).toMatch(/valid key is needed/);
  });

  test("doctor and runtimes say what there is; doctor fails when something is missing", async () => {
    const well = await ctl(["doctor"]);
    expect(well.stdout).toMatch(/ok +runtime bubblewrap/);
    expect(well.code).toBe(0);
    const ill = await ctl(["doctor"], { key: "hsr_wrong" });
    expect(ill.stdout).toMatch(/FAIL +key .*\n +→ /);
    expect(ill.code).toBe(1);
    expect((await ctl(["doctor"], { env: { HSR_URL: "" } })).stdout).toMatch(/FAIL +gateway .*\n +→ .*make up/);
    expect((await ctl(["runtimes"])).stdout).toMatch(/^NAME .*\nbubblewrap +yes /);
    expect((await ctl(["version"])).stdout).toMatch(/^hsrctl +\d.*\ngateway +\d/);
  });

  test("config show prints each value and where it came from", async () => {
    const { stdout } = await ctl(["config", "show"]);
    expect(stdout).toMatch(/^SETTING +VALUE +SOURCE +FROM\n/);
    expect(stdout).toMatch(/\ndata\.dir +\/\S+ +flag +--data-dir\n/);
    expect(stdout).toMatch(/\nlimits\.timeout_ms +30000 ms +default +\(HSR_LIMITS_TIMEOUT_MS would set it\)\n/);
    const changed = JSON.parse((await ctl(["config", "show", "--changed", "--json"])).stdout) as { source: string }[];
    expect(new Set(changed.map((one) => one.source))).not.toContain("default");
  });

  test("help needs no gateway, and exits with 0", async () => {
    for (const args of [["--help"], ["run", "--help"], ["runs", "ls", "--help"], ["help", "key"]]) {
      const { code, stdout } = await ctl(args, { env: { HSR_URL: "" } });
      expect({ args, code }).toEqual({ args, code: 0 });
      expect(stdout).toMatch(/^Usage: hsrctl/);
    }
  });

  test("a connection that breaks is made again, and no byte comes twice", async () => {
    const front = await fixedAddress(() => gateway.url);
    const running = startHsrctl(["run", "--detach", "--", "bash", "-c", "echo one; sleep 0.7; echo two"], {
      url: front.url,
      key: gateway.key,
    });
    await running.shows("one");
    front.cut();
    const result = await running.done;
    front.server.close();
    expect(result.stdout.toString()).toBe("one\ntwo\n");
    expect(result).toMatchObject({ code: 0, stderr: expect.stringContaining("connecting again") as string });
  });

  test("kill -9 of the gateway while a run goes on: hsrctl waits for the next one and prints the whole result", async () => {
    const front = await fixedAddress(() => gateway.url);
    const running = startHsrctl(["run", "--", "bash", "-c", "echo one; sleep 1.5; echo two; exit 5"], {
      url: front.url,
      key: gateway.key,
    });
    await running.shows("one");
    await gateway.kill9();
    front.cut();
    await gateway.restart();
    const result = await running.done;
    front.cut();
    front.server.close();
    expect(result.stdout.toString()).toBe("one\ntwo\n");
    expect(result.code).toBe(5);
  });
});
