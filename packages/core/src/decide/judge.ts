/**
 * The decision about one execution, against the envelope of its sandbox. Pure and synchronous. Until there is a policy
 * there is one rule: what could be judged when the sandbox was made runs within it; what nobody can judge runs where it
 * was asked for at creation.
 */
import type { Allowance, ErrorCode, HsrErrorOptions } from "@hsr/contract";
import type { RiskReport } from "../analyze/report.ts";
import type { Decision } from "./decision.ts";

export const withinRule = "builtin:within";

/** Why an execution cannot be seen in advance, or `null` if it can. */
export type Opacity = "terminal" | "typed_input" | null;

/** Everything that the judgement depends on; the audit log keeps it whole. */
export interface JudgeInput {
  /** The decision under which the sandbox was made. */
  readonly envelope: Decision;
  readonly allow: readonly Allowance[];
  readonly risk: RiskReport;
  readonly opacity: Opacity;
}

/** What was decided of one execution. */
export interface ExecutionDecision {
  readonly verdict: "within";
  readonly rule: string;
  readonly reasons: readonly string[];
  readonly policyDigest: string;
}

export type Judgement =
  | { readonly kind: "allow"; readonly decision: ExecutionDecision }
  | { readonly kind: "refuse"; readonly refusal: { readonly code: ErrorCode; readonly options: HsrErrorOptions } };

const why = {
  terminal: "What is typed into a terminal cannot be seen in advance.",
  typed_input: "What a shell or an interpreter reads from standard input cannot be seen in advance.",
} as const;

export function judge(input: JudgeInput): Judgement {
  const { opacity, allow, envelope } = input;
  if (opacity !== null && !allow.includes("opaque"))
    return {
      kind: "refuse",
      refusal: {
        code: "opaque_not_allowed",
        options: { message: `${why[opacity]} The sandbox was not made for that.` },
      },
    };
  return {
    kind: "allow",
    decision: {
      verdict: "within",
      rule: withinRule,
      reasons: [
        opacity === null
          ? "The sandbox's own decision holds for it."
          : `${why[opacity]} It was asked for when the sandbox was made, and granted.`,
      ],
      policyDigest: envelope.policyDigest,
    },
  };
}
