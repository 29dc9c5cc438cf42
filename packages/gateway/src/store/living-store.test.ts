/** Sandboxes and executions in the store. */
import { isSandboxOver, newId, type SandboxState, sandboxMayBecome, sandboxStates } from "@hsr/contract";
import type {
  ExecutionId,
  ExecutionOutcome,
  LogPiece,
  NewExecution,
  NewSandbox,
  SandboxId,
  SandboxOutcome,
  Store,
} from "@hsr/core";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { openTestStore, newSandbox as sandboxAt, temporaryFolder } from "./testing.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function freshStore(): Promise<Store> {
  const folder = temporaryFolder();
  const store = await openTestStore(folder.path);
  open.push(async () => {
    await store.close();
    folder[Symbol.dispose]();
  });
  return store;
}

let clock = 1_790_000_000_000;

function newSandbox(more: Partial<NewSandbox> = {}): NewSandbox {
  clock += 1;
  return sandboxAt(clock, more);
}

function newExecution(sandboxId: SandboxId, number: number): NewExecution {
  clock += 1;
  const id = newId("execution") as ExecutionId;
  return {
    id,
    state: "starting",
    sandboxId,
    tenant: "alpha",
    keyId: "key-a",
    requestId: "req-a",
    number,
    argv: ["true"],
    background: false,
    terminal: false,
    timeoutMs: null,
    outputLimitBytes: 100,
    createdAtMs: clock,
    decision: {},
    risk: { analyzed: false },
    held: null,
    audit: { timeMs: clock, type: "execution.decided", tenant: "alpha", subject: id, requestId: null, data: {} },
  };
}

const ended = (state: SandboxOutcome["state"] = "ended"): SandboxOutcome => ({
  state,
  reason: state === "ended" ? "deleted" : state === "failed" ? "exited" : "lost",
  endedAtMs: clock,
  usage: null,
  error: null,
});
const endedEntry = (id: string) =>
  ({ timeMs: clock, type: "sandbox.ended", tenant: "alpha", subject: id, requestId: null, data: {} }) as const;

const done = (finishedAtMs: number): ExecutionOutcome => ({
  reason: "exited",
  exitCode: 0,
  signal: null,
  finishedAtMs,
  startedAtMs: finishedAtMs,
  usage: null,
  error: null,
  stdoutBytes: 0,
  stderrBytes: 0,
  stdoutTruncatedBytes: 0,
  stderrTruncatedBytes: 0,
});

async function* pieces(...given: readonly LogPiece[]): AsyncGenerator<LogPiece> {
  yield* given;
}

test("a sandbox walks its table, whatever is asked of it, and an end is for good", async () => {
  const store = await freshStore();
  const states = Object.keys(sandboxStates) as SandboxState[];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...states), { maxLength: 12 }), async (wanted) => {
      const row = newSandbox({ state: "pending" });
      await store.sandboxes.create(row);
      let state: SandboxState = "pending";
      for (const to of wanted) {
        if (to === "ended" || to === "failed" || to === "lost") {
          const record = await store.sandboxes.finish(row.id, ended(to), endedEntry(row.id));
          if (!isSandboxOver(state)) state = to;
          expect(record?.outcome?.state).toBe(state);
          expect(record?.environment).toEqual({});
          continue;
        }
        for (const from of states) {
          if (from === state) continue;
          // Whoever thinks that it is somewhere else changes nothing.
          if (sandboxMayBecome(from, to)) expect(await store.sandboxes.transition(row.id, from, to)).toBe(false);
        }
        if (!sandboxMayBecome(state, to)) {
          await expect(store.sandboxes.transition(row.id, state, to)).rejects.toThrow(TypeError);
          continue;
        }
        expect(await store.sandboxes.transition(row.id, state, to)).toBe(true);
        state = to;
      }
      expect((await store.sandboxes.get(null, row.id))?.state).toBe(state);
    }),
    { numRuns: 60 },
  );
});

test("a name belongs to one living sandbox of its tenant, and is free again after its end", async () => {
  const store = await freshStore();
  const first = newSandbox({ name: "mine" });
  expect((await store.sandboxes.create(first)).kind).toBe("created");
  expect(await store.sandboxes.create(newSandbox({ name: "mine" }))).toEqual({
    kind: "name_taken",
    sandboxId: first.id,
  });
  expect((await store.sandboxes.create(newSandbox({ name: "mine", tenant: "beta" }))).kind).toBe("created");
  await store.sandboxes.finish(first.id, ended(), endedEntry(first.id));
  expect((await store.sandboxes.create(newSandbox({ name: "mine" }))).kind).toBe("created");
});

