/** How Python orders, writes out and counts what it knows. */
import {
  alternatives,
  asText,
  constantValue,
  hole,
  isWhole,
  joinDisguise,
  joinOrigins,
  listValue,
  noOrigins,
  numberValue,
  originsOf,
  textValue,
  unknownFrom,
  type Value,
} from "../value.ts";
import type { Fold, OutsideCall } from "./call.ts";
import { itemsOf, truthOf } from "./operate.ts";
import { fromPython, safePattern } from "./pattern.ts";

/** Which comes first; `null` where it is not known. */
export function compare(a: Value, b: Value): number | null {
  if (a.k === "number" && b.k === "number") return a.n - b.n;
  if (a.k === "text" && b.k === "text" && isWhole(a.text) && isWhole(b.text))
    return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
  if (a.k === "list" && b.k === "list" && !a.open && !b.open) {
    for (const [index, each] of a.items.entries()) {
      const other = b.items[index];
      if (other === undefined) return 1;
      const first = compare(each, other);
      if (first !== 0) return first;
    }
    return a.items.length - b.items.length;
  }
  return null;
}

/** Items in their order; `null` where that is not known. */
export function ordered(
  items: readonly Value[],
  key: (item: Value) => Value,
  isTurned: boolean,
): readonly Value[] | null {
  if (items.length > 4096) return null;
  const keyed = items.map((item) => ({ item, key: key(item) }));
  let isKnown = true;
  keyed.sort((a, b) => {
    const first = compare(a.key, b.key);
    if (first === null) isKnown = false;
    return (first ?? 0) * (isTurned ? -1 : 1);
  });
  return isKnown ? keyed.map(({ item }) => item) : null;
}

function sortedBy(call: OutsideCall, items: readonly Value[]): readonly Value[] | null {
  const key = call.args.get(99, "key");
  const turned = call.args.get(99, "reverse");
  const isPlain = key === null || key.k === "constant";
  return ordered(
    items,
    (item) => (isPlain ? item : call.call(key, [item])),
    turned !== null && truthOf(turned) === true,
  );
}

const sorted: Fold = (call) => {
  const of = call.args.at(0);
  const items = itemsOf(of, "python");
  const found = items === null ? null : sortedBy(call, items);
  if (found === null) return listValue(of.k === "list" ? of.items : [], true, originsOf(of));
  return listValue(
    found.map((each) => (each.k === "text" ? { ...each, disguise: joinDisguise(each.disguise, ["sorted"]) } : each)),
    false,
    of.from,
  );
};

const sort: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "list") return null;
  const found = self.open ? null : sortedBy(call, self.items);
  if (found === null) self.open = true;
  else self.items = [...found];
  return constantValue(null);
};

/** What `repr` writes; `null` where it is not known. */
export function written(value: Value, depth = 4): string | null {
  if (depth === 0) return null;
  switch (value.k) {
    case "text":
      return isWhole(value.text) ? (value.bytes ? "b" : "") + quoted(value.text) : null;
    case "number":
    case "constant":
      return asText(value);
    case "list": {
      const parts = value.items.map((each) => written(each, depth - 1));
      return value.open || parts.includes(null) ? null : `[${parts.join(", ")}]`;
    }
    case "dict": {
      const parts = [...value.entries].map(([key, each]) => {
        const one = written(each, depth - 1);
        return one === null ? null : `${quoted(key)}: ${one}`;
      });
      return value.open || parts.includes(null) ? null : `{${parts.join(", ")}}`;
    }
    default:
      return null;
  }
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text
    .replace(/\\/g, "\\\\")
    .replace(/\n/g, "\\n")
    .replace(/\r/g, "\\r")
    .replace(/\t/g, "\\t")
    .replaceAll(quote, `\\${quote}`);
  return quote + body + quote;
}

const repr: Fold = ({ args }) => {
  const text = written(args.at(0));
  return textValue(text ?? hole, args.origins);
};

const total: Fold = ({ args }) => {
  const items = itemsOf(args.at(0), "python");
  const first = args.get(1, "start");
  let sum = first?.k === "number" ? first.n : 0;
  for (const each of items ?? []) {
    if (each.k !== "number") return unknownFrom(args.origins);
    sum += each.n;
  }
  return items === null ? unknownFrom(args.origins) : numberValue(sum, args.origins);
};

const extreme =
  (sign: 1 | -1): Fold =>
  (call) => {
    const items = call.args.values.length > 1 ? call.args.values : itemsOf(call.args.at(0), "python");
    const found = items === null || items.length === 0 ? null : sortedBy(call, items);
    return (found === null ? null : sign === 1 ? found.at(-1) : found[0]) ?? unknownFrom(call.args.origins);
  };

