/** Words of Bash: quotes, variables, substitutions and braces, as values that may have holes. */

import { concatenated } from "../evaluate/operate.ts";
import { globSource } from "../glob.ts";
import { unescapeShell } from "../lower/escapes.ts";
import { child, named, type Syntax } from "../syntax.ts";
import {
  asText,
  hole,
  isWhole,
  joinDisguise,
  joinOrigins,
  listValue,
  noOrigins,
  originsOf,
  textValue,
  unknownFrom,
  type Value,
} from "../value.ts";

/** What expansion asks of the shell around it. */
export interface Surroundings {
  readonly source: string;
  /** A variable's value; the shell notes where it comes from the environment. */
  variable(name: string): Value;
  assign(name: string, value: Value): void;
  /** Runs a substituted command and gives its output. */
  substitute(node: Syntax): Value;
}

interface Segment {
  readonly value: Value;
  /** Quoted parts are not split. */
  readonly quoted: boolean;
}

const mostFields = 256;

/** The words that a node expands to: none, one, or many. */
export function expand(node: Syntax, around: Surroundings): readonly Value[] {
  const segments = segmentsOf(node, around);
  const words: Value[][] = [];
  let current: Value[] | null = null;
  for (const { value, quoted } of segments) {
    if (value.k === "list") {
      // `"$@"` and `"${list[@]}"`: each its own word.
      value.items.forEach((item, index) => {
        if (index === 0 && current !== null) current.push(item);
        else {
          if (current !== null) words.push(current);
          current = [item];
        }
      });
      if (value.open) (current ??= []).push(unknownFrom(value.from));
      continue;
    }
    if (quoted || value.k !== "text" || !/\s/.test(value.text)) {
      (current ??= []).push(value);
      continue;
    }
    const parts = value.text.split(/\s+/);
    parts.forEach((part, index) => {
      if (index > 0 && current !== null) {
        words.push(current);
        current = null;
      }
      if (part !== "") (current ??= []).push(textValue(part, value.from, value.disguise));
    });
  }
  if (current !== null) words.push(current);
  const found = words.map((each) => (each.length === 1 && each[0]?.k === "instance" ? each[0] : concatenated(each)));
  const isQuoted = segments.some((each) => each.quoted);
  return (isQuoted ? found : found.flatMap(braces)).slice(0, mostFields);
}

/** A node as one value, as in assignments and here-documents, where nothing is split. */
export function expandWhole(node: Syntax, around: Surroundings): Value {
  const segments = segmentsOf(node, around).map(({ value }) =>
    value.k === "list" ? joinedList(value.items, value.open) : value,
  );
  if (segments.length === 1 && segments[0] !== undefined) return segments[0];
  return segments.length === 0 ? textValue("") : concatenated(segments);
}

function joinedList(items: readonly Value[], open: boolean): Value {
  const parts = items.flatMap((item, index) => (index === 0 ? [item] : [textValue(" "), item]));
  return open
    ? concatenated([...parts, unknownFrom(noOrigins)])
    : parts.length === 0
      ? textValue("")
      : concatenated(parts);
}

function segmentsOf(node: Syntax, around: Surroundings): Segment[] {
  const source = around.source.slice(node.start, node.end);
  switch (node.type) {
    case "word":
    case "number":
    case "variable_name":
    case "file_descriptor":
    case "special_variable_name":
    case "regex":
    case "extglob_pattern":
    case "test_operator":
    case "heredoc_content":
    case "string_content":
      return node.children.some((each) => each.named) ? gaps(node, around, false) : [unescaped(source)];
    case "raw_string":
      return [{ value: textValue(source.slice(1, -1)), quoted: true }];
    case "ansi_c_string": {
      const inner = source.slice(2, -1);
      const text = unescapeShell(inner);
      return [{ value: textValue(text, noOrigins, /\\[xuU0-7]/.test(inner) ? ["escapes"] : []), quoted: true }];
    }
    case "string":
    case "translated_string":
      return gaps(node, around, true);
    case "heredoc_body":
      return gaps(node, around, true);
    case "concatenation":
    case "command_name":
      return concatenationParts(node, around);
    case "simple_expansion":
    case "expansion":
      return [{ value: expansion(node, around), quoted: false }];
    case "command_substitution":
      return [{ value: trimmed(around.substitute(node)), quoted: false }];
    case "process_substitution":
      return [{ value: around.substitute(node), quoted: true }];
    case "arithmetic_expansion":
      return [{ value: arithmetic(source.replace(/^\$\(\(|\)\)$|^\$\[|\]$/g, ""), around), quoted: true }];
    case "array":
      return [{ value: listValue(named(node).flatMap((each) => expand(each, around))), quoted: true }];
    case "brace_expression":
      return [{ value: textValue(source), quoted: false }];
    default:
      return node.children.length === 0 ? [unescaped(source)] : gaps(node, around, false);
  }
}

