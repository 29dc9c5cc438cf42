/** Calls of JavaScript that only compute: folded where what they are given is known. */
import { fromBase64, fromHex, percentDecoded, toBase64, toHex, unpacked, utf8Decoded, utf8Encoded } from "../decode.ts";
import {
  anyOf,
  asText,
  hole,
  instanceValue,
  isWhole,
  joinDisguise,
  joinOrigins,
  listValue,
  mapValue,
  numberValue,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import type { Fold, OutsideCall } from "./call.ts";
import { javaScriptPatterns, splitByPattern } from "./javascript-pattern.ts";
import { concatenated, itemsOf, sliceOf, truthOf } from "./operate.ts";
import { plain } from "./python-text.ts";

function selfText(change: (text: string, call: OutsideCall) => string | null, how?: string): Fold {
  return (call) => {
    const { self } = call;
    if (self === null) return null;
    return mapValue(self, (one) => {
      if (one.k !== "text" || !isWhole(one.text)) return unknownFrom(originsOf(one));
      const made = change(one.text, call);
      return made === null
        ? unknownFrom(one.from)
        : textValue(made, one.from, how === undefined ? one.disguise : joinDisguise(one.disguise, [how]), one.bytes);
    });
  };
}

export function argumentText(change: (text: string) => string | null, how: string): Fold {
  return ({ args }) =>
    mapValue(args.at(0), (one) => {
      if (one.k !== "text" || !isWhole(one.text)) return unknownFrom(originsOf(one));
      const made = change(one.text);
      return made === null ? unknownFrom(one.from) : textValue(made, one.from, joinDisguise(one.disguise, [how]));
    });
}

const n = (value: Value | null, fallback: number): number => (value?.k === "number" ? value.n : fallback);

const slice = (call: OutsideCall): Value | null => {
  const { self } = call;
  if (self === null) return null;
  return sliceOf(self, [call.args.get(0), call.args.get(1), null]);
};

const joined: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "list") return null;
  const separator = call.args.get(0) ?? textValue(",");
  const glue = asText(separator);
  const parts = self.items.flatMap((each, index) => (index === 0 || glue === "" ? [each] : [separator, each]));
  if (self.open) parts.push(textValue(hole, self.from));
  const made = parts.length === 0 ? textValue("") : concatenated(parts);
  return made.k === "text" && glue === "" && self.items.length > 1
    ? { ...made, disguise: joinDisguise(made.disguise, ["joined"]) }
    : made;
};

const split: Fold = (call) => {
  const { self } = call;
  if (self?.k !== "text") return null;
  const separator = call.args.get(0);
  if (!isWhole(self.text) || (separator !== null && separator.k !== "text")) return listValue([self], true, self.from);
  const parts =
    separator === null ? [self.text] : separator.k === "text" ? self.text.split(separator.text) : [self.text];
  return listValue(
    parts.slice(0, 4096).map((each) => textValue(each, self.from, self.disguise)),
    false,
    self.from,
  );
};

const mapped: Fold = (call) => {
  const [fn] = call.args.values;
  if (call.self === null || fn === undefined) return null;
  const items = itemsOf(call.self, "javascript");
  if (items === null || items.length > 2048) {
    const one =
      call.self.k === "list" && call.self.items.length > 0 ? anyOf(call.self.items) : unknownFrom(originsOf(call.self));
    return listValue([call.call(fn, [one, unknown])], true, originsOf(call.self));
  }
  const made = items.map((each, index) => call.call(fn, [each, numberValue(index), call.self ?? unknown]));
  return listValue(
    call.name.endsWith("flatMap") ? made.flatMap((each) => (each.k === "list" ? each.items : [each])) : made,
    false,
    call.self.from,
  );
};

const filtered: Fold = (call) => {
  const [fn] = call.args.values;
  if (call.self === null || fn === undefined) return null;
  const items = itemsOf(call.self, "javascript");
  if (items === null || items.length > 2048) {
    call.call(fn, [
      call.self.k === "list" && call.self.items.length > 0 ? anyOf(call.self.items) : unknownFrom(originsOf(call.self)),
    ]);
    return call.self;
  }
  return listValue(
    items.filter((each, index) => truthOf(call.call(fn, [each, numberValue(index)])) !== false),
    false,
    call.self.from,
  );
};

