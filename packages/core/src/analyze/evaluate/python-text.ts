/** Calls of Python that make one text of another: folded where what they are given is known. */
import {
  fromBase32,
  fromBase64,
  fromBase85,
  fromHex,
  fromHtml,
  fromQuotedPrintable,
  percentDecoded,
  rot13,
  toBase64,
  toHex,
  unpacked,
  utf8Decoded,
  utf8Encoded,
} from "../decode.ts";
import { unescapePython } from "../lower/escapes.ts";
import {
  asText,
  constantValue,
  disguiseOf,
  hole,
  instanceValue,
  isWhole,
  joinDisguise,
  joinOrigins,
  listValue,
  mapValue,
  noOrigins,
  numberValue,
  originsOf,
  type TextValue,
  textValue,
  unknownFrom,
  type Value,
  wholeNumber,
} from "../value.ts";
import { Arguments, type Fold, type OutsideCall } from "./call.ts";
import { textMethod } from "./magic.ts";
import { binary, concatenated, itemsOf } from "./operate.ts";
import { ofEncoding, utf16 } from "./python-codecs.ts";
import { format, formatted, substituted } from "./python-format.ts";
import { written } from "./python-order.ts";

/** Changes a text; `how` names the disguise that it takes off or puts on. */
export function onText(
  change: (text: string, call: OutsideCall) => string | null,
  how?: string,
  bytes?: boolean,
): Fold {
  return (call) => {
    const of = call.self ?? call.args.at(0);
    return mapValue(of, (one) => {
      if (one.k !== "text" || !isWhole(one.text)) return unknownFrom(originsOf(one));
      const made = change(one.text, call);
      return made === null
        ? unknownFrom(one.from)
        : textValue(
            made,
            one.from,
            how === undefined ? one.disguise : joinDisguise(one.disguise, [how]),
            bytes ?? one.bytes,
          );
    });
  };
}

/** The same of the first argument, for functions of modules. */
function decoded(change: (text: string, call: OutsideCall) => string | null, how: string): Fold {
  return (call) =>
    mapValue(call.args.at(0), (one) => {
      if (one.k !== "text" || !isWhole(one.text)) return unknownFrom(originsOf(one));
      const made = change(one.text, call);
      return made === null ? unknownFrom(one.from) : textValue(made, one.from, joinDisguise(one.disguise, [how]), true);
    });
}

export const join: Fold = (call) => {
  const { self } = call;
  const over = call.args.at(0);
  if (self?.k !== "text") return unknownFrom(call.args.origins);
  const items = over.k === "list" ? over.items : itemsOf(over, "python");
  if (items === null) return unknownFrom(originsOf(over));
  const parts = items.flatMap((each, index) => (index === 0 || self.text === "" ? [each] : [self as Value, each]));
  if (over.k === "list" && over.open) parts.push(textValue(hole, over.from));
  const made = parts.length === 0 ? textValue("") : concatenated(parts);
  return made.k === "text" && items.length > 1 && self.text === ""
    ? { ...made, disguise: joinDisguise(made.disguise, ["joined"]) }
    : made;
};

const chr: Fold = ({ args }) =>
  mapValue(args.at(0), (one) =>
    one.k === "number" && one.n >= 0 && one.n <= 0x10ffff
      ? textValue(String.fromCodePoint(Math.trunc(one.n)), one.from, ["chr"])
      : textValue(hole, originsOf(one), ["chr"]),
  );

const bytes: Fold = ({ args }) => {
  const of = args.at(0);
  if (of.k === "list" && !of.open && of.items.length > 0 && of.items.length <= 65_536) {
    const codes = of.items.map((each) => (each.k === "number" ? each.n & 0xff : -1));
    if (!codes.includes(-1)) return textValue(Buffer.from(codes).toString("latin1"), of.from, ["bytes"], true);
  }
  if (of.k === "text") return textValue(of.bytes ? of.text : utf8Encoded(of.text), of.from, of.disguise, true);
  return unknownFrom(originsOf(of));
};

