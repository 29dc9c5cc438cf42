/** Reads the small parts of a policy: words, lists of words, numbers with units, ranges. */
import { runLimits } from "@hsr/contract";
import { suggest } from "../suggest.ts";
import { describeValue, type Located, type LocatedEntry, type Problems } from "./located.ts";
import { type ClampedLimit, type LimitClamps, type LimitField, limitFields } from "./policy.ts";

/** More than any policy needs; a list that is longer belongs into a pattern. */
const listItemsMax = 256;
const textCharsMax = 1024;

export type Unit = "ms" | "bytes" | "cores" | "count";

const unitFactors: Readonly<Record<Unit, Readonly<Record<string, number>>>> = {
  ms: { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  bytes: { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
  cores: {},
  count: {},
};

export function readText(value: Located, what: string, problems: Problems): string | null {
  if (value.kind === "scalar" && typeof value.value === "string" && value.value.length <= textCharsMax) {
    if (value.value !== "") return value.value;
  }
  return problems.add(value, `${what} wants a text, not ${describeValue(value)}`, "Write it in quotes.");
}

export function readFlag(value: Located, what: string, problems: Problems): boolean | null {
  if (value.kind === "scalar" && typeof value.value === "boolean") return value.value;
  return problems.add(
    value,
    `${what} wants true or false, not ${describeValue(value)}`,
    "Write true or false, without quotes.",
  );
}

/** One word of a closed list. */
export function readWord<const Word extends string>(
  value: Located,
  what: string,
  words: readonly Word[],
  problems: Problems,
): Word | null {
  const text = value.kind === "scalar" ? value.value : null;
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  const near = typeof text === "string" ? suggest(text, words) : "";
  return problems.add(value, `${what} has no ${describeValue(value)}${near}`, `Write one of: ${words.join(", ")}.`);
}

/** One text, or a list of them. `null` when something was wrong with it. */
export function readTexts(value: Located, what: string, problems: Problems): readonly string[] | null {
  const items = value.kind === "list" ? value.items : [value];
  if (items.length === 0 || items.length > listItemsMax)
    return problems.add(
      value,
      `${what} wants 1 to ${listItemsMax} values, not ${items.length}`,
      "Leave it out to match everything.",
    );
  const texts = items.map((item) => readText(item, what, problems));
  return texts.every((text) => text !== null) ? texts : null;
}

/** As `readTexts`, of a closed list of words. */
export function readWords(
  value: Located,
  what: string,
  words: readonly string[],
  problems: Problems,
): readonly string[] | null {
  const items = value.kind === "list" ? value.items : [value];
  if (items.length === 0) return problems.add(value, `${what} has an empty list`, "Leave it out to match everything.");
  const found = items.map((item) => readWord(item, what, words, problems));
  return found.every((word) => word !== null) ? found : null;
}

/** A number, or a text with a unit such as `256MiB` or `10s`, within bounds. */
export function readQuantity(
  value: Located,
  what: string,
  bounds: { readonly unit: Unit; readonly min: number; readonly max: number },
  problems: Problems,
): number | null {
  const units = Object.keys(unitFactors[bounds.unit]);
  const example = units.length === 0 ? "" : `, or a text with a unit: ${units.join(", ")}`;
  const number = value.kind === "scalar" ? toNumber(value.value, bounds.unit) : null;
  if (number === null)
    return problems.add(
      value,
      `${what} is no quantity: ${describeValue(value)}`,
      `Write a number${bounds.unit === "count" ? "" : ` of ${bounds.unit}`}${example}.`,
    );
  if (number < bounds.min || number > bounds.max)
    return problems.add(value, `${what} is ${number}, out of bounds`, `Write ${bounds.min} to ${bounds.max}.`);
  if (bounds.unit !== "cores" && !Number.isInteger(number))
    return problems.add(value, `${what} is not a whole number`, "Leave the fraction out.");
  return number;
}

function toNumber(value: string | number | boolean | null, unit: Unit): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string") return null;
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s?([A-Za-z]{1,3})$/.exec(value);
  const factor = unitFactors[unit][match?.[2] ?? ""];
  return match === null || factor === undefined ? null : Number(match[1]) * factor;
}

/** `{min, max}`, both of them within the range and at least one given. */
export function readRange(
  value: Located,
  what: string,
  bounds: { readonly unit: Unit; readonly min: number; readonly max: number },
  problems: Problems,
): { readonly min: number | null; readonly max: number | null } | null {
  const wanted = "Write `{min: …}`, `{max: …}` or both; each end belongs to the range.";
  if (value.kind !== "map" || value.entries.length === 0)
    return problems.add(value, `${what} wants a range, not ${describeValue(value)}`, wanted);
  const range: { min: number | null; max: number | null } = { min: null, max: null };
  for (const entry of value.entries) {
    if (entry.key !== "min" && entry.key !== "max") return problems.add(entry, `${what} has no ${entry.key}`, wanted);
    const end = readQuantity(entry.value, `${what}.${entry.key}`, bounds, problems);
    if (end === null) return null;
    range[entry.key] = end;
  }
  if (range.min !== null && range.max !== null && range.min > range.max)
    return problems.add(value, `${what} has a min above its max: nothing is in this range`, "Exchange them.");
  return range;
}

/** The entries of a map by their names, `-` and `_` being the same. An unknown or repeated name is a problem. */
export function readEntries(
  value: Located,
  what: string,
  known: readonly string[],
  problems: Problems,
): ReadonlyMap<string, LocatedEntry> | null {
  if (value.kind !== "map")
    return problems.add(
      value,
      `${what} wants a map, not ${describeValue(value)}`,
      `Write names with values: ${known.join(", ")}.`,
    );
  const entries = new Map<string, LocatedEntry>();
  for (const entry of value.entries) {
    const key = entry.key.replaceAll("-", "_");
    if (!known.includes(key))
      problems.add(entry, `${what} has no ${entry.key}${suggest(key, known)}`, `Known are: ${known.join(", ")}.`);
    else if (entries.has(key)) problems.add(entry, `${what} has ${entry.key} twice`, "Leave one of them out.");
    else entries.set(key, entry);
  }
  return entries;
}

/** Limits by the names of the wire, each within what a request could ask for. */
export function readLimits(value: Located, what: string, problems: Problems): LimitClamps {
  const entries = readEntries(value, what, Object.keys(limitFields), problems);
  const limits: Partial<Record<ClampedLimit, number>> = {};
  for (const [field, entry] of (entries ?? new Map()) as ReadonlyMap<LimitField, LocatedEntry>) {
    const { unit, min, max } = runLimits[field];
    const most = readQuantity(entry.value, field, { unit, min, max }, problems);
    if (most !== null) limits[limitFields[field].key] = most;
  }
  return limits;
}
