/** Operators on what is known of values. */
import type { LanguageName } from "@hsr/contract";
import { madeOf } from "../self-made.ts";
import {
  asText,
  computedText,
  constantValue,
  disguiseOf,
  hole,
  isComputed,
  isWhole,
  joinDisguise,
  joinOrigins,
  listValue,
  mapValue,
  noOrigins,
  numberValue,
  originsOf,
  textValue,
  unknownFrom,
  type Value,
  wholeNumber,
  wholeOf,
} from "../value.ts";

const mostRepeats = 65_536;
const mostItems = 4096;
/** Texts that a text with alternatives in it may come to. */
const mostWays = 64;

export function binary(sign: string, left: Value, right: Value, language: LanguageName): Value {
  if (left.k === "choice") return mapValue(left, (one) => binary(sign, one, right, language));
  if (right.k === "choice") return mapValue(right, (one) => binary(sign, left, one, language));
  const from = joinOrigins(originsOf(left), originsOf(right));
  if (left.k === "number" && right.k === "number") {
    const whole = isLarge(left, right) ? wholeArithmetic(sign, left, right, language) : null;
    if (whole !== null) return { ...whole, from };
    const n = arithmetic(sign, left.n, right.n);
    if (n !== null) return typeof n === "number" ? numberValue(n, from) : constantValue(n, from);
  }
  if (sign === "+") {
    if (left.k === "list" && right.k === "list")
      return listValue([...left.items, ...right.items], left.open || right.open, joinOrigins(left.from, right.from));
    if (left.k === "text" || right.k === "text" || asText(left) !== hole || asText(right) !== hole)
      return left.k === "number" && right.k === "unknown" ? unknownFrom(from) : concatenated([left, right]);
  }
  if (sign === "*") {
    const [text, times] = left.k === "number" ? [right, left] : [left, right];
    if (text.k === "text" && times.k === "number" && times.n >= 0 && text.text.length * times.n <= mostRepeats)
      return textValue(text.text.repeat(Math.floor(times.n)), from, text.disguise, text.bytes);
    if (text.k === "list" && times.k === "number") {
      const count = Number.isFinite(times.n) ? Math.max(0, Math.floor(times.n)) : mostItems + 1;
      if (text.items.length * count <= mostItems && count <= mostItems)
        return listValue(Array.from({ length: count }, () => text.items).flat(), text.open, text.from);
    }
  }
  if (sign === "%" && left.k === "text" && language === "python") return percentFormat(left, right);
  if (left.k === "text" && right.k === "text" && isWhole(left.text) && isWhole(right.text)) {
    const found = compareTexts(sign, left.text, right.text);
    if (found !== null) return constantValue(found, from);
  }
  if (left.k === "constant" && right.k === "constant" && /^(==|===|is)$/.test(sign))
    return constantValue(left.value === right.value);
  return madeOf(unknownFrom(from), [left, right]);
}

/** Bits of a whole number that is computed with. */
const mostBits = 65_536n;

function isLarge(left: Value, right: Value): boolean {
  return (left.k === "number" && left.big !== undefined) || (right.k === "number" && right.big !== undefined);
}

/** Whole numbers of any size; `null` where they are no whole numbers or grow too large. */
function wholeArithmetic(sign: string, left: Value, right: Value, language: LanguageName): Value | null {
  const [a, b] = [wholeOf(left), wholeOf(right)];
  if (a === null || b === null) return null;
  const n = ofWholes(sign, a, b, language === "python");
  return n === null ? null : typeof n === "boolean" ? constantValue(n) : wholeNumber(n);
}

function ofWholes(sign: string, a: bigint, b: bigint, floors: boolean): bigint | boolean | null {
  switch (sign) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "^":
      return a ^ b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "<<":
      return b >= 0n && b < mostBits ? a << b : null;
    case ">>":
      return b >= 0n && b < mostBits ? a >> b : null;
    case "//":
    case "/":
      return b === 0n || (sign === "/" && floors)
        ? null
        : a / b - (floors && a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
    case "%":
      return b === 0n ? null : floors ? ((a % b) + b) % b : a % b;
    case "==":
    case "===":
      return a === b;
    case "!=":
    case "!==":
      return a !== b;
    case "<":
      return a < b;
    case ">":
      return a > b;
    case "<=":
      return a <= b;
    case ">=":
      return a >= b;
    default:
      return null;
  }
}