const decode: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "text") return null;
  const encoding = asText(call.args.at(0, "encoding")).toLowerCase();
  if (!isWhole(self.text)) return { ...self, bytes: false };
  if (/rot_?13/.test(encoding)) return textValue(rot13(self.text), self.from, joinDisguise(self.disguise, ["rot13"]));
  if (/hex/.test(encoding))
    return textValue(fromHex(self.text) ?? hole, self.from, joinDisguise(self.disguise, ["hex"]), true);
  if (/base64/.test(encoding))
    return textValue(fromBase64(self.text) ?? hole, self.from, joinDisguise(self.disguise, ["base64"]), true);
  if (/latin|iso-?8859|ascii|charmap/.test(encoding)) return { ...self, bytes: false };
  const made = ofEncoding(self.text, encoding);
  if (made !== null) return textValue(made.text, self.from, joinDisguise(self.disguise, [made.how]), made.bytes);
  if (/utf-?16/.test(encoding))
    return textValue(utf16(self.text, encoding), self.from, joinDisguise(self.disguise, ["utf-16"]));
  if (/escape/.test(encoding))
    return textValue(unescapePython(self.text, false), self.from, joinDisguise(self.disguise, ["escapes"]));
  return textValue(utf8Decoded(self.text), self.from, self.disguise, false);
};

const encode: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "text") return null;
  const encoding = asText(call.args.at(0, "encoding")).toLowerCase();
  if (!isWhole(self.text) || /latin|ascii/.test(encoding)) return { ...self, bytes: true };
  return textValue(utf8Encoded(self.text), self.from, self.disguise, true);
};

const codecsDecode: Fold = (call) => {
  const of = call.args.at(0);
  if (of.k !== "text" || !isWhole(of.text)) return unknownFrom(originsOf(of));
  const kind = call.args.get(1, "encoding") ?? textValue("utf-8");
  if (call.name === "codecs.encode" && !/rot_?13/i.test(asText(kind)))
    return encode(call.but({ self: of, args: call.args.rest }));
  return decode(call.but({ self: { ...of, bytes: !/rot_?13/i.test(asText(kind)) }, args: call.args.only(kind) }));
};

/** Encoding hides what it is given: that is told, and the rule asks what it was. */
function encoded(change: (bytes: string) => string, name: string): Fold {
  return (call) => {
    const of = call.args.at(0);
    const text = of.k === "text" && isWhole(of.text) ? of.text : null;
    const index = call.emit({ kind: "encode", target: name, from: originsOf(of), data: text?.slice(0, 4000) ?? null });
    return text === null
      ? unknownFrom(joinOrigins([index], originsOf(of)))
      : textValue(change(text), joinOrigins([index], of.from), disguiseOf(of), true);
  };
}

const number: Fold = ({ args }) => {
  const of = args.at(0);
  const base = args.get(1, "base");
  const radix = base?.k === "number" ? base.n : 10;
  if (of.k === "number") return numberValue(Math.trunc(of.n), of.from);
  if (of.k === "text" && isWhole(of.text)) {
    const text = of.text.trim().replace(/_/g, "");
    const digits = text.replace(/^0x/i, "");
    if (radix === 10 && /^\d{16,20000}$/.test(text)) return wholeNumber(BigInt(text), of.from);
    if ((radix === 16 || radix === 0) && /^[0-9a-f]{14,20000}$/i.test(digits) && (radix === 16 || digits !== text))
      return wholeNumber(BigInt(`0x${digits}`), of.from);
    const n =
      radix === 0 || (radix === 16 && /^0x/i.test(text))
        ? Number(text)
        : Number.parseInt(text.replace(/^0[bo]/i, ""), radix === 0 ? 10 : radix);
    if (!Number.isNaN(n)) return numberValue(n, of.from);
  }
  return unknownFrom(originsOf(of));
};

const split: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "text") return null;
  if (!isWhole(self.text)) return listValue([self], true, self.from);
  const separator = call.args.get(0, "sep");
  const limit = call.args.get(1, "maxsplit");
  let parts =
    separator?.k === "text" && separator.text !== "" ? self.text.split(separator.text) : self.text.trim().split(/\s+/);
  const glue = separator?.k === "text" ? separator.text : " ";
  if (limit?.k === "number" && limit.n >= 0 && parts.length > limit.n + 1)
    parts = call.name.endsWith("rsplit")
      ? [parts.slice(0, parts.length - limit.n).join(glue), ...parts.slice(parts.length - limit.n)]
      : [...parts.slice(0, limit.n), parts.slice(limit.n).join(glue)];
  return listValue(
    parts.slice(0, 4096).map((each) => textValue(each, self.from, self.disguise, self.bytes)),
    false,
    self.from,
  );
};

