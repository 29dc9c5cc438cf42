/**
 * The decision about one execution, against the envelope of its sandbox. Pure and synchronous. The policy that is in force
 * now says what it wants of the execution: if the sandbox is that strong, it runs *within*; if the policy wants less time or
 * output, it runs *restricted*; if the sandbox is too weak, or has more than the policy allows, it is *beyond* and is refused.
 * Where the policy wants a person to agree, it is held.
 * What nobody can judge runs only where it was asked for when the sandbox was made.
 */
import type { Allowance } from "@hsr/contract";
import type { RiskReport } from "../analyze/report.ts";
import { type IsolationLevel, levelRank } from "../types.ts";
import type { Approval, Decision, HeldFor, Refusal, Rules } from "./decision.ts";
import { factsOf, type RequestFacts } from "./facts.ts";
import { type LimitField, limitFields } from "./policy.ts";
import { denied, describeFindings } from "./refusals.ts";
import { policyStrategy, type Selection, type Strategy } from "./strategy.ts";

/** Why an execution cannot be seen in advance, or `null` if it can. */
export type Opacity = "terminal" | "typed_input" | "unseen_file" | "computed" | null;

/** The part of a sandbox's decision that its executions are held against. */
export type Envelope = Pick<Decision, "level" | "limits">;

/** Everything that the judgement depends on; the audit log keeps it whole, the rules by their digest. */
export interface JudgeInput {
  /** What the sandbox is, by the decision under which it was made. */
  readonly envelope: Envelope;
  readonly allow: readonly Allowance[];
  readonly request: RequestFacts;
  /** The worst that was known of anything in the sandbox, this execution included. */
  readonly risk: RiskReport;
  readonly opacity: Opacity;
  /** What the execution would have: `null` is no time limit but the sandbox's own. */
  readonly asked: { readonly timeoutMs: number | null; readonly outputBytes: number };
  readonly rules: Rules;
}

/** A judgement's input as the audit log has it: with its envelope, so that it can be made again, and the rules by their digest. */
export type KeptJudgeInput = Omit<JudgeInput, "rules"> & { readonly rules: Pick<Rules, "digest"> };

/** What was decided of one execution. */
export interface ExecutionDecision {
  readonly verdict: "within" | "restrict";
  readonly rule: string;
  readonly reasons: readonly string[];
  readonly policyDigest: string;
  readonly timeoutMs: number | null;
  readonly outputBytes: number;
  /** The sandbox whose place a stronger one took for this. */
  readonly escalatedFrom?: string;
  /** Only of an execution that was held for a person's answer. */
  readonly approval?: HeldFor;
}

/** Whoever gets a `hold` must not start anything: `held` becomes the decision only once a person agreed. */
export type Judgement =
  | { readonly kind: "allow"; readonly decision: ExecutionDecision }
  | { readonly kind: "hold"; readonly held: ExecutionDecision; readonly approval: Approval }
  /** `needs` is set when a stronger sandbox would do. */
  | { readonly kind: "refuse"; readonly refusal: Refusal; readonly needs: IsolationLevel | null };

const why = {
  terminal: "What is typed into a terminal cannot be seen in advance.",
  typed_input: "What a shell or an interpreter reads from standard input cannot be seen in advance.",
  unseen_file: "It runs a file that did not come over the API, so nobody has seen it.",
  computed: "What it runs is computed while it runs.",
} as const;

/** Limits that hold for everything in a sandbox: for one execution they cannot be made smaller. */
const ofSandbox: readonly LimitField[] = ["cpu_limit", "memory_limit", "pids_limit", "disk_limit_bytes"];

export function judge(input: JudgeInput, strategy: Strategy = policyStrategy): Judgement {
  const { opacity, allow, envelope, rules, asked } = input;
  if (opacity !== null && !allow.includes("opaque")) {
    const message = `${why[opacity]} The sandbox was not made for that.`;
    return { kind: "refuse", needs: null, refusal: { code: "opaque_not_allowed", options: { message } } };
  }
  const limits = {
    ...envelope.limits,
    wallMs: asked.timeoutMs ?? envelope.limits.wallMs,
    outputBytes: asked.outputBytes,
  };
  const selection = strategy.selectRuntime({
    facts: factsOf(input.request, input.risk, limits),
    policy: rules.policy,
  });
  if (selection.denied !== null)
    return { kind: "refuse", needs: null, refusal: denied(selection.denied, rules.digest) };
  const wide = ofSandbox.filter((field) => {
    const most = selection.limits[limitFields[field].key];
    return most !== undefined && most < envelope.limits[limitFields[field].key];
  });
  const isTooWeak = levelRank(selection.level) > levelRank(envelope.level);
  if (isTooWeak || wide.length > 0) return beyond(input, selection, wide);
  const timeoutMs = lower(asked.timeoutMs, selection.limits.wallMs);
  const outputBytes = Math.min(asked.outputBytes, selection.limits.outputBytes ?? Number.POSITIVE_INFINITY);
  const isRestricted = timeoutMs !== asked.timeoutMs || outputBytes !== asked.outputBytes;
  const decision: ExecutionDecision = {
    verdict: isRestricted ? "restrict" : "within",
    rule: selection.rule,
    reasons: [
      describeFindings(input),
      selection.reason,
      ...(opacity === null ? [] : [`${why[opacity]} It was asked for when the sandbox was made, and granted.`]),
      isRestricted
        ? "It runs with less time or output than was asked for."
        : "The sandbox is as strong as the policy wants.",
    ],
    policyDigest: rules.digest,
    timeoutMs,
    outputBytes,
  };
  const { approval } = selection;
  // Only what could run is asked about: nobody's yes makes a sandbox stronger.
  return approval === null
    ? { kind: "allow", decision }
    : {
        kind: "hold",
        held: decision,
        approval: { rule: approval.rule, message: approval.message, deadlineMs: approval.deadlineMs },
      };
}

/** The sandbox is not what the policy wants for this. */
function beyond(input: JudgeInput, selection: Selection, wide: readonly LimitField[]): Judgement {
  const { envelope, rules } = input;
  const level = levelRank(selection.level) > levelRank(envelope.level) ? selection.level : envelope.level;
  const lacks =
    wide.length === 0
      ? `The sandbox has the level ${envelope.level}.`
      : `The sandbox has the level ${envelope.level}, and more than the policy allows of: ${wide.join(", ")}.`;
  const most = Object.fromEntries(wide.map((field) => [field, selection.limits[limitFields[field].key]]));
  return {
    kind: "refuse",
    needs: level,
    refusal: {
      code: "needs_stronger_sandbox",
      options: {
        message: `${describeFindings(input)} ${selection.reason} ${lacks}`,
        details: {
          level,
          rule: selection.rule,
          policy_digest: rules.digest,
          ...(wide.length === 0 ? {} : { limits: most }),
        },
      },
    },
  };
}

function lower(asked: number | null, most: number | undefined): number | null {
  if (most === undefined) return asked;
  return asked === null ? most : Math.min(asked, most);
}
