/** JavaScript's regular expressions and orders, where what they are applied to is known. */
import {
  anyOf,
  asText,
  disguiseOf,
  instanceValue,
  isWhole,
  joinDisguise,
  listValue,
  numberValue,
  originsOf,
  textValue,
  unknownFrom,
  type Value,
} from "../value.ts";
import type { Fold, OutsideCall } from "./call.ts";
import { itemsOf, truthOf } from "./operate.ts";
import { safePattern } from "./pattern.ts";
import { compare } from "./python-order.ts";

/** Matches whose replacement is asked of a function. */
const mostMatches = 4096;

/** An expression that may be applied to a text; a text stands for itself. */
function expressionOf(of: Value, chars: number, more = ""): RegExp | null {
  if (of.k !== "instance" || of.type !== "RegExp") return null;
  const [source, flags] = [of.fields.get("source"), of.fields.get("flags")];
  if (source?.k !== "text" || !isWhole(source.text)) return null;
  const given = flags?.k === "text" ? flags.text : "";
  return safePattern(source.text, given.includes("g") ? given : given + more, chars);
}

/** `replace` with an expression or with a function; `null` where it cannot be followed. */
function replaced(call: OutsideCall): Value | null {
  const { self } = call;
  const [sought, to] = [call.args.at(0), call.args.at(1)];
  if (self?.k !== "text" || !isWhole(self.text)) return null;
  const expression = sought.k === "text" ? sought.text : expressionOf(sought, self.text.length);
  if (expression === null) return unknownFrom(self.from);
  const done = (text: string): Value =>
    textValue(
      text,
      self.from,
      text === self.text ? self.disguise : joinDisguise(self.disguise, ["replaced"]),
      self.bytes,
    );
  const isAll = call.name.endsWith("All");
  if (to.k === "text")
    return done(isAll ? self.text.replaceAll(expression, to.text) : self.text.replace(expression, to.text));
  let isKnown = true;
  let count = 0;
  const one = (...match: unknown[]): string => {
    count += 1;
    const given = match.map((each) =>
      typeof each === "number" ? numberValue(each) : textValue(String(each ?? ""), self.from),
    );
    const made = count > mostMatches ? null : call.call(to, given);
    if (made?.k === "text" || made?.k === "number") return asText(made);
    isKnown = false;
    return "";
  };
  const text = isAll ? self.text.replaceAll(expression, one) : self.text.replace(expression, one);
  return isKnown ? done(text) : unknownFrom(self.from);
}

const matched: Fold = (call) => {
  const self = call.name.startsWith("RegExp") ? call.args.at(0) : call.self;
  const pattern = call.name.startsWith("RegExp") ? call.self : call.args.at(0);
  if (self?.k !== "text" || pattern === null || !isWhole(self.text)) return null;
  const expression = expressionOf(pattern, self.text.length, call.name.endsWith("matchAll") ? "g" : "");
  if (expression === null) return null;
  const texts = (found: readonly (string | undefined)[]): Value =>
    listValue(found.map((each) => textValue(each ?? "", self.from, self.disguise)));
  if (call.name.endsWith("matchAll"))
    return listValue([...self.text.matchAll(expression)].slice(0, mostMatches).map((each) => texts([...each])));
  const found = self.text.match(expression);
  return found === null ? null : texts([...found].slice(0, mostMatches));
};

const parted: Fold = (call) => {
  const { self } = call;
  const expression = self?.k === "text" ? expressionOf(call.args.at(0), self.text.length) : null;
  if (self?.k !== "text" || expression === null || !isWhole(self.text)) return null;
  return listValue(
    self.text
      .split(expression)
      .slice(0, mostMatches)
      .map((each) => textValue(each ?? "", self.from, self.disguise)),
  );
};

const sorted: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "list" || self.open || self.items.length > mostMatches) return self;
  const [by] = call.args.values;
  let isKnown = true;
  const items = [...self.items].sort((a, b) => {
    const order = by === undefined ? null : call.call(by, [a, b]);
    const first =
      order === null ? compare(textValue(asText(a)), textValue(asText(b))) : order.k === "number" ? order.n : null;
    if (first === null || Number.isNaN(first)) isKnown = false;
    return first ?? 0;
  });
  if (isKnown && !call.name.endsWith("toSorted")) self.items = items;
  return isKnown ? listValue(items, false, self.from) : { ...self, open: true };
};

const found: Fold = (call) => {
  const { self } = call;
  const [fn] = call.args.values;
  const items = self === null ? null : itemsOf(self, "javascript");
  if (items === null || fn === undefined) return null;
  for (const [index, each] of items.entries()) {
    const truth = truthOf(call.call(fn, [each, numberValue(index)]));
    if (truth === null) return anyOf(items);
    if (truth) return call.name.endsWith("findIndex") ? numberValue(index) : each;
  }
  return unknownFrom(originsOf(call.args.at(0)));
};

const shifted: Fold = (call) => (call.self?.k === "list" && !call.self.open ? (call.self.items.shift() ?? null) : null);

export const javaScriptPatterns: Readonly<Record<string, Fold>> = {
  RegExp: ({ args }) => {
    const [source, flags] = args.values;
    const text = source?.k === "instance" ? source.fields.get("source") : source;
    return instanceValue("RegExp", args.origins, [
      ["source", text?.k === "text" ? { ...text, disguise: disguiseOf(text) } : unknownFrom(args.origins)],
      ["flags", flags ?? textValue("")],
    ]);
  },
  "str#replace": replaced,
  "str#replaceAll": replaced,
  "str#match": matched,
  "str#matchAll": matched,
  "RegExp#exec": matched,
  "list#sort": sorted,
  "list#toSorted": sorted,
  "list#find": found,
  "list#findIndex": found,
  "list#shift": shifted,
};

/** `split` with an expression; `null` with anything else. */
export const splitByPattern = parted;