function arithmetic(sign: string, a: number, b: number): number | boolean | null {
  switch (sign) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0 ? null : a / b;
    case "//":
      return b === 0 ? null : Math.floor(a / b);
    case "%":
      return b === 0 ? null : ((a % b) + b) % b;
    case "**":
      return Math.abs(b) < 1024 ? a ** b : null;
    case "^":
      return Number(BigInt.asIntN(64, BigInt(Math.trunc(safe(a))) ^ BigInt(Math.trunc(safe(b)))));
    case "&":
      return Number(BigInt(Math.trunc(safe(a))) & BigInt(Math.trunc(safe(b))));
    case "|":
      return Number(BigInt(Math.trunc(safe(a))) | BigInt(Math.trunc(safe(b))));
    case "<<":
      return b >= 0 && b < 64 ? a * 2 ** b : null;
    case ">>":
    case ">>>":
      return b >= 0 && b < 64 ? Math.floor(a / 2 ** b) : null;
    case "<":
      return a < b;
    case ">":
      return a > b;
    case "<=":
      return a <= b;
    case ">=":
      return a >= b;
    case "==":
    case "===":
      return a === b;
    case "!=":
    case "!==":
      return a !== b;
    default:
      return null;
  }
}

function safe(n: number): number {
  return Number.isFinite(n) ? n : 0;
}

function compareTexts(sign: string, a: string, b: string): boolean | null {
  switch (sign) {
    case "==":
    case "===":
      return a === b;
    case "!=":
    case "!==":
      return a !== b;
    case "<":
      return a < b;
    case ">":
      return a > b;
    case "<=":
      return a <= b;
    case ">=":
      return a >= b;
    case "in":
      return b.includes(a);
    case "not in":
      return !b.includes(a);
    default:
      return null;
  }
}

/** Values one after the other as one text. */
export function concatenated(parts: readonly Value[]): Value {
  const choice = parts.findIndex((each) => each.k === "choice");
  const chosen = parts[choice];
  // Each choice multiplies the texts: of many the first alternatives stand for all.
  const ways =
    chosen === undefined ? 1 : parts.reduce((all, each) => all * (each.k === "choice" ? each.of.length : 1), 1);
  if (chosen !== undefined && parts.length <= 64 && ways <= mostWays)
    return mapValue(chosen, (one) => concatenated(parts.map((each, index) => (index === choice ? one : each))));
  let text = "";
  let from = noOrigins;
  let disguise = disguiseOf(parts[0] ?? { k: "unknown", from: noOrigins });
  let bytes = false;
  for (const part of parts) {
    const one = asText(part);
    text += one;
    from = joinOrigins(from, originsOf(part));
    disguise = joinDisguise(disguise, disguiseOf(part));
    bytes ||= part.k === "text" && part.bytes;
  }
  if (text !== "" && text.replaceAll(hole, "") === "")
    return parts.some(isComputed) ? computedText(from, disguise) : unknownFrom(from);
  // Two written pieces put together may hide a word; rules decide whether that matters.
  const pieces = parts.filter((each) => each.k === "text" && each.text !== "").length;
  const joined = pieces > 1 && isWhole(text) && !/[\s/.]/.test(text) ? joinDisguise(disguise, ["joined"]) : disguise;
  return textValue(text, from, joined, bytes);
}

