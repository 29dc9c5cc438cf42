/** Runs in SQLite. */
import { httpLimits, mayBecome, type RunState, runStates } from "@hsr/contract";
import {
  type CreateRunOutcome,
  type FinishOutcome,
  type KnownRun,
  type NewRun,
  type OutputSource,
  type RunId,
  type RunOutcome,
  type RunPatch,
  type RunRecord,
  type RunStore,
  runEvent,
  type TransitionOutcome,
} from "@hsr/core";
import { type Access, breathe, read } from "./access.ts";
import type { AuditChain } from "./audit.ts";
import type { SqliteEvents } from "./events.ts";
import { cut, inlineBytes, type Part, partBytes, readSource, sourceBytes } from "./parts.ts";
import { asJson, bytes, number, type Row, text } from "./row.ts";
import { createRunList } from "./run-list.ts";
import { toRunRecord } from "./run-row.ts";

/** Unfinished runs that are read at one time when a gateway starts. */
const unfinishedPage = 200;

/** The store of runs, and what retention and the composition need of it. */
export interface SqliteRuns extends RunStore {
  /** Retention deleted so many finished runs. */
  forgetFinished(count: number): void;
}

export function createRuns(access: Access, audit: AuditChain, events: SqliteEvents): SqliteRuns {
  const { database, writer } = access;
  const select = database.prepare("SELECT * FROM run WHERE id = ?");
  const selectOfTenant = database.prepare("SELECT * FROM run WHERE id = ? AND tenant = ?");
  const selectState = database.prepare("SELECT seq, state FROM run WHERE id = ?");
  const insert = database.prepare(`
    INSERT INTO run (id, tenant, key_id, request_id, state, request_digest, idempotency_key, labels, language, detach,
      runtime, level, sandbox_id, boot_id, created_at, starting_at, expires_at, decision, risk, limits)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`);
  const insertInput = database.prepare("INSERT INTO input (run_id, part, bytes) VALUES (?, ?, ?)");
  const selectInput = database.prepare("SELECT bytes FROM input WHERE run_id = ? AND part >= ? ORDER BY part LIMIT 16");
  const deleteInput = database.prepare(
    "DELETE FROM input WHERE rowid IN (SELECT rowid FROM input WHERE run_id = ? ORDER BY part LIMIT 8)",
  );
  const selectKey = database.prepare(`
    SELECT i.request_digest, i.created_at AS remembered_at, i.run_seq, r.* FROM idempotency i
    JOIN run r ON r.seq = i.run_seq WHERE i.tenant = ? AND i.key = ?`);
  const insertKey = database.prepare(
    "INSERT OR REPLACE INTO idempotency (tenant, key, run_seq, request_digest, created_at) VALUES (?, ?, ?, ?, ?)",
  );
  const advance = database.prepare(`
    UPDATE run SET state = :state,
      starting_at = CASE :state WHEN 'starting' THEN :at WHEN 'queued' THEN NULL ELSE starting_at END,
      started_at = CASE :state WHEN 'running' THEN :at ELSE started_at END,
      runtime = coalesce(:runtime, runtime), level = coalesce(:level, level),
      sandbox_id = CASE :sandboxKnown WHEN 1 THEN :sandbox ELSE sandbox_id END, boot_id = coalesce(:boot, boot_id),
      decision = coalesce(:decision, decision), risk = coalesce(:risk, risk), limits = coalesce(:limits, limits),
      unenforced = coalesce(:unenforced, unenforced)
    WHERE id = :id RETURNING *`);
  const end = database.prepare(`
    UPDATE run SET state = 'finished', reason = :reason, exit_code = :exitCode, signal = :signal, finished_at = :finishedAt,
      usage = :usage, error = :error, stdout_bytes = :stdoutBytes, stderr_bytes = :stderrBytes,
      stdout_truncated = :stdoutTruncated, stderr_truncated = :stderrTruncated,
      started_at = coalesce(:startedAt, started_at),
      runtime = coalesce(:runtime, runtime), level = coalesce(:level, level),
      sandbox_id = CASE :sandboxKnown WHEN 1 THEN :sandbox ELSE sandbox_id END, boot_id = coalesce(:boot, boot_id),
      decision = coalesce(:decision, decision), risk = coalesce(:risk, risk), limits = coalesce(:limits, limits),
      unenforced = coalesce(:unenforced, unenforced)
    WHERE id = :id RETURNING *`);
  const insertOutput = database.prepare("INSERT INTO output (run_seq, stream, first_byte, bytes) VALUES (?, ?, ?, ?)");
  const clearOutput = database.prepare(
    "DELETE FROM output WHERE rowid IN (SELECT rowid FROM output WHERE run_seq = ? LIMIT 8)",
  );
  const hasOutput = database.prepare("SELECT 1 FROM output WHERE run_seq = ? LIMIT 1");
  const selectOutput = database.prepare(`
    SELECT o.first_byte, o.bytes FROM output o JOIN run r ON r.seq = o.run_seq
    WHERE r.id = ? AND r.state = 'finished' AND o.stream = ? AND o.first_byte > ? ORDER BY o.first_byte LIMIT 1`);
  const selectUnfinished = database.prepare(
    "SELECT * FROM run WHERE state <> 'finished' AND seq > ? ORDER BY seq LIMIT ?",
  );
  const countUnfinished = database.prepare(
    "SELECT state, count(*) AS runs FROM run WHERE state <> 'finished' GROUP BY state",
  );
  const countFinished = database.prepare("SELECT count(*) AS runs FROM run WHERE state = 'finished'");

  let finished = number(countFinished.get() ?? {}, "runs");
  /** Finishes on their way, so that two of one run do not mix their output. */
  const finishing = new Map<RunId, Promise<FinishOutcome>>();

  function get(id: RunId): RunRecord | null {
    const row = select.get(id);
    return row === undefined ? null : toRunRecord(row);
  }

  function knownRun(tenant: string, key: string, digest: string, nowMs: number): KnownRun | null {
    const row = selectKey.get(tenant, key);
    if (row === undefined || number(row, "remembered_at") <= nowMs - httpLimits.idempotency_ttl_ms.value) return null;
    const run = toRunRecord(row);
    return run.requestDigest === digest ? { kind: "existing", run } : { kind: "mismatch", runId: run.id };
  }

  function insertRun(run: NewRun, withInput: boolean): CreateRunOutcome {
    if (run.idempotencyKey !== null) {
      const known = knownRun(run.tenant, run.idempotencyKey, run.requestDigest, run.createdAtMs);
      if (known !== null) return known;
    }
    const row = insert.get(
      run.id,
      run.tenant,
      run.keyId,
      run.requestId,
      run.state,
      run.requestDigest,
      run.idempotencyKey,
      JSON.stringify(run.labels),
      run.language,
      run.detach ? 1 : 0,
      run.runtime,
      run.level,
      run.sandboxId,
      run.bootId,
      run.createdAtMs,
      run.state === "starting" ? run.createdAtMs : null,
      run.expiresAtMs,
      asJson(run.decision),
      asJson(run.risk),
      asJson(run.limits),
    );
    if (row === undefined) throw new TypeError("the row that was inserted is not there");
    if (run.idempotencyKey !== null)
      insertKey.run(run.tenant, run.idempotencyKey, number(row, "seq"), run.requestDigest, run.createdAtMs);
    if (withInput) for (const part of cut(run.input)) insertPart(run.id, part);
    if (run.audit !== null) audit.insert(run.audit);
    const record = toRunRecord(row);
    if (run.state === "held") events.insert(runEvent("run.held", record, run.createdAtMs));
    return { kind: "created", run: record };
  }

  function insertPart(id: RunId, part: Part): void {
    insertInput.run(id, part.firstByte / partBytes, part.bytes);
  }

  async function create(run: NewRun): Promise<CreateRunOutcome> {
    if (run.input.length <= inlineBytes) return writer.write("create", () => insertRun(run, true));
    // A large input goes first, part by part: a crash leaves parts without a run, which the next start sweeps away.
    for (const part of cut(run.input)) {
      await writer.write("create.part", () => insertPart(run.id, part));
    }
    const outcome = await writer.write("create", () => insertRun(run, false));
    if (outcome.kind !== "created") await dropInput(run.id);
    return outcome;
  }

  async function dropInput(id: RunId): Promise<void> {
    for (let more = true; more; )
      more = await writer.write("input.drop", () => Number(deleteInput.run(id).changes) > 0);
  }

  async function transition(
    id: RunId,
    from: RunState,
    to: Exclude<RunState, "finished">,
    atMs: number,
    patch: RunPatch = {},
  ): Promise<TransitionOutcome> {
    if (!mayBecome(from, to)) throw new TypeError(`a run that is ${from} never becomes ${to}`);
    return writer.write<TransitionOutcome>(to, () => {
      const found = get(id);
      if (found === null) return { kind: "unknown" };
      if (found.state !== from) return { kind: "stale", run: found };
      const row = advance.get({ id, state: to, at: atMs, ...patchColumns(patch) });
      if (row === undefined) return { kind: "unknown" };
      const run = toRunRecord(row);
      if (from === "held") events.insert(runEvent("run.approved", run, atMs));
      return { kind: "done", run };
    });
  }

  function finish(
    id: RunId,
    outcome: RunOutcome,
    output: { readonly stdout: OutputSource; readonly stderr: OutputSource },
    patch: RunPatch = {},
  ): Promise<FinishOutcome> {
    const earlier = finishing.get(id);
    const mine = (earlier ?? Promise.resolve())
      // Whatever became of the earlier one, the row tells: its own caller hears of its failure.
      .then(ignore, ignore)
      .then(() => finishAlone(id, outcome, output, patch));
    finishing.set(id, mine);
    const forget = (): void => {
      if (finishing.get(id) === mine) finishing.delete(id);
    };
    mine.then(forget, forget);
    return mine;
  }

  async function finishAlone(
    id: RunId,
    outcome: RunOutcome,
    output: { readonly stdout: OutputSource; readonly stderr: OutputSource },
    patch: RunPatch,
  ): Promise<FinishOutcome> {
    const state = read(access, "state", () => selectState.get(id));
    if (state === undefined) return { kind: "unknown" };
    const seq = number(state, "seq");
    if (text(state, "state") === "finished") return alreadyFinished(id);
    // What an earlier attempt left when it was cut short.
    for (let more = hasOutput.get(seq) !== undefined; more; )
      more = await writer.write("output.clear", () => Number(clearOutput.run(seq).changes) > 0);
    const parts: { readonly stream: "stdout" | "stderr"; readonly part: Part }[] = [];
    const inline = sourceBytes(output.stdout) + sourceBytes(output.stderr) <= inlineBytes;
    const stored = { stdout: 0, stderr: 0 };
    for (const stream of ["stdout", "stderr"] as const)
      for await (const part of readSource(output[stream])) {
        stored[stream] += part.bytes.length;
        if (inline) parts.push({ stream, part });
        else {
          await writer.write("finish.part", () => insertOutput.run(seq, stream, part.firstByte, part.bytes));
        }
      }
    const result = await writer.write<FinishOutcome>("finish", () => {
      const now = get(id);
      if (now === null) return { kind: "unknown" };
      for (const { stream, part } of parts) insertOutput.run(seq, stream, part.firstByte, part.bytes);
      deleteInput.run(id);
      const row = end.get({
        id,
        reason: outcome.reason,
        exitCode: outcome.exitCode,
        signal: outcome.signal,
        finishedAt: outcome.finishedAtMs,
        usage: asJson(outcome.usage),
        error: asJson(outcome.error),
        stdoutBytes: stored.stdout,
        stderrBytes: stored.stderr,
        stdoutTruncated: outcome.stdoutTruncatedBytes,
        stderrTruncated: outcome.stderrTruncatedBytes,
        startedAt: patch.startedAtMs ?? null,
        ...patchColumns(patch),
      });
      if (row === undefined) return { kind: "unknown" };
      const run = toRunRecord(row);
      events.insert(runEvent("run.finished", run, outcome.finishedAtMs));
      return { kind: "finished", run };
    });
    if (result.kind === "finished") finished += 1;
    // Eight parts went with the run; the rest of a large input follows in pieces.
    if (selectInput.get(id, 0) !== undefined) await dropInput(id);
    return result;
  }

  function alreadyFinished(id: RunId): FinishOutcome {
    const run = get(id);
    return run === null ? { kind: "unknown" } : { kind: "already", run };
  }

  return {
    create,
    known: async (tenant, key, digest, nowMs) => read(access, "known", () => knownRun(tenant, key, digest, nowMs)),
    transition,
    finish,
    get: async (tenant, id) =>
      read(access, "get", () => {
        const row = tenant === null ? select.get(id) : selectOfTenant.get(id, tenant);
        return row === undefined ? null : toRunRecord(row);
      }),
    list: createRunList(access),
    unfinished: async () => {
      const found: RunRecord[] = [];
      for (let after = 0; ; await breathe()) {
        const rows: Row[] = read(access, "unfinished", () => selectUnfinished.all(after, unfinishedPage));
        found.push(...rows.map(toRunRecord));
        const last = rows.at(-1);
        if (last === undefined || rows.length < unfinishedPage) return found;
        after = number(last, "seq");
      }
    },
    input: async (id) => {
      const state = read(access, "state", () => selectState.get(id));
      if (state === undefined || state["state"] === "finished") return null;
      const parts: Uint8Array[] = [];
      for (;;) {
        const rows: Row[] = read(access, "input", () => selectInput.all(id, parts.length));
        if (rows.length === 0) return Buffer.concat(parts);
        parts.push(...rows.map((row) => bytes(row, "bytes")));
        if (rows.length === 16) await breathe();
      }
    },
    output: async (id, stream, offset, length) => {
      const pieces: Uint8Array[] = [];
      let at = offset;
      while (at < offset + length) {
        const row = read(access, "output", () => selectOutput.get(id, stream, at - partBytes));
        if (row === undefined) break;
        const part = bytes(row, "bytes");
        const from = at - number(row, "first_byte");
        const piece = part.subarray(from, Math.min(part.length, from + offset + length - at));
        if (piece.length === 0) break;
        pieces.push(piece);
        at += piece.length;
        if (pieces.length % 4 === 0) await breathe();
      }
      return pieces.length === 1 ? (pieces[0] ?? new Uint8Array()) : Buffer.concat(pieces);
    },
    counts: async () =>
      read(access, "counts", () => {
        const counts = Object.fromEntries(Object.keys(runStates).map((state) => [state, 0])) as Record<
          RunState,
          number
        >;
        for (const row of countUnfinished.all()) counts[text(row, "state") as RunState] = number(row, "runs");
        return { ...counts, finished };
      }),
    forgetFinished: (count) => {
      finished -= count;
    },
  };
}

function patchColumns(patch: RunPatch): Record<string, string | number | null> {
  return {
    runtime: patch.runtime ?? null,
    level: patch.level ?? null,
    sandboxKnown: patch.sandboxId === undefined ? 0 : 1,
    sandbox: patch.sandboxId ?? null,
    boot: patch.bootId ?? null,
    decision: asJson(patch.decision ?? null),
    risk: asJson(patch.risk ?? null),
    limits: asJson(patch.limits ?? null),
    unenforced: asJson(patch.unenforced ?? null),
  };
}

function ignore(): void {
  // Only the order matters here.
}