const replace: Fold = (call) => {
  const { self } = call;
  const [from, to] = [call.args.at(0), call.args.at(1)];
  if (self?.k !== "text" || from.k !== "text" || to.k !== "text")
    return unknownFrom(joinOrigins(self === null ? noOrigins : originsOf(self), call.args.origins));
  if (from.text === "") return self;
  const text = self.text.replaceAll(from.text, () => to.text);
  return textValue(
    text,
    joinOrigins(self.from, to.from),
    text === self.text ? self.disguise : joinDisguise(self.disguise, ["replaced"]),
    self.bytes,
  );
};

const translate: Fold = (call) => {
  const { self } = call;
  const map = call.args.at(0);
  if (self?.k !== "text" || map.k !== "dict" || !isWhole(self.text))
    return unknownFrom(self === null ? noOrigins : originsOf(self));
  const text = Array.from(self.text)
    .map((each) => {
      const to = map.entries.get(String(each.codePointAt(0))) ?? map.entries.get(each) ?? textValue(each);
      if (to.k === "constant") return "";
      return to.k === "number" ? String.fromCodePoint(Math.max(0, Math.min(0x10ffff, to.n))) : asText(to);
    })
    .join("");
  return textValue(text, self.from, joinDisguise(self.disguise, ["translated"]));
};

const bytesTranslated: Fold = (call) => {
  const { self } = call;
  const table = call.args.at(0);
  const dropped = asText(call.args.get(1, "delete") ?? textValue(""));
  if (self?.k !== "text" || !isWhole(self.text)) return unknownFrom(call.args.origins);
  const kept = Array.from(self.text).filter((each) => !dropped.includes(each));
  if (table.k === "constant")
    return textValue(kept.join(""), self.from, joinDisguise(self.disguise, ["translated"]), true);
  if (table.k !== "text" || table.text.length < 256) return unknownFrom(joinOrigins(self.from, call.args.origins));
  const text = kept.map((each) => table.text[each.charCodeAt(0) & 0xff] ?? each).join("");
  return textValue(text, self.from, joinDisguise(self.disguise, ["translated"]), true);
};

/** The same of a list of numbers, as a `bytearray` or an array is. */
function ofList(call: OutsideCall, fold: Fold): Value | null {
  const of = call.self === null ? null : bytes(call.but({ args: call.args.only(call.self), self: null }));
  return of?.k === "text" ? fold(call.but({ self: of })) : null;
}

const translation: Fold = ({ args }) => {
  const [from, to] = [args.at(0), args.at(1)];
  if (from.k === "dict") return from;
  if (from.k !== "text" || to.k !== "text") return null;
  if (from.bytes) {
    const table = Array.from({ length: 256 }, (_each, code) => String.fromCharCode(code));
    for (const [index, each] of Array.from(from.text).entries())
      table[each.charCodeAt(0) & 0xff] = to.text[index] ?? each;
    return textValue(table.join(""), noOrigins, undefined, true);
  }
  const pairs = Array.from(from.text).map((each, index): [string, Value] => [each, textValue(to.text[index] ?? "")]);
  const dropped = Array.from(asText(args.get(2) ?? textValue(""))).map((each): [string, Value] => [
    each,
    textValue(""),
  ]);
  return { k: "dict", entries: new Map([...pairs, ...dropped]), open: false, from: noOrigins };
};

function stripped(left: boolean, right: boolean): Fold {
  return onText((text, call) => {
    const letters = call.args.get(0);
    if (letters !== null && letters.k !== "text") return null;
    const set = letters === null || letters.k !== "text" ? " \t\n\r\f\v" : letters.text;
    let from = 0;
    let to = text.length;
    if (left) while (from < to && set.includes(text[from] ?? "")) from += 1;
    if (right) while (to > from && set.includes(text[to - 1] ?? "")) to -= 1;
    return text.slice(from, to);
  });
}

function onLines(call: OutsideCall): Value | null {
  const { self } = call;
  if (self?.k !== "text") return null;
  return listValue(
    self.text
      .split("\n")
      .slice(0, 4096)
      .map((each) => textValue(each, self.from, self.disguise)),
    !isWhole(self.text),
    self.from,
  );
}