const numeric =
  (change: (...numbers: number[]) => number): Fold =>
  ({ args }) => {
    const numbers = args.values.map((each) => (each.k === "number" ? each.n : Number.NaN));
    const n = numbers.includes(Number.NaN) ? Number.NaN : change(...numbers);
    return Number.isFinite(n) ? numberValue(n, args.origins) : unknownFrom(args.origins);
  };

const digits =
  (radix: number, prefix: string): Fold =>
  ({ args }) => {
    const of = args.at(0);
    if (of.k !== "number") return unknownFrom(args.origins);
    const text = (of.big ?? Math.trunc(of.n)).toString(radix);
    return textValue(text.startsWith("-") ? `-${prefix}${text.slice(1)}` : prefix + text, of.from);
  };

/** `re.sub(pattern, to, text)` and a compiled expression's `sub(to, text)`. */
const substituted: Fold = (call) => {
  const [pattern, [to, of]] = patternOf(call);
  const source = asText(pattern);
  if (to === undefined || of?.k !== "text" || pattern.k !== "text" || !isWhole(of.text))
    return unknownFrom(originsOfAll(call));
  const expression = safePattern(fromPython(source), "g", of.text.length);
  if (expression === null || (to.k !== "text" && to.k !== "function" && to.k !== "ref"))
    return unknownFrom(originsOfAll(call));
  let isKnown = true;
  let count = 0;
  const text = of.text.replace(expression, (...match: unknown[]) => {
    count += 1;
    const groups = match.filter((each): each is string => typeof each === "string").slice(0, -1);
    if (to.k === "text")
      return to.text.replace(/\\(?:g<(\d)>|(\d))/g, (_whole, a?: string, b?: string) => groups[Number(a ?? b)] ?? "");
    const given = count > 2048 ? null : call.call(to, [matched(groups, of)]);
    if (given?.k !== "text") isKnown = false;
    return given?.k === "text" ? given.text : "";
  });
  if (!isKnown) return unknownFrom(originsOfAll(call));
  return textValue(text, of.from, text === of.text ? of.disguise : joinDisguise(of.disguise, ["replaced"]), of.bytes);
};

function originsOfAll(call: OutsideCall): Value["from"] {
  return call.self === null ? call.args.origins : joinOrigins(originsOf(call.self), call.args.origins);
}

/** The expression, and what is given besides it. */
function patternOf(call: OutsideCall): readonly [Value, readonly Value[]] {
  const own = call.self?.k === "instance" ? call.self.fields.get("pattern") : undefined;
  if (own !== undefined) return [own, call.args.values];
  return [call.args.at(0), call.args.values.slice(1)];
}

function matched(groups: readonly string[], of: Extract<Value, { k: "text" }>): Value {
  return {
    k: "instance",
    type: "re.Match",
    of: null,
    from: of.from,
    fields: new Map<string, Value>([
      ["groups", listValue(groups.map((each) => textValue(each, of.from, of.disguise, of.bytes)))],
    ]),
  };
}

const group: Fold = (call) => {
  const groups = call.self?.k === "instance" ? call.self.fields.get("groups") : undefined;
  if (groups?.k !== "list") return null;
  const [index] = call.args.values;
  if (call.name.endsWith("groups")) return listValue(groups.items.slice(1));
  return groups.items[index?.k === "number" ? index.n : 0] ?? unknownFrom(groups.from);
};

const allMatches: Fold = (call) => {
  const [pattern, [of]] = patternOf(call);
  const expression =
    of?.k === "text" && pattern.k === "text" && isWhole(of.text)
      ? safePattern(fromPython(pattern.text), "g", of.text.length)
      : null;
  if (expression === null || of?.k !== "text") return listValue([], true, originsOfAll(call));
  const found = [...of.text.matchAll(expression)].slice(0, 4096);
  return listValue(
    found.map((match) => {
      const groups = [...match].map((each) => each ?? "");
      if (call.name.endsWith("finditer")) return matched(groups, of);
      const texts = groups.map((each) => textValue(each, of.from, of.disguise, of.bytes));
      const [whole, one, ...more] = texts;
      return more.length > 0 ? listValue(texts.slice(1)) : (one ?? whole ?? textValue(""));
    }),
    false,
    of.from,
  );
};

const oneMatch: Fold = (call) => {
  const [pattern, [of]] = patternOf(call);
  if (of?.k !== "text" || pattern.k !== "text" || !isWhole(of.text)) return null;
  const source = fromPython(pattern.text);
  const isFull = call.name.endsWith("fullmatch");
  const expression = safePattern(
    isFull ? `^(?:${source})$` : call.name.endsWith("match") ? `^(?:${source})` : source,
    "",
    of.text.length,
  );
  const match = expression?.exec(of.text);
  if (expression === null) return null;
  return match === null || match === undefined
    ? constantValue(null)
    : matched(
        [...match].map((each) => each ?? ""),
        of,
      );
};

