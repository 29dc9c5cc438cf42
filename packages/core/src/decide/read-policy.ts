/** Reads a policy: the operator's document as a tree becomes rules, or everything that is wrong with it is said. */
import { isolationLevels } from "@hsr/contract";
import { suggest } from "../suggest.ts";
import type { IsolationLevel, RuntimeName } from "../types.ts";
import { describeValue, type Located, type LocatedEntry, type Position, type Problem, Problems } from "./located.ts";
import { type ApprovalDemand, networkModes, type Policy, type PolicyRule, syscallProfiles } from "./policy.ts";
import { everything, readMatch } from "./read-match.ts";
import { readEntries, readFlag, readLimits, readQuantity, readText, readWord } from "./read-values.ts";

/** The version of the form that is read here; a newer document is refused. */
export const policyVersion = 1;
/** More rules than anybody oversees; each is looked at for every request. */
const rulesMax = 1000;
const day = 86_400_000;

export interface PolicyContext {
  /** What the document is called in rules' places: `policy.yaml` makes `policy.yaml:12`. */
  readonly source: string;
  /** Runtimes that `use` may name, each with its level. */
  readonly runtimes: ReadonlyMap<RuntimeName, IsolationLevel>;
}

export type PolicyReading =
  | { readonly kind: "policy"; readonly policy: Policy }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

const outcomeKeys = ["use", "level", "deny", "require_approval", "limits", "network", "syscall_profile"] as const;
const ruleKeys = ["name", "match", "always", ...outcomeKeys] as const;

/** Every outcome that a rule can name, for documents. */
export const policyOutcomes: readonly string[] = outcomeKeys;

export function readPolicy(root: Located, context: PolicyContext): PolicyReading {
  const problems = new Problems();
  const policy = read(root, context, problems);
  const found = problems.found.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return policy === null || found.length > 0 ? { kind: "problems", problems: found } : { kind: "policy", policy };
}

function read(root: Located, context: PolicyContext, problems: Problems): Policy | null {
  const entries = readEntries(root, "the policy", ["version", "rules", "default"], problems);
  if (entries === null) return null;
  const version = entries.get("version");
  if (version !== undefined) {
    const value = version.value.kind === "scalar" ? version.value.value : null;
    if (value !== policyVersion)
      problems.add(
        version.value,
        `version ${describeValue(version.value)} is not known`,
        `This gateway reads version ${policyVersion}.`,
      );
  }
  const fallback = entries.get("default");
  if (fallback === undefined)
    problems.add(
      root,
      "the policy has no default",
      "Add `default: NAME` with a runtime, or `default: {level: strong}`.",
    );
  const rules = entries.get("rules");
  const read = rules === undefined ? [] : readRules(rules, context, problems);
  if (fallback === undefined) return null;
  const last = readFallback(fallback, context, problems);
  return last === null ? null : { rules: read, fallback: last };
}

function readRules({ value }: LocatedEntry, context: PolicyContext, problems: Problems): readonly PolicyRule[] {
  if (value.kind === "scalar" && value.value === null) return [];
  if (value.kind !== "list") {
    problems.add(value, `rules wants a list, not ${describeValue(value)}`, "Begin each rule with `- `.");
    return [];
  }
  if (value.items.length > rulesMax) {
    problems.add(value, `there are ${value.items.length} rules, more than ${rulesMax}`, "Join rules with `any`.");
    return [];
  }
  return value.items.flatMap((item) => readRule(item, context, problems) ?? []);
}

function readRule(item: Located, context: PolicyContext, problems: Problems): PolicyRule | null {
  const entries = readEntries(item, "a rule", ruleKeys, problems);
  if (entries === null) return null;
  const match = entries.get("match");
  if (match === undefined)
    return problems.add(item, "the rule has no match", "Say what it is for; `match: {}` is every request.");
  const condition = readMatch(match.value, "match", problems) ?? everything;
  const named = entries.get("name");
  const always = entries.get("always");
  if (!outcomeKeys.some((key) => entries.has(key)))
    problems.add(item, "the rule says nothing", `Give it at least one of: ${outcomeKeys.join(", ")}.`);
  return {
    place: placeOf(item, context),
    name: named === undefined ? "" : (readText(named.value, "name", problems) ?? ""),
    condition,
    always: always === undefined ? false : (readFlag(always.value, "always", problems) ?? false),
    ...readOutcomes(entries, context, problems),
  };
}

