/** Words of Bash: quotes, variables, substitutions and braces, as values that may have holes. */

import { concatenated } from "../evaluate/operate.ts";
import { child, named, type Syntax } from "../syntax.ts";
import {
  asText,
  computedText,
  dictValue,
  isWhole,
  joinDisguise,
  listValue,
  textValue,
  unknownFrom,
  type Value,
} from "../value.ts";
import { joined, rawSegments, rawText, type Segment, type Surroundings, separatorOf, trimmed } from "./parameters.ts";

const mostFields = 4096;
/** More ways than these to write a word with braces are not tried. */
const mostOfBraces = 256;

/** The words that a node expands to: none, one, or many. */
export function expand(node: Syntax, around: Surroundings): readonly Value[] {
  const segments = segmentsOf(node, around, false);
  const words: Value[][] = [];
  let current: Value[] | null = null;
  let separators: RegExp | null = null;
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
    separators ??= separatorsOf(around);
    if (quoted || value.k !== "text" || !separators.test(value.text)) {
      (current ??= []).push(value);
      continue;
    }
    const parts = value.text.split(separators);
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
  const all = isQuoted ? found : found.flatMap(braces);
  // Where there are too many, one that nobody reads stands for the others.
  return all.length > mostFields ? [...all.slice(0, mostFields), computedText()] : all;
}

/** What an unquoted text is split at. */
function separatorsOf(around: Surroundings): RegExp {
  const ifs = around.variable("IFS");
  const text = asText(ifs);
  if (ifs.k !== "text" || ifs.disguise.includes("separator") || !isWhole(text)) return /\s+/;
  return text === "" ? /(?!)/ : new RegExp(`[${text.replace(/[\]\\^-]/g, "\\$&")}]+`);
}

/** A node as one value, as in assignments and here-documents, where nothing is split. */
export function expandWhole(node: Syntax, around: Surroundings): Value {
  const segments = segmentsOf(node, around, true).map(({ value }) => (value.k === "list" ? joined(value, " ") : value));
  if (segments.length === 1 && segments[0] !== undefined) return segments[0];
  return segments.length === 0 ? textValue("") : concatenated(segments);
}

/** A word of a pattern, as `case` and `[[ == ]]` have it: what is quoted in it means itself. */
export function expandPattern(node: Syntax, around: Surroundings): Value {
  const parts = segmentsOf(node, around, true).map(({ value, quoted }) =>
    quoted && value.k === "text" ? { ...value, text: value.text.replace(/[*?[\]\\]/g, "\\$&") } : value,
  );
  return parts.length === 0 ? textValue("") : concatenated(parts);
}

function segmentsOf(node: Syntax, around: Surroundings, whole: boolean): Segment[] {
  switch (node.type) {
    case "command_substitution":
      return [{ value: trimmed(around.substitute(node)), quoted: false }];
    case "process_substitution":
      return [{ value: around.substitute(node), quoted: true }];
    case "array":
      return [{ value: arrayOf(node, around), quoted: true }];
    case "heredoc_body":
      return rawSegments(around.source.slice(node.start, node.end), around, { node, offset: node.start }, true);
    default: {
      if (node.children.some((each) => each.type === "process_substitution"))
        return node.children.flatMap((each) => segmentsOf(each, around, whole));
      // The grammar counts blanks before an expansion to the expansion.
      const start = skipBlanks(around.source, node);
      const source = around.source.slice(start, node.end);
      const parts = rawSegments(source, around, { node, offset: start }, false);
      const kept = whole ? parts.map((each) => starred(each, source, around)) : parts;
      return node.type === "concatenation" || node.type === "command_name" ? hiddenParts(kept, source) : kept;
    }
  }
}