const parted: Fold = (call) => {
  const [pattern, [of]] = patternOf(call);
  const expression =
    of?.k === "text" && pattern.k === "text" && isWhole(of.text)
      ? safePattern(fromPython(pattern.text), "", of.text.length)
      : null;
  if (expression === null || of?.k !== "text") return listValue([], true, originsOfAll(call));
  return listValue(
    of.text
      .split(expression)
      .slice(0, 4096)
      .map((each) => textValue(each ?? "", of.from, of.disguise, of.bytes)),
    false,
    of.from,
  );
};

const ofTruths =
  (which: "all" | "any"): Fold =>
  ({ args }) => {
    const truths = itemsOf(args.at(0), "python")?.map(truthOf);
    if (truths === undefined || truths.includes(null)) return unknownFrom(args.origins);
    return constantValue(which === "all" ? !truths.includes(false) : truths.includes(true), args.origins);
  };

/** Whether an object is of a type, where what it is is known. */
const isInstance: Fold = ({ args }) => {
  const [of, type] = args.values;
  if (of === undefined || type === undefined || of.k === "choice" || type.k === "choice")
    return unknownFrom(args.origins);
  const names = (type.k === "list" ? type.items : [type]).map((each) => (each.k === "ref" ? each.name : ""));
  const own =
    of.k === "text"
      ? of.bytes
        ? "bytes"
        : "str"
      : of.k === "number"
        ? "int"
        : of.k === "list" || of.k === "dict"
          ? of.k
          : null;
  if (own === null || names.includes("") || own === "list") return unknownFrom(args.origins);
  return constantValue(names.includes(own) || (own === "bytes" && names.includes("bytearray")));
};

export const pythonOrders: Readonly<Record<string, Fold>> = {
  sorted,
  "list#sort": sort,
  repr,
  ascii: repr,
  sum: total,
  max: extreme(1),
  min: extreme(-1),
  abs: numeric(Math.abs),
  round: numeric((n) => Math.round(n)),
  pow: ({ args }) => {
    const [base, power, modulus] = args.values;
    if (base?.k !== "number" || power?.k !== "number") return unknownFrom(args.origins);
    if (modulus?.k === "number" && power.n >= 0 && Number.isSafeInteger(base.n) && modulus.n > 0)
      return numberValue(modularPower(base.n, power.n, modulus.n), args.origins);
    const n = base.n ** power.n;
    return Number.isSafeInteger(n) ? numberValue(n, args.origins) : unknownFrom(args.origins);
  },
  divmod: ({ args }) => {
    const [a, b] = args.values;
    return a?.k === "number" && b?.k === "number" && b.n !== 0
      ? listValue([numberValue(Math.floor(a.n / b.n)), numberValue(((a.n % b.n) + b.n) % b.n)])
      : unknownFrom(args.origins);
  },
  bin: digits(2, "0b"),
  oct: digits(8, "0o"),
  hex: digits(16, "0x"),
  all: ofTruths("all"),
  any: ofTruths("any"),
  bool: ({ args }) => {
    const truth = truthOf(args.at(0));
    return truth === null ? unknownFrom(args.origins) : constantValue(truth, args.origins);
  },
  isinstance: isInstance,
  "re.sub": substituted,
  "re.Pattern#sub": substituted,
  "re.findall": allMatches,
  "re.finditer": allMatches,
  "re.Pattern#findall": allMatches,
  "re.Pattern#finditer": allMatches,
  "re.split": parted,
  "re.Pattern#split": parted,
  "re.search": oneMatch,
  "re.match": oneMatch,
  "re.fullmatch": oneMatch,
  "re.Pattern#search": oneMatch,
  "re.Pattern#match": oneMatch,
  "re.Pattern#fullmatch": oneMatch,
  "re.Match#group": group,
  "re.Match#groups": group,
  "re.Match#__getitem__": group,
  "re.escape": ({ args }) => {
    const of = alternatives(args.at(0))[0] ?? args.at(0);
    return of.k === "text" && isWhole(of.text)
      ? {
          ...of,
          text: of.text.replace(/[^\w]/g, (each) => (/[-\s#$&()*+.?[\\\]^{|}~]/.test(each) ? `\\${each}` : each)),
        }
      : unknownFrom(originsOf(of));
  },
  "re.compile": ({ args }) => ({
    k: "instance",
    type: "re.Pattern",
    of: null,
    from: noOrigins,
    fields: new Map<string, Value>([["pattern", args.at(0)]]),
  }),
};

function modularPower(base: number, power: number, modulus: number): number {
  let result = 1n;
  let square = BigInt(base) % BigInt(modulus);
  const by = BigInt(modulus);
  for (let left = BigInt(Math.min(power, Number.MAX_SAFE_INTEGER)); left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % by;
    square = (square * square) % by;
  }
  return Number(result % by);
}
