/** From the core to the wire: rows and outputs as the contract's bodies. The one file that turns camelCase into snake_case. */
import { isUtf8 } from "node:buffer";
import type {
  ApprovalBody,
  CapabilitiesBody,
  DecisionBody,
  ErrorInfo,
  LanguageName,
  RiskBody,
  Run,
  RunSummary,
  RuntimeInfo,
  UsageBody,
} from "@hsr/contract";
import type { Capabilities, Decision, HeldFor, ProbedRuntime, RiskReport, RunRecord } from "@hsr/core";

/** A time as RFC 3339 in UTC with milliseconds. */
export function wireTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : wireTime(ms);
}

export function wireApproval(approval: HeldFor | undefined): ApprovalBody | null {
  if (approval === undefined) return null;
  const { rule, message, deadlineAtMs, approvedBy, approvedAtMs } = approval;
  return {
    rule,
    message,
    deadline: wireTime(deadlineAtMs),
    approved_by: approvedBy,
    approved_at: timeOrNull(approvedAtMs),
  };
}

export function wireDecision(decision: Decision): DecisionBody {
  return {
    level: decision.level,
    runtime: decision.runtime,
    rule: decision.rule,
    reasons: [...decision.reasons],
    preference_met: decision.preferenceMet,
    policy_digest: decision.policyDigest,
    approval: wireApproval(decision.approval),
  };
}

/** A report field by field: a row that an older gateway wrote may have less, and what a newer one adds is not shown. */
export function wireRisk(risk: RiskReport): RiskBody {
  if (!risk.analyzed) return { analyzed: false };
  return {
    analyzed: true,
    score: risk.score,
    level: risk.level,
    capabilities: [...risk.capabilities],
    findings: risk.findings.map(({ id, severity, title, file, line, column, evidence, confidence }) => ({
      id,
      severity,
      title,
      file,
      line,
      column,
      evidence,
      confidence,
    })),
    language: { declared: risk.language.declared, found: risk.language.found },
    binary: risk.binary,
    unknown_lang: risk.unknownLang,
    analyzer: risk.analyzer,
    rules: risk.rules,
  };
}

/** Output that is there while the run has not finished yet. */
export interface LiveBytes {
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
}

export function wireSummary(record: RunRecord, live: LiveBytes = record): RunSummary {
  const { outcome } = record;
  return {
    id: record.id,
    sandbox_id: record.sandboxId,
    state: record.state,
    reason: outcome?.reason ?? null,
    exit_code: outcome?.exitCode ?? null,
    signal: outcome?.signal ?? null,
    stdout_bytes: live.stdoutBytes,
    stderr_bytes: live.stderrBytes,
    stdout_truncated: outcome?.stdoutTruncatedBytes ?? 0,
    stderr_truncated: outcome?.stderrTruncatedBytes ?? 0,
    // Rows hold what this gateway, or one of the same schema version, wrote: the store checks the version, not the form.
    usage: (outcome?.usage as UsageBody | null | undefined) ?? null,
    decision: record.decision === null ? null : wireDecision(record.decision as unknown as Decision),
    risk: wireRisk((record.risk as unknown as RiskReport | null) ?? { analyzed: false }),
    unenforced: [...record.unenforced],
    error: (outcome?.error as ErrorInfo | null | undefined) ?? null,
    language: record.language as LanguageName | null,
    labels: { ...record.labels },
    detached: record.detach,
    created_at: wireTime(record.createdAtMs),
    started_at: timeOrNull(record.startedAtMs),
    finished_at: timeOrNull(outcome?.finishedAtMs ?? null),
  };
}

/** A run with its output; `null` output is not there yet. */
export function wireRun(
  record: RunRecord,
  stdout: Uint8Array | null,
  stderr: Uint8Array | null,
  live: LiveBytes = record,
): Run {
  return {
    ...wireSummary(record, live),
    ...(stdout === null ? { stdout: null } : wireBytes("stdout", stdout)),
    ...(stderr === null ? { stderr: null } : wireBytes("stderr", stderr)),
  } as Run;
}

/** A plain string where the bytes are valid UTF-8, else null and the bytes beside it. */
export function wireBytes(name: "stdout" | "stderr", bytes: Uint8Array): Record<string, string | null> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer)
    ? { [name]: buffer.toString("utf8") }
    : { [name]: null, [`${name}_base64`]: buffer.toString("base64") };
}

function wireCapabilities(capabilities: Capabilities): CapabilitiesBody {
  return {
    levels: [...capabilities.levels],
    roots: [...capabilities.roots],
    network_modes: [...capabilities.networkModes],
    users: capabilities.users,
    enforces: [...capabilities.enforces],
    scratch_backings: [...capabilities.scratchBackings],
    pause: capabilities.pause,
    snapshot_kinds: [...capabilities.snapshotKinds],
    gpu: capabilities.gpu,
    ipv6: capabilities.ipv6,
    architectures: [...capabilities.architectures],
  };
}

export function wireRuntime({ runtime, report }: ProbedRuntime): RuntimeInfo {
  return {
    name: runtime.name,
    available: report.available,
    version: report.available ? report.version : null,
    reason: report.available ? null : report.reason,
    hint: report.available ? null : report.hint,
    notes: [...report.notes],
    probe_ms: report.available ? report.tookMs : null,
    capabilities: wireCapabilities(runtime.capabilities),
  };
}
