/**
 * Decisions of the audit log, made again: of runs, of sandboxes, and of single executions against the envelope of their
 * sandbox. What `decide` or `judge` got was kept whole, so the same rules have to give the same.
 */
import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../store.ts";
import { decide } from "./decide.ts";
import type { Decision, KeptInput, Rules, Verdict } from "./decision.ts";
import { type ExecutionDecision, type Judgement, judge, type KeptJudgeInput } from "./judge.ts";
import { describeJudgement, describeVerdict } from "./outcome-words.ts";

/** What came of it then: something that was accepted or held, or a request that was refused. */
export type KeptOutcome<Decided> =
  | { readonly kind: "allow" | "hold"; readonly decision: Decided }
  | { readonly kind: "refuse"; readonly code: string };

/** What the audit log keeps of a decision about a run or a sandbox, or about an execution in a sandbox. */
export type KeptDecision =
  | { readonly kind: "request"; readonly input: KeptInput; readonly outcome: KeptOutcome<Decision> }
  | { readonly kind: "execution"; readonly input: KeptJudgeInput; readonly outcome: KeptOutcome<ExecutionDecision> };

/** A decision that was made again. */
export interface Replayed {
  /** In words, of which the same mean that nothing that matters has changed. */
  readonly before: string;
  readonly after: string;
  /** Whether it is the same to the letter. */
  readonly isSame: boolean;
}

/** The decision in an entry of the audit log; `null` where there is none. */
export function keptDecision(data: JsonObject): KeptDecision | null {
  // The log holds what this gateway or one of the same form wrote; an entry of another form has no digest there.
  const { input, decision, code, held } = data as {
    readonly input?: Partial<KeptInput> & Partial<KeptJudgeInput>;
    readonly decision?: Decision & ExecutionDecision;
    readonly code?: string;
    readonly held?: true;
  };
  if (input?.rules?.digest === undefined || input.request === undefined) return null;
  if (decision === undefined && code === undefined) return null;
  const outcome =
    decision === undefined
      ? ({ kind: "refuse", code: code ?? "" } as const)
      : ({ kind: held === true ? "hold" : "allow", decision } as const);
  if (input.wishes !== undefined) return { kind: "request", input: input as KeptInput, outcome };
  return input.envelope === undefined ? null : { kind: "execution", input: input as KeptJudgeInput, outcome };
}

/** One decision made again by these rules. */
export function replayDecision(kept: KeptDecision, rules: Rules): Replayed {
  if (kept.kind === "request") {
    const verdict = decide({ ...kept.input, rules });
    const decision = verdict.kind === "hold" ? verdict.held : verdict.kind === "allow" ? verdict.decision : null;
    return {
      before: describeVerdict(verdictOf(kept.outcome)),
      after: describeVerdict(verdict),
      isSame: isSame(kept.outcome, verdict, decision),
    };
  }
  const judgement = judge({ ...kept.input, rules });
  const decision = judgement.kind === "hold" ? judgement.held : judgement.kind === "allow" ? judgement.decision : null;
  return {
    before: describeJudgement(judgementOf(kept.outcome)),
    after: describeJudgement(judgement),
    isSame: isSame(kept.outcome, judgement, decision),
  };
}

function isSame(
  before: KeptOutcome<object>,
  now: { readonly kind: string; readonly refusal?: { readonly code: string } },
  decision: object | null,
): boolean {
  if (before.kind !== now.kind) return false;
  if (before.kind === "refuse") return now.refusal?.code === before.code;
  return isDeepStrictEqual(JSON.parse(JSON.stringify(decision)), before.decision);
}

/** What was decided then, as `decide` said it. */
function verdictOf(outcome: KeptOutcome<Decision>): Verdict {
  switch (outcome.kind) {
    case "refuse":
      return { kind: "refuse", refusal: refusalOf(outcome) };
    case "allow":
      return { kind: "allow", decision: outcome.decision };
    case "hold":
      return { kind: "hold", held: outcome.decision, approval: { rule: "", message: "", deadlineMs: null } };
  }
}

/** What was decided then, as `judge` said it. */
function judgementOf(outcome: KeptOutcome<ExecutionDecision>): Judgement {
  switch (outcome.kind) {
    case "refuse":
      return { kind: "refuse", refusal: refusalOf(outcome), needs: null };
    case "allow":
      return { kind: "allow", decision: outcome.decision };
    case "hold":
      return { kind: "hold", held: outcome.decision, approval: { rule: "", message: "", deadlineMs: null } };
  }
}

function refusalOf({ code }: { readonly code: string }): Extract<Verdict, { readonly kind: "refuse" }>["refusal"] {
  // The code of an error of this gateway, or of an earlier one; it is only compared and shown.
  return { code: code as "policy_denied", options: {} };
}