/** A runtime's name, or a map with outcomes as a rule has them. */
function readFallback(entry: LocatedEntry, context: PolicyContext, problems: Problems): PolicyRule | null {
  const base = { place: placeOf(entry, context), name: "default", condition: everything, always: false };
  if (entry.value.kind === "scalar") {
    const use = readUse(entry.value, "default", context, problems);
    return use === null ? null : { ...base, ...noOutcomes, use };
  }
  const entries = readEntries(entry.value, "default", outcomeKeys, problems);
  if (entries === null) return null;
  if (!entries.has("use") && !entries.has("level") && !entries.has("deny"))
    return problems.add(entry, "the default decides nothing", "Give it `use`, `level` or `deny`.");
  return { ...base, ...readOutcomes(entries, context, problems) };
}

type Outcomes = Omit<PolicyRule, "place" | "name" | "condition" | "always">;

const noOutcomes: Outcomes = {
  use: null,
  level: null,
  deny: null,
  approval: null,
  limits: {},
  network: null,
  syscallProfile: null,
};

function readOutcomes(
  entries: ReadonlyMap<string, LocatedEntry>,
  context: PolicyContext,
  problems: Problems,
): Outcomes {
  const value = (key: (typeof outcomeKeys)[number]) => entries.get(key)?.value;
  const [use, level, deny, approval, limits, network, profile] = outcomeKeys.map(value);
  if (deny !== undefined && (use !== undefined || level !== undefined))
    problems.add(deny, "the rule denies and names a place to run", "Leave one of the two out.");
  return {
    use: use === undefined ? null : readUse(use, "use", context, problems),
    level: level === undefined ? null : readWord(level, "level", isolationLevels, problems),
    deny: deny === undefined ? null : readText(deny, "deny", problems),
    approval: approval === undefined ? null : readApproval(approval, problems),
    limits: limits === undefined ? {} : readLimits(limits, "limits", problems),
    network: network === undefined ? null : readWord(network, "network", networkModes, problems),
    syscallProfile: profile === undefined ? null : readWord(profile, "syscall_profile", syscallProfiles, problems),
  };
}

function readUse(value: Located, what: string, { runtimes }: PolicyContext, problems: Problems): PolicyRule["use"] {
  const runtime = readText(value, what, problems);
  if (runtime === null) return null;
  const level = runtimes.get(runtime);
  if (level !== undefined) return { runtime, level };
  const names = [...runtimes.keys()];
  return problems.add(
    value,
    `${what} names ${JSON.stringify(runtime)}, which is no runtime${suggest(runtime, names)}`,
    `Known are: ${names.join(", ")}. A level is asked for by \`level\`.`,
  );
}

/** `true`, or a map with a message and a deadline. */
function readApproval(value: Located, problems: Problems): ApprovalDemand | null {
  if (value.kind === "scalar") {
    if (value.value === true) return { message: "", deadlineMs: null };
    return problems.add(
      value,
      `require_approval wants true or a map, not ${describeValue(value)}`,
      "Leave it out where nobody has to agree.",
    );
  }
  const entries = readEntries(value, "require_approval", ["message", "deadline"], problems);
  if (entries === null) return null;
  const message = entries.get("message");
  const deadline = entries.get("deadline");
  return {
    message: message === undefined ? "" : (readText(message.value, "message", problems) ?? ""),
    deadlineMs:
      deadline === undefined
        ? null
        : readQuantity(deadline.value, "deadline", { unit: "ms", min: 1000, max: 7 * day }, problems),
  };
}

function placeOf({ line }: Position, { source }: PolicyContext): string {
  return `${source}:${line}`;
}