const reduced: Fold = (call) => {
  const [fn, first] = call.args.values;
  const items = call.self === null ? null : itemsOf(call.self, "javascript");
  if (fn === undefined || items === null || items.length > 1024) return null;
  const turned = call.name.endsWith("Right") ? [...items].reverse() : items;
  return (
    turned.reduce<Value | null>(
      (total, each, index) => (total === null ? each : call.call(fn, [total, each, numberValue(index)])),
      first ?? null,
    ) ?? unknown
  );
};

const codes: Fold = ({ args }) => {
  const parts = args.values.map((each) =>
    each.k === "number" && each.n >= 0 && each.n <= 0x10ffff ? String.fromCodePoint(Math.trunc(each.n)) : hole,
  );
  const text = parts.join("");
  return text === hole || args.open ? unknownFrom(args.origins) : textValue(text, args.origins, ["chr"]);
};

const buffer: Fold = ({ args }) => {
  const of = args.at(0);
  const encoding = asText(args.at(1)).toLowerCase();
  if (of.k === "list") {
    const bytes = of.items.map((each) => (each.k === "number" ? each.n & 0xff : -1));
    return bytes.includes(-1)
      ? unknownFrom(originsOf(of))
      : textValue(String.fromCharCode(...bytes), of.from, ["bytes"], true);
  }
  if (of.k !== "text" || !isWhole(of.text)) return unknownFrom(originsOf(of));
  if (encoding.startsWith("base64"))
    return textValue(fromBase64(of.text) ?? hole, of.from, joinDisguise(of.disguise, ["base64"]), true);
  if (encoding === "hex") return textValue(fromHex(of.text) ?? hole, of.from, joinDisguise(of.disguise, ["hex"]), true);
  return textValue(
    encoding === "latin1" || encoding === "binary" ? of.text : utf8Encoded(of.text),
    of.from,
    of.disguise,
    true,
  );
};

const toText: Fold = (call) => {
  const { self } = call;
  if (self === null) return null;
  const encoding = asText(call.args.at(0)).toLowerCase();
  if (self.k === "number")
    return textValue(self.n.toString(Math.min(36, Math.max(2, n(call.args.get(0), 10)))), self.from);
  if (self.k !== "text" || !isWhole(self.text) || !self.bytes)
    return self.k === "text" ? self : unknownFrom(originsOf(self));
  if (encoding.startsWith("base64") || encoding === "hex") {
    const index = call.emit({
      kind: "encode",
      target: encoding,
      from: self.from,
      data: utf8Decoded(self.text).slice(0, 4000),
    });
    return textValue(
      encoding === "hex" ? toHex(self.text) : toBase64(self.text),
      joinOrigins([index], self.from),
      self.disguise,
    );
  }
  return textValue(
    encoding === "latin1" || encoding === "binary" ? self.text : utf8Decoded(self.text),
    self.from,
    self.disguise,
  );
};

const push: Fold = (call) => {
  if (call.self?.k !== "list") return null;
  if (call.name.endsWith("unshift")) call.self.items.unshift(...call.args.values);
  else call.self.items.push(...call.args.values);
  if (call.args.open) call.self.open = true;
  return numberValue(call.self.items.length);
};

const paths: Fold = ({ args, name }) => {
  const parts: Value[] = [];
  for (const each of args.values) {
    if (name.endsWith("resolve") && asText(each).startsWith("/")) parts.length = 0;
    if (parts.length > 0) parts.push(textValue("/"));
    parts.push(each);
  }
  return parts.length === 0 ? textValue(".") : concatenated(parts);
};

const object =
  (which: "keys" | "values" | "entries"): Fold =>
  ({ args }) => {
    const of = args.at(0);
    if (of.k !== "dict") return listValue([unknownFrom(originsOf(of))], true, originsOf(of));
    return listValue(
      [...of.entries].map(([key, value]) =>
        which === "keys" ? textValue(key) : which === "values" ? value : listValue([textValue(key), value]),
      ),
      of.open,
      of.from,
    );
  };

const json: Fold = ({ args }) => {
  const of = args.at(0);
  if (of.k !== "text" || !isWhole(of.text) || of.text.length > 65_536) return unknownFrom(originsOf(of));
  try {
    return plain(JSON.parse(of.text), of, 6);
  } catch {
    // It is no JSON: nothing is known of what comes out.
    return unknownFrom(of.from);
  }
};