/** Pieces put together in one word; quotes inside of a word hide it. */
function concatenationParts(node: Syntax, around: Surroundings): Segment[] {
  const parts = node.children.flatMap((each) => segmentsOf(each, around));
  if (parts.length < 2) return parts;
  const odd = node.children.some(
    (each) =>
      each.type === "raw_string" ||
      each.type === "string" ||
      each.type === "simple_expansion" ||
      each.type === "expansion",
  );
  const text = parts.map((each) => asText(each.value)).join("");
  if (!odd || !isWhole(text) || /[\s/=]/.test(text)) return parts;
  return parts.map((each) =>
    each.value.k === "text"
      ? { ...each, value: { ...each.value, disguise: joinDisguise(each.value.disguise, ["joined"]) } }
      : each,
  );
}

/** A quoted text: what lies between its children is text as it stands. */
function gaps(node: Syntax, around: Surroundings, quoted: boolean): Segment[] {
  const found: Segment[] = [];
  const text = (from: number, to: number) => {
    const raw = around.source.slice(from, to).replace(/\\\r?\n/g, "");
    if (raw !== "")
      found.push({ value: textValue(quoted ? raw.replace(/\\([$`"\\])/g, "$1") : unescape(raw)), quoted });
  };
  const isString = node.type === "string" || node.type === "translated_string";
  let at = isString ? around.source.indexOf('"', node.start) + 1 : node.start;
  const end = isString && around.source[node.end - 1] === '"' ? node.end - 1 : node.end;
  for (const each of node.children) {
    if (
      ![
        "simple_expansion",
        "expansion",
        "command_substitution",
        "arithmetic_expansion",
        "process_substitution",
      ].includes(each.type)
    )
      continue;
    // The grammar counts blanks before an expansion to the expansion.
    const start = skipBlanks(around.source, each);
    text(at, start);
    for (const segment of segmentsOf({ ...each, start }, around)) found.push({ ...segment, quoted });
    at = each.end;
  }
  text(at, end);
  return found.length === 0 ? [{ value: textValue(""), quoted }] : found;
}

function skipBlanks(source: string, node: Syntax): number {
  let at = node.start;
  while (at < node.end && /\s/.test(source[at] ?? "")) at += 1;
  return at;
}

function unescaped(raw: string): Segment {
  const text = unescape(raw);
  // A backslash before an ordinary letter does nothing but hide the word.
  return {
    value: textValue(text, noOrigins, /\\[A-Za-z]/.test(raw) ? ["escapes"] : []),
    quoted: /\\[\s{}*?]/.test(raw),
  };
}

function unescape(raw: string): string {
  return raw.includes("\\") ? raw.replace(/\\\r?\n/g, "").replace(/\\([\s\S])/g, "$1") : raw;
}

function trimmed(value: Value): Value {
  return value.k === "text" ? { ...value, text: value.text.replace(/\n+$/, "") } : value;
}

/** `$name`, `${name…}` in all its forms. */
function expansion(node: Syntax, around: Surroundings): Value {
  const source = around.source.slice(node.start, node.end).trimStart();
  const body = source.startsWith("${") ? source.slice(2, -1) : source.slice(1);
  const match = /^([!#]?)([A-Za-z_]\w*|[0-9]+|[@*?#$!-])(?:\[([^\]]*)\])?([\s\S]*)$/.exec(body);
  if (match === null) return unknownFrom(noOrigins);
  const [, mark = "", name = "", index, rest = ""] = match;
  const operands = named(node).filter(
    (each) => each.type !== "variable_name" && each.type !== "special_variable_name" && each.type !== "subscript",
  );
  if (mark === "#") {
    const value = around.variable(name);
    return value.k === "text" && isWhole(value.text)
      ? textValue(String(value.text.length))
      : unknownFrom(originsOf(value));
  }
  let value = around.variable(name);
  if (mark === "!" && rest === "") {
    const pointed = asText(value);
    return isWhole(pointed) ? around.variable(pointed) : unknownFrom(originsOf(value));
  }
  if (value.k === "list" && name !== "@" && name !== "*") {
    if (index === "@" || index === "*") {
      if (rest === "") return value;
    } else {
      const at =
        index === undefined
          ? 0
          : Number(
              asText(index.startsWith("$") ? around.variable(index.replace(/^\$\{?|\}$/g, "")) : textValue(index)),
            );
      value = value.items[Number.isInteger(at) ? at : 0] ?? unknownFrom(value.from);
    }
  }
  return rest === "" ? value : modified(value, name, rest, operands, around);
}

function modified(value: Value, name: string, rest: string, operands: readonly Syntax[], around: Surroundings): Value {
  const operand = (raw: string): Value => {
    const found = operands.at(-1);
    return found !== undefined && around.source.slice(found.start, found.end).trim() === raw.trim()
      ? expandWhole(found, around)
      : simpleText(raw, around);
  };
  const other = /^:?([-=+?])([\s\S]*)$/.exec(rest);
  if (other !== null) {
    const [, sign = "", raw = ""] = other;
    if (sign === "+") return operand(raw);
    if (sign === "?") return value;
    const fallback = operand(raw);
    if (sign === "=") around.assign(name, fallback);
    return value.k === "text" && value.text !== "" && isWhole(value.text)
      ? value
      : fallback.k === "text" && fallback.text !== ""
        ? { ...fallback, from: joinOrigins(fallback.from, originsOf(value)) }
        : value;
  }
  if (value.k !== "text" || !isWhole(value.text)) return unknownFrom(originsOf(value));
  const { text, from } = value;
  // Patterns are matched on short texts only: their time grows with more than the length.
  if (text.length > 4096) return unknownFrom(from);
  const made = (changed: string, how: string) => textValue(changed, from, joinDisguise(value.disguise, [how]));
  const cut = /^:\s*(-?\d+|\$?\w+)(?::\s*(-?\d+|\$?\w+))?$/.exec(rest);
  if (cut !== null) {
    const [start, size] = [cut[1], cut[2]].map((each) =>
      each === undefined
        ? undefined
        : Number(asText(/^-?\d+$/.test(each) ? textValue(each) : around.variable(each.replace("$", "")))),
    );
    if (start === undefined || !Number.isInteger(start)) return unknownFrom(from);
    const begin = start < 0 ? Math.max(0, text.length + start) : start;
    return made(
      size === undefined ? text.slice(begin) : size < 0 ? text.slice(begin, size) : text.slice(begin, begin + size),
      "slice",
    );
  }
  const replace = /^(\/\/?)([#%]?)((?:\\.|[^/\\])*)(?:\/([\s\S]*))?$/.exec(rest);
  if (replace !== null) {
    const [, all = "/", , pattern = "", raw = ""] = replace;
    const to = asText(simpleText(raw.replace(/^["']|["']$/g, ""), around));
    const what = globSource(asText(simpleText(pattern.replace(/^["']|["']$/g, ""), around)), textSigns, 2);
    return what === null
      ? unknownFrom(from)
      : made(
          text.replace(new RegExp(what, all === "//" ? "gs" : "s"), () => to),
          "replaced",
        );
  }
  const trim = /^(##?|%%?)([\s\S]*)$/.exec(rest);
  if (trim !== null) {
    const [, sign = "#", raw = ""] = trim;
    const what = globSource(
      asText(simpleText(raw.replace(/^["']|["']$/g, ""), around)),
      sign.length === 1 ? shortestSigns : textSigns,
      2,
    );
    if (what === null) return unknownFrom(from);
    return textValue(
      text.replace(new RegExp(sign.startsWith("#") ? `^${what}` : `${what}$`, "s"), ""),
      from,
      value.disguise,
    );
  }
  if (/^[,^]{1,2}/.test(rest)) {
    const isUpper = rest.startsWith("^");
    const change = (part: string) => (isUpper ? part.toUpperCase() : part.toLowerCase());
    return textValue(
      rest.length > 1 && rest[1] === rest[0] ? change(text) : change(text.slice(0, 1)) + text.slice(1),
      from,
      value.disguise,
    );
  }
  return unknownFrom(from);
}

/** A raw operand with `$name` in it. */
function simpleText(raw: string, around: Surroundings): Value {
  const parts: Value[] = [];
  let at = 0;
  for (const match of raw.matchAll(/\$(?:\{(\w+)\}|(\w+))/g)) {
    parts.push(textValue(raw.slice(at, match.index)), around.variable(match[1] ?? match[2] ?? ""));
    at = match.index + match[0].length;
  }
  parts.push(textValue(unescape(raw.slice(at))));
  return concatenated(parts);
}

const textSigns = { any: ".*", one: "." };
const shortestSigns = { any: ".*?", one: "." };

function arithmetic(text: string, around: Surroundings): Value {
  const filled = text.replace(/\$?\{?\b([A-Za-z_]\w*)\}?/g, (_whole, name: string) => {
    const found = asText(around.variable(name));
    return /^-?\d+$/.test(found) ? found : hole;
  });
  const sum = /^\s*(-?\d+)\s*([-+*/%]|<<|>>|\^)\s*(-?\d+)\s*$/.exec(filled);
  if (/^\s*-?\d+\s*$/.test(filled)) return textValue(filled.trim());
  if (/^\s*0[xX][0-9a-fA-F]+\s*$/.test(filled)) return textValue(String(Number(filled)));
  if (sum === null) return textValue(hole);
  const [a, b] = [Number(sum[1]), Number(sum[3])];
  const result: Readonly<Record<string, number>> = {
    "+": a + b,
    "-": a - b,
    "*": a * b,
    "/": b === 0 ? 0 : Math.trunc(a / b),
    "%": b === 0 ? 0 : a % b,
    "<<": a << b,
    ">>": a >> b,
    "^": a ^ b,
  };
  return textValue(String(result[sum[2] ?? "+"] ?? 0));
}

/** `{a,b}` and `{1..3}` in an unquoted word. */
function braces(value: Value): readonly Value[] {
  if (value.k !== "text" || !value.text.includes("{") || value.text.length > 4096) return [value];
  return expandBraces(value.text, 6)
    .slice(0, mostFields)
    .map((text) =>
      textValue(text, value.from, text === value.text ? value.disguise : joinDisguise(value.disguise, ["braces"])),
    );
}

export function expandBraces(text: string, depth: number): readonly string[] {
  const match = /^([\s\S]*?)\{([^{},]*(?:,[^{},]*)+|-?\d+\.\.-?\d+|[a-z]\.\.[a-z])\}([\s\S]*)$/.exec(text);
  if (match === null || depth === 0) return [text];
  const [, before = "", inner = "", after = ""] = match;
  const range = /^(-?\d+|[a-z])\.\.(-?\d+|[a-z])$/.exec(inner);
  let items = inner.split(",");
  if (range !== null) {
    const isLetter = /[a-z]/.test(range[1] ?? "");
    const [a, b] = [range[1], range[2]].map((each) => (isLetter ? (each ?? "a").charCodeAt(0) : Number(each)));
    const count = Math.min(64, Math.abs((b ?? 0) - (a ?? 0)) + 1);
    const step = (b ?? 0) >= (a ?? 0) ? 1 : -1;
    items = Array.from({ length: count }, (_each, index) =>
      isLetter ? String.fromCharCode((a ?? 0) + step * index) : String((a ?? 0) + step * index),
    );
  }
  return items.flatMap((each) => expandBraces(`${before}${each}${after}`, depth - 1)).slice(0, mostFields);
}

/** The variable's name of an assignment, and whether it adds. */
export function assignment(
  node: Syntax,
  around: Surroundings,
): { readonly name: string; readonly index: Value | null; readonly value: Value; readonly adds: boolean } | null {
  const target = child(node, "name");
  if (target === null) return null;
  const subscript = target.type === "subscript" ? child(target, "index") : null;
  const nameNode = target.type === "subscript" ? child(target, "name") : target;
  if (nameNode === null) return null;
  const held = child(node, "value");
  return {
    name: around.source.slice(nameNode.start, nameNode.end),
    index: subscript === null ? null : expandWhole(subscript, around),
    value:
      held === null
        ? textValue("")
        : held.type === "array"
          ? (segmentsOf(held, around)[0]?.value ?? textValue(""))
          : expandWhole(held, around),
    adds: node.children.some((each) => each.type === "+="),
  };
}
