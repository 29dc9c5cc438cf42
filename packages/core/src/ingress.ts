/** From an Action and its Decision to what the store keeps: the row of the run, and the entry of the audit log. */
import { type ErrorCode, newId } from "@hsr/contract";
import { deadlineMs } from "./acquire/launch-spec.ts";
import type { RunAction } from "./action.ts";
import type { Approval, DecideInput, Decision, HeldFor, KeptInput, Verdict } from "./decide/decision.ts";
import type { JsonObject, NewAuditEntry, NewRun, RunRecord } from "./store.ts";
import { encodeInput } from "./stored-input.ts";
import type { RunId, SandboxId } from "./types.ts";

/** A plain value as JSON holds it. Types of the core are plain data; this says so to the compiler in one place. */
export function asJson(value: object): JsonObject {
  return value as JsonObject;
}

/** A decision, and whether a person has to agree before anything of it happens. */
export interface Decided {
  readonly decision: Decision;
  readonly isHeld: boolean;
}

/** What a verdict makes of a run: a held one says what it waits for, and until when. */
export function decidedOf(
  verdict: Exclude<Verdict, { readonly kind: "refuse" }>,
  deadlineMs: number,
  nowMs: number,
): Decided {
  if (verdict.kind === "allow") return { decision: verdict.decision, isHeld: false };
  return { decision: { ...verdict.held, approval: heldFor(verdict.approval, deadlineMs, nowMs) }, isHeld: true };
}

/** A decision as `decide` made it, so that it can be compared with what it makes again. */
export function withoutApproval<Decided extends { readonly approval?: HeldFor }>(
  decided: Decided,
): Omit<Decided, "approval"> {
  const { approval: _approval, ...decision } = decided;
  return decision;
}

/** What something that is held waits for. */
export function heldFor({ rule, message, deadlineMs: own }: Approval, deadlineMs: number, nowMs: number): HeldFor {
  return { rule, message, deadlineAtMs: nowMs + (own ?? deadlineMs), approvedBy: null, approvedAtMs: null };
}

export function newRun(
  action: RunAction,
  considered: DecideInput,
  decided: Decided,
  sandboxId: SandboxId | null,
  bootId: string | null,
  nowMs: number,
): NewRun {
  const { decision, isHeld } = decided;
  const id = newId("run") as RunId;
  const { program } = action.input;
  return {
    id,
    tenant: action.tenant,
    keyId: action.keyId,
    requestId: action.requestId,
    state: isHeld ? "held" : sandboxId === null ? "queued" : "starting",
    requestDigest: action.digest,
    idempotencyKey: action.idempotencyKey,
    labels: action.labels,
    language: program.kind === "code" ? program.language : null,
    detach: action.detach,
    createdAtMs: nowMs,
    expiresAtMs: sandboxId === null ? null : nowMs + deadlineMs(decision),
    input: encodeInput({
      input: action.input,
      wishes: action.wishes,
      considered: isHeld ? kept(considered) : null,
    }),
    decision: asJson(decision),
    risk: asJson(considered.risk),
    limits: asJson(decision.limits),
    runtime: decision.runtime,
    level: decision.level,
    sandboxId,
    bootId,
    audit: {
      timeMs: nowMs,
      type: "run.decided",
      tenant: action.tenant,
      subject: id,
      requestId: action.requestId,
      data: asJson({
        ...facts(action),
        input: kept(considered),
        decision: withoutApproval(decision),
        ...(isHeld ? { held: true } : {}),
      }),
    },
  };
}

/** The row as the store will give it back, before it has. */
export function recordOf(row: NewRun): RunRecord {
  const { input: _input, audit: _audit, ...kept } = row;
  return {
    ...kept,
    startingAtMs: row.state === "starting" ? row.createdAtMs : null,
    startedAtMs: null,
    unenforced: [],
    outcome: null,
    stdoutBytes: 0,
    stderrBytes: 0,
  };
}

/** A request that did not become a run. */
export function refusedEntry(
  action: RunAction,
  considered: DecideInput,
  code: ErrorCode,
  nowMs: number,
): NewAuditEntry {
  return {
    timeMs: nowMs,
    type: "run.refused",
    tenant: action.tenant,
    subject: action.requestId,
    requestId: action.requestId,
    data: asJson({ ...facts(action), input: kept(considered), code }),
  };
}

/** What is said of a request without its code, environment values, stdin or files. */
function facts(action: RunAction): { readonly key: string; readonly requestDigest: string } {
  return { key: action.keyId, requestDigest: action.digest };
}

/** The whole input of a decision for the audit log. Rules are kept once, by their digest, and not with each decision. */
export function kept(considered: DecideInput): KeptInput {
  return { ...considered, rules: { digest: considered.rules.digest } };
}