export const same: Fold = (call) => call.self ?? call.args.at(0);

export const javaScriptTexts: Readonly<Record<string, Fold>> = {
  ...javaScriptPatterns,
  "str#split": (call) => (call.args.at(0).k === "instance" ? splitByPattern(call) : null) ?? split(call),
  "list#join": joined,
  "list#reverse": (call) =>
    call.self?.k === "list"
      ? listValue(
          [...call.self.items]
            .reverse()
            .map((each) =>
              each.k === "text" ? { ...each, disguise: joinDisguise(each.disguise, ["reversed"]) } : each,
            ),
          call.self.open,
          call.self.from,
        )
      : null,
  "list#map": mapped,
  "list#flatMap": mapped,
  "list#forEach": mapped,
  "list#filter": filtered,
  "list#some": (call) => (mapped(call), unknown),
  "list#every": (call) => (mapped(call), unknown),
  "list#reduce": reduced,
  "list#reduceRight": reduced,
  "list#concat": (call) => {
    if (call.self?.k !== "list") return null;
    const others = call.args.values.flatMap((each) => (each.k === "list" ? each.items : [each]));
    return listValue(
      [...call.self.items, ...others],
      call.self.open || call.args.values.some((each) => each.k === "unknown"),
      call.self.from,
    );
  },
  "list#push": push,
  "list#unshift": push,
  "list#slice": slice,
  "list#pop": (call) => (call.self?.k === "list" ? (call.self.items.at(-1) ?? null) : null),
  "list#at": (call) => (call.self?.k === "list" ? (call.self.items.at(n(call.args.get(0), 0)) ?? null) : null),
  "list#flat": (call) =>
    call.self?.k === "list"
      ? listValue(
          call.self.items.flatMap((each) => (each.k === "list" ? each.items : [each])),
          call.self.open,
          call.self.from,
        )
      : null,
  "list#toString": joined,
  "str#slice": slice,
  "str#substring": slice,
  "str#substr": (call) =>
    call.self === null
      ? null
      : sliceOf(call.self, [
          call.args.get(0),
          call.args.get(1) === null ? null : numberValue(n(call.args.get(0), 0) + n(call.args.get(1), 0)),
          null,
        ]),
  "str#charAt": selfText((text, { args }) => text.charAt(n(args.get(0), 0))),
  "str#at": selfText((text, { args }) => text.at(n(args.get(0), 0)) ?? ""),
  "str#charCodeAt": (call) =>
    call.self?.k === "text" && isWhole(call.self.text)
      ? numberValue(call.self.text.charCodeAt(n(call.args.get(0), 0)), call.self.from)
      : null,
  "str#codePointAt": (call) =>
    call.self?.k === "text" && isWhole(call.self.text)
      ? numberValue(call.self.text.codePointAt(n(call.args.get(0), 0)) ?? 0, call.self.from)
      : null,
  "str#toLowerCase": selfText((text) => text.toLowerCase()),
  "str#toUpperCase": selfText((text) => text.toUpperCase()),
  "str#trim": selfText((text) => text.trim()),
  "str#trimEnd": selfText((text) => text.trimEnd()),
  "str#trimStart": selfText((text) => text.trimStart()),
  "str#repeat": selfText((text, { args }) =>
    text.length * n(args.get(0), 0) < 65_536 ? text.repeat(Math.max(0, n(args.get(0), 0))) : null,
  ),
  "str#concat": (call) => concatenated([call.self ?? unknown, ...call.args.values]),
  "str#padStart": same,
  "str#padEnd": same,
  "str#normalize": same,
  "str#toString": same,
  "str#valueOf": same,
  "bytes#toString": toText,
  "number#toString": toText,
  "bytes#slice": slice,
  "bytes#subarray": slice,
  "bytes#buffer": same,
  "String.fromCharCode": codes,
  "String.fromCodePoint": codes,
  "String.raw": same,
  String: ({ args }) => (args.at(0).k === "text" ? args.at(0) : concatenated([args.at(0)])),
  Number: ({ args }) => (args.at(0).k === "text" ? numberValue(Number(asText(args.at(0)))) : args.at(0)),
  parseInt: ({ args }) => {
    const of = args.at(0);
    const value =
      of.k === "text" && isWhole(of.text)
        ? Number.parseInt(of.text, n(args.get(1), 10))
        : of.k === "number"
          ? Math.trunc(of.n)
          : Number.NaN;
    return Number.isNaN(value) ? unknownFrom(args.origins) : numberValue(value, args.origins);
  },
  "Math.floor": ({ args }) => (args.at(0).k === "number" ? numberValue(Math.floor(n(args.at(0), 0))) : null),
  atob: argumentText(fromBase64, "base64"),
  btoa: (call) => {
    const of = call.args.at(0);
    const text = of.k === "text" && isWhole(of.text) ? of.text : null;
    const index = call.emit({
      kind: "encode",
      target: "base64",
      from: originsOf(of),
      data: text?.slice(0, 4000) ?? null,
    });
    return text === null
      ? unknownFrom(joinOrigins([index], originsOf(of)))
      : textValue(toBase64(utf8Encoded(text)), joinOrigins([index], of.from));
  },
  decodeURI: argumentText(percentDecoded, "percent"),
  unescape: argumentText(
    (text) =>
      percentDecoded(
        text.replace(/%u([0-9a-fA-F]{4})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      ),
    "percent",
  ),
  encodeURI: same,
  "Buffer.from": buffer,
  Buffer: buffer,
  "Buffer.concat": ({ args }) =>
    args.at(0).k === "list"
      ? concatenated((itemsOf(args.at(0), "javascript") ?? [unknownFrom(args.origins)]).slice())
      : unknownFrom(args.origins),
  Uint8Array: buffer,
  "Uint8Array.from": buffer,
  TextDecoder: () => instanceValue("TextDecoder"),
  "TextDecoder#decode": (call) =>
    call.args.at(0).k === "text"
      ? toText(call.but({ self: call.args.at(0), args: call.args.rest }))
      : unknownFrom(call.args.origins),
  "zlib.inflate": argumentText((text) => unpacked(text, "zlib"), "zlib"),
  "zlib.gunzip": argumentText((text) => unpacked(text, "gzip"), "gzip"),
  "zlib.unzip": argumentText((text) => unpacked(text, "gzip"), "gzip"),
  "zlib.inflateRaw": argumentText((text) => unpacked(text, "raw"), "zlib"),
  "Array.from": (call) => {
    const items = itemsOf(call.args.at(0), "javascript");
    const list = items === null ? listValue([], true, call.args.origins) : listValue(items);
    const fn = call.args.get(1);
    return fn === null ? list : mapped(call.but({ name: "list#map", self: list, args: call.args.rest }));
  },
  "Array.of": ({ args }) => listValue(args.values, args.open),
  Array: ({ args }) => listValue(args.values.length === 1 && args.at(0).k === "number" ? [] : args.values, args.open),
  "Object.keys": object("keys"),
  "Object.values": object("values"),
  "Object.entries": object("entries"),
  "Object.assign": ({ args }) => {
    const entries = args.values.flatMap((each) => (each.k === "dict" ? [...each.entries] : []));
    return {
      k: "dict",
      entries: new Map(entries),
      open: args.values.some((each) => each.k !== "dict"),
      from: args.origins,
    };
  },
  "Object.freeze": same,
  "JSON.parse": (call) => {
    // What revives the values of a text is given whatever stands in the text.
    const reviver = call.args.get(1);
    if (reviver?.k === "function")
      call.call(reviver, [unknown, unknownFrom([call.emit({ kind: "input", target: "text", tags: ["revived"] })])]);
    return json(call);
  },
  "JSON.stringify": ({ args }) => unknownFrom(args.origins),
  structuredClone: same,
  "path.join": paths,
  "path.resolve": paths,
  "path.normalize": same,
  "path.dirname": argumentText((text) => text.split("/").slice(0, -1).join("/") || ".", "path"),
  "path.basename": argumentText((text) => text.split("/").at(-1) ?? "", "path"),
  "url.fileURLToPath": same,
  URL: ({ args }) =>
    instanceValue("URL", args.origins, [
      [
        "path",
        args.values.length > 1 && asText(args.at(0)).startsWith("/")
          ? concatenated([args.at(1), args.at(0)])
          : args.at(0),
      ],
    ]),
  "util.promisify": same,
  "util.callbackify": same,
  "util.format": ({ args }) =>
    concatenated(args.values.flatMap((each, index) => (index === 0 ? [each] : [textValue(" "), each]))),
};
