/** What a rule is. Rules are data: operators write them in the same form, in YAML. */
import type { Confidence, RiskCapability, RiskLevel } from "@hsr/contract";
import type { Remark } from "../contents.ts";
import type { EffectKind } from "../effects.ts";

/**
 * What a rule looks for in one effect. Everything that is given must hold; a list means any of it. Patterns are texts with `*`
 * for anything and `[0-9]` for a digit, without regard to case.
 */
export interface RuleCondition {
  readonly effect?: readonly EffectKind[];
  /** The target lies in one of these kinds of places. */
  readonly place?: readonly string[];
  readonly notPlace?: readonly string[];
  readonly target?: readonly string[];
  readonly notTarget?: readonly string[];
  readonly callee?: readonly string[];
  /** One of these tags; `notTag`: none of these. */
  readonly tag?: readonly string[];
  readonly notTag?: readonly string[];
  /** It was hidden in one of these ways; `*` for any that changes text. */
  readonly hidden?: readonly string[];
  /** The program made its data of nothing but its own constants, in a way that is not followed: by its own operators, or by any. */
  readonly selfMade?: "computed" | "any";
  /** Its data, where they are known, look like one of these. */
  readonly data?: readonly string[];
  /** Something that its data come from; the content of what is read, sent, run. */
  readonly from?: RuleCondition;
  readonly notFrom?: RuleCondition;
  /** Something else that the same program does. */
  readonly also?: RuleCondition;
}

export interface Example {
  readonly language: "python" | "javascript" | "typescript" | "bash";
  readonly code: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Other files of the request, with their text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Where folders are mounted. */
  readonly mounts?: readonly string[];
}

export interface Rule {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  /** What it adds to a score, from 1 to 100: medium begins at 40, high at 70. */
  readonly weight: number;
  /** Shown beside what was seen. */
  readonly capability?: RiskCapability;
  readonly confidence: Confidence;
  /** Any of these. */
  readonly when: readonly RuleCondition[];
  /** Or a remark about the reading itself. */
  readonly remark?: Remark["what"];
  readonly match: readonly Example[];
  readonly not: readonly Example[];
}

/** A rule's weight as a word. */
export function severityOf(weight: number): RiskLevel {
  return weight >= 70 ? "high" : weight >= 40 ? "medium" : "low";
}
