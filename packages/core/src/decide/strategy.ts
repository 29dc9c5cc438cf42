/**
 * The Strategy port: what the operator wants of a request, before anybody looks at what the host has. The default reads
 * the policy. Another one (an external engine, a model) says the same things in its place; whatever it says,
 * `decide` holds the result above what the caller demanded, and never below what was selected here.
 */
import { type IsolationLevel, levelRank, type RuntimeName } from "../types.ts";
import type { Facts } from "./facts.ts";
import { looksAtHints, matches } from "./match.ts";
import {
  type ClampedLimit,
  type LimitClamps,
  type NetworkMode,
  networkModes,
  type Policy,
  type PolicyRule,
  syscallProfiles,
} from "./policy.ts";

/** What is known of a request, and the rules in force. */
export interface Task {
  readonly facts: Facts;
  readonly policy: Policy;
}

/** What became of one rule. `maybe`: it looks at what nobody knows, or at words of the caller, so it could only restrict. */
export interface RuleReading {
  readonly place: string;
  readonly name: string;
  readonly match: "yes" | "maybe" | "no" | "unread";
  /** Whether the rule named the level, the runtime or the denial that holds. */
  readonly decided: boolean;
}

/** What the operator wants of a request. */
export interface Selection {
  /** The runtime that is named, if it will do; `null` leaves the choice to cost. */
  readonly runtime: RuntimeName | null;
  /** The rule that decided, as `policy.yaml:12`. */
  readonly rule: string;
  /** Why, in a sentence. */
  readonly reason: string;
  /** The least isolation. */
  readonly level: IsolationLevel;
  readonly denied: { readonly message: string; readonly rule: string } | null;
  readonly approval: { readonly message: string; readonly deadlineMs: number | null; readonly rule: string } | null;
  readonly limits: LimitClamps;
  readonly network: NetworkMode;
  readonly syscallProfile: string;
  readonly readings: readonly RuleReading[];
}

/** Chooses for a request. Pure: the same task gives the same selection. */
export interface Strategy {
  readonly name: string;
  selectRuntime(task: Task): Selection;
}

/** The default: the operator's rules, from the top to the first that names `use`, `level` or `deny`, and all `always` rules. */
export const policyStrategy: Strategy = {
  name: "policy",
  selectRuntime: ({ facts, policy }) => select(policy, facts),
};

function select(policy: Policy, facts: Facts): Selection {
  const applied: PolicyRule[] = [];
  const readings: { rule: PolicyRule; match: RuleReading["match"] }[] = [];
  let open = true;
  for (const rule of policy.rules) {
    if (!open && !rule.always) {
      readings.push({ rule, match: "unread" });
      continue;
    }
    const found = matches(rule.condition, facts);
    // A label or a door is a word of the caller: what it could ask for by it may restrict, and never ends the reading.
    const match = found === "yes" && looksAtHints(rule.condition) ? "maybe" : found;
    readings.push({ rule, match });
    if (match === "no") continue;
    applied.push(rule);
    if (match === "yes" && !rule.always && names(rule)) open = false;
  }
  if (open) applied.push(policy.fallback);
  readings.push({ rule: policy.fallback, match: open ? "yes" : "unread" });

  const denying = applied.find((rule) => rule.deny !== null);
  const decisive = denying ?? strictest(applied) ?? policy.fallback;
  const level = levelOf(decisive) ?? "maximum";
  const asking = applied.filter((rule) => rule.approval !== null);
  return {
    runtime: decisive.use?.runtime ?? null,
    rule: decisive.place,
    reason: reasonOf(decisive, decisive === policy.fallback),
    level,
    denied: denying === undefined ? null : { message: denying.deny ?? "", rule: denying.place },
    approval: approvalOf(asking),
    limits: lowest(applied),
    network: leastNetwork(applied),
    syscallProfile: strictestProfile(applied),
    readings: readings.map(({ rule, match }) => ({
      place: rule.place,
      name: rule.name,
      match,
      decided: rule === decisive,
    })),
  };
}

/** Whether a rule ends the reading. */
function names(rule: PolicyRule): boolean {
  return rule.use !== null || rule.level !== null || rule.deny !== null;
}

/** The least level that a rule wants, of the two ways to say it the stronger one. */
function levelOf(rule: PolicyRule): IsolationLevel | null {
  const { level, use } = rule;
  if (level === null || use === null) return level ?? use?.level ?? null;
  return levelRank(level) >= levelRank(use.level) ? level : use.level;
}

/** The rule with the strongest level; of equal ones the first that names a runtime, then the first. */
function strictest(rules: readonly PolicyRule[]): PolicyRule | undefined {
  const rank = (rule: PolicyRule) => {
    const level = levelOf(rule);
    return level === null ? -1 : levelRank(level) * 2 + (rule.use === null ? 0 : 1);
  };
  return rules.reduce<PolicyRule | undefined>(
    (best, rule) => (rank(rule) > (best === undefined ? -1 : rank(best)) ? rule : best),
    undefined,
  );
}

function reasonOf(rule: PolicyRule, isFallback: boolean): string {
  const called = rule.name === "" || isFallback ? rule.place : `${rule.place} (${rule.name})`;
  if (rule.deny !== null) return `${called} denies it.`;
  const wants =
    rule.use === null ? `at least the level ${levelOf(rule)}` : `${rule.use.runtime}, level ${levelOf(rule)}`;
  return isFallback ? `No rule decided; the default at ${rule.place} wants ${wants}.` : `${called} wants ${wants}.`;
}

/** The shortest deadline of all; the message of the first. */
function approvalOf(asking: readonly PolicyRule[]): Selection["approval"] {
  const [first] = asking;
  if (first?.approval == null) return null;
  const deadlines = asking.flatMap((rule) => rule.approval?.deadlineMs ?? []);
  return {
    message: first.approval.message,
    deadlineMs: deadlines.length === 0 ? null : Math.min(...deadlines),
    rule: first.place,
  };
}

function lowest(rules: readonly PolicyRule[]): LimitClamps {
  const least: Partial<Record<ClampedLimit, number>> = {};
  for (const rule of rules) {
    for (const [key, value] of Object.entries(rule.limits) as [ClampedLimit, number][])
      least[key] = Math.min(least[key] ?? Number.POSITIVE_INFINITY, value);
  }
  return least;
}

function strictestProfile(rules: readonly PolicyRule[]): string {
  const ranks = rules.map((rule) => syscallProfiles.findIndex((name) => name === rule.syscallProfile));
  return syscallProfiles[Math.max(0, ...ranks)] ?? "default";
}

function leastNetwork(rules: readonly PolicyRule[]): NetworkMode {
  const ranks = rules.map((rule) => networkModes.indexOf(rule.network ?? "open"));
  return networkModes[Math.min(...ranks, networkModes.length - 1)] ?? "none";
}
