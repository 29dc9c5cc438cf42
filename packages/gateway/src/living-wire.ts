/** From the core to the wire for living sandboxes. */
import type {
  ErrorInfo,
  Execution,
  ExecutionDecisionBody,
  ExecutionSummary,
  Sandbox,
  SandboxStatus,
  UsageBody,
} from "@hsr/contract";
import type {
  Decision,
  ExecutionDecision,
  ExecutionRecord,
  LiveExecution,
  LiveSandbox,
  RiskReport,
  SandboxRecord,
} from "@hsr/core";
import { timeOrNull, wireApproval, wireBytes, wireDecision, wireRisk, wireTime } from "./wire.ts";

export function wireSandbox(record: SandboxRecord): Sandbox {
  const { outcome } = record;
  // Rows hold what this gateway, or one of the same schema version, wrote: the store checks the version, not the form.
  const decision = record.decision as unknown as Decision;
  return {
    id: record.id,
    name: record.name,
    state: outcome?.state ?? record.state,
    reason: outcome?.reason ?? null,
    labels: { ...record.labels },
    allow: [...record.allow],
    limits: {
      cpu_limit: decision.limits.cpuCores,
      memory_limit: decision.limits.memoryBytes,
      disk_limit_bytes: decision.limits.diskBytes,
      pids_limit: decision.limits.pids,
    },
    decision: wireDecision(decision),
    unenforced: [...record.unenforced],
    ttl_ms: record.ttlMs,
    idle_timeout_ms: record.idleTimeoutMs,
    usage: (outcome?.usage as UsageBody | null | undefined) ?? null,
    error: (outcome?.error as ErrorInfo | null | undefined) ?? null,
    created_at: wireTime(record.createdAtMs),
    started_at: timeOrNull(record.startedAtMs),
    expires_at: timeOrNull(record.expiresAtMs),
    ended_at: timeOrNull(outcome?.endedAtMs ?? null),
  };
}

export function wireStatus(record: SandboxRecord, live: LiveSandbox | null): SandboxStatus {
  return {
    id: record.id,
    state: record.outcome?.state ?? record.state,
    reason: record.outcome?.reason ?? null,
    executions: live?.executions.size ?? 0,
    expires_at: timeOrNull(record.expiresAtMs),
    idle_since: timeOrNull(live?.idleSinceMs ?? null),
  };
}

function wireExecutionDecision(decision: ExecutionDecision): ExecutionDecisionBody {
  return {
    verdict: decision.verdict,
    rule: decision.rule,
    reasons: [...decision.reasons],
    policy_digest: decision.policyDigest,
    escalated_from: decision.escalatedFrom ?? null,
    approval: wireApproval(decision.approval),
  };
}

export function wireExecutionSummary(record: ExecutionRecord, live: LiveExecution | null): ExecutionSummary {
  const { outcome } = record;
  return {
    id: record.id,
    sandbox_id: record.sandboxId,
    state: record.state,
    reason: outcome?.reason ?? null,
    argv: [...record.argv],
    background: record.background,
    terminal: record.terminal,
    exit_code: outcome?.exitCode ?? null,
    signal: outcome?.signal ?? null,
    stdout_bytes: outcome?.stdoutBytes ?? live?.stdout.end ?? 0,
    stderr_bytes: outcome?.stderrBytes ?? live?.stderr.end ?? 0,
    stdout_truncated: outcome?.stdoutTruncatedBytes ?? 0,
    stderr_truncated: outcome?.stderrTruncatedBytes ?? 0,
    usage: (outcome?.usage as ExecutionSummary["usage"] | undefined) ?? null,
    decision: wireExecutionDecision(record.decision as unknown as ExecutionDecision),
    risk: wireRisk(record.risk as unknown as RiskReport),
    error: (outcome?.error as ErrorInfo | null | undefined) ?? null,
    created_at: wireTime(record.createdAtMs),
    started_at: timeOrNull(record.startedAtMs),
    finished_at: timeOrNull(outcome?.finishedAtMs ?? null),
  };
}

/** An execution with its output; `null` output is not there yet. */
export function wireExecution(
  record: ExecutionRecord,
  live: LiveExecution | null,
  output: { readonly stdout: Uint8Array; readonly stderr: Uint8Array } | null,
): Execution {
  return {
    ...wireExecutionSummary(record, live),
    ...(output === null ? { stdout: null } : wireBytes("stdout", output.stdout)),
    ...(output === null ? { stderr: null } : wireBytes("stderr", output.stderr)),
  } as Execution;
}
