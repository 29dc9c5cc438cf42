/** Executions of living sandboxes in SQLite, with their output. */
import {
  type ExecutionOutcome,
  type ExecutionStore,
  executionEvent,
  type LogPiece,
  type NewExecution,
} from "@hsr/core";
import { type Access, read } from "./access.ts";
import type { AuditChain } from "./audit.ts";
import type { SqliteEvents } from "./events.ts";
import { createHeldInputs } from "./held-inputs.ts";
import { newestFirst } from "./newest-first.ts";
import { inlineBytes } from "./parts.ts";
import { asJson, bytes, number, type Row } from "./row.ts";
import { toExecutionRecord } from "./sandbox-row.ts";

type Stream = "stdout" | "stderr";
const streams: readonly Stream[] = ["stdout", "stderr"];

export function createExecutions(access: Access, audit: AuditChain, events: SqliteEvents): ExecutionStore {
  const { database, writer } = access;
  const insert = database.prepare(`
    INSERT INTO execution (id, sandbox_id, tenant, key_id, request_id, number, state, argv, background, terminal, timeout,
      output_limit, created_at, decision, risk)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`);
  const heldInputs = createHeldInputs(access);
  const agree = database.prepare(`
    UPDATE execution SET state = 'starting', decision = :decision, risk = :risk, timeout = :timeout,
      output_limit = :outputLimit
    WHERE id = :id AND state = 'held' RETURNING *`);
  const start = database.prepare(
    "UPDATE execution SET state = 'running', started_at = ? WHERE id = ? AND state = 'starting' RETURNING *",
  );
  const end = database.prepare(`
    UPDATE execution SET state = 'finished', reason = :reason, exit_code = :exitCode, signal = :signal,
      finished_at = :finishedAt, started_at = coalesce(:startedAt, started_at), usage = :usage, error = :error,
      stdout_bytes = :stdoutBytes, stderr_bytes = :stderrBytes,
      stdout_truncated = :stdoutTruncated, stderr_truncated = :stderrTruncated
    WHERE id = :id AND state <> 'finished' RETURNING *`);
  const select = database.prepare("SELECT * FROM execution WHERE id = ?");
  const selectOfSandbox = database.prepare("SELECT * FROM execution WHERE id = ? AND sandbox_id = ?");
  const clearOutput = database.prepare(
    "DELETE FROM execution_output WHERE rowid IN (SELECT rowid FROM execution_output WHERE execution_seq = ? LIMIT 8)",
  );
  const insertOutput = database.prepare(
    "INSERT INTO execution_output (execution_seq, stream, first_byte, bytes) VALUES (?, ?, ?, ?)",
  );
  // The last piece that begins at or before the offset, if it reaches beyond, else the first after it.
  const selectOutput = database.prepare(`
    SELECT o.first_byte, o.bytes FROM execution_output o JOIN execution e ON e.seq = o.execution_seq
    WHERE e.id = :id AND e.state = 'finished' AND o.stream = :stream AND o.first_byte + length(o.bytes) > :offset
      AND o.first_byte >= coalesce((SELECT max(p.first_byte) FROM execution_output p
        WHERE p.execution_seq = e.seq AND p.stream = :stream AND p.first_byte <= :offset), 0)
    ORDER BY o.first_byte LIMIT 1`);
  const selectUnfinished = database.prepare(
    "SELECT * FROM execution WHERE sandbox_id = ? AND state <> 'finished' ORDER BY seq",
  );
  const selectLast = database.prepare("SELECT max(number) AS last FROM execution WHERE sandbox_id = ?");
  const ofSandbox = database.prepare(`
    SELECT * FROM execution WHERE sandbox_id = ? AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`);

  function insertExecution(execution: NewExecution): void {
    const row = insert.get(
      execution.id,
      execution.sandboxId,
      execution.tenant,
      execution.keyId,
      execution.requestId,
      execution.number,
      execution.state,
      JSON.stringify(execution.argv),
      execution.background ? 1 : 0,
      execution.terminal ? 1 : 0,
      execution.timeoutMs,
      execution.outputLimitBytes,
      execution.createdAtMs,
      asJson(execution.decision),
      asJson(execution.risk),
    );
    heldInputs.insert(execution.id, execution.held);
    audit.insert(execution.audit);
    if (execution.state === "held" && row !== undefined)
      events.insert(executionEvent("execution.held", toExecutionRecord(row), execution.createdAtMs));
  }

  async function finish(
    id: string,
    outcome: ExecutionOutcome,
    output: Readonly<Record<Stream, AsyncIterable<LogPiece>>>,
  ) {
    const row = read(access, "execution.get", () => select.get(id));
    if (row === undefined) return null;
    if (row["state"] === "finished") return toExecutionRecord(row);
    const seq = number(row, "seq");
    const stored = { stdout: 0, stderr: 0 };
    // A little output is written together with the end; much goes first, piece by piece.
    const small: { readonly stream: Stream; readonly piece: LogPiece }[] = [];
    let waiting = 0;
    let cleared = false;
    const put = async (stream: Stream, piece: LogPiece): Promise<void> => {
      if (!cleared) await clear(seq);
      cleared = true;
      await writer.write("finish.part", () => insertOutput.run(seq, stream, piece.offset, piece.bytes));
    };
    for (const stream of streams)
      for await (const piece of output[stream]) {
        stored[stream] += piece.bytes.length;
        waiting += piece.bytes.length;
        small.push({ stream, piece });
        if (waiting <= inlineBytes) continue;
        for (const each of small.splice(0)) await put(each.stream, each.piece);
      }
    return await writer.write("execution.finish", () => {
      for (const { stream, piece } of small) insertOutput.run(seq, stream, piece.offset, piece.bytes);
      const finished = end.get({
        id,
        reason: outcome.reason,
        exitCode: outcome.exitCode,
        signal: outcome.signal,
        finishedAt: outcome.finishedAtMs,
        startedAt: outcome.startedAtMs,
        usage: asJson(outcome.usage),
        error: asJson(outcome.error),
        stdoutBytes: outcome.stdoutBytes,
        stderrBytes: outcome.stderrBytes,
        stdoutTruncated: Math.max(0, outcome.stdoutBytes - stored.stdout),
        stderrTruncated: Math.max(0, outcome.stderrBytes - stored.stderr),
      });
      if (finished !== undefined)
        events.insert(executionEvent("execution.finished", toExecutionRecord(finished), outcome.finishedAtMs));
      const found = finished ?? select.get(id);
      return found === undefined ? null : toExecutionRecord(found);
    });
  }

  /** What an earlier attempt left when it was cut short. */
  async function clear(seq: number): Promise<void> {
    for (let more = true; more; )
      more = await writer.write("output.clear", () => Number(clearOutput.run(seq).changes) > 0);
  }

  return {
    create: (execution) => writer.write("execution.create", () => insertExecution(execution)),
    held: async (id) => heldInputs.get(id),
    approve: (id, { decision, risk, timeoutMs, outputLimitBytes }, entry) =>
      writer.write("execution.approve", () => {
        const columns = { decision: asJson(decision), risk: asJson(risk), timeout: timeoutMs };
        const row = agree.get({ id, ...columns, outputLimit: outputLimitBytes });
        if (row === undefined) return false;
        audit.insert(entry);
        events.insert(executionEvent("execution.approved", toExecutionRecord(row), entry.timeMs));
        return true;
      }),
    started: (id, atMs) =>
      writer.write("execution.started", () => {
        const row = start.get(atMs, id);
        if (row !== undefined) events.insert(executionEvent("execution.started", toExecutionRecord(row), atMs));
      }),
    finish,
    get: async (tenant, sandbox, id) =>
      read(access, "execution.get", () => {
        const row = selectOfSandbox.get(id, sandbox);
        return row === undefined || (tenant !== null && row["tenant"] !== tenant) ? null : toExecutionRecord(row);
      }),
    list: ({ tenant, sandboxId, states }, limit, cursor) => {
      const isMine = (row: Row) => tenant === null || row["tenant"] === tenant;
      const listing = {
        kind: "execution",
        rows: ({ at, id }: { readonly at: number; readonly id: string }, size: number) =>
          ofSandbox.all(sandboxId, at, id, size),
        matches: (row: Row) => isMine(row) && (states === undefined || states.some((state) => state === row["state"])),
        toItem: toExecutionRecord,
      };
      return newestFirst(access, listing, limit, cursor);
    },
    unfinished: async (sandbox) =>
      read(access, "unfinished", () => selectUnfinished.all(sandbox)).map(toExecutionRecord),
    lastNumber: async (sandbox) => Number(read(access, "execution.last", () => selectLast.get(sandbox))?.["last"] ?? 0),
    output: async (id, stream, offset, length) => {
      const row = read(access, "output", () => selectOutput.get({ id, stream, offset }));
      if (row === undefined) return { offset, bytes: new Uint8Array() };
      const first = number(row, "first_byte");
      const at = Math.max(offset, first);
      return { offset: at, bytes: bytes(row, "bytes").subarray(at - first, at - first + length) };
    },
  };
}
