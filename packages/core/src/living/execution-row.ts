/** From a request, its judgement and its end to what the store keeps of an execution. Pure. */
import { type ErrorCode, errorInfo, type RunReason } from "@hsr/contract";
import type { Program } from "../action.ts";
import type { RiskReport } from "../analyze/report.ts";
import type { RequestFacts } from "../decide/facts.ts";
import type { ExecutionDecision, JudgeInput, KeptJudgeInput } from "../decide/judge.ts";
import { asJson, withoutApproval } from "../ingress.ts";
import type { JsonObject, NewAuditEntry } from "../store.ts";
import type { ExecutionId } from "../types.ts";
import type { ExecAction } from "./actions.ts";
import type { ExecutionEnd, LiveExecution } from "./live-execution.ts";
import type { LiveSandbox } from "./live-sandbox.ts";
import type { ExecutionOutcome, NewExecution } from "./records.ts";

export interface NewExecutionFacts {
  readonly id: ExecutionId;
  readonly number: number;
  /** Its own, beside the worst of its sandbox. */
  readonly risk: RiskReport;
  readonly nowMs: number;
  /** What a person is asked about; `null` starts it. */
  readonly held: Uint8Array | null;
}

export function newExecution(
  sandbox: LiveSandbox,
  action: ExecAction,
  argv: readonly string[],
  considered: JudgeInput,
  decision: ExecutionDecision,
  facts: NewExecutionFacts,
): NewExecution {
  return {
    id: facts.id,
    state: facts.held === null ? "starting" : "held",
    sandboxId: sandbox.id,
    tenant: sandbox.tenant,
    keyId: action.keyId,
    requestId: action.requestId,
    number: facts.number,
    argv,
    background: action.background,
    terminal: action.terminal !== null,
    timeoutMs: action.timeoutMs,
    outputLimitBytes: action.outputBytes,
    createdAtMs: facts.nowMs,
    decision: asJson(toldOf(decision, action)),
    risk: asJson(facts.risk),
    held: facts.held,
    audit: {
      timeMs: facts.nowMs,
      type: "execution.decided",
      tenant: sandbox.tenant,
      subject: facts.id,
      requestId: action.requestId,
      data: asJson({
        key: action.keyId,
        sandbox: sandbox.id,
        ...(action.escalatedFrom === undefined ? {} : { escalatedFrom: action.escalatedFrom }),
        input: keptJudgeInput(considered),
        decision: withoutApproval(decision),
        ...(facts.held === null ? {} : { held: true }),
      }),
    },
  };
}

/** A decision that says, where it is so, that a stronger sandbox took a weaker one's place for it. */
export function toldOf(decision: ExecutionDecision, { escalatedFrom }: ExecAction): ExecutionDecision {
  if (escalatedFrom === undefined) return decision;
  const reason = `This sandbox took the place of ${escalatedFrom}, which was too weak for it; processes there were lost.`;
  return { ...decision, escalatedFrom, reasons: [...decision.reasons, reason] };
}

/** A request that did not become an execution. */
export function executionRefusedEntry(
  sandbox: LiveSandbox,
  action: ExecAction,
  considered: JudgeInput,
  code: ErrorCode,
  nowMs: number,
): NewAuditEntry {
  return {
    timeMs: nowMs,
    type: "execution.refused",
    tenant: sandbox.tenant,
    subject: sandbox.id,
    requestId: action.requestId,
    data: asJson({ key: action.keyId, input: keptJudgeInput(considered), code }),
  };
}

/** A judgement's input for the audit log. Rules are kept once, by their digest; of the envelope only what is looked at. */
export function keptJudgeInput({ envelope: { level, limits }, rules, ...rest }: JudgeInput): KeptJudgeInput {
  return { ...rest, envelope: { level, limits }, rules: { digest: rules.digest } };
}

/** What a policy can look at of an execution: its program, and whose sandbox it is in. */
export function executionFacts(
  sandbox: LiveSandbox,
  program: Program,
  isOpaque: boolean,
  isBinary: boolean,
): RequestFacts {
  return {
    tenant: sandbox.tenant,
    door: "rest",
    language: program.kind === "code" ? program.language : null,
    image: null,
    network: sandbox.decision.network,
    mounts: [],
    labels: sandbox.record.labels,
    opaque: isOpaque,
    binary: isBinary,
    unknownLang: program.kind === "argv",
  };
}

/** The shell's way to say that a signal killed what it ran: 128 and the signal's number, here KILL. */
const shellKilledStatus = 128 + 9;

export interface ExecutionEndFacts {
  readonly nowMs: number;
  readonly wallMs: number | null;
  readonly oomKills: number;
  readonly signalName: (signal: number) => string;
}

export function executionOutcome(
  execution: LiveExecution,
  end: ExecutionEnd,
  facts: ExecutionEndFacts,
): ExecutionOutcome {
  const { exit } = end;
  const failed = end.failed !== null && execution.stopCause === null ? end.failed : null;
  const { startedAtMs } = execution.record;
  const seen = { stdout: execution.stdout.end, stderr: execution.stderr.end };
  return {
    reason:
      failed === null ? reasonOf(execution, end, facts) : failed.row.class === "denied" ? "denied" : "setup_failed",
    exitCode: exit?.exitCode ?? null,
    signal: exit?.signal == null ? null : facts.signalName(exit.signal),
    finishedAtMs: facts.nowMs,
    startedAtMs,
    usage:
      startedAtMs === null
        ? null
        : asJson({
            wall_ms: Math.max(0, Math.round((facts.wallMs ?? facts.nowMs - startedAtMs) * 1000) / 1000),
            cpu_ms: exit === null ? null : (exit.userCpuUs + exit.systemCpuUs) / 1000,
            memory_peak_bytes: exit === null ? null : exit.maxRssBytes,
            source: "guest",
          }),
    error: failed === null ? null : (errorInfo(failed) as JsonObject),
    // The guest's own total cannot be less than what was seen of it.
    stdoutBytes: Math.max(exit?.stdoutBytes ?? 0, seen.stdout),
    stderrBytes: Math.max(exit?.stderrBytes ?? 0, seen.stderr),
    stdoutTruncatedBytes: 0,
    stderrTruncatedBytes: 0,
  };
}

function isOver({ record }: LiveExecution, nowMs: number): boolean {
  return record.timeoutMs !== null && record.startedAtMs !== null && nowMs - record.startedAtMs >= record.timeoutMs;
}

function reasonOf(execution: LiveExecution, { exit, lost }: ExecutionEnd, facts: ExecutionEndFacts): RunReason {
  const { stopCause } = execution;
  if (exit !== null) {
    const isKilled = exit.signal === 9 || exit.exitCode === shellKilledStatus;
    if (isKilled && stopCause !== null) return stopCause;
    // The agent says so, and it can be: the time was over while no gateway was there to end it.
    if (isKilled && exit.timedOut && isOver(execution, facts.nowMs)) return "timeout";
    if (isKilled && facts.oomKills > 0) return "out_of_memory";
    return exit.signal === null ? "exited" : "signaled";
  }
  if (stopCause !== null) return stopCause;
  return lost ? "lost" : "killed";
}
