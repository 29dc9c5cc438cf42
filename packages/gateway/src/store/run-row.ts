/** A row of `run` as a `RunRecord`. */
import type { RunReason, RunState } from "@hsr/contract";
import type { IsolationLevel, JsonObject, LimitName, RunId, RunOutcome, RunRecord, SandboxId } from "@hsr/core";
import { json, number, numberOrNull, objectOrNull, type Row, text, textOrNull } from "./row.ts";

/** Branded ids and closed words come out of columns that only this store writes, from values of these types. */
export function toRunRecord(row: Row): RunRecord {
  return {
    id: text(row, "id") as RunId,
    tenant: text(row, "tenant"),
    keyId: text(row, "key_id"),
    requestId: text(row, "request_id"),
    state: text(row, "state") as RunState,
    requestDigest: text(row, "request_digest"),
    idempotencyKey: textOrNull(row, "idempotency_key"),
    labels: json<Readonly<Record<string, string>>>(row, "labels"),
    language: textOrNull(row, "language"),
    detach: number(row, "detach") === 1,
    runtime: textOrNull(row, "runtime"),
    level: textOrNull(row, "level") as IsolationLevel | null,
    sandboxId: textOrNull(row, "sandbox_id") as SandboxId | null,
    bootId: textOrNull(row, "boot_id"),
    createdAtMs: number(row, "created_at"),
    startingAtMs: numberOrNull(row, "starting_at"),
    startedAtMs: numberOrNull(row, "started_at"),
    expiresAtMs: numberOrNull(row, "expires_at"),
    decision: objectOrNull(row, "decision"),
    risk: objectOrNull(row, "risk"),
    limits: objectOrNull(row, "limits"),
    unenforced: json<readonly LimitName[]>(row, "unenforced"),
    outcome: toOutcome(row),
    stdoutBytes: number(row, "stdout_bytes"),
    stderrBytes: number(row, "stderr_bytes"),
  };
}

function toOutcome(row: Row): RunOutcome | null {
  if (row["state"] !== "finished") return null;
  return {
    reason: text(row, "reason") as RunReason,
    exitCode: numberOrNull(row, "exit_code"),
    signal: textOrNull(row, "signal"),
    finishedAtMs: number(row, "finished_at"),
    usage: objectOrNull(row, "usage"),
    error: row["error"] === null ? null : json<JsonObject>(row, "error"),
    stdoutTruncatedBytes: number(row, "stdout_truncated"),
    stderrTruncatedBytes: number(row, "stderr_truncated"),
  };
}
