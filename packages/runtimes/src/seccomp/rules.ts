import { type ArchitectureFacts, isKnownCall } from "./architectures.ts";
import { type Action, type Condition, type Profile, ProfileError } from "./profile.ts";

/** One way in which a call's verdict may differ from the default: the action where all conditions hold. */
export interface Clause {
  readonly conditions: readonly Condition[];
  readonly action: Action;
}

/** A profile with its names resolved for one architecture. */
export interface CallRules {
  /** By call number. An empty list of conditions holds always; no two clauses of a call contradict each other. */
  readonly clauses: ReadonlyMap<number, readonly Clause[]>;
  /** Names that exist on another architecture only (`open` on aarch64). They are skipped, as libseccomp does. */
  readonly skipped: readonly string[];
}

export const sameAction = (a: Action, b: Action): boolean =>
  a.kind === b.kind && (a.kind !== "errno" || b.kind !== "errno" || a.errno === b.errno);

const allBits = 0xffff_ffff_ffff_ffffn;

/** The least and the greatest argument for which a condition can hold. */
const span = ({ op, value, valueTwo }: Condition): readonly [bigint, bigint] => {
  switch (op) {
    case "EQ":
      return [value, value];
    case "NE":
      return [value === 0n ? 1n : 0n, value === allBits ? allBits - 1n : allBits];
    case "LT":
      return [0n, value - 1n];
    case "LE":
      return [0n, value];
    case "GT":
      return [value + 1n, allBits];
    case "GE":
      return [value, allBits];
    case "MASKED_EQ":
      return [valueTwo, valueTwo | (allBits & ~value)];
  }
};

const maskOf = (condition: Condition): bigint =>
  condition.op === "EQ" ? allBits : condition.op === "MASKED_EQ" ? condition.value : 0n;

/** True if no argument can satisfy both. May miss a case (then the profile is refused), never claims a false one. */
const excludeEachOther = (a: Condition, b: Condition): boolean => {
  if (a.index !== b.index) return false;
  if (a.op === "NE" && b.op === "EQ") return a.value === b.value;
  if (a.op === "EQ" && b.op === "NE") return a.value === b.value;
  const [aLow, aHigh] = span(a);
  const [bLow, bHigh] = span(b);
  if (aHigh < bLow || bHigh < aLow) return true;
  const bits = (condition: Condition): bigint => (condition.op === "EQ" ? condition.value : condition.valueTwo);
  return ((bits(a) ^ bits(b)) & maskOf(a) & maskOf(b)) !== 0n;
};

const contradict = (a: Clause, b: Clause): boolean =>
  !sameAction(a.action, b.action) &&
  !a.conditions.some((one) => b.conditions.some((other) => excludeEachOther(one, other)));

/**
 * Resolves names to numbers. A name that is no call anywhere is refused (a misspelt denial would be a hole). Two rules
 * with different actions that may both hold are refused too: loaders differ in which of them wins.
 */
export const resolveRules = (profile: Profile, facts: ArchitectureFacts): CallRules => {
  if (profile.architectures.length > 0 && !profile.architectures.includes(facts.profileName)) {
    throw new ProfileError(`architectures: the profile is not for ${facts.profileName}`);
  }
  const clauses = new Map<number, Clause[]>();
  const skipped = new Set<string>();
  for (const rule of profile.rules) {
    for (const name of rule.names) {
      if (!isKnownCall(name)) throw new ProfileError(`there is no system call ${JSON.stringify(name)}`);
      const number = Object.hasOwn(facts.calls, name) ? facts.calls[name] : undefined;
      if (number === undefined) {
        skipped.add(name);
        continue;
      }
      // What the default says anyway needs no instruction, unless it contradicts another rule: that is still checked.
      const clause: Clause = { conditions: rule.conditions, action: rule.action };
      const known = clauses.get(number) ?? [];
      if (known.some((other) => contradict(other, clause))) {
        throw new ProfileError(`${name}: two rules with different actions can hold for the same call`);
      }
      const always = [...known, clause].find(({ conditions }) => conditions.length === 0);
      clauses.set(number, always ? [always] : [...known, clause]);
    }
  }
  return { clauses, skipped: [...skipped].sort() };
};