function dedented(of: Value): Value {
  if (of.k !== "text") return of;
  const lines = of.text.split("\n");
  const indents = lines.filter((each) => each.trim() !== "").map((each) => /^[ \t]*/.exec(each)?.[0].length ?? 0);
  const least = Math.min(...indents, 200);
  return { ...of, text: lines.map((each) => each.slice(Math.min(least, each.length))).join("\n") } satisfies TextValue;
}

function parsedJson(call: OutsideCall): Value {
  const of = call.args.at(0);
  if (of.k !== "text" || !isWhole(of.text) || of.text.length > 65_536) return unknownFrom(originsOf(of));
  try {
    return plain(JSON.parse(of.text), of, 6);
  } catch {
    // It is no JSON: nothing is known of what comes out.
    return unknownFrom(of.from);
  }
}

/** A value of JSON as a value of ours. */
export function plain(value: unknown, of: Value, depth: number): Value {
  if (typeof value === "string") return textValue(value, of.from, disguiseOf(of));
  if (typeof value === "number") return numberValue(value, of.from);
  if (typeof value === "boolean" || value === null) return constantValue(value, of.from);
  if (depth === 0 || typeof value !== "object") return unknownFrom(of.from);
  if (Array.isArray(value))
    return listValue(
      value.slice(0, 1024).map((each) => plain(each, of, depth - 1)),
      false,
      of.from,
    );
  return {
    k: "dict",
    entries: new Map(
      Object.entries(value)
        .slice(0, 1024)
        .map(([key, each]) => [key, plain(each, of, depth - 1)]),
    ),
    open: false,
    from: of.from,
  };
}

const signs: Readonly<Record<string, string>> = {
  __add__: "+",
  __mod__: "%",
  __mul__: "*",
  __rmul__: "*",
  __xor__: "^",
  __sub__: "-",
  __and__: "&",
  __or__: "|",
  __eq__: "==",
};

/** `text.__add__(other)` and its like. */
function magic(name: string): Fold {
  return (call) => {
    if (call.self === null) return null;
    const other = call.args.at(0);
    if (name === "__getitem__") return call.item(call.self, other);
    return name === "__contains__"
      ? binary("in", other, call.self, "python")
      : binary(signs[name] ?? "", call.self, other, "python");
  };
}

/** Where a text lies in another. */
const found =
  (isLast: boolean): Fold =>
  (call) => {
    const [self, sought] = [call.self, call.args.at(0)];
    if (self?.k !== "text" || sought.k !== "text" || !isWhole(self.text + sought.text)) return null;
    return numberValue(isLast ? self.text.lastIndexOf(sought.text) : self.text.indexOf(sought.text), self.from);
  };

const tested =
  (test: (text: string, of: string) => boolean): Fold =>
  (call) => {
    const [self, of] = [call.self, call.args.get(0)];
    if (self?.k !== "text" || !isWhole(self.text)) return null;
    const sought = of === null ? [textValue("")] : of.k === "list" ? of.items : [of];
    const texts = sought.flatMap((each) => (each.k === "text" && isWhole(each.text) ? [each.text] : []));
    return texts.length < sought.length
      ? null
      : constantValue(
          texts.some((each) => test(self.text, each)),
          self.from,
        );
  };

const partitioned =
  (isLast: boolean): Fold =>
  (call) => {
    const [self, by] = [call.self, call.args.at(0)];
    if (self?.k !== "text" || by.k !== "text" || !isWhole(self.text)) return null;
    const at = isLast ? self.text.lastIndexOf(by.text) : self.text.indexOf(by.text);
    const parts =
      at < 0
        ? isLast
          ? ["", "", self.text]
          : [self.text, "", ""]
        : [self.text.slice(0, at), by.text, self.text.slice(at + by.text.length)];
    return listValue(
      parts.map((each) => textValue(each, self.from, self.disguise, self.bytes)),
      false,
      self.from,
    );
  };

const padded = (side: "left" | "right" | "both"): Fold =>
  onText((text, call) => {
    const size = call.args.get(0);
    const fill = asText(call.args.get(1) ?? textValue(" "));
    if (size?.k !== "number" || size.n > 10_000) return null;
    if (side === "both")
      return text
        .padStart(text.length + Math.max(0, Math.floor((size.n - text.length) / 2)), fill)
        .padEnd(size.n, fill);
    return side === "left" ? text.padStart(size.n, fill) : text.padEnd(size.n, fill);
  });

