/** Runs that a person has to agree to. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ErrorBody, HeldBody, PolicyBody, ReplayBody, Run, RunList } from "@hsr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { hsrctl, startHsrctl } from "../support/hsrctl.ts";
import { allEvents, eventsOf } from "../support/sse.ts";

const policy = `rules:
  - name: shells want a second look
    match: {lang: bash}
    require_approval: {message: Look at it first}
  - {match: {labels: {soon: true}}, require_approval: {deadline: 1s}}
default: {level: basic}
`;
const shell = { code: "echo approved", language: "bash" } as const;

describeWith(["bubblewrap"], "a run that needs an approval", () => {
  let gateway: RunningGateway;
  const folder = mkdtempSync(join(tmpdir(), "hsr-approvals-"));
  const file = join(folder, "policy.yaml");

  const get = async (id: string, wait = 0) =>
    (await gateway.call<Run>("GET", `/v1/runs/${id}${wait === 0 ? "" : `?wait_ms=${wait}`}`)).body;
  const answer = (id: string, word: "approve" | "deny", body?: object) =>
    gateway.call<Run & ErrorBody>("POST", `/v1/approvals/${id}/${word}`, body);
  const eventTypes = async (id: string) => {
    const headers = { authorization: `Bearer ${gateway.key}` };
    const events = await allEvents(await fetch(`${gateway.url}/v1/runs/${id}/events`, { headers }));
    return events.map((event) => event.type);
  };
  const hold = async (more: object = {}) => {
    const held = await gateway.run({ ...shell, ...more });
    expect(held.status).toBe(202);
    return held.body.id;
  };

  beforeAll(async () => {
    writeFileSync(file, policy);
    gateway = await startGateway({ env: { HSR_POLICY_FILE: file } });
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  test("is held: the answer is 202 though somebody waits, and nothing is started", async () => {
    const held = await gateway.run({ ...shell, wait_ms: 60_000, files: [{ path: "a.txt", content: "x" }] });
    expect(held.status).toBe(202);
    expect(held.headers.get("location")).toBe(`/v1/runs/${held.body.id}`);
    expect(held.body).toMatchObject({
      state: "held",
      sandbox_id: null,
      detached: true,
      decision: { approval: { rule: "policy.yaml:2", message: "Look at it first", approved_by: null } },
    });
    expect(await gateway.launcher.client.list()).toEqual([]);
    const listed = (await gateway.call<RunList>("GET", "/v1/approvals")).body.items;
    expect(listed.map((run) => run.id)).toEqual([held.body.id]);
    const shown = (await gateway.call<HeldBody>("GET", `/v1/approvals/${held.body.id}`)).body;
    expect(shown).toMatchObject({ code: "echo approved", argv: null, files: [{ path: "/workspace/a.txt", bytes: 1 }] });
    const streamed = await gateway.run(shell, { accept: "text/event-stream" });
    expect(streamed.status).toBe(202);
    for (const id of [held.body.id, streamed.body.id]) await answer(id, "deny", { reason: "only a test" });
  });

  test("runs once it is approved, and its events and the audit log say who agreed", async () => {
    const id = await hold();
    const approved = await answer(id, "approve");
    expect(approved.status).toBe(200);
    const run = await get(id, 10_000);
    expect(run).toMatchObject({ state: "finished", reason: "exited", stdout: "approved\n" });
    expect(run.decision?.approval?.approved_by).toMatch(/^key-/);
    expect((await answer(id, "approve")).status).toBe(404);
    expect(await eventTypes(id)).toEqual([
      "run.held",
      "run.queued",
      "run.starting",
      "run.started",
      "run.output",
      "run.finished",
    ]);
    const bus = await fetch(`${gateway.url}/v1/events?subject=${id}`, {
      headers: { authorization: `Bearer ${gateway.key}`, "last-event-id": "0" },
    });
    const seen: string[] = [];
    for await (const event of eventsOf(bus)) {
      seen.push(event.type);
      if (event.type === "run.finished") break;
    }
    expect(seen).toEqual(["run.held", "run.approved", "run.finished"]);
    const replayed = (await gateway.call<ReplayBody>("POST", "/v1/policy/replay", {})).body;
    expect(replayed).toMatchObject({ differences: [], skipped: 0 });
    expect(replayed.requests).toBeGreaterThan(2);
  });

  test("ends as denied when it is denied, with the reason for whoever asked", async () => {
    const id = await hold();
    expect((await answer(id, "deny", {})).status).toBe(400);
    expect((await answer(id, "deny", { reason: "not on a Friday" })).body).toMatchObject({
      state: "finished",
      reason: "denied",
      started_at: null,
      error: { code: "approval_denied", message: "A person denied this request: not on a Friday" },
    });
    expect(await eventTypes(id)).toEqual(["run.held", "run.finished"]);
  });

  test("is denied at its deadline, and can be cancelled before", async () => {
    const late = await hold({ labels: { soon: "1" } });
    const cancelled = await hold();
    expect((await gateway.call<Run>("POST", `/v1/runs/${cancelled}/cancel`)).body.reason).toBe("cancelled");
    expect(await get(late, 5000)).toMatchObject({ reason: "denied", error: { code: "approval_expired" } });
  });

  test("waits on after kill -9 of the gateway, and its deadline goes on too", async () => {
    const kept = await hold();
    const late = await hold({ labels: { soon: "1" } });
    await gateway.kill9();
    await gateway.restart();
    expect((await get(kept)).state).toBe("held");
    expect(await get(late, 5000)).toMatchObject({ reason: "denied", error: { code: "approval_expired" } });
    await answer(kept, "approve");
    expect(await get(kept, 10_000)).toMatchObject({ reason: "exited", stdout: "approved\n" });
  });

  test("is decided about once more: what was denied meanwhile stays denied, and it never gets weaker walls", async () => {
    const id = await hold();
    const etag = (await gateway.call<PolicyBody>("GET", "/v1/policy")).headers.get("etag") ?? "";
    const put = (text: string, match: string) =>
      gateway.call<PolicyBody>("PUT", "/v1/policy", { policy: text }, { "if-match": match });
    const changed = await put("rules: [{match: {lang: bash}, deny: no more}]\ndefault: {level: basic}", etag);
    expect((await answer(id, "approve")).body).toMatchObject({
      reason: "denied",
      error: { code: "policy_denied", message: "no more" },
    });
    await gateway.call("DELETE", "/v1/policy", undefined, { "if-match": changed.headers.get("etag") ?? "" });
  });

  test("is answered with the scope `approve` only, within the tenant", async () => {
    const id = await hold();
    const key = async (scopes: readonly string[], tenant?: string) =>
      (await gateway.call<{ key: string }>("POST", "/v1/keys", { name: "k", scopes, ...(tenant ? { tenant } : {}) }))
        .body.key;
    const as = async (text: string) =>
      (await gateway.call("POST", `/v1/approvals/${id}/approve`, undefined, { authorization: `Bearer ${text}` }))
        .status;
    expect(await as(await key(["run", "read"]))).toBe(403);
    expect(await as(await key(["approve"], "other"))).toBe(404);
    expect(await as(await key(["approve"]))).toBe(200);
    await get(id, 10_000);
  });

  test("is what hsrctl waits for, shows and answers", async () => {
    const script = join(folder, "x.sh");
    writeFileSync(script, "printf '\\033[31m'; echo done\n");
    const options = { url: gateway.url, key: gateway.key };
    const running = startHsrctl(["run", script], options);
    await running.shows("waits for an approval");
    const ctl = async (...args: readonly string[]) => (await hsrctl(["approvals", ...args], options)).stdout.toString();
    const listed = await ctl("ls");
    const id = /run-[a-z2-7]{26}/.exec(listed)?.[0] ?? "";
    expect(listed).toMatch(/bash +low \(\d+\) +policy\.yaml:2 .* Look at it first/);
    expect(await ctl("get", id)).toContain("printf '\\033[31m'; echo done");
    expect(await ctl("approve", id)).toBe(`${id}  approved\n`);
    const done = await running.done;
    expect(done.code).toBe(0);
    expect(done.stdout.toString()).toContain("done");
    const other = await hold();
    expect(await ctl("deny", other, "no")).toBe(`${other}  denied\n`);
  });
});
