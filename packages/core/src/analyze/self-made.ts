/**
 * What a program makes of its own constants. Where such a value cannot be followed and is run in the end, nobody knew what it is
 * but the program: that is told apart from text that comes from outside or from a caller.
 */
import {
  alternatives,
  isSelfMade,
  isWhole,
  joinOrigins,
  type Origins,
  originsOf,
  selfMade,
  type Value,
} from "./value.ts";

/** Functions of Python that make one value of another and reach nothing outside. */
const ofPython =
  /^((str|bytes|bytearray|list|dict|number|int|set|tuple|slice)([#.].*)?|(array|ast|base64|binascii|bz2|codecs|Crypto|cryptography|Cryptodome|decimal|difflib|fractions|functools|gzip|hashlib|html|io|ipaddress|itertools|json|lzma|marshal|math|nacl|operator|pickle|quopri|re|secrets|statistics|string|struct|textwrap|unicodedata|urllib\.parse|uu|uuid|zlib|zoneinfo)[#.].*|socket\.inet_\w+|random\.(Random|choices?|sample|shuffle|seed)\b.*|(abs|all|any|ascii|bin|bool|chr|complex|dict|divmod|enumerate|filter|float|format|frozenset|hash|hex|iter|len|map|max|memoryview|min|next|oct|ord|pow|range|reduce|repr|reversed|round|sorted|sum|unichr|zip))$/;

/** The same of JavaScript. */
const ofJavaScript =
  /^((str|bytes|list|dict|number|RegExp|regex|Map|Set|generator)([#.].*)?|(String|Array|Object|Number|BigInt|Math|JSON|Buffer|RegExp|Symbol|zlib|querystring|punycode|TextDecoder|TextEncoder|Uint8Array|Uint16Array|Uint32Array|Int8Array|Float64Array|DataView|ArrayBuffer|Map|Set|URLSearchParams|Iterator)([#.].*)?|crypto\.create(Hash|Decipher\w*|Hmac).*|util\.(format|TextDecoder|inspect).*|atob|btoa|escape|unescape|(de|en)codeURI(Component)?|parseInt|parseFloat|isNaN)$/;

/** Parts of a page and the machine's own facts: what they say comes from outside. */
const outside =
  /^(document|window|navigator|location|localStorage|sessionStorage|\$|jQuery|screen|history|import\.meta)\b/;

/** Whether a function of this name only computes, as those that decode, join and change texts and numbers do. */
export function computes(name: string): boolean {
  return ofPython.test(name) || ofJavaScript.test(name);
}

/** How deep and how wide a value is looked into for what it is made of. */
const mostLooked = { depth: 4, items: 48 } as const;

/**
 * Whether a value is made of what stands in the program: `some` where constants are in it, `none` where nothing is that says so,
 * `null` where it holds something that nothing is known of, as a parameter.
 */
function ownShare(value: Value, depth: number = mostLooked.depth): "some" | "none" | null {
  switch (value.k) {
    case "unknown":
      return value.from.length === 0 ? null : isSelfMade(value.from) ? "some" : "none";
    case "text":
      return isSelfMade(value.from) || (isWhole(value.text) && value.text !== "")
        ? "some"
        : isWhole(value.text) || value.from.length > 0
          ? "none"
          : null;
    case "number":
      return "some";
    case "list":
      return value.open && value.from.length === 0 ? null : ownShareOf(value.items, depth);
    case "dict":
      return value.open && value.from.length === 0 ? null : ownShareOf([...value.entries.values()], depth);
    case "choice":
      return ownShareOf(value.of, depth);
    case "ref":
      if (value.self === null) return computes(value.name) ? "none" : null;
      return depth === 0 ? "none" : ownShare(value.self, depth - 1);
    default:
      return isSelfMade(value.from) ? "some" : "none";
  }
}

function ownShareOf(values: readonly Value[], depth: number): "some" | "none" | null {
  let share: "some" | "none" = "none";
  if (depth === 0) return share;
  for (const each of values.slice(0, mostLooked.items)) {
    const one = ownShare(each, depth - 1);
    if (one === null) return null;
    if (one === "some") share = "some";
  }
  return share;
}

/**
 * The same value with the program itself among its origins, where it is not known and was made of the program's constants; `by` is
 * the full name of the function that made it, or `null` for an operator.
 */
export function madeOf(value: Value, inputs: readonly Value[], by: string | null = null): Value {
  const isUnknown =
    value.k === "unknown" ||
    (value.k === "text" && !isWhole(value.text)) ||
    (value.k === "instance" && value.type === "code.object" && !value.fields.has("source"));
  if (!isUnknown || isSelfMade(value.from) || ownShareOf(inputs, mostLooked.depth) !== "some") return value;
  if (by !== null && outside.test(by)) return value;
  const way = by === null || computes(by) ? selfMade.computed : selfMade.library;
  return { ...value, from: joinOrigins(way, value.from) };
}

/** What holds the functions that matter: a name of one of them that is computed unseen is there to be missed. */
const powers =
  /^(os|posix|nt|subprocess|shutil|pty|ctypes|socket|importlib|builtins|__builtins__|scope|sys\.modules|globalThis|global|window|self|child_process|process|vm|module|require)$/;

/** Whether a name that the program made unseen leads into something that holds such functions. */
export function isHiddenWay(of: Value, name: Value): boolean {
  return (
    isSelfMade(originsOf(name), "computed") &&
    alternatives(of).some((each) => each.k === "ref" && powers.test(each.name))
  );
}

/** Whether all of these are known, and at least one is. */
export function isOfConstants(values: readonly Value[]): boolean {
  return ownShareOf(values, mostLooked.depth) === "some";
}

/** The origins of a value that is run: something that cannot be run as it is seen was made in a way that was not followed. */
export function originsOfCode(value: Value): Origins {
  const from = originsOf(value);
  if (value.k === "text" || value.k === "unknown" || isSelfMade(from)) return from;
  if (value.k === "ref" && (value.self === null || value.self.k === "instance")) return from;
  if (value.k === "instance" || value.k === "constant" || value.k === "choice") return from;
  return ownShare(value) === "some" ? joinOrigins(selfMade.computed, from) : from;
}