test("an idempotency key gives the same sandbox, and a mismatch for another request", async () => {
  const store = await freshStore();
  const first = newSandbox({ idempotencyKey: "once" });
  await store.sandboxes.create(first);
  expect(await store.sandboxes.create(newSandbox({ idempotencyKey: "once" }))).toMatchObject({
    kind: "existing",
    sandbox: { id: first.id },
  });
  const other = newSandbox({ idempotencyKey: "once", requestDigest: "other" });
  expect(await store.sandboxes.create(other)).toEqual({ kind: "mismatch", sandboxId: first.id });
});

test("output is read from any place of its own count, over what is missing", async () => {
  const store = await freshStore();
  const sandbox = newSandbox();
  await store.sandboxes.create(sandbox);
  const execution = newExecution(sandbox.id, 1);
  await store.executions.create(execution);
  const stdout = pieces({ offset: 10, bytes: Buffer.from("abc") }, { offset: 20, bytes: Buffer.from("defg") });
  const record = await store.executions.finish(
    execution.id,
    { ...done(clock), stdoutBytes: 24 },
    { stdout, stderr: pieces() },
  );
  expect(record?.outcome).toMatchObject({ stdoutBytes: 24, stdoutTruncatedBytes: 17 });
  const read = async (offset: number, length = 100) => {
    const piece = await store.executions.output(execution.id, "stdout", offset, length);
    return [piece.offset, Buffer.from(piece.bytes).toString()];
  };
  expect(await read(0)).toEqual([10, "abc"]);
  expect(await read(11, 1)).toEqual([11, "b"]);
  expect(await read(13)).toEqual([20, "defg"]);
  expect(await read(22)).toEqual([22, "fg"]);
  expect(await read(24)).toEqual([24, ""]);
});

test("an execution's first end stays", async () => {
  const store = await freshStore();
  const sandbox = newSandbox();
  await store.sandboxes.create(sandbox);
  const execution = newExecution(sandbox.id, 1);
  await store.executions.create(execution);
  await store.executions.finish(execution.id, done(clock), { stdout: pieces(), stderr: pieces() });
  const other = { ...done(clock), reason: "lost" as const };
  const again = await store.executions.finish(execution.id, other, { stdout: pieces(), stderr: pieces() });
  expect(again?.outcome?.reason).toBe("exited");
  expect(await store.executions.unfinished(sandbox.id)).toEqual([]);
  expect(await store.executions.lastNumber(sandbox.id)).toBe(1);
});

test("retention takes what is old and what is too many, executions before their sandbox, and nothing that lives", async () => {
  const store = await freshStore();
  const make = async (endedAtMs: number | null) => {
    const sandbox = newSandbox();
    await store.sandboxes.create(sandbox);
    for (const number of [1, 2, 3]) {
      const execution = newExecution(sandbox.id, number);
      await store.executions.create(execution);
      if (endedAtMs === null) continue;
      const stdout = pieces({ offset: 0, bytes: Buffer.alloc(10) });
      await store.executions.finish(execution.id, done(endedAtMs), { stdout, stderr: pieces() });
    }
    if (endedAtMs !== null) await store.sandboxes.finish(sandbox.id, { ...ended(), endedAtMs }, endedEntry(sandbox.id));
    return sandbox.id;
  };
  const living = await make(null);
  const old = await make(clock - 10_000);
  const young = await make(clock + 10_000);
  const request = {
    nowMs: clock,
    runsFinishedBeforeMs: clock - 1000,
    keepFinishedRuns: 1000,
    keepBytes: 1e12,
    auditBeforeMs: 0,
    eventsBeforeMs: 0,
    keepEvents: 1000,
    maxRows: 2,
  };
  let rounds = 0;
  for (let more = true; more; rounds += 1) more = (await store.prune(request)).more;
  expect(rounds).toBeGreaterThan(1);
  await store.prune(request);
  expect(await store.sandboxes.get(null, old)).toBeNull();
  expect((await store.sandboxes.get(null, young))?.id).toBe(young);
  expect(await store.executions.unfinished(living)).toHaveLength(3);
  for (let more = true; more; ) more = (await store.prune({ ...request, keepFinishedRuns: 0 })).more;
  await store.prune({ ...request, keepFinishedRuns: 0 });
  expect(await store.sandboxes.get(null, young)).toBeNull();
  expect((await store.sandboxes.get(null, living))?.id).toBe(living);
  expect(await store.executions.unfinished(living)).toHaveLength(3);
});