/** `$*` and `${list[*]}` where nothing is split: one word. */
function starred(part: Segment, source: string, around: Surroundings): Segment {
  return part.value.k === "list" && /^\$(?:\*|\{\w+\[\*\]|\{\*)/.test(source)
    ? { ...part, value: joined(part.value, separatorOf(around)) }
    : part;
}

/** Pieces put together in one word; quotes inside of a word hide it. */
function hiddenParts(parts: Segment[], source: string): Segment[] {
  if (parts.length < 2 || !/["'$]/.test(source)) return parts;
  const text = parts.map((each) => asText(each.value)).join("");
  if (!isWhole(text) || /[\s/=]/.test(text)) return parts;
  return parts.map((each) =>
    each.value.k === "text"
      ? { ...each, value: { ...each.value, disguise: joinDisguise(each.value.disguise, ["joined"]) } }
      : each,
  );
}

/** `(a b)`, and `([key]=value)`. */
function arrayOf(node: Syntax, around: Surroundings): Value {
  const items = named(node);
  const pairs = items.map((each) =>
    /^\[([^\]]+)\]\+?=([\s\S]*)$/.exec(around.source.slice(skipBlanks(around.source, each), each.end)),
  );
  if (items.length === 0 || pairs.some((each) => each === null))
    return listValue(items.flatMap((each) => expand(each, around)));
  const entries = pairs.map((each, index): readonly [string, Value] => {
    const at = { node: items[index] ?? node, offset: (items[index]?.end ?? 0) - (each?.[2] ?? "").length };
    return [asText(rawText(each?.[1] ?? "", around, null, false)), rawText(each?.[2] ?? "", around, at, false)];
  });
  const made = dictValue(entries);
  return entries.every(([key]) => /^\d{1,4}$/.test(key)) ? asList(made) : made;
}

/** Numbered entries in their places. */
function asList(made: ReturnType<typeof dictValue>): Value {
  const items: Value[] = [];
  for (const [key, value] of made.entries) items[Number(key)] = value;
  return listValue(Array.from(items, (each) => each ?? textValue("")));
}

function skipBlanks(source: string, node: Syntax): number {
  let at = node.start;
  while (at < node.end && /\s/.test(source[at] ?? "")) at += 1;
  return at;
}

/** `{a,b}` and `{1..3}` in an unquoted word. */
function braces(value: Value): readonly Value[] {
  if (value.k !== "text" || !value.text.includes("{") || value.text.length > 4096) return [value];
  return expandBraces(value.text, 6)
    .slice(0, mostOfBraces)
    .map((text) =>
      textValue(text, value.from, text === value.text ? value.disguise : joinDisguise(value.disguise, ["braces"])),
    );
}

export function expandBraces(text: string, depth: number): readonly string[] {
  const match =
    /^([\s\S]*?)\{([^{},]*(?:,[^{},]*)+|-?\d+\.\.-?\d+(?:\.\.-?\d+)?|[a-zA-Z]\.\.[a-zA-Z])\}([\s\S]*)$/.exec(text);
  if (match === null || depth === 0) return [text];
  const [, before = "", inner = "", after = ""] = match;
  const range = /^(-?\d+|[a-zA-Z])\.\.(-?\d+|[a-zA-Z])(?:\.\.-?(\d+))?$/.exec(inner);
  let items = inner.split(",");
  if (range !== null) {
    const isLetter = /[a-zA-Z]/.test(range[1] ?? "");
    const [a, b] = [range[1], range[2]].map((each) => (isLetter ? (each ?? "a").charCodeAt(0) : Number(each)));
    const size = Math.max(1, Number(range[3] ?? 1));
    const count = Math.min(mostOfBraces, Math.floor(Math.abs((b ?? 0) - (a ?? 0)) / size) + 1);
    const step = (b ?? 0) >= (a ?? 0) ? size : -size;
    items = Array.from({ length: count }, (_each, index) =>
      isLetter ? String.fromCharCode((a ?? 0) + step * index) : String((a ?? 0) + step * index),
    );
  }
  return items.flatMap((each) => expandBraces(`${before}${each}${after}`, depth - 1)).slice(0, mostOfBraces);
}

/** The variable's name of an assignment, and whether it adds. */
export function assignment(
  node: Syntax,
  around: Surroundings,
): { readonly name: string; readonly index: string | null; readonly value: Value; readonly adds: boolean } | null {
  const target = child(node, "name");
  if (target === null) return null;
  const subscript = target.type === "subscript" ? child(target, "index") : null;
  const nameNode = target.type === "subscript" ? child(target, "name") : target;
  if (nameNode === null) return null;
  const held = child(node, "value");
  return {
    name: around.source.slice(nameNode.start, nameNode.end),
    index: subscript === null ? null : around.source.slice(subscript.start, subscript.end),
    value: held === null ? textValue("") : held.type === "array" ? arrayOf(held, around) : expandWhole(held, around),
    adds: node.children.some((each) => each.type === "+="),
  };
}
