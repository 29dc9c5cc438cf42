/** How Python writes values into texts: `format` and templates. */
import { disguiseOf, hole, joinOrigins, numberValue, originsOf, textValue, unknownFrom, type Value } from "../value.ts";
import type { Fold, OutsideCall } from "./call.ts";
import { textMethod } from "./magic.ts";
import { concatenated } from "./operate.ts";
import { written } from "./python-order.ts";

/** A value as `format` writes it by a specification. */
export function formatted(value: Value, spec: string, call: OutsideCall): Value {
  const own = textMethod(value);
  if (own !== null) return call.call(own, [textValue(spec)]);
  if (value.k === "list" || value.k === "dict") return textValue(written(value) ?? hole, originsOf(value));
  if (spec === "" || (value.k !== "number" && value.k !== "text")) return value;
  const match = /^(?:(.)?([<>^=]))?([+ -])?(#)?(0)?(\d{1,4})?[,_]?(?:\.(\d{1,3}))?([a-zA-Z%])?$/.exec(spec);
  if (match === null) return unknownFrom(originsOf(value));
  const [, fill, align, , prefix, zero, width, precision, type] = match;
  if (value.k === "number" && type === "c")
    return textValue(String.fromCodePoint(Math.max(0, Math.min(0x10ffff, Math.trunc(value.n)))), value.from, ["chr"]);
  const radix = type === "x" || type === "X" ? 16 : type === "b" ? 2 : type === "o" ? 8 : 10;
  let text =
    value.k === "text"
      ? value.text.slice(0, precision === undefined ? undefined : Number(precision))
      : type === "f"
        ? value.n.toFixed(precision === undefined ? 6 : Number(precision))
        : (value.big ?? value.n).toString(radix);
  if (type === "X") text = text.toUpperCase();
  if (prefix !== undefined && radix !== 10) text = `${{ 16: "0x", 2: "0b", 8: "0o" }[radix]}${text}`;
  const size = Number(width ?? 0);
  const pad = fill ?? (zero === undefined ? " " : "0");
  const isRight =
    align === ">" || align === "=" || (align === undefined && (value.k === "number" || zero !== undefined));
  if (align === "^")
    text = text.padStart(text.length + Math.max(0, Math.floor((size - text.length) / 2)), pad).padEnd(size, pad);
  else text = isRight ? text.padStart(size, pad) : text.padEnd(size, pad);
  return textValue(text, value.from, disguiseOf(value));
}

/** `string.Template(text).substitute(name=value)` */
export const substituted: Fold = (call) => {
  const of = call.self?.k === "instance" ? call.self.fields.get("template") : undefined;
  if (of?.k !== "text")
    return unknownFrom(call.self === null ? call.args.origins : joinOrigins(call.args.origins, originsOf(call.self)));
  const [given] = call.args.values;
  const values = new Map([...(given?.k === "dict" ? given.entries : []), ...call.args.named]);
  const parts: Value[] = [];
  let last = 0;
  for (const match of of.text.matchAll(/\$(?:(\$)|(\w+)|\{(\w+)\})/g)) {
    parts.push(textValue(of.text.slice(last, match.index), of.from, of.disguise));
    last = match.index + match[0].length;
    parts.push(
      match[1] === undefined
        ? (values.get(match[2] ?? match[3] ?? "") ?? unknownFrom(call.args.origins))
        : textValue("$"),
    );
  }
  parts.push(textValue(of.text.slice(last), of.from, of.disguise));
  return concatenated(parts);
};

export const format: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "text") return null;
  const parts: Value[] = [];
  let last = 0;
  let index = 0;
  for (const match of self.text.matchAll(/\{\{|\}\}|\{([^{}:!]*)(![rsa])?(?::([^{}]*))?\}/g)) {
    parts.push(textValue(self.text.slice(last, match.index), self.from, self.disguise));
    last = match.index + match[0].length;
    if (match[0] === "{{" || match[0] === "}}") parts.push(textValue(match[0][0] ?? ""));
    else {
      const [, name = "", conversion = "", spec = ""] = match;
      const base = /^[^.[]*/.exec(name)?.[0] ?? "";
      let value =
        base === ""
          ? call.args.values[index++]
          : /^\d+$/.test(base)
            ? call.args.values[Number(base)]
            : call.args.named.get(base);
      for (const [, attribute, key] of name.slice(base.length).matchAll(/\.(\w+)|\[([^\]]*)\]/g))
        if (value !== undefined)
          value =
            attribute === undefined
              ? call.item(value, /^\d+$/.test(key ?? "") ? numberValue(Number(key)) : textValue(key ?? ""))
              : call.member(value, attribute);
      if (value !== undefined && conversion === "!r") value = textValue(written(value) ?? hole, originsOf(value));
      parts.push(value === undefined ? unknownFrom(call.args.origins) : formatted(value, spec, call));
    }
  }
  parts.push(textValue(self.text.slice(last), self.from, self.disguise));
  return concatenated(parts);
};
