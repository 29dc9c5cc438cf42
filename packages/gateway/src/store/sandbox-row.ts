/** Rows of `sandbox` and `execution` as the core's records. */
import type { Allowance, ExecutionState, RunReason, SandboxReason, SandboxState } from "@hsr/contract";
import type {
  ExecutionId,
  ExecutionOutcome,
  ExecutionRecord,
  IsolationLevel,
  JsonObject,
  LimitName,
  SandboxId,
  SandboxOutcome,
  SandboxRecord,
} from "@hsr/core";
import { json, number, numberOrNull, objectOrNull, type Row, text, textOrNull } from "./row.ts";

/** Branded ids and closed words come out of columns that only this store writes, from values of these types. */
export function toSandboxRecord(row: Row): SandboxRecord {
  return {
    id: text(row, "id") as SandboxId,
    tenant: text(row, "tenant"),
    keyId: text(row, "key_id"),
    requestId: text(row, "request_id"),
    state: text(row, "state") as SandboxState,
    name: textOrNull(row, "name"),
    labels: json<Readonly<Record<string, string>>>(row, "labels"),
    allow: json<readonly Allowance[]>(row, "allow"),
    ttlMs: number(row, "ttl"),
    idleTimeoutMs: number(row, "idle_timeout"),
    createdAtMs: number(row, "created_at"),
    startedAtMs: numberOrNull(row, "started_at"),
    expiresAtMs: numberOrNull(row, "expires_at"),
    activeAtMs: number(row, "active_at"),
    requestDigest: text(row, "request_digest"),
    idempotencyKey: textOrNull(row, "idempotency_key"),
    environment: (objectOrNull(row, "environment") ?? {}) as Readonly<Record<string, string>>,
    decision: json<JsonObject>(row, "decision"),
    risk: json<JsonObject>(row, "risk"),
    runtime: text(row, "runtime"),
    level: text(row, "level") as IsolationLevel,
    unenforced: json<readonly LimitName[]>(row, "unenforced"),
    outcome: sandboxOutcome(row),
  };
}

function sandboxOutcome(row: Row): SandboxOutcome | null {
  if (row["reason"] === null) return null;
  return {
    state: text(row, "state") as SandboxOutcome["state"],
    reason: text(row, "reason") as SandboxReason,
    endedAtMs: number(row, "ended_at"),
    usage: objectOrNull(row, "usage"),
    error: objectOrNull(row, "error"),
  };
}

export function toExecutionRecord(row: Row): ExecutionRecord {
  return {
    id: text(row, "id") as ExecutionId,
    sandboxId: text(row, "sandbox_id") as SandboxId,
    tenant: text(row, "tenant"),
    keyId: text(row, "key_id"),
    requestId: text(row, "request_id"),
    number: number(row, "number"),
    state: text(row, "state") as ExecutionState,
    argv: json<readonly string[]>(row, "argv"),
    background: number(row, "background") === 1,
    terminal: number(row, "terminal") === 1,
    timeoutMs: numberOrNull(row, "timeout"),
    outputLimitBytes: number(row, "output_limit"),
    createdAtMs: number(row, "created_at"),
    startedAtMs: numberOrNull(row, "started_at"),
    decision: json<JsonObject>(row, "decision"),
    risk: json<JsonObject>(row, "risk"),
    outcome: executionOutcome(row),
  };
}

function executionOutcome(row: Row): ExecutionOutcome | null {
  if (row["state"] !== "finished") return null;
  return {
    reason: text(row, "reason") as RunReason,
    exitCode: numberOrNull(row, "exit_code"),
    signal: textOrNull(row, "signal"),
    finishedAtMs: number(row, "finished_at"),
    startedAtMs: numberOrNull(row, "started_at"),
    usage: objectOrNull(row, "usage"),
    error: objectOrNull(row, "error"),
    stdoutBytes: number(row, "stdout_bytes"),
    stderrBytes: number(row, "stderr_bytes"),
    stdoutTruncatedBytes: number(row, "stdout_truncated"),
    stderrTruncatedBytes: number(row, "stderr_truncated"),
  };
}
