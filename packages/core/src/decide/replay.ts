/** Decisions of the audit log, made again. What `decide` got was kept whole, so the same rules have to give the same. */
import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../store.ts";
import { decide } from "./decide.ts";
import type { DecideInput, Decision, KeptInput, Rules, Verdict } from "./decision.ts";
import { describeVerdict } from "./outcome-words.ts";

/** What the audit log keeps of a decision: a run or a sandbox that was accepted or held, or a request that was refused. */
export interface KeptDecision {
  readonly input: KeptInput;
  readonly outcome:
    | { readonly kind: "allow" | "hold"; readonly decision: Decision }
    | { readonly kind: "refuse"; readonly code: string };
}

/** The decision in an entry of the audit log; `null` where there is none. */
export function keptDecision(data: JsonObject): KeptDecision | null {
  // The log holds what this gateway or one of the same form wrote; an entry of another form has no digest there.
  const { input, decision, code, held } = data as {
    readonly input?: KeptInput;
    readonly decision?: Decision;
    readonly code?: string;
    readonly held?: true;
  };
  // Executions are judged against their sandbox's decision, which their own entry does not repeat.
  if (input?.rules?.digest === undefined || input.request === undefined || input.wishes === undefined) return null;
  if (decision !== undefined) return { input, outcome: { kind: held === true ? "hold" : "allow", decision } };
  return code === undefined ? null : { input, outcome: { kind: "refuse", code } };
}

/** One decision made again by these rules. */
export function decideAgain(kept: KeptDecision, rules: Rules): Verdict {
  const input: DecideInput = { ...kept.input, rules };
  return decide(input);
}

/** Whether the verdict is, to the letter, what was decided then. */
export function isSameDecision({ outcome }: KeptDecision, verdict: Verdict): boolean {
  if (verdict.kind !== outcome.kind) return false;
  switch (outcome.kind) {
    case "refuse":
      return verdict.kind === "refuse" && verdict.refusal.code === outcome.code;
    case "allow":
    case "hold": {
      const decision = verdict.kind === "allow" ? verdict.decision : verdict.kind === "hold" ? verdict.held : null;
      return isDeepStrictEqual(JSON.parse(JSON.stringify(decision)), outcome.decision);
    }
  }
}

/** What was decided then, in the words of `describeVerdict`. */
export function describeKept({ outcome }: KeptDecision): string {
  switch (outcome.kind) {
    case "refuse":
      return `refused: ${outcome.code}`;
    case "allow":
      return describeVerdict({ kind: "allow", decision: outcome.decision });
    case "hold":
      return describeVerdict({
        kind: "hold",
        held: outcome.decision,
        approval: { rule: "", message: "", deadlineMs: null },
      });
  }
}
