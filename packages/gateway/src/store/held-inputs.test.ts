import { DatabaseSync } from "node:sqlite";
import { newId } from "@hsr/contract";
import type { ExecutionId, NewAuditEntry, NewExecution, SandboxId } from "@hsr/core";
import { expect, test } from "vitest";
import { migrations } from "./migrations.ts";
import { newSandbox, openTestStore, temporaryFolder } from "./testing.ts";

/** More than one part. */
const question = Buffer.alloc(200_000, "what is asked ");
const entry = (type: NewAuditEntry["type"], subject: string): NewAuditEntry => ({
  timeMs: 2,
  type,
  tenant: "alpha",
  subject,
  requestId: null,
  data: {},
});
const over = { endedAtMs: 3, usage: null, error: null } as const;

function heldExecution(sandboxId: SandboxId, number: number): NewExecution {
  const id = newId("execution") as ExecutionId;
  return {
    id,
    state: "held",
    sandboxId,
    tenant: "alpha",
    keyId: "key-a",
    requestId: "req-a",
    number,
    argv: ["true"],
    background: false,
    terminal: false,
    timeoutMs: 5000,
    outputLimitBytes: 100,
    createdAtMs: 1,
    decision: {},
    risk: { analyzed: false },
    held: question,
    audit: entry("execution.decided", id),
  };
}
async function* nothing() {
  // It wrote nothing.
}

test("what a person is asked about is kept over a restart, and goes with the answer or with the end", async () => {
  using folder = temporaryFolder();
  const first = await openTestStore(folder.path);
  const [approved, ended] = [1, 2].map((at) => newSandbox(at, { state: "pending", held: question }));
  if (approved === undefined || ended === undefined) throw new Error("there are two");
  const [started, cancelled] = [heldExecution(approved.id, 1), heldExecution(approved.id, 2)];
  for (const one of [approved, ended]) await first.sandboxes.create(one);
  for (const one of [started, cancelled]) await first.executions.create(one);
  await first.close();

  const store = await openTestStore(folder.path);
  for (const { id } of [approved, ended]) expect(await store.sandboxes.held(id)).toEqual(question);
  for (const { id } of [started, cancelled]) expect(await store.executions.held(id)).toEqual(question);
  expect((await store.executions.unfinished(approved.id)).map(({ state }) => state)).toEqual(["held", "held"]);

  const decision = { level: "strong" };
  const agreed = { decision, runtime: "other", level: "strong" } as const;
  expect(await store.sandboxes.approve(approved.id, agreed, entry("sandbox.approved", approved.id))).toBe(true);
  expect(await store.sandboxes.get(null, approved.id)).toMatchObject({ state: "pending", level: "strong", decision });
  await store.sandboxes.finish(
    ended.id,
    { ...over, state: "failed", reason: "denied" },
    entry("sandbox.ended", ended.id),
  );
  const less = { decision, risk: {}, timeoutMs: 10, outputLimitBytes: 5 };
  expect(await store.executions.approve(started.id, less, entry("execution.approved", started.id))).toBe(true);
  expect(await store.executions.get(null, approved.id, started.id)).toMatchObject({ state: "starting", timeoutMs: 10 });
  const outcome = { reason: "denied", exitCode: null, signal: null, finishedAtMs: 3, startedAtMs: null } as const;
  const bytes = { stdoutBytes: 0, stderrBytes: 0, stdoutTruncatedBytes: 0, stderrTruncatedBytes: 0 };
  const output = { stdout: nothing(), stderr: nothing() };
  await store.executions.finish(cancelled.id, { ...outcome, ...bytes, usage: null, error: null }, output);

  // Nobody is asked twice, and no answer undoes an end.
  for (const { id } of [approved, ended]) {
    expect(await store.sandboxes.held(id)).toBeNull();
    expect(await store.sandboxes.approve(id, agreed, entry("sandbox.approved", id))).toBe(false);
  }
  for (const { id } of [started, cancelled]) {
    expect(await store.executions.held(id)).toBeNull();
    expect(await store.executions.approve(id, less, entry("execution.approved", id))).toBe(false);
  }
  const events = (await store.events.after(0, { tenant: null }, 100)).events.map(({ type }) => type);
  expect(events.filter((type) => /held|approved/.test(type))).toEqual([
    "sandbox.held",
    "sandbox.held",
    "execution.held",
    "execution.held",
    "sandbox.approved",
    "execution.approved",
  ]);
  await store.close();
  const database = new DatabaseSync(`${folder.path}/hsr.sqlite`);
  expect(database.prepare("SELECT count(*) AS parts FROM held_input").get()).toEqual({ parts: 0 });
  database.close();
});

test("executions of before are all there when their table is made anew, and no number comes back", () => {
  const database = new DatabaseSync(":memory:");
  for (const { sql } of migrations.filter(({ version }) => version < 8)) database.exec(sql);
  const insert = (id: string, number: number) =>
    database
      .prepare(`INSERT INTO execution (id, sandbox_id, tenant, key_id, request_id, number, state, argv, background, terminal,
        output_limit, created_at, decision, risk) VALUES (?, 'sb', 't', 'k', 'r', ?, 'starting', '[]', 0, 0, 1, 1, '{}', '{}')`)
      .run(id, number);
  insert("ex-1", 1);
  insert("ex-2", 2);
  const before = database.prepare("SELECT * FROM execution WHERE id = 'ex-1'").get();
  database.exec("DELETE FROM execution WHERE id = 'ex-2'");
  for (const { sql } of migrations.filter(({ version }) => version === 8)) database.exec(sql);
  expect(database.prepare("SELECT * FROM execution").all()).toEqual([before]);
  insert("ex-3", 3);
  expect(database.prepare("SELECT seq FROM execution WHERE id = 'ex-3'").get()).toEqual({ seq: 3 });
  expect(() => database.exec("UPDATE execution SET state = 'nonsense'")).toThrow(/CHECK/);
  const indices = database.prepare(
    "SELECT name FROM sqlite_schema WHERE tbl_name = 'execution' AND sql LIKE 'CREATE INDEX%'",
  );
  expect(indices.all()).toHaveLength(3);
  database.close();
});
