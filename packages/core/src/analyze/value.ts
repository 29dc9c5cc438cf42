/**
 * What is known of a value while a program is read. Everything is an approximation: a text may have holes where a part is not
 * known, a choice may be any of several, and `from` names the effects (by their index) that its content comes from.
 */

import type { ClassForm, FunctionForm } from "./ir.ts";
import type { Names } from "./names.ts";

/** Indexes of effects that a value's content comes from, few and sorted. */
export type Origins = readonly number[];

export const noOrigins: Origins = [];

/**
 * Stand among origins for the program itself: a value that it computes of nothing but its own constants in a way that is not
 * followed. `computed` by operators, texts' methods and decoders; `fromLibrary` by a function that nothing is known of.
 */
const computed = -1;
const fromLibrary = -2;
export const selfMade = { computed: [computed] as Origins, library: [fromLibrary] as Origins } as const;

/** Whether a program made a value of its own constants; `computed` asks that its own operators did. */
export function isSelfMade(from: Origins, ways: "any" | "computed" = "any"): boolean {
  return from.some((each) => each === computed || (ways === "any" && each === fromLibrary));
}

/** Stands in a text for a part that is not known. A private character: in honest code it means nothing. */
export const hole = "\uE000";

/** How a text was made, where it was not written down as it is: `base64`, `chr`, `joined`, … */
export type Disguise = readonly string[];
const plain: Disguise = [];
/** The way of a text that was made from constants and could not be followed. */
const unfollowed = "computed";

export interface Scope {
  readonly names: Names;
  readonly outer: Scope | null;
  /** Names that are set in another scope than this. */
  shared?: Map<string, Scope>;
}

export interface TextValue {
  readonly k: "text";
  readonly text: string;
  /** Bytes are kept as one character each. */
  readonly bytes: boolean;
  readonly disguise: Disguise;
  readonly from: Origins;
}
export interface ListValue {
  readonly k: "list";
  items: Value[];
  /** Whether it may hold more than is known. */
  open: boolean;
  from: Origins;
}
export interface DictValue {
  readonly k: "dict";
  readonly entries: Map<string, Value>;
  open: boolean;
  from: Origins;
}
export interface FunctionValue {
  readonly k: "function";
  readonly form: FunctionForm;
  readonly scope: Scope;
  readonly self: Value | null;
  readonly from: Origins;
  /** Values for its first parameters (`bind`, `partial`). */
  readonly given: readonly Value[];
}
export interface ClassValue {
  readonly k: "class";
  readonly form: ClassForm;
  readonly bases: readonly Value[];
  readonly members: Names;
  readonly from: Origins;
}
export interface InstanceValue {
  readonly k: "instance";
  /** The full name of what made it, as `socket.socket`. */
  readonly type: string;
  readonly of: ClassValue | null;
  readonly fields: Map<string, Value>;
  from: Origins;
}
/** Something outside of the program by its full name; methods are written `type#method`. */
export interface RefValue {
  readonly k: "ref";
  readonly name: string;
  readonly self: Value | null;
  readonly from: Origins;
  /** The name was made, not written: it was hidden. */
  readonly disguise: Disguise;
}

export type Value =
  | { readonly k: "unknown"; readonly from: Origins }
  | TextValue
  | {
      readonly k: "number";
      readonly n: number;
      /** The whole number, where it is larger than a number holds. */
      readonly big?: bigint;
      readonly from: Origins;
    }
  | { readonly k: "constant"; readonly value: boolean | null; readonly from: Origins }
  | ListValue
  | DictValue
  | RefValue
  | FunctionValue
  | ClassValue
  | InstanceValue
  | { readonly k: "choice"; readonly of: readonly Value[]; readonly from: Origins };

/** More than these alternatives are not followed. */
const mostAlternatives = 6;
const mostCompared = 24;
/** Longer texts are not folded. */
export const mostTextChars = 256 * 1024;
const mostOrigins = 12;

export const unknown: Value = { k: "unknown", from: noOrigins };

export function unknownFrom(from: Origins): Value {
  return from.length === 0 ? unknown : { k: "unknown", from };
}

export function textValue(text: string, from: Origins = noOrigins, disguise: Disguise = plain, bytes = false): Value {
  return text.length > mostTextChars
    ? computedText(joinOrigins(selfMade.computed, from), disguise)
    : { k: "text", text, bytes, disguise, from };
}

/**
 * A text that the program makes from constants of its own in a way that is not followed. Nobody can read it, and it is nothing
 * from outside either: whoever runs it hides it.
 */
export function computedText(from: Origins = noOrigins, disguise: Disguise = plain): TextValue {
  return { k: "text", text: hole, bytes: false, disguise: joinDisguise([unfollowed], disguise), from };
}

/** Whether a part of a value was made from constants and could not be followed. */
export function isComputed(value: Value): boolean {
  return value.k === "choice" ? value.of.some(isComputed) : value.k === "text" && value.disguise.includes(unfollowed);
}

/** What comes out of a tool that nobody follows: hidden if all that goes in is known, else something from where it came. */
export function derived(input: Value): Value {
  if (input.k === "choice") return mapValue(input, derived);
  const isOwn = input.k === "text" && (isWhole(input.text) || isComputed(input));
  return isOwn && input.text !== "" ? computedText(input.from, input.disguise) : unknownFrom(originsOf(input));
}

export function numberValue(n: number, from: Origins = noOrigins): Value {
  return { k: "number", n, from };
}

