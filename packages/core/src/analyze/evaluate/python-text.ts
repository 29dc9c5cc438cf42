/** Calls of Python that make one text of another: folded where what they are given is known. */
import {
  fromBase32,
  fromBase64,
  fromBase85,
  fromHex,
  percentDecoded,
  rot13,
  toBase64,
  toHex,
  unpacked,
  utf8Decoded,
  utf8Encoded,
} from "../decode.ts";
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
} from "../value.ts";
import type { Fold, OutsideCall } from "./call.ts";
import { concatenated, itemsOf } from "./operate.ts";

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

const format: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "text") return null;
  const parts: Value[] = [];
  let last = 0;
  let index = 0;
  for (const match of self.text.matchAll(/\{\{|\}\}|\{([^{}:!]*)(?:![rsa])?(?::([^{}]*))?\}/g)) {
    parts.push(textValue(self.text.slice(last, match.index), self.from, self.disguise));
    last = match.index + match[0].length;
    if (match[0] === "{{" || match[0] === "}}") parts.push(textValue(match[0][0] ?? ""));
    else {
      const [, name = "", spec = ""] = match;
      const base = /^[^.[]*/.exec(name)?.[0] ?? "";
      let value =
        base === ""
          ? call.args.values[index++]
          : /^\d+$/.test(base)
            ? call.args.values[Number(base)]
            : call.args.named.get(base);
      if (base.length < name.length) value = undefined;
      if (value?.k === "number" && spec === "c")
        value = textValue(String.fromCodePoint(Math.max(0, Math.min(0x10ffff, value.n))), value.from, ["chr"]);
      parts.push(value ?? unknownFrom(call.args.origins));
    }
  }
  parts.push(textValue(self.text.slice(last), self.from, self.disguise));
  return concatenated(parts);
};

const chr: Fold = ({ args }) =>
  mapValue(args.at(0), (one) =>
    one.k === "number" && one.n >= 0 && one.n <= 0x10ffff
      ? textValue(String.fromCodePoint(Math.trunc(one.n)), one.from, ["chr"])
      : textValue(hole, originsOf(one), ["chr"]),
  );

const bytes: Fold = ({ args }) => {
  const of = args.at(0);
  if (of.k === "list" && of.items.length > 0) {
    const codes = of.items.map((each) => (each.k === "number" ? each.n & 0xff : -1));
    if (!codes.includes(-1)) return textValue(String.fromCharCode(...codes), of.from, ["bytes"], true);
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
  if (/utf-?16/.test(encoding))
    return textValue(
      Buffer.from(self.text, "latin1").toString("utf16le"),
      self.from,
      joinDisguise(self.disguise, ["utf-16"]),
    );
  if (/escape/.test(encoding))
    return textValue(
      self.text.replace(/\\x([0-9a-fA-F]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      self.from,
      joinDisguise(self.disguise, ["escapes"]),
    );
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
  const kind = asText(call.args.at(1, "encoding"));
  if (of.k !== "text" || !isWhole(of.text)) return unknownFrom(originsOf(of));
  const made = /rot_?13/i.test(kind)
    ? rot13(of.text)
    : /hex/i.test(kind)
      ? fromHex(of.text)
      : /base64/i.test(kind)
        ? fromBase64(of.text)
        : utf8Decoded(of.text);
  const how = /rot_?13/i.test(kind) ? "rot13" : /hex/i.test(kind) ? "hex" : /base64/i.test(kind) ? "base64" : "bytes";
  return made === null
    ? unknownFrom(of.from)
    : textValue(made, of.from, joinDisguise(of.disguise, [how]), !/rot/i.test(kind) && of.bytes);
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
    .map((each) => asText(map.entries.get(String(each.codePointAt(0))) ?? map.entries.get(each) ?? textValue(each)))
    .join("");
  return textValue(text, self.from, joinDisguise(self.disguise, ["translated"]));
};

const translation: Fold = ({ args }) => {
  const [from, to] = [args.at(0), args.at(1)];
  if (from.k === "dict") return from;
  if (from.k !== "text" || to.k !== "text") return null;
  return {
    k: "dict",
    entries: new Map(Array.from(from.text).map((each, index) => [each, textValue(to.text[index] ?? "")])),
    open: false,
    from: noOrigins,
  };
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

const sameText: Fold = (call) => call.self ?? call.args.at(0);

export const pythonTexts: Readonly<Record<string, Fold>> = {
  "str#join": join,
  "bytes#join": join,
  "str#format": format,
  "str#format_map": (call) => (call.self?.k === "text" ? unknownFrom(call.args.origins) : null),
  "str#lower": onText((text) => text.toLowerCase()),
  "str#upper": onText((text) => text.toUpperCase()),
  "str#swapcase": onText(
    (text) =>
      Array.from(text)
        .map((each) => (each === each.toLowerCase() ? each.toUpperCase() : each.toLowerCase()))
        .join(""),
    "case",
  ),
  "str#title": onText((text) => text),
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
  "html.unescape": decoded((text) => text, "html"),
  "json.dumps": (call) => unknownFrom(call.args.origins),
  "json.loads": (call) => parsedJson(call),
  "ast.literal_eval": (call) => unknownFrom(call.args.origins),
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
  str: ({ args }) => {
    const of = args.get(0);
    if (of === null) return textValue("");
    return of.k === "text"
      ? args.values.length > 1
        ? { ...of, bytes: false }
        : of
      : of.k === "unknown" || of.k === "list" || of.k === "dict"
        ? textValue(hole, originsOf(of))
        : concatenated([of]);
  },
  repr: ({ args }) => textValue(hole, args.origins),
  bytes,
  bytearray: bytes,
  memoryview: sameText,
  int: number,
  float: ({ args }) => (args.at(0).k === "number" ? args.at(0) : unknownFrom(args.origins)),
  hex: ({ args }) =>
    args.at(0).k === "number"
      ? textValue(`0x${Math.trunc((args.at(0) as { n: number }).n).toString(16)}`)
      : unknownFrom(args.origins),
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
