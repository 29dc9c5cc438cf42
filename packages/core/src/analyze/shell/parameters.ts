/** `${name…}` of Bash in all its forms, and text with `$name` in it, read from the text itself. */

import { concatenated } from "../evaluate/operate.ts";
import { unescapeShell } from "../lower/escapes.ts";
import { findEdge, type MatchBudget, matchSteps, replacedPattern, shellPattern } from "../pattern.ts";
import type { Syntax } from "../syntax.ts";
import {
  asText,
  computedText,
  derived,
  disguiseOf,
  isComputed,
  isWhole,
  joinDisguise,
  joinOrigins,
  type ListValue,
  listValue,
  mapValue,
  noOrigins,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { sumOf } from "./arithmetic.ts";

/** What expansion asks of the shell around it. */
export interface Surroundings {
  readonly source: string;
  /** A variable's value; the shell notes where it comes from the environment. */
  variable(name: string): Value;
  assign(name: string, value: Value): void;
  assignAt(name: string, index: string, value: Value): void;
  names(): Iterable<string>;
  /** Runs a substituted command and gives its output. */
  substitute(node: Syntax): Value;
  /** The same for a command that the tree does not show. */
  substituteText(text: string): Value;
}

export interface Segment {
  readonly value: Value;
  /** Quoted parts are not split. */
  readonly quoted: boolean;
}

/** Where a raw text stands in the tree: its substitutions are read there. */
export interface InTree {
  readonly node: Syntax;
  readonly offset: number;
}

const mostDepth = 12;

/** A sum in the shell around it. */
export function sumIn(text: string, around: Surroundings, at: InTree | null = null): Value {
  const filled = /[$`"'\\]/.test(text) ? rawText(text.replaceAll('"', ""), around, at, true) : textValue(text);
  const source = asText(filled);
  if (!isWhole(source)) return isComputed(filled) ? computedText(originsOf(filled)) : unknownFrom(originsOf(filled));
  let from = noOrigins;
  let hidden = false;
  const value = sumOf(source, {
    read: (name, index) => {
      const found = elementOf(around.variable(name), index ?? "0", around);
      from = joinOrigins(from, originsOf(found));
      hidden ||= isComputed(found);
      const read = asText(found);
      return isWhole(read) ? read : null;
    },
    write: (name, index, result) => {
      if (index === null) around.assign(name, textValue(String(result)));
      else around.assignAt(name, index, textValue(String(result)));
    },
  });
  if (value !== null) return textValue(String(value), from);
  return hidden ? computedText(from) : unknownFrom(from);
}

/** An element of an array by its subscript. */
export function elementOf(value: Value, index: string, around: Surroundings): Value {
  if (value.k === "dict") {
    const key = asText(rawText(index, around, null, false));
    return value.entries.get(key) ?? (value.open ? unknownFrom(value.from) : textValue(""));
  }
  if (value.k !== "list") return index === "0" ? value : value.k === "text" ? textValue("") : value;
  const at = Number(asText(/^-?\d+$/.test(index) ? textValue(index) : sumIn(index, around)));
  if (!Number.isInteger(at)) return value.items.some(isComputed) ? computedText() : unknownFrom(originsOf(value));
  return value.items.at(at) ?? (value.open ? unknownFrom(value.from) : textValue(""));
}

/** Raw text with its quotes and expansions as one value. `quoted`: it stands between double quotes. */
export function rawText(raw: string, around: Surroundings, at: InTree | null, quoted: boolean, depth = 0): Value {
  const parts = rawSegments(raw, around, at, quoted, depth).map(({ value }) =>
    value.k === "list" ? joined(value, " ") : value,
  );
  return parts.length === 0
    ? textValue("")
    : parts.length === 1 && parts[0] !== undefined
      ? parts[0]
      : concatenated(parts);
}

/** Raw text as a pattern: what is quoted in it means itself. */
function rawPattern(raw: string, around: Surroundings, at: InTree | null, depth: number): Value {
  const parts = rawSegments(raw, around, at, false, depth, true).map(({ value, quoted }) =>
    quoted && value.k === "text" ? { ...value, text: value.text.replace(/[*?[\]\\]/g, "\\$&") } : value,
  );
  return parts.length === 0 ? textValue("") : concatenated(parts);
}

/** Raw text as pieces, quoted and not. With `isPattern` backslashes stay. */
export function rawSegments(
  raw: string,
  around: Surroundings,
  at: InTree | null,
  inQuotes: boolean,
  depth = 0,
  isPattern = false,
): Segment[] {
  if (depth > mostDepth || !/[\\$`'"]/.test(raw))
    return raw === "" ? [] : [{ value: textValue(raw), quoted: inQuotes }];
  const found: Segment[] = [];
  let plain = "";
  let hides = false;
  let keeps = false;
  const flush = (): void => {
    if (plain !== "")
      found.push({ value: textValue(plain, noOrigins, hides ? ["escapes"] : []), quoted: inQuotes || keeps });
    plain = "";
    hides = false;
    keeps = false;
  };
  const put = (value: Value, quoted: boolean): void => {
    flush();
    found.push({ value, quoted });
  };
  for (let index = 0; index < raw.length; ) {
    const sign = raw[index] ?? "";
    const next = raw[index + 1] ?? "";
    if (sign === "\\") {
      index += 2;
      if (next === "\n") continue;
      if (inQuotes) plain += '$`"\\'.includes(next) ? next : sign + next;
      else {
        // A backslash before an ordinary letter does nothing but hide the word.
        hides ||= /[A-Za-z]/.test(next);
        keeps ||= !isPattern && /[\s{}*?]/.test(next);
        plain += isPattern ? sign + next : next;
      }
    } else if (!inQuotes && sign === "'") {
      const end = raw.indexOf("'", index + 1);
      put(textValue(raw.slice(index + 1, end < 0 ? undefined : end)), true);
      index = end < 0 ? raw.length : end + 1;
    } else if (!inQuotes && (sign === '"' || (sign === "$" && next === '"'))) {
      const start = index + (sign === "$" ? 2 : 1);
      const end = closing(raw, start, '"');
      const inner = rawSegments(raw.slice(start, end), around, shifted(at, start), true, depth + 1);
      flush();
      found.push(...(inner.length === 0 ? [{ value: textValue(""), quoted: true }] : inner));
      index = end + 1;
    } else if (sign === "`") {
      const end = closing(raw, index + 1, "`");
      const inner = raw.slice(index + 1, end).replace(/\\([`$\\])/g, "$1");
      put(trimmed(substituted(raw.slice(index, end + 1), inner, around, at, index)), inQuotes);
      index = end + 1;
    } else if (sign === "$" && !(next === "'" && inQuotes)) {
      const end = dollarEnd(raw, index);
      if (end === index + 1) plain += sign;
      else put(dollar(raw.slice(index, end), around, at, index, inQuotes, depth), inQuotes || next === "'");
      index = end;
    } else {
      plain += sign;
      index += 1;
    }
  }
  flush();
  return found;
}

/** Where what begins with a dollar ends. */
function dollarEnd(raw: string, at: number): number {
  const next = raw[at + 1] ?? "";
  if (next === "{") return closing(raw, at + 2, "}") + 1;
  if (next === "(") return closing(raw, at + 2, ")") + 1;
  if (next === "[") return closing(raw, at + 2, "]") + 1;
  if (next === "'") {
    let end = at + 2;
    while (end < raw.length && raw[end] !== "'") end += raw[end] === "\\" ? 2 : 1;
    return Math.min(raw.length, end + 1);
  }
  const name = /^(?:[A-Za-z_]\w*|[0-9@*?#$!-])/.exec(raw.slice(at + 1, at + 200));
  return at + 1 + (name === null ? 0 : name[0].length);
}

function dollar(
  source: string,
  around: Surroundings,
  at: InTree | null,
  index: number,
  quoted: boolean,
  depth: number,
): Value {
  if (source.startsWith("$'")) {
    const inner = source.slice(2, source.endsWith("'") ? -1 : undefined);
    return textValue(unescapeShell(inner), noOrigins, /\\[xuU0-7]/.test(inner) ? ["escapes"] : []);
  }
  if (source.startsWith("$((") && source.endsWith("))"))
    return sumIn(source.slice(3, -2), around, shifted(at, index + 3));
  if (source.startsWith("$[")) return sumIn(source.slice(2, -1), around, shifted(at, index + 2));
  if (source.startsWith("$(")) return trimmed(substituted(source, source.slice(2, -1), around, at, index));
  if (source.startsWith("${")) return parameter(source.slice(2, -1), around, shifted(at, index + 2), quoted, depth + 1);
  return parameter(source.slice(1), around, null, quoted, depth + 1);
}

function substituted(whole: string, inner: string, around: Surroundings, at: InTree | null, index: number): Value {
  const node = at === null ? null : nodeAt(at.node, at.offset + index, at.offset + index + whole.length);
  return node === null ? around.substituteText(inner) : around.substitute(node);
}

/** The substitution that stands exactly there. */
function nodeAt(node: Syntax, start: number, end: number): Syntax | null {
  for (const each of node.children) {
    if (each.end <= start || each.start > start) continue;
    if (each.type === "command_substitution" && each.start === start && each.end === end) return each;
    const inner = nodeAt(each, start, end);
    if (inner !== null) return inner;
  }
  return null;
}

function shifted(at: InTree | null, by: number): InTree | null {
  return at === null ? null : { node: at.node, offset: at.offset + by };
}

/** Where a bracket or a quote closes, from behind its beginning; the text's end when it does not. */
function closing(raw: string, from: number, close: string): number {
  const open = close === "}" ? "{" : close === ")" ? "(" : close === "]" ? "[" : null;
  let level = 0;
  for (let at = from; at < raw.length; at += 1) {
    const sign = raw[at] ?? "";
    if (sign === "\\") at += 1;
    else if (sign === close && level === 0) return at;
    else if (sign === close) level -= 1;
    else if (sign === open) level += 1;
    else if (open !== null && sign === "'") {
      const end = raw.indexOf("'", at + 1);
      if (end > 0) at = end;
    } else if (open !== null && sign === '"') {
      at = closing(raw, at + 1, '"');
    } else if (open === null && sign === "$" && (raw[at + 1] === "(" || raw[at + 1] === "{")) {
      at = closing(raw, at + 2, raw[at + 1] === "(" ? ")" : "}");
    }
  }
  return raw.length;
}

export function trimmed(value: Value): Value {
  return mapValue(value, (one) => (one.k === "text" ? { ...one, text: one.text.replace(/\n+$/, "") } : one));
}

/** The words of a list with a text between them. */
export function joined(list: ListValue, between: string): Value {
  const parts = list.items.flatMap((item, index) => (index === 0 ? [item] : [textValue(between), item]));
  if (list.open) parts.push(unknownFrom(list.from));
  return parts.length === 0 ? textValue("") : concatenated(parts);
}

/** What stands between the words of `"$*"`. */
export function separatorOf(around: Surroundings): string {
  const ifs = asText(around.variable("IFS"));
  return isWhole(ifs) ? ifs.slice(0, 1) : " ";
}

/** What stands between the braces of `${…}`, or behind the dollar. `joins`: a list becomes one word. */
export function parameter(body: string, around: Surroundings, at: InTree | null, joins: boolean, depth = 0): Value {
  if (depth > mostDepth) return unknown;
  if (body === "#") return lengthOf(around.variable("@"));
  const match = /^([!#]?)([A-Za-z_]\w*|[0-9]+|[@*?#$!-])/.exec(body);
  if (match === null) return unknown;
  const [, mark = "", name = ""] = match;
  let rest = body.slice(match[0].length);
  let index: string | null = null;
  if (rest.startsWith("[")) {
    const end = closing(rest, 1, "]");
    index = rest.slice(1, end);
    rest = rest.slice(end + 1);
  }
  const inRest = shifted(at, body.length - rest.length);
  if (mark === "!" && (rest === "*" || rest === "@") && index === null)
    return listValue([...around.names()].filter((each) => each.startsWith(name)).map((each) => textValue(each)));
  const held = around.variable(name);
  const all = index === "@" || index === "*" || ((name === "@" || name === "*") && index === null);
  if (mark === "!" && all && name !== "@" && name !== "*") return keysOf(held);
  const value = all ? listOf(held) : elementOf(held, index ?? "0", around);
  if (mark === "#") return lengthOf(value);
  if (mark === "!") {
    const pointed = asText(value);
    if (!isWhole(pointed) || pointed === "") return derived(value);
    return parameter(pointed + rest, around, null, joins, depth + 1);
  }
  const changed = rest === "" ? value : modified(value, name, index, rest, around, inRest, depth);
  if (changed.k !== "list" || !all) return changed;
  return joins && (index === "*" || name === "*") ? joined(changed, separatorOf(around)) : changed;
}

function listOf(value: Value): Value {
  if (value.k === "dict") return listValue([...value.entries.values()], value.open, value.from);
  return value.k === "text" ? listValue([value]) : value;
}

function keysOf(value: Value): Value {
  if (value.k === "dict")
    return listValue(
      [...value.entries.keys()].map((each) => textValue(each)),
      value.open,
      value.from,
    );
  if (value.k === "list")
    return listValue(
      value.items.map((_each, index) => textValue(String(index))),
      value.open,
      value.from,
    );
  return unknownFrom(originsOf(value));
}

function lengthOf(value: Value): Value {
  if (value.k === "list" && !value.open) return textValue(String(value.items.length));
  if (value.k === "text" && isWhole(value.text)) return textValue(String(Array.from(value.text).length), value.from);
  return derived(value);
}

function modified(
  value: Value,
  name: string,
  index: string | null,
  rest: string,
  around: Surroundings,
  at: InTree | null,
  depth: number,
): Value {
  const other = /^:?([-=+?])/.exec(rest);
  if (other !== null) {
    const sign = other[1] ?? "-";
    const operand = () => rawText(rest.slice(other[0].length), around, shifted(at, other[0].length), false, depth + 1);
    const isEmpty = value.k === "text" ? value.text === "" : value.k === "list" && value.items.length === 0;
    if (sign === "+") return isEmpty ? textValue("") : operand();
    if (sign === "?") return value;
    const fallback = operand();
    if (sign === "=" && index === null) around.assign(name, fallback);
    if (value.k === "list" && !isEmpty) return value;
    return value.k === "text" && value.text !== "" && isWhole(value.text)
      ? value
      : fallback.k === "text" && fallback.text !== ""
        ? { ...fallback, from: joinOrigins(fallback.from, originsOf(value)) }
        : value;
  }
  if (value.k === "list") {
    const cut = /^:(?![-=+?])/.test(rest) ? partsOfSlice(rest, around, at) : null;
    if (cut !== null) {
      // `$0` comes before the words of `$@`.
      const [start, size] = cut;
      if (start === null || Number.isNaN(size ?? 0)) return derivedAll(value);
      const items = name === "@" || name === "*" ? [textValue("bash"), ...value.items] : value.items;
      const begin = start < 0 ? Math.max(0, items.length + start) : start;
      return listValue(
        items.slice(begin, size === null ? undefined : begin + size),
        value.open && size === null,
        value.from,
      );
    }
    return listValue(
      value.items.map((each) => modified(each, name, index, rest, around, at, depth)),
      value.open,
      value.from,
    );
  }
  if (value.k === "choice") return mapValue(value, (one) => modified(one, name, index, rest, around, at, depth));
  if (value.k !== "text" || !isWhole(value.text)) return derived(value);
  return changedText(value, name, rest, around, at, depth);
}

function derivedAll(list: ListValue): Value {
  return list.items.some(isComputed) || (!list.open && list.items.length > 0)
    ? computedText(list.from)
    : unknownFrom(list.from);
}

/** Start and size of a slice: `null` for no size, and where the start is not known. */
function partsOfSlice(rest: string, around: Surroundings, at: InTree | null): [number | null, number | null] {
  const body = rest.slice(1);
  let split = -1;
  let level = 0;
  for (let index = 0; index < body.length && split < 0; index += 1) {
    const sign = body[index] ?? "";
    if ("({[".includes(sign)) level += 1;
    else if (")}]".includes(sign)) level -= 1;
    else if (sign === ":" && level === 0) split = index;
  }
  const number = (text: string, offset: number): number | null => {
    const found = asText(sumIn(text, around, shifted(at, offset)));
    return /^-?\d+$/.test(found) ? Number(found) : null;
  };
  const start = number(split < 0 ? body : body.slice(0, split), 1);
  return [start, split < 0 ? null : (number(body.slice(split + 1), split + 2) ?? Number.NaN)];
}

function changedText(
  value: Extract<Value, { k: "text" }>,
  name: string,
  rest: string,
  around: Surroundings,
  at: InTree | null,
  depth: number,
): Value {
  const { from } = value;
  // What begins with the home folder begins with a slash.
  const text = name === "HOME" && value.text === "~" ? "/root" : value.text;
  const made = (changed: string | null, how: string | null): Value =>
    changed === null
      ? derived(value)
      : textValue(changed, from, how === null ? value.disguise : joinDisguise(value.disguise, [how]), value.bytes);
  if (rest.startsWith(":")) {
    const [start, size] = partsOfSlice(rest, around, at);
    if (start === null || Number.isNaN(size ?? 0)) return derived(value);
    const letters = Array.from(text);
    const begin = start < 0 ? letters.length + start : start;
    if (begin < 0) return textValue("", from);
    const end = size === null ? undefined : size < 0 ? letters.length + size : begin + size;
    return made(letters.slice(begin, end).join(""), "slice");
  }
  const budget: MatchBudget = { steps: matchSteps };
  if (rest.startsWith("/")) {
    const all = rest.startsWith("//");
    const body = rest.slice(all ? 2 : 1);
    const offset = all ? 2 : 1;
    const split = slashOf(body);
    const wanted = rawPattern(body.slice(0, split), around, shifted(at, offset), depth + 1);
    const to =
      split >= body.length
        ? textValue("")
        : rawText(body.slice(split + 1), around, shifted(at, offset + split + 1), false, depth + 1);
    const source = asText(wanted);
    const replacement = asText(to);
    if (!isWhole(source) || (!isWhole(replacement) && !isComputed(to)))
      return isComputed(wanted)
        ? computedText(from)
        : unknownFrom(joinOrigins(joinOrigins(from, originsOf(wanted)), originsOf(to)));
    const edge = all ? "" : (/^[#%]/.exec(source)?.[0] ?? "");
    const pattern = shellPattern(source);
    if (pattern === null) return derived(value);
    const changed =
      edge === ""
        ? replacedPattern(pattern, text, { first: 1, all }, () => replacement, budget)
        : withoutEdge(
            text,
            findEdge(source.slice(1), text, edge === "#" ? "start" : "end", "longest", budget),
            replacement,
          );
    if (!isWhole(replacement)) return computedText(from, disguiseOf(to));
    return made(changed, "replaced");
  }
  const cut = /^(##?|%%?)/.exec(rest)?.[1];
  if (cut !== undefined) {
    const wanted = rawPattern(rest.slice(cut.length), around, shifted(at, cut.length), depth + 1);
    if (!isWhole(asText(wanted)))
      return isComputed(wanted) ? computedText(from) : unknownFrom(joinOrigins(from, originsOf(wanted)));
    const edge = cut.startsWith("#") ? "start" : "end";
    const found = findEdge(asText(wanted), text, edge, cut.length === 2 ? "longest" : "shortest", budget);
    return made(withoutEdge(text, found, ""), null);
  }
  if (/^[,^~]/.test(rest)) {
    const sign = rest[0] ?? "";
    const change = (part: string) =>
      sign === "^" ? part.toUpperCase() : sign === "," ? part.toLowerCase() : swapped(part);
    return made(rest[1] === sign ? change(text) : change(text.slice(0, 1)) + text.slice(1), null);
  }
  switch (rest) {
    case "@E":
    case "@P":
      return made(unescapeShell(text), text.includes("\\") ? "escapes" : null);
    case "@U":
      return made(text.toUpperCase(), null);
    case "@u":
      return made(text.slice(0, 1).toUpperCase() + text.slice(1), null);
    case "@L":
      return made(text.toLowerCase(), null);
    case "@Q":
      return made(`'${text.replaceAll("'", "'\\''")}'`, null);
    case "@K":
    case "@A":
    case "@a":
      return derived(value);
    default:
      return derived(value);
  }
}

function swapped(text: string): string {
  return Array.from(text)
    .map((each) => (each === each.toUpperCase() ? each.toLowerCase() : each.toUpperCase()))
    .join("");
}

/** Where the slash between a pattern and what it becomes stands. */
function slashOf(body: string): number {
  for (let at = 0; at < body.length; at += 1) {
    const sign = body[at] ?? "";
    if (sign === "\\") at += 1;
    else if (sign === "/" && at > 0) return at;
    else if (sign === "'" || sign === '"') {
      const end = sign === "'" ? body.indexOf("'", at + 1) : closing(body, at + 1, '"');
      at = end < 0 ? body.length : end;
    } else if (sign === "$" && "({".includes(body[at + 1] ?? " ")) at = dollarEnd(body, at) - 1;
  }
  return body.length;
}

/** A text with something else in place of what was found; `null` when finding took too long. */
function withoutEdge(
  text: string,
  found: { readonly start: number; readonly end: number } | null | undefined,
  instead: string,
): string | null {
  if (found === undefined) return null;
  return found === null ? text : text.slice(0, found.start) + instead + text.slice(found.end);
}