export function constantValue(value: boolean | null, from: Origins = noOrigins): Value {
  return { k: "constant", value, from };
}

export function listValue(items: readonly Value[], open = false, from: Origins = noOrigins): ListValue {
  return { k: "list", items: [...items], open, from };
}

export function dictValue(entries?: Iterable<readonly [string, Value]>, open = false): DictValue {
  return { k: "dict", entries: new Map(entries), open, from: noOrigins };
}

export function refValue(
  name: string,
  self: Value | null = null,
  from: Origins = noOrigins,
  disguise: Disguise = plain,
): RefValue {
  return { k: "ref", name, self, from, disguise };
}

export function instanceValue(
  type: string,
  from: Origins = noOrigins,
  fields?: Iterable<readonly [string, Value]>,
): InstanceValue {
  return { k: "instance", type, of: null, fields: new Map(fields), from };
}

/** Both lists of origins in one. */
export function joinOrigins(a: Origins, b: Origins): Origins {
  if (b.length === 0 || a === b) return a;
  if (a.length === 0) return b;
  const found = [...a];
  for (const each of b)
    if (!found.includes(each)) {
      // The program itself comes first: it is not among those that are left out.
      if (each < 0) found.unshift(each);
      else found.push(each);
    }
  return found.length > mostOrigins ? found.slice(0, mostOrigins) : found;
}

export function joinDisguise(a: Disguise, b: Disguise): Disguise {
  if (b.length === 0 || a === b) return a;
  if (a.length === 0) return b;
  return [...new Set([...a, ...b])].slice(0, 6);
}

/** Where a value comes from, with all that it holds, to a bounded depth. */
export function originsOf(value: Value, depth = 3): Origins {
  if (depth === 0) return value.from;
  switch (value.k) {
    case "list":
      return within(value.items, value.from, depth);
    case "choice":
      return within(value.of, value.from, depth);
    case "dict":
      return within(value.entries.values(), value.from, depth);
    case "instance":
      return value.of === null ? within(value.fields.values(), value.from, depth) : value.from;
    case "ref":
      return value.self === null ? value.from : joinOrigins(value.from, originsOf(value.self, depth - 1));
    default:
      return value.from;
  }
}

function within(values: Iterable<Value>, from: Origins, depth: number): Origins {
  let found = from;
  let count = 0;
  for (const each of values) {
    found = joinOrigins(found, originsOf(each, depth - 1));
    if (++count > 64 || found.length >= mostOrigins) break;
  }
  return found;
}

/** Any of these values. */
export function anyOf(values: readonly Value[]): Value {
  const [first] = values;
  if (first === undefined) return unknown;
  if (values.length === 1) return first;
  const flat: Value[] = [];
  let from = noOrigins;
  // Of many values the first ones stand for all: comparing each with each takes time for every pair.
  for (const value of values.slice(0, mostCompared))
    for (const each of value.k === "choice" ? value.of : [value]) {
      if (flat.some((other) => isSame(other, each))) from = joinOrigins(from, each.from);
      else flat.push(each);
    }
  const [only] = flat;
  if (flat.length === 1 && only !== undefined) return only;
  // An unknown alternative says nothing but where it comes from.
  const known = flat.filter((each) => each.k !== "unknown" || each.from.length > 0);
  const kept = (known.length === 0 ? flat : known).slice(0, mostAlternatives);
  const [one] = kept;
  return kept.length === 1 && one !== undefined ? one : { k: "choice", of: kept, from };
}

function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.k === "text" && b.k === "text") return a.text === b.text && a.from === b.from;
  if (a.k === "number" && b.k === "number") return a.n === b.n;
  if (a.k === "constant" && b.k === "constant") return a.value === b.value;
  if (a.k === "ref" && b.k === "ref") return a.name === b.name && a.self === b.self;
  return a.k === "unknown" && b.k === "unknown" && a.from.length === 0 && b.from.length === 0;
}

/** The alternatives of a value; itself when it has none. */
export function alternatives(value: Value): readonly Value[] {
  return value.k === "choice" ? value.of : [value];
}

/** A value as a part of a text; a hole where it is not known. */
export function asText(value: Value): string {
  switch (value.k) {
    case "text":
      return value.text;
    case "number":
      return value.big === undefined ? String(value.n) : value.big.toString();
    case "constant":
      return value.value === null ? "None" : value.value ? "True" : "False";
    case "instance": {
      const path = value.fields.get("path");
      return path === undefined || path === value ? hole : asText(path);
    }
    case "choice": {
      const [first] = value.of;
      return first === undefined ? hole : asText(first);
    }
    default:
      return hole;
  }
}

export function disguiseOf(value: Value): Disguise {
  return value.k === "text" || value.k === "ref" ? value.disguise : plain;
}

/** Whether every part of a text is known. */
export function isWhole(text: string): boolean {
  return !text.includes(hole);
}

/** Applies a function to each alternative. */
export function mapValue(value: Value, change: (one: Value) => Value): Value {
  return value.k === "choice" ? anyOf(value.of.map(change)) : change(value);
}

/** A whole number of any size. */
export function wholeNumber(n: bigint, from: Origins = noOrigins): Value {
  return Number.isSafeInteger(Number(n)) ? numberValue(Number(n), from) : { k: "number", n: Number(n), big: n, from };
}

/** A value as a whole number. */
export function wholeOf(value: Value): bigint | null {
  if (value.k !== "number") return null;
  return value.big ?? (Number.isInteger(value.n) ? BigInt(value.n) : null);
}
