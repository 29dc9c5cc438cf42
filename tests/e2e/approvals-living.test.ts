/** Sandboxes, and programs in them, that a person has to agree to. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  ApprovalList,
  ErrorBody,
  ExecRequest,
  Execution,
  HeldBody,
  PolicyBody,
  ReplayBody,
  Sandbox,
  SandboxRequest,
} from "@hsr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { hsrctl, startHsrctl } from "../support/hsrctl.ts";
import { eventsOf } from "../support/sse.ts";

const policy = `rules:
  - name: what cannot be seen wants a second look
    match: {opaque: true}
    require_approval: {message: Look at it first}
  - {match: {labels: {soon: true}}, require_approval: {deadline: 1s}}
  - match: {lang: bash}
    require_approval: {message: Read the script}
default: {level: basic}
`;
const script = { language: "bash", code: "echo approved" } as const;

describeWith(["bubblewrap"], "an approval in living sandboxes", () => {
  let gateway: RunningGateway;
  const folder = mkdtempSync(join(tmpdir(), "hsr-approvals-living-"));

  const create = (request: SandboxRequest, headers: Record<string, string> = {}) =>
    gateway.call<Sandbox & ErrorBody>("POST", "/v1/sandboxes", request, headers);
  const plain = async (request: SandboxRequest = {}) => (await create(request)).body;
  const sandbox = async (id: string, waitMs = 0) =>
    (await gateway.call<Sandbox>("GET", `/v1/sandboxes/${id}?wait_ms=${waitMs}`)).body;
  const exec = (id: string, request: ExecRequest) =>
    gateway.call<Execution & ErrorBody>("POST", `/v1/sandboxes/${id}/exec`, request);
  const hold = async (id: string, request: ExecRequest = script) => {
    const answer = await exec(id, request);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ state: "held", started_at: null });
    return answer.body;
  };
  const ended = async ({ sandbox_id, id }: Execution) =>
    (await gateway.call<Execution>("GET", `/v1/sandboxes/${sandbox_id}/executions/${id}?wait_ms=10000`)).body;
  const answer = <Body = Execution & ErrorBody>(id: string, word: "approve" | "deny", body?: object) =>
    gateway.call<Body>("POST", `/v1/approvals/${id}/${word}`, body);
  const upload = async (id: string, path: string, text: string) => {
    const reply = await fetch(`${gateway.url}/v1/sandboxes/${id}/files?path=${path}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${gateway.key}`, "content-type": "application/octet-stream" },
      body: text,
    });
    expect(reply.status).toBe(200);
  };
  const remove = (id: string) => gateway.call<Sandbox>("DELETE", `/v1/sandboxes/${id}`);
  const busEvents = async (subject: string, last: string) => {
    const headers = { authorization: `Bearer ${gateway.key}`, "last-event-id": "0" };
    const seen: string[] = [];
    for await (const { type } of eventsOf(await fetch(`${gateway.url}/v1/events?subject=${subject}`, { headers }))) {
      seen.push(type);
      if (type === last) return seen;
    }
    return seen;
  };
  const large: SandboxRequest = { allow: ["opaque"] };
  /** What was started on this host is counted by its launcher. */
  const launched = async () => (await gateway.launcher.client.list()).length;

  beforeAll(async () => {
    writeFileSync(join(folder, "policy.yaml"), policy);
    gateway = await startGateway({
      env: { HSR_POLICY_FILE: join(folder, "policy.yaml"), HSR_APPROVALS_TENANT_WAITING: "6" },
    });
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  test("a sandbox waits with 202, runs once it is approved, and nothing of it is there before", async () => {
    const before = await launched();
    const made = await create({ ...large, name: "asked", wait_ms: 60_000, environment: { TOKEN: "hush" } });
    expect(made.status).toBe(202);
    expect(made.headers.get("location")).toBe(`/v1/sandboxes/${made.body.id}`);
    expect(made.body).toMatchObject({
      state: "pending",
      decision: { approval: { rule: "policy.yaml:2", message: "Look at it first", approved_by: null } },
    });
    expect(await launched()).toBe(before);
    const { id } = made.body;
    const listed = (await gateway.call<ApprovalList>("GET", "/v1/approvals")).body.items;
    expect(listed).toMatchObject([{ id, state: "pending", name: "asked" }]);
    const shown = (await gateway.call<HeldBody>("GET", `/v1/approvals/${id}`)).body;
    expect(shown).toMatchObject({ sandbox: { id }, run: null, environment: ["TOKEN"], code: null });
    expect(JSON.stringify(shown)).not.toContain("hush");
    // Whoever wants something of it is told, and does not wait.
    expect((await exec(id, { argv: ["true"] })).body.error).toMatchObject({
      code: "sandbox_not_running",
      message: expect.stringContaining("approval") as string,
    });
    expect((await gateway.call<ErrorBody>("POST", `/v1/sandboxes/${id}/renew`, { ttl_ms: 5000 })).status).toBe(409);

    const waited = sandbox(id, 20_000);
    expect((await answer<Sandbox>(id, "approve")).status).toBe(200);
    const up = await waited;
    expect(up).toMatchObject({ state: "running", decision: { level: "basic" } });
    expect(up.decision.approval?.approved_by).toMatch(/^key-/);
    const ran = await exec(id, { argv: ["printenv", "TOKEN"] });
    expect(ran.body.stdout).toBe("hush\n");
    expect((await answer(id, "approve")).status).toBe(409);
    await remove(id);
    const types = await busEvents(id, "sandbox.ended");
    expect(types.filter((type) => type.startsWith("sandbox."))).toEqual([
      "sandbox.held",
      "sandbox.approved",
      "sandbox.starting",
      "sandbox.started",
      "sandbox.ended",
    ]);
  });

  test("a sandbox that is denied, late or deleted ends, with who and why, and its name is free again", async () => {
    const before = await launched();
    const denied = (await create({ ...large, name: "asked" })).body;
    expect((await create({ name: "asked" })).body.error.code).toBe("name_taken");
    expect((await answer(denied.id, "deny", { reason: "not on a Friday" })).body).toMatchObject({
      state: "failed",
      reason: "denied",
      error: {
        code: "approval_denied",
        message: "A person denied this request: not on a Friday",
        details: { rule: "policy.yaml:2", denied_by: expect.stringMatching(/^key-/) as string },
      },
    });
    const late = (await create({ labels: { soon: "1" }, name: "asked" })).body;
    expect(await sandbox(late.id, 5000)).toMatchObject({ reason: "denied", error: { code: "approval_expired" } });
    const deleted = (await create({ ...large, name: "asked" })).body;
    expect((await remove(deleted.id)).body).toMatchObject({ state: "ended", reason: "deleted", started_at: null });
    expect((await answer(deleted.id, "approve")).status).toBe(404);
    expect(await launched()).toBe(before);
  });

  test("the same key gives the same sandbox while it waits, and afterwards", async () => {
    const key = { "idempotency-key": "the-same" };
    const first = await create(large, key);
    const again = await create(large, key);
    expect(again).toMatchObject({ status: 202, body: { id: first.body.id, state: "pending" } });
    expect((await create({ ...large, name: "other" }, key)).status).toBe(409);
    await answer(first.body.id, "approve");
    await sandbox(first.body.id, 20_000);
    expect(await create(large, key)).toMatchObject({ status: 201, body: { id: first.body.id } });
    await remove(first.body.id);
  });

  test("a program waits with 202 however its answer was asked for, and runs once it is approved", async () => {
    const box = await plain();
    await upload(box.id, "data.txt", "x");
    const first = await hold(box.id, { ...script, args: ["data.txt"], stdin: "typed before", environment: { A: "b" } });
    expect(first.decision).toMatchObject({ approval: { rule: "policy.yaml:6", message: "Read the script" } });
    for (const more of [{ background: true }, { wait_ms: 60_000 }])
      await answer((await hold(box.id, { ...script, ...more })).id, "deny", { reason: "only a test" });
    const shown = (await gateway.call<HeldBody>("GET", `/v1/approvals/${first.id}`)).body;
    expect(shown).toMatchObject({ code: script.code, args: ["data.txt"], environment: ["A"], stdin_bytes: 12 });
    expect(shown.execution?.sandbox_id).toBe(box.id);
    const at = `/v1/sandboxes/${box.id}/executions/${first.id}`;
    for (const [verb, body] of [
      ["signal", { signal: "SIGTERM" }],
      ["stdin", { text: "more" }],
    ] as const)
      expect((await gateway.call<ErrorBody>("POST", `${at}/${verb}`, body)).body.error.code).toBe("approval_pending");

    const headers = { authorization: `Bearer ${gateway.key}`, accept: "text/event-stream" };
    const followed = eventsOf(await fetch(`${gateway.url}${at}/logs`, { headers }));
    expect((await followed.next()).value).toMatchObject({
      type: "execution.held",
      id: "0.0",
      data: { data: { state: "held" } },
    });
    expect((await answer(first.id, "approve")).status).toBe(200);
    const types: string[] = [];
    for await (const { type } of followed) types.push(type);
    expect(types).toEqual(["execution.started", "execution.output", "execution.finished"]);
    const done = await ended(first);
    expect(done).toMatchObject({ reason: "exited", stdout: "approved\n" });
    expect(done.decision.approval?.approved_by).toMatch(/^key-/);
    expect((await answer(first.id, "approve")).status).toBe(404);
    const all = await busEvents(first.id, "execution.finished");
    expect(all.slice(0, 2)).toEqual(["execution.held", "execution.approved"]);
    await remove(box.id);
  });

  test("a program that is denied, late, cancelled, or whose sandbox is deleted ends without having been started", async () => {
    const box = await plain();
    const touch = { ...script, code: "touch /workspace/started" };
    const denied = await hold(box.id, touch);
    expect((await answer(denied.id, "deny", { reason: "no" })).body).toMatchObject({
      state: "finished",
      reason: "denied",
      started_at: null,
      error: { code: "approval_denied", message: "A person denied this request: no" },
    });
    const cancelled = await hold(box.id, touch);
    const path = `/v1/sandboxes/${box.id}/executions/${cancelled.id}/cancel`;
    expect((await gateway.call<Execution>("POST", path)).body).toMatchObject({ reason: "cancelled", started_at: null });
    const ofSoon = (await create({ labels: { soon: "1" } })).body;
    await answer(ofSoon.id, "approve");
    await sandbox(ofSoon.id, 20_000);
    expect(await ended(await hold(ofSoon.id, { argv: ["touch", "x"] }))).toMatchObject({
      reason: "denied",
      error: { code: "approval_expired" },
    });
    expect((await exec(box.id, { argv: ["ls", "/workspace"] })).body.stdout).toBe("");
    const left = await hold(box.id, touch);
    await remove(box.id);
    expect(await ended(left)).toMatchObject({ reason: "cancelled", started_at: null });
    expect((await answer(left.id, "approve")).status).toBe(404);
    await remove(ofSoon.id);
  });

  test("an approval is void where what would run was changed after the question", async () => {
    const box = await plain();
    const changes: readonly [string, () => Promise<unknown>][] = [
      ["uploaded again", () => upload(box.id, "job.sh", "echo swapped\n")],
      ["changed by the guest", () => exec(box.id, { argv: ["cp", "/etc/hostname", "/workspace/job.sh"] })],
      ["something beside it that it may load", () => upload(box.id, "lib.sh", "echo swapped\n")],
      [
        "moved over the API",
        () => gateway.call("POST", `/v1/sandboxes/${box.id}/files/move`, { path: "lib.sh", to: "job.sh" }),
      ],
    ];
    for (const [name, change] of changes) {
      await upload(box.id, "job.sh", "cat lib.sh; touch /workspace/ran\n");
      await upload(box.id, "lib.sh", "1");
      const asked = await hold(box.id, { argv: ["bash", "job.sh"] });
      await change();
      expect((await answer(asked.id, "approve")).body, name).toMatchObject({
        reason: "denied",
        error: { code: "approval_void" },
      });
    }
    // Control: with nothing changed the same runs.
    await upload(box.id, "job.sh", "cat lib.sh; touch /workspace/ran\n");
    await upload(box.id, "lib.sh", "1");
    expect((await exec(box.id, { argv: ["ls", "/workspace"] })).body.stdout).not.toContain("ran");
    const asked = await hold(box.id, { argv: ["bash", "job.sh"] });
    await answer(asked.id, "approve");
    expect(await ended(asked)).toMatchObject({ reason: "exited", stdout: "1" });
    await remove(box.id);
  });

  test("both wait on after kill -9 of the gateway, and so do their deadlines", async () => {
    const box = await plain();
    const kept = await hold(box.id, { ...script, stdin: "x" });
    const asked = (await create(large)).body;
    const late = (await create({ labels: { soon: "1" } })).body;
    await gateway.kill9();
    await gateway.restart();
    expect(await sandbox(late.id, 5000)).toMatchObject({ reason: "denied", error: { code: "approval_expired" } });
    expect(await sandbox(asked.id)).toMatchObject({ state: "pending" });
    const listed = (await gateway.call<ApprovalList>("GET", "/v1/approvals?limit=1")).body;
    expect(listed.items.map(({ id }) => id)).toEqual([asked.id]);
    const rest = await gateway.call<ApprovalList>("GET", `/v1/approvals?cursor=${listed.next_cursor}`);
    expect(rest.body).toMatchObject({ items: [{ id: kept.id, state: "held" }], next_cursor: null });
    for (const { id } of [kept, asked]) await answer(id, "approve");
    expect(await ended(kept)).toMatchObject({ reason: "exited", stdout: "approved\n" });
    expect(await sandbox(asked.id, 20_000)).toMatchObject({ state: "running" });
    for (const { id } of [box, asked]) await remove(id);
  });

  test("what is approved is judged once more by the rules of then: nobody's yes goes beyond them", async () => {
    const box = await plain();
    const asked = (await create(large)).body;
    const [beyond, denied] = [await hold(box.id), await hold(box.id)];
    const etag = (await gateway.call<PolicyBody>("GET", "/v1/policy")).headers.get("etag") ?? "";
    const put = async (text: string, match: string) =>
      (await gateway.call<PolicyBody>("PUT", "/v1/policy", { policy: text }, { "if-match": match })).headers.get(
        "etag",
      ) ?? "";
    const strict = await put("default: {level: standard}", etag);
    expect((await answer(beyond.id, "approve")).body).toMatchObject({
      reason: "setup_failed",
      error: { code: "needs_stronger_sandbox" },
    });
    expect((await answer(asked.id, "approve")).body).toMatchObject({ error: { code: "level_unavailable" } });
    const closed = await put("default: {deny: no more}", strict);
    expect((await answer(denied.id, "approve")).body).toMatchObject({
      reason: "denied",
      error: { code: "policy_denied", message: "no more" },
    });
    await gateway.call("DELETE", "/v1/policy", undefined, { "if-match": closed });
    await remove(box.id);
  });

  test("a terminal is asked about before it is there, and approving it approves what is typed into it", async () => {
    const made = await create(large);
    await answer(made.body.id, "approve");
    await sandbox(made.body.id, 20_000);
    const shell = { argv: ["cat"], terminal: { rows: 24, cols: 80 }, background: true };
    const asked = await hold(made.body.id, shell);
    const at = `/v1/sandboxes/${made.body.id}/executions/${asked.id}`;
    expect((await gateway.call<ErrorBody>("POST", `${at}/stdin`, { text: "early\n" })).status).toBe(409);
    await answer(asked.id, "approve");
    await expect.poll(async () => (await gateway.call<Execution>("GET", at)).body.state).toBe("running");
    expect((await gateway.call("POST", `${at}/stdin`, { text: "later\n", end: true })).status).toBe(200);
    await expect
      .poll(async () => (await gateway.call<Execution>("GET", `${at}?wait_ms=2000`)).body.stdout)
      .toContain("later");
    await remove(made.body.id);
  });

  test("a tenant's share of what waits is bounded, and is given back", async () => {
    const box = await plain();
    const held: Execution[] = [];
    for (let at = 0; at < 6; at += 1) held.push(await hold(box.id));
    for (const refused of [await exec(box.id, script), await create(large)]) {
      expect(refused.status).toBe(429);
      expect(refused.body.error.code).toBe("quota_exceeded");
    }
    await answer(held[0]?.id ?? "", "deny", { reason: "room" });
    await hold(box.id);
    await remove(box.id);
    expect((await gateway.call<ApprovalList>("GET", "/v1/approvals")).body.items).toEqual([]);
  });

  test("is answered with the scope `approve` only, within the tenant", async () => {
    const box = await plain();
    const asked = [(await hold(box.id)).id, (await create(large)).body.id];
    const key = async (scopes: readonly string[], tenant?: string) =>
      (await gateway.call<{ key: string }>("POST", "/v1/keys", { name: "k", scopes, ...(tenant ? { tenant } : {}) }))
        .body.key;
    const [mine, foreign] = [await key(["run", "read", "sandboxes"]), await key(["approve"], "other")];
    for (const id of asked) {
      const as = async (text: string, method: "GET" | "POST") =>
        (
          await gateway.call(method, `/v1/approvals/${id}${method === "GET" ? "" : "/approve"}`, undefined, {
            authorization: `Bearer ${text}`,
          })
        ).status;
      expect([await as(mine, "POST"), await as(mine, "GET")]).toEqual([403, 403]);
      expect([await as(foreign, "POST"), await as(foreign, "GET")]).toEqual([404, 404]);
    }
    const others = await gateway.call<ApprovalList>("GET", "/v1/approvals", undefined, {
      authorization: `Bearer ${foreign}`,
    });
    expect(others.body.items).toEqual([]);
    for (const id of asked) await answer(id, "deny", { reason: "only a test" });
    await remove(box.id);
  });

  test("is what hsrctl waits for, shows and answers, and input waits with it", async () => {
    const options = { url: gateway.url, key: gateway.key };
    const ctl = async (...args: readonly string[]) => (await hsrctl(args, options)).stdout.toString();
    const making = startHsrctl(["create", "--name", "ctl", "--allow", "opaque"], options);
    await making.shows("waits for an approval");
    const id = /sb-[a-z2-7]{26}/.exec(await ctl("approvals", "ls"))?.[0] ?? "";
    expect(await ctl("approvals", "get", id)).toMatch(/name +ctl\nlevel +basic \(bubblewrap\)/);
    expect(await ctl("approvals", "approve", id)).toBe(`${id}  approved\n`);
    expect((await making.done).stdout.toString()).toBe(`${id}  ctl\n`);

    const running = startHsrctl(["exec", "ctl", "--", "bash"], { ...options, input: "echo $((40 + 2))\n" });
    await running.shows("waits for an approval");
    const listed = await ctl("approvals", "ls");
    expect(listed).toMatch(/exec bash +low \(\d+\) +policy\.yaml:2/);
    const asked = /ex-[a-z2-7]{26}/.exec(listed)?.[0] ?? "";
    expect(await ctl("approvals", "get", asked)).toMatch(/argv +"bash"/);
    await ctl("approvals", "approve", asked);
    expect(await running.done).toMatchObject({ code: 0, stdout: Buffer.from("42\n") });

    const late = startHsrctl(["create", "--allow", "opaque"], options);
    await late.shows("waits for an approval");
    const other = /sb-[a-z2-7]{26}/.exec(await ctl("approvals", "ls"))?.[0] ?? "";
    expect(await ctl("approvals", "deny", other, "no")).toBe(`${other}  denied\n`);
    expect(await late.done).toMatchObject({ code: 125, stderr: expect.stringContaining("denied this request: no") });
    await remove(id);
  });

  test("every decision of this comes out the same again: about sandboxes, executions and what was approved", async () => {
    const replayed = { requests: 0, differences: [] as ReplayBody["differences"], skipped: 0 };
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const body = cursor === undefined ? {} : { cursor };
      const part: ReplayBody = (await gateway.call<ReplayBody>("POST", "/v1/policy/replay", body)).body;
      replayed.requests += part.requests;
      replayed.skipped += part.skipped;
      replayed.differences.push(...part.differences);
      cursor = part.next_cursor;
    }
    expect(replayed).toMatchObject({ differences: [], skipped: 0 });
    expect(replayed.requests).toBeGreaterThan(40);
    const lax = (await gateway.call<ReplayBody>("POST", "/v1/policy/replay", { policy: "default: {level: basic}" }))
      .body;
    const changed = (id: RegExp) => lax.differences.find(({ subject }) => id.test(subject));
    expect(changed(/^sb-/)).toMatchObject({ before: expect.stringMatching(/^after approval, bubblewrap/) as string });
    expect(changed(/^ex-/)).toMatchObject({
      before: expect.stringMatching(/^after approval, within/) as string,
      after: expect.stringMatching(/^within/) as string,
    });
  });
});