function percentFormat(format: Extract<Value, { k: "text" }>, values: Value): Value {
  const given = values.k === "list" ? values.items : [values];
  const parts: Value[] = [];
  let index = 0;
  let last = 0;
  for (const match of format.text.matchAll(/%(?:\((\w+)\))?[-+ #0]*[\d*.]*([a-zA-Z%])/g)) {
    parts.push(textValue(format.text.slice(last, match.index), format.from, format.disguise, format.bytes));
    last = match.index + match[0].length;
    if (match[2] === "%") parts.push(textValue("%"));
    else if (match[1] !== undefined && values.k === "dict")
      parts.push(values.entries.get(match[1]) ?? unknownFrom(values.from));
    else if (match[2] === "c" && given[index]?.k === "number") {
      const code = given[index++];
      parts.push(
        code?.k === "number"
          ? textValue(String.fromCodePoint(Math.max(0, Math.min(0x10ffff, code.n))), code.from, ["chr"])
          : unknownFrom(noOrigins),
      );
    } else parts.push(given[index++] ?? unknownFrom(originsOf(values)));
  }
  parts.push(textValue(format.text.slice(last), format.from, format.disguise, format.bytes));
  return concatenated(parts);
}

export function unary(sign: string, of: Value, language: LanguageName): Value {
  if (of.k === "choice") return mapValue(of, (one) => unary(sign, one, language));
  if (of.k === "number") {
    if (sign === "-") return numberValue(-of.n, of.from);
    if (sign === "+") return of;
    if (sign === "~") return numberValue(-of.n - 1, of.from);
  }
  if (sign === "+" && of.k === "text" && language !== "python") return numberValue(Number(of.text), of.from);
  if (sign === "!" || sign === "not") {
    // Lists and objects of JavaScript count as true, also where they are empty.
    const truth =
      language !== "python" && (of.k === "list" || of.k === "dict" || of.k === "function") ? true : truthOf(of);
    if (truth !== null) return constantValue(!truth, of.from);
  }
  return madeOf(unknownFrom(originsOf(of)), [of]);
}

/** Whether a value counts as true; `null` when it is not known. */
export function truthOf(value: Value): boolean | null {
  switch (value.k) {
    case "constant":
      return value.value === true;
    case "number":
      return value.n !== 0 && !Number.isNaN(value.n);
    case "text":
      return isWhole(value.text) ? value.text !== "" : null;
    case "list":
      return value.open ? null : value.items.length > 0;
    default:
      return null;
  }
}

/** The items of something that can be gone through, where all are known. */
export function itemsOf(value: Value, language: LanguageName): readonly Value[] | null {
  switch (value.k) {
    case "list":
      return value.open ? null : value.items;
    case "text":
      if (!isWhole(value.text)) return null;
      return value.bytes && language === "python"
        ? Array.from(value.text).map((each) => numberValue(each.charCodeAt(0), value.from))
        : Array.from(value.text).map((each) => textValue(each, value.from, value.disguise));
    case "dict":
      return value.open ? null : [...value.entries.keys()].map((key) => textValue(key));
    default:
      return null;
  }
}

/** `of[key]` where both are known. */
export function itemOf(of: Value, key: Value, language: LanguageName): Value | null {
  if (of.k === "choice" || key.k === "choice") return null;
  if (key.k === "number") {
    if (of.k === "list") {
      const index = key.n < 0 && language === "python" ? of.items.length + key.n : key.n;
      return of.items[index] ?? (of.open ? unknownFrom(originsOf(of)) : null);
    }
    if (of.k === "text" && isWhole(of.text)) {
      const index = key.n < 0 ? of.text.length + key.n : key.n;
      const one = of.text[index];
      if (one === undefined) return null;
      return of.bytes && language === "python"
        ? numberValue(one.charCodeAt(0), of.from)
        : textValue(one, of.from, of.disguise);
    }
    if (of.k === "dict") return of.entries.get(String(key.n)) ?? null;
  }
  if (key.k === "text" && of.k === "dict") return of.entries.get(key.text) ?? null;
  return null;
}

/** `of[from:to:step]`. */
export function sliceOf(of: Value, parts: readonly (Value | null)[]): Value {
  if (of.k === "choice") return mapValue(of, (one) => sliceOf(one, parts));
  const numbers = parts.map((each) => (each === null ? null : each.k === "number" ? each.n : Number.NaN));
  const [from = null, to = null, step = null] = numbers;
  if (numbers.some((each) => each !== null && Number.isNaN(each)))
    return madeOf(unknownFrom(originsOf(of)), [of, ...parts.flatMap((each) => each ?? [])]);
  if (of.k === "text" && isWhole(of.text)) {
    const picked = pick(Array.from(of.text), from, to, step ?? 1).join("");
    const disguise = step !== null && step !== 1 ? joinDisguise(of.disguise, ["reversed"]) : of.disguise;
    return textValue(picked, of.from, disguise, of.bytes);
  }
  if (of.k === "text") return textValue(hole, of.from);
  if (of.k === "list") return listValue(pick(of.items, from, to, step ?? 1), of.open, of.from);
  return madeOf(unknownFrom(originsOf(of)), [of]);
}

function pick<Item>(items: readonly Item[], from: number | null, to: number | null, step: number): Item[] {
  const size = items.length;
  if (step === 0) return [];
  const at = (index: number) => (index < 0 ? index + size : index);
  const found: Item[] = [];
  if (step > 0) {
    const end = Math.min(size, to === null ? size : at(to));
    for (let index = Math.max(0, from === null ? 0 : at(from)); index < end; index += step) {
      const item = items[index];
      if (item !== undefined) found.push(item);
    }
  } else {
    const end = to === null ? -1 : Math.max(-1, at(to));
    for (let index = Math.min(size - 1, from === null ? size - 1 : at(from)); index > end; index += step) {
      const item = items[index];
      if (item !== undefined) found.push(item);
    }
  }
  return found;
}
