/** A secret that a caller hands over reaches the guest, and neither log, audit, metrics nor the row of the run. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

const canary = "canary9f3b1c7e5a";
/** As it would stand in a log that holds base64 of it. */
const encoded = Buffer.from(canary).toString("base64").slice(0, 16);

describeWith(["bubblewrap"], "a caller's secret", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway({ env: { HSR_LOG_LEVEL: "trace" } });
  });
  afterAll(() => gateway.stop());

  async function everythingThatIsKept(): Promise<Record<string, string>> {
    const metrics = await gateway.call<string>("GET", "/metrics");
    const database = new DatabaseSync(join(gateway.dataDir, "hsr.sqlite"), { readOnly: true });
    const kept: Record<string, string> = { log: gateway.log(), metrics: metrics.body };
    for (const { name } of database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all())
      if (name !== "output")
        kept[`table ${String(name)}`] = JSON.stringify(database.prepare(`SELECT * FROM ${String(name)}`).all());
    database.close();
    return kept;
  }

  test("in code, environment, stdin, files and arguments is seen by the guest only", async () => {
    const said = await gateway.run({
      language: "python",
      code: `import os, sys\n# ${canary}\nsecret = os.environ["SECRET"]\nprint(len(secret), len(sys.stdin.read()), len(open("f").read()), len(sys.argv[1]))`,
      environment: { SECRET: canary },
      stdin: canary,
      files: [{ path: "f", content: canary }],
      args: [canary],
    });
    expect(said.body.stdout, JSON.stringify(said.body)).toBe(`${Array(4).fill(canary.length).join(" ")}\n`);
    const failed = await gateway.run({
      argv: [`/nowhere/${canary}`],
      stdin_base64: Buffer.from(canary).toString("base64"),
    });
    expect(failed.status).toBeGreaterThanOrEqual(200);
    for (const [place, text] of Object.entries(await everythingThatIsKept())) {
      // What could not be started is named to its caller, in the error of his own run.
      const looked = place === "table run" ? text.replaceAll(`/nowhere/${canary}`, "") : text;
      expect(looked.includes(canary), place).toBe(false);
      expect(looked.includes(encoded), place).toBe(false);
    }
  });

  test("in a request that is refused is not kept either", async () => {
    const send = (body: string, headers: Record<string, string> = {}) =>
      fetch(`${gateway.url}/v1/sandboxes/run`, {
        method: "POST",
        headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/json", ...headers },
        body,
      });
    await send(`{"code": "${canary}`);
    await send(`{"code": {"${canary}": "${canary}"}, "language": "${canary}", "environment": {"A=${canary}": 1}}`);
    await send(`{"code": "x", "language": "python", "timeout": "${canary}"}`);
    await send(`{"code": "x", "language": "python", "files": [{"path": "../${canary}", "content": "${canary}"}]}`);
    await send("{}", { authorization: `Bearer ${canary}` });
    await send("{}", { authorization: `Bearer hsr_${canary.padEnd(43, "x")}` });
    await send("{}", { cookie: canary, "x-secret": canary });
    await fetch(`${gateway.url}/v1/runs?cursor=${canary}&labels=${canary}`, {
      headers: { authorization: `Bearer ${gateway.key}` },
    });
    for (const [place, text] of Object.entries(await everythingThatIsKept())) {
      if (place === "table run") continue;
      expect(text.includes(canary), place).toBe(false);
    }
  });

  test("the key itself stands in no log, metric or table", async () => {
    await gateway.call("GET", "/v1/runs");
    const made = await gateway.call<{ key: string }>("POST", "/v1/keys", { name: "another", scopes: ["run"] });
    for (const [place, text] of Object.entries(await everythingThatIsKept()))
      for (const key of [gateway.key, made.body.key]) expect(text.includes(key.slice(4)), place).toBe(false);
  });

  test("control: what is no secret, a label, is found by the same search", async () => {
    await gateway.run({ argv: ["/bin/true"], labels: { remark: "mark-7d1e" } });
    const kept = await everythingThatIsKept();
    expect(kept["table run"]).toContain("mark-7d1e");
  });
});
