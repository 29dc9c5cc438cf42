/** Reads the `match` of a rule: what has to hold of a request. Every name stands in docs/policy.md. */
import { languageNames, riskCapabilityNames, riskLevels, runLimits } from "@hsr/contract";
import { doors } from "./facts.ts";
import { describeValue, type Located, type LocatedEntry, type Problems } from "./located.ts";
import { type Condition, type FlagFact, type LimitField, limitFields, networkModes, type TextFact } from "./policy.ts";
import { readEntries, readFlag, readRange, readTexts, readWords } from "./read-values.ts";

/** Deeper conditions than this nobody can read. */
const depthMax = 16;
/** Names that stand for another fact where they are only true or false. */
const presence: Readonly<Record<string, FlagFact>> = { network: "networked", mounts: "mounted", image: "imaged" };

type Reader = (entry: LocatedEntry, what: string, problems: Problems, depth: number) => Condition | null;

/** The condition that every request fulfils. */
export const everything: Condition = { kind: "all", of: [] };

const keys: Readonly<Record<string, Reader>> = {
  lang: words("lang", [...languageNames, "unknown"]),
  network: (entry, what, problems, depth) =>
    isFlag(entry.value)
      ? flag("networked")(entry, what, problems, depth)
      : words("network", networkModes)(entry, what, problems, depth),
  binary: flag("binary"),
  unknown_lang: flag("unknown_lang"),
  risk: words("risk", [...riskLevels, "unknown"]),
  score: (entry, what, problems) => {
    const range = readRange(entry.value, what, { unit: "count", min: 0, max: 100 }, problems);
    return range === null ? null : { kind: "number", fact: "score", ...range };
  },
  findings: (entry, what, problems) => list("findings", entry, what, problems, null),
  capabilities: (entry, what, problems) => list("capabilities", entry, what, problems, riskCapabilityNames),
  image: patterns("image"),
  tenant: patterns("tenant"),
  labels: labels,
  mounts: (entry, what, problems, depth) =>
    isFlag(entry.value) ? flag("mounted")(entry, what, problems, depth) : list("mounts", entry, what, problems, null),
  limits: limits,
  door: words("door", doors),
  opaque: flag("opaque"),
  any: group("any"),
  all: group("all"),
  not: (entry, what, problems, depth) => {
    const inner = readMatch(entry.value, what, problems, depth + 1);
    return inner === null ? null : { kind: "not", of: inner };
  },
};

/** Every name that a `match` knows, for documents and messages. */
export const matchKeys = Object.keys(keys);

/** A map whose entries all have to hold. `null` when something is wrong with it. */
export function readMatch(value: Located, what: string, problems: Problems, depth = 0): Condition | null {
  if (depth > depthMax)
    return problems.add(value, `${what} is nested deeper than ${depthMax}`, "Write several rules instead.");
  const entries = readEntries(value, what, matchKeys, problems);
  if (entries === null) return null;
  const conditions: Condition[] = [];
  for (const [key, entry] of entries) {
    const condition = keys[key]?.(entry, `${what}.${entry.key}`, problems, depth) ?? null;
    if (condition !== null) conditions.push(condition);
  }
  const [only] = conditions;
  return conditions.length === 1 && only !== undefined ? only : { kind: "all", of: conditions };
}

function isFlag(value: Located): boolean {
  return value.kind === "scalar" && typeof value.value === "boolean";
}

function flag(fact: FlagFact): Reader {
  return (entry, what, problems) => {
    const value = readFlag(entry.value, what, problems);
    return value === null ? null : { kind: "flag", fact, value };
  };
}

function words(fact: TextFact, known: readonly string[]): Reader {
  return (entry, what, problems) => {
    const found = readWords(entry.value, what, known, problems);
    return found === null ? null : { kind: "text", fact, patterns: found };
  };
}

function patterns(fact: TextFact): Reader {
  return (entry, what, problems, depth) => {
    const other = presence[fact];
    if (other !== undefined && isFlag(entry.value)) return flag(other)(entry, what, problems, depth);
    const found = readTexts(entry.value, what, problems);
    return found === null ? null : { kind: "text", fact, patterns: found };
  };
}

/** A text, a list of which one has to be there, or a map of `any`, `all` and `none`. */
function list(
  fact: "findings" | "capabilities" | "mounts",
  { value }: LocatedEntry,
  what: string,
  problems: Problems,
  known: readonly string[] | null,
): Condition | null {
  const read = (inner: Located, name: string) =>
    known === null ? readTexts(inner, name, problems) : readWords(inner, name, known, problems);
  if (value.kind !== "map") {
    const found = read(value, what);
    return found === null ? null : { kind: "list", fact, quantity: "any", patterns: found };
  }
  const entries = readEntries(value, what, ["any", "all", "none"], problems);
  if (entries === null) return null;
  const of: Condition[] = [];
  for (const quantity of ["any", "all", "none"] as const) {
    const entry = entries.get(quantity);
    const found = entry === undefined ? null : read(entry.value, `${what}.${quantity}`);
    if (found !== null) of.push({ kind: "list", fact, quantity, patterns: found });
  }
  if (entries.size === 0) return problems.add(value, `${what} is empty`, "Name what has to be there.");
  return { kind: "all", of };
}

/** Names of labels with the values that they may have; `true` asks only that the label is there. */
function labels({ value }: LocatedEntry, what: string, problems: Problems): Condition | null {
  if (value.kind !== "map" || value.entries.length === 0)
    return problems.add(
      value,
      `${what} wants a map of labels, not ${describeValue(value)}`,
      "Write `labels: {name: value}`.",
    );
  const of: Condition[] = [];
  for (const entry of value.entries) {
    const { key } = entry;
    if (entry.value.kind === "scalar" && entry.value.value === true) {
      of.push({ kind: "label", label: key, patterns: null });
      continue;
    }
    const found = readTexts(entry.value, `${what}.${key}`, problems);
    if (found !== null) of.push({ kind: "label", label: key, patterns: found });
  }
  return { kind: "all", of };
}

/** Ranges of the limits that the request will have, its own or the operator's defaults. */
function limits({ value }: LocatedEntry, what: string, problems: Problems): Condition | null {
  const entries = readEntries(value, what, Object.keys(limitFields), problems);
  if (entries === null) return null;
  if (entries.size === 0) return problems.add(value, `${what} is empty`, "Name a limit with its range.");
  const of: Condition[] = [];
  for (const [field, entry] of entries as ReadonlyMap<LimitField, LocatedEntry>) {
    const { unit, max } = runLimits[field];
    const range = readRange(entry.value, `${what}.${field}`, { unit, min: 0, max }, problems);
    if (range !== null) of.push({ kind: "number", fact: `limits.${field}`, ...range });
  }
  return { kind: "all", of };
}

/** A list of maps, of which one or all have to hold. */
function group(kind: "any" | "all"): Reader {
  return ({ value }, what, problems, depth) => {
    if (value.kind !== "list" || value.items.length === 0)
      return problems.add(
        value,
        `${what} wants a list of maps, not ${describeValue(value)}`,
        "Write `- name: value` lines below it.",
      );
    const of = value.items.map((item) => readMatch(item, what, problems, depth + 1));
    return of.every((one) => one !== null) ? { kind, of } : null;
  };
}
