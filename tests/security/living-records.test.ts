/** What living sandboxes leave behind: places that come back whatever went wrong, decisions in the audit log, and no secret anywhere. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { PortGrant, Sandbox } from "@hsr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { livingCalls } from "../support/living.ts";

const canary = "canary4e8d2a6b1f";
const encoded = Buffer.from(canary).toString("base64").slice(0, 16);
const most = 4;

describeWith(["bubblewrap"], "living sandboxes", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway({
      env: {
        HSR_LOG_LEVEL: "trace",
        HSR_SANDBOXES_TENANT_CONCURRENCY: String(most),
        HSR_WEBHOOKS_ALLOWED_HOSTS: "127.0.0.1",
      },
    });
  });
  afterAll(() => gateway.stop());

  /** How many the tenant may make now, one after the other, until one is not made at once. */
  async function room(): Promise<number> {
    const calls = livingCalls(gateway);
    const made: Sandbox[] = [];
    for (let i = 0; i <= most; i += 1) {
      const answer = await gateway.call<Sandbox>("POST", "/v1/sandboxes", { wait_ms: 2000 });
      if (answer.status < 300) made.push(answer.body);
      if (answer.status !== 201) break;
    }
    const running = made.filter(({ state }) => state === "running").length;
    for (const sandbox of made) await calls.remove(sandbox);
    return running;
  }

  test("give their places back, however they did not come to be", async () => {
    expect(await room()).toBe(most);
    const calls = livingCalls(gateway);
    const box = await calls.create({ name: "box" });
    const keyed = { "idempotency-key": "places" };
    await gateway.call("POST", "/v1/sandboxes", { name: "keyed" }, keyed);
    for (let i = 0; i < 200; i += 1) {
      // The name is taken; the key stands for another request; the time to live is too long; nothing can enforce it.
      const [body, headers] = [
        [{ name: "box" }, {}],
        [{ name: "other" }, keyed],
        [{ ttl_ms: 999_999_999_999 }, {}],
        [{ runtime: "nothing" }, {}],
      ][i % 4] as [object, Record<string, string>];
      expect((await gateway.call("POST", "/v1/sandboxes", body, headers)).status).toBeGreaterThanOrEqual(400);
    }
    for (const { id } of [box, (await gateway.call<Sandbox>("POST", "/v1/sandboxes", { name: "keyed" }, keyed)).body])
      await gateway.call("DELETE", `/v1/sandboxes/${id}`);
    expect(await room()).toBe(most);
  });

  test("end once and whole when everything happens to them at one moment", async () => {
    for (let i = 0; i < 12; i += 1) {
      const sandbox = (await gateway.call<Sandbox>("POST", "/v1/sandboxes", { wait_ms: i % 3 === 0 ? 0 : 5000 })).body;
      const path = `/v1/sandboxes/${sandbox.id}`;
      const answers = await Promise.all([
        gateway.call("POST", `${path}/exec`, { argv: ["sleep", "60"], background: i % 2 === 0 }),
        gateway.call("POST", `${path}/renew`, { ttl_ms: 1000 }),
        gateway.call<Sandbox>("DELETE", path),
        gateway.call<Sandbox>("DELETE", path),
        gateway.call("POST", `${path}/exec`, { argv: ["sleep", "60"] }),
      ]);
      expect(answers.filter(({ status }) => status >= 500 && status !== 503).map(({ body }) => body)).toEqual([]);
      const left = await gateway.call<{ items: { state: string }[] }>("GET", `${path}/executions`);
      expect(left.body.items.filter(({ state }) => state !== "finished")).toEqual([]);
      expect((await gateway.call<Sandbox>("GET", path)).body).toMatchObject({ state: "ended", reason: "deleted" });
    }
    expect(await room()).toBe(most);
  });

  test("keep no secret that went in, and every decision that was made", async () => {
    const calls = livingCalls(gateway);
    const sandbox = await calls.create({ environment: { SECRET: canary }, allow: ["opaque"] });
    const ran = await calls.exec(sandbox, {
      language: "python",
      code: `import os, sys\n# ${canary}\nprint(len(os.environ["SECRET"]), len(os.environ["MORE"]), len(sys.stdin.read()))`,
      environment: { MORE: canary },
      stdin: canary,
    });
    expect(ran.body.stdout).toBe(`${Array(3).fill(canary.length).join(" ")}\n`);
    const cat = await calls.background(sandbox, { argv: ["wc", "-c"], open_stdin: true });
    await gateway.call("POST", calls.path(cat, "/stdin"), { text: canary, end: true });
    const shell = await calls.background(sandbox, { argv: ["sh"], open_stdin: true });
    await gateway.call("POST", calls.path(shell, "/stdin"), { text: `: ${canary}\n`, end: true });
    for (const one of [cat, shell]) await calls.finished(one);
    const grant = (await gateway.call<PortGrant>("POST", `/v1/sandboxes/${sandbox.id}/ports`, { port: 8080 })).body;
    const url = { url: `http://127.0.0.1:9/${canary.slice(0, 6)}` };
    const hook = (await gateway.call<{ secret: string }>("POST", "/v1/webhooks", url)).body;
    const closed = await calls.create();
    const refused = await calls.exec(closed, { argv: ["sh"], stdin: `echo ${canary}` });
    expect(refused.body.error.code).toBe("opaque_not_allowed");
    for (const one of [sandbox, closed]) await calls.remove(one);

    const database = new DatabaseSync(join(gateway.dataDir, "hsr.sqlite"), { readOnly: true });
    const kept: Record<string, string> = {
      log: gateway.log(),
      metrics: (await gateway.call<string>("GET", "/metrics")).body,
    };
    for (const { name } of database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all())
      kept[`table ${String(name)}`] = JSON.stringify(database.prepare(`SELECT * FROM ${String(name)}`).all());
    database.close();
    for (const [place, text] of Object.entries(kept)) {
      expect([place, text.includes(canary), text.includes(encoded)]).toEqual([place, false, false]);
      expect([place, text.includes(grant.token)]).toEqual([place, false]);
      if (place !== "table webhook") expect([place, text.includes(hook.secret.slice(6))]).toEqual([place, false]);
    }
    // Control: the same search finds what is no secret.
    expect(kept["table execution"]).toContain('"wc');
    const audit = kept["table audit"] ?? "";
    for (const id of [ran.body.id, cat.id, shell.id]) expect(audit).toContain(id);
    expect(audit).toContain("execution.decided");
    expect(audit).toContain("execution.input");
    expect(audit).toContain("execution.refused");
  });
});