/** A literal of Python in a text: nothing in it is called. */
const literal: Fold = (call) => {
  const of = call.args.at(0);
  if (
    of.k !== "text" ||
    !isWhole(of.text) ||
    of.text.length > 65_536 ||
    /[\w)\]]\s*\(|\b(lambda|for|if|await)\b/.test(of.text.replace(/(["'])(?:\\.|(?!\1).)*\1/g, "''"))
  )
    return unknownFrom(call.args.origins);
  return call.evaluate(of.text.trim());
};

const sameText: Fold = (call) => call.self ?? call.args.at(0);

export const pythonTexts: Readonly<Record<string, Fold>> = {
  "str#join": join,
  "bytes#join": join,
  "str#format": format,
  "str#format_map": (call) => {
    const [of] = call.args.values;
    return of?.k === "dict"
      ? format(call.but({ args: new Arguments([], of.entries) }))
      : unknownFrom(call.args.origins);
  },
  "string.Template": ({ args }) => instanceValue("string.Template", originsOf(args.at(0)), [["template", args.at(0)]]),
  "string.Template#substitute": substituted,
  "string.Template#safe_substitute": substituted,
  format: (call) => formatted(call.args.at(0), asText(call.args.get(1) ?? textValue("")), call),
  "str#__format__": (call) => formatted(call.self ?? call.args.at(0), asText(call.args.at(0)), call),
  ...Object.fromEntries(
    ["__add__", "__mod__", "__mul__", "__rmul__", "__getitem__", "__contains__", "__eq__"].flatMap((name) =>
      ["str", "bytes", "list", "number", "dict"].map((type) => [`${type}#${name}`, magic(name)]),
    ),
  ),
  ...Object.fromEntries(["__xor__", "__sub__", "__and__", "__or__"].map((name) => [`number#${name}`, magic(name)])),
  "str#__str__": (call) => call.self,
  "str#__iter__": (call) => call.self,
  "str#__len__": (call) => (call.self?.k === "text" ? numberValue(call.self.text.length) : null),
  "str#lower": onText((text) => text.toLowerCase()),
  "str#upper": onText((text) => text.toUpperCase()),
  "str#swapcase": onText(
    (text) =>
      Array.from(text)
        .map((each) => (each === each.toLowerCase() ? each.toUpperCase() : each.toLowerCase()))
        .join(""),
    "case",
  ),
  "str#title": onText((text) =>
    text
      .toLowerCase()
      .replace(/(^|[^a-zA-Z])([a-z])/g, (_whole, before: string, letter: string) => before + letter.toUpperCase()),
  ),
  "str#casefold": onText((text) => text.toLowerCase()),
  "str#find": found(false),
  "str#index": found(false),
  "str#rfind": found(true),
  "str#rindex": found(true),
  "bytes#find": found(false),
  "str#count": (call) =>
    call.self?.k === "text" && call.args.at(0).k === "text" && isWhole(call.self.text)
      ? numberValue(call.self.text.split(asText(call.args.at(0))).length - 1, call.self.from)
      : null,
  "str#startswith": tested((text, of) => text.startsWith(of)),
  "str#endswith": tested((text, of) => text.endsWith(of)),
  "str#isalpha": tested((text) => /^\p{L}+$/u.test(text)),
  "str#isdigit": tested((text) => /^\p{Nd}+$/u.test(text)),
  "str#isalnum": tested((text) => /^[\p{L}\p{Nd}]+$/u.test(text)),
  "str#isupper": tested((text) => text !== text.toLowerCase() && text === text.toUpperCase()),
  "str#islower": tested((text) => text !== text.toUpperCase() && text === text.toLowerCase()),
  "str#isspace": tested((text) => /^\s+$/.test(text)),
  "str#partition": partitioned(false),
  "str#rpartition": partitioned(true),
  "str#rjust": padded("left"),
  "str#ljust": padded("right"),
  "str#center": padded("both"),
  "bytes#translate": bytesTranslated,
  "bytes#lstrip": stripped(true, false),
  "bytes#rstrip": stripped(false, true),
  "bytes#fromhex": (call) => decoded((text) => fromHex(text), "hex")(call),
  "list#decode": (call) => ofList(call, decode),
  "list#hex": (call) => ofList(call, onText(toHex, undefined, false)),
  "list#translate": (call) => ofList(call, bytesTranslated),
  "str#capitalize": onText((text) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase()),
  "str#strip": stripped(true, true),
  "str#lstrip": stripped(true, false),
  "str#rstrip": stripped(false, true),
  "bytes#strip": stripped(true, true),
  "str#split": split,
  "str#rsplit": split,
  "bytes#split": split,
  "str#splitlines": onLines,
  "str#replace": replace,
  "bytes#replace": replace,
  "str#translate": translate,
  "str#maketrans": translation,
  "str.maketrans": translation,
  "bytes.maketrans": translation,
  "bytes#maketrans": translation,
  "bytearray.maketrans": translation,
  "str#encode": encode,
  "bytes#decode": decode,
  "str#decode": decode,
  "bytes#hex": onText(toHex, undefined, false),
  "str#zfill": sameText,
  "str#expandtabs": sameText,
  "str#removeprefix": (call) =>
    call.self?.k === "text" && call.args.at(0).k === "text" && call.self.text.startsWith(asText(call.args.at(0)))
      ? { ...call.self, text: call.self.text.slice(asText(call.args.at(0)).length) }
      : call.self,
  "str#removesuffix": (call) =>
    call.self?.k === "text" && call.args.at(0).k === "text" && call.self.text.endsWith(asText(call.args.at(0)))
      ? { ...call.self, text: call.self.text.slice(0, -asText(call.args.at(0)).length) }
      : call.self,
  "bytes.fromhex": decoded((text) => fromHex(text), "hex"),
  "bytearray.fromhex": decoded((text) => fromHex(text), "hex"),
  "binascii.unhexlify": decoded((text) => fromHex(text), "hex"),
  "binascii.a2b_hex": decoded((text) => fromHex(text), "hex"),
  "binascii.a2b_base64": decoded(fromBase64, "base64"),
  "binascii.hexlify": encoded(toHex, "hex"),
  "binascii.b2a_base64": encoded(toBase64, "base64"),
  "base64.b64decode": decoded(fromBase64, "base64"),
  "base64.standard_b64decode": decoded(fromBase64, "base64"),
  "base64.urlsafe_b64decode": decoded(fromBase64, "base64"),
  "base64.decodebytes": decoded(fromBase64, "base64"),
  "base64.decodestring": decoded(fromBase64, "base64"),
  "base64.b32decode": decoded(fromBase32, "base32"),
  "base64.b16decode": decoded((text) => fromHex(text), "hex"),
  "base64.b85decode": decoded((text) => fromBase85(text, "b85"), "base85"),
  "base64.a85decode": decoded((text) => fromBase85(text, "a85"), "base85"),
  "base64.b64encode": encoded(toBase64, "base64"),
  "base64.standard_b64encode": encoded(toBase64, "base64"),
  "base64.urlsafe_b64encode": encoded(toBase64, "base64"),
  "base64.encodebytes": encoded(toBase64, "base64"),
  "base64.b32encode": encoded((text) => text, "base32"),
  "base64.b16encode": encoded(toHex, "hex"),
  "base64.b85encode": encoded((text) => text, "base85"),
  "base64.a85encode": encoded((text) => text, "base85"),
  "zlib.decompress": decoded(
    (text, call) => unpacked(text, asText(call.args.at(1, "wbits")).startsWith("-") ? "raw" : "zlib"),
    "zlib",
  ),
  "gzip.decompress": decoded((text) => unpacked(text, "gzip"), "gzip"),
  "zlib.compress": encoded((text) => text, "zlib"),
  "gzip.compress": encoded((text) => text, "gzip"),
  "codecs.decode": codecsDecode,
  "codecs.encode": codecsDecode,
  "codecs.lookup": (call) =>
    instanceValue("codecs.info", noOrigins, [
      ["decode", instanceValue("codecs.decoder", noOrigins, [["kind", call.args.at(0)]])],
    ]),
  "codecs.escape_decode": (call) =>
    listValue([
      decode(call.but({ self: call.args.at(0), args: call.args.only(textValue("escape")) })) ??
        unknownFrom(call.args.origins),
    ]),
  "codecs.getdecoder": (call) => instanceValue("codecs.decoder", noOrigins, [["kind", call.args.at(0)]]),
  "urllib.parse.unquote": decoded((text) => percentDecoded(text), "percent"),
  "urllib.parse.unquote_plus": decoded((text) => percentDecoded(text.replace(/\+/g, " ")), "percent"),
  "urllib.parse.quote": sameText,
  "urllib.parse.quote_plus": sameText,
  "urllib.parse.urlencode": (call) => unknownFrom(call.args.origins),
  "urllib.parse.urljoin": (call) =>
    isWhole(asText(call.args.at(0)))
      ? concatenated([call.args.at(0), call.args.at(1)])
      : unknownFrom(call.args.origins),
  "html.unescape": (call) =>
    mapValue(call.args.at(0), (one) =>
      one.k === "text" && isWhole(one.text)
        ? textValue(
            fromHtml(one.text),
            one.from,
            /&#/.test(one.text) ? joinDisguise(one.disguise, ["escapes"]) : one.disguise,
          )
        : unknownFrom(originsOf(one)),
    ),
  "quopri.decodestring": decoded(fromQuotedPrintable, "escapes"),
  "binascii.a2b_qp": decoded(fromQuotedPrintable, "escapes"),
  "unicodedata.normalize": (call) =>
    mapValue(call.args.at(1), (one) =>
      one.k === "text"
        ? {
            ...one,
            text: one.text.normalize(/^NF[CDK]{1,2}$/.test(asText(call.args.at(0))) ? asText(call.args.at(0)) : "NFC"),
          }
        : one,
    ),
  "json.dumps": (call) => unknownFrom(call.args.origins),
  "json.loads": (call) => parsedJson(call),
  "ast.literal_eval": literal,
  "ast.parse": sameText,
  "ast.unparse": sameText,
  "ast.fix_missing_locations": sameText,
  "textwrap.dedent": (call) => dedented(call.args.at(0)),
  "inspect.cleandoc": (call) => dedented(call.args.at(0)),
  chr,
  unichr: chr,
  ord: ({ args }) =>
    mapValue(args.at(0), (one) =>
      one.k === "text" && one.text.length > 0 && isWhole(one.text)
        ? numberValue(one.text.codePointAt(0) ?? 0, one.from)
        : unknownFrom(originsOf(one)),
    ),
  str: (call) => {
    const { args } = call;
    const of = args.get(0);
    if (of === null) return textValue("");
    const own = textMethod(of);
    if (own !== null) return call.call(own, []);
    const encoding = args.get(1, "encoding");
    const coded =
      encoding === null
        ? null
        : of.k === "list"
          ? ofList(call, decode)
          : decode(call.but({ self: of, args: args.only(encoding) }));
    if (coded !== null) return coded;
    if (of.k === "list" || of.k === "dict") return textValue(written(of) ?? hole, originsOf(of));
    return of.k === "text"
      ? args.values.length > 1
        ? { ...of, bytes: false }
        : of
      : of.k === "unknown"
        ? textValue(hole, originsOf(of))
        : concatenated([of]);
  },
  bytes,
  bytearray: (call) => {
    // It can be changed in place: a list of numbers, then.
    const size = call.args.get(0);
    if (size === null) return listValue([]);
    if (size.k === "number")
      return listValue(Array.from({ length: Math.max(0, Math.min(4096, size.n)) }, () => numberValue(0)));
    const of = bytes(call);
    const items = of?.k === "text" && of.text.length <= 16_384 ? itemsOf(of, "python") : null;
    return items === null ? of : listValue(items, false, of?.from ?? noOrigins);
  },
  memoryview: sameText,
  int: number,
  float: ({ args }) => (args.at(0).k === "number" ? args.at(0) : unknownFrom(args.origins)),
  "shlex.quote": sameText,
  "shlex.split": ({ args }) => {
    const of = args.at(0);
    return of.k === "text"
      ? listValue(
          of.text
            .trim()
            .split(/\s+/)
            .map((each) => textValue(each.replace(/^["']|["']$/g, ""), of.from)),
        )
      : listValue([], true, originsOf(of));
  },
  "shlex.join": ({ args }) =>
    concatenated([
      textValue(""),
      ...(itemsOf(args.at(0), "python") ?? []).flatMap((each, index) =>
        index === 0 ? [each] : [textValue(" "), each],
      ),
    ]),
};
