/** Functions of Python's library that make bytes or texts of numbers, and the other way round. */
import { fromUu } from "../decode.ts";
import {
  asText,
  isWhole,
  joinDisguise,
  joinOrigins,
  listValue,
  mapValue,
  originsOf,
  textValue,
  unknownFrom,
  type Value,
  wholeNumber,
  wholeOf,
} from "../value.ts";
import type { Fold } from "./call.ts";
import { itemsOf } from "./operate.ts";

/** Bytes and digits that one number may have. */
const mostBytes = 64 * 1024;

/** The size and kind of each letter of a format. */
const sizes: Readonly<Record<string, number>> = {
  b: 1,
  B: 1,
  "?": 1,
  c: 1,
  h: 2,
  H: 2,
  i: 4,
  I: 4,
  l: 4,
  L: 4,
  q: 8,
  Q: 8,
  n: 8,
  N: 8,
  f: 4,
  d: 8,
};

interface Field {
  readonly letter: string;
  readonly count: number;
}

function fieldsOf(format: string): { readonly isBig: boolean; readonly fields: readonly Field[] } | null {
  if (!/^[@=<>!]?(\d{0,5}[a-zA-Z?]\s*)*$/.test(format)) return null;
  const fields = [...format.matchAll(/(\d*)([a-zA-Z?])/g)].map(
    ([, count = "", letter = ""]): Field => ({ letter, count: count === "" ? 1 : Number(count) }),
  );
  return { isBig: /^[>!]/.test(format), fields };
}

/** A whole number as bytes; `null` where it is too large. */
export function bytesOf(n: bigint, size: number, isBig: boolean): string | null {
  if (size < 0 || size > mostBytes) return null;
  const hex = BigInt.asUintN(size * 8, n)
    .toString(16)
    .padStart(size * 2, "0");
  const bytes = Buffer.from(size === 0 ? "" : hex, "hex");
  return (isBig ? bytes : bytes.reverse()).toString("latin1");
}

function numberOf(bytes: string, isBig: boolean, isSigned: boolean): Value {
  const buffer = Buffer.from(bytes, "latin1");
  const hex = (isBig ? buffer : buffer.reverse()).toString("hex");
  const whole = hex === "" ? 0n : BigInt(`0x${hex}`);
  return wholeNumber(isSigned ? BigInt.asIntN(Math.max(1, bytes.length * 8), whole) : whole);
}

const pack: Fold = ({ args }) => {
  const form = fieldsOf(asText(args.at(0)));
  if (form === null) return unknownFrom(args.origins);
  const values = args.values.slice(1);
  let at = 0;
  let out = "";
  for (const { letter, count } of form.fields) {
    if (letter === "x") out += "\0".repeat(count);
    else if (letter === "s" || letter === "p") {
      const text = values[at++];
      if (text?.k !== "text") return unknownFrom(args.origins);
      out += text.text.slice(0, count).padEnd(count, "\0");
    } else
      for (let each = 0; each < count; each += 1) {
        const value = values[at++];
        const whole =
          value === undefined ? null : value.k === "text" ? BigInt(value.text.charCodeAt(0)) : wholeOf(value);
        const bytes = whole === null ? null : bytesOf(whole, sizes[letter] ?? 0, form.isBig);
        if (bytes === null || sizes[letter] === undefined || letter === "f" || letter === "d" || out.length > mostBytes)
          return unknownFrom(args.origins);
        out += bytes;
      }
  }
  return textValue(out, args.origins, ["bytes"], true);
};

const unpack: Fold = ({ args }) => {
  const form = fieldsOf(asText(args.at(0)));
  const of = args.at(1);
  if (form === null || of.k !== "text" || !isWhole(of.text)) return unknownFrom(args.origins);
  const found: Value[] = [];
  let at = 0;
  for (const { letter, count } of form.fields) {
    if (letter === "x") at += count;
    else if (letter === "s" || letter === "p") {
      found.push(textValue(of.text.slice(at, at + count), of.from, of.disguise, true));
      at += count;
    } else
      for (let each = 0; each < count && found.length < 4096; each += 1) {
        const size = sizes[letter] ?? 1;
        const part = of.text.slice(at, at + size);
        found.push(
          letter === "c"
            ? textValue(part, of.from, of.disguise, true)
            : numberOf(part, form.isBig, /[a-z]/.test(letter)),
        );
        at += size;
      }
  }
  return listValue(found, false, of.from);
};

const toBytes: Fold = (call) => {
  const own = call.self?.k === "number";
  const of = own ? (call.self ?? call.args.at(0)) : call.args.at(0);
  const size = call.args.get(own ? 0 : 1, "length");
  const order = asText(call.args.get(own ? 1 : 2, "byteorder") ?? textValue("big"));
  const whole = wholeOf(of);
  const length = size === null ? 1 : size.k === "number" ? size.n : -1;
  const bytes = whole === null ? null : bytesOf(whole, length, order === "big");
  return bytes === null ? unknownFrom(originsOf(of)) : textValue(bytes, originsOf(of), ["bytes"], true);
};

const fromBytes: Fold = ({ args }) => {
  const of = args.at(0, "bytes");
  const text = of.k === "text" ? of.text : null;
  if (text === null || !isWhole(text) || text.length > mostBytes) return unknownFrom(args.origins);
  return { ...numberOf(text, asText(args.get(1, "byteorder") ?? textValue("big")) === "big", false), from: of.from };
};

/** Each of these takes a text and gives bytes of it. */
function packedAs(change: (text: string) => string | null): Fold {
  return ({ args }) =>
    mapValue(args.at(0), (one) => {
      const made = one.k === "text" && isWhole(one.text) ? change(one.text) : null;
      return made === null || one.k !== "text"
        ? unknownFrom(originsOf(one))
        : textValue(made, one.from, joinDisguise(one.disguise, ["bytes"]), true);
    });
}

const address = (text: string): string | null => {
  const parts = text.split(".").map(Number);
  return parts.length === 4 && parts.every((each) => each >= 0 && each < 256) ? String.fromCharCode(...parts) : null;
};

const uuid = (text: string): string | null => {
  const hex = text.replace(/[-{}]|urn:uuid:/g, "");
  return /^[0-9a-fA-F]{32}$/.test(hex) ? Buffer.from(hex, "hex").toString("latin1") : null;
};

export const pythonBytes: Readonly<Record<string, Fold>> = {
  "struct.pack": pack,
  "struct.unpack": unpack,
  "number#to_bytes": toBytes,
  "int.to_bytes": toBytes,
  "int.from_bytes": fromBytes,
  "socket.inet_aton": packedAs(address),
  "ipaddress.v4_int_to_packed": (call) => toBytes(call.but({ args: call.args.only(call.args.at(0)) })),
  "binascii.a2b_uu": packedAs(fromUu),
  "array.array": ({ args }) => {
    const items = itemsOf(args.at(1), "python");
    return items === null ? unknownFrom(args.origins) : listValue(items, false, joinOrigins(args.origins, []));
  },
  "uuid.UUID": (call) => {
    const bytes = packedAs(uuid)(call);
    const text = bytes?.k === "text" ? bytes : null;
    return text === null
      ? unknownFrom(call.args.origins)
      : {
          k: "instance",
          type: "uuid.UUID",
          of: null,
          from: text.from,
          fields: new Map<string, Value>([
            ["bytes", text],
            ["hex", textValue(Buffer.from(text.text, "latin1").toString("hex"), text.from)],
            ["path", call.args.at(0)],
          ]),
        };
  },
  "ipaddress.ip_address": (call) => addressObject(call.args.at(0), packedAs(address)(call)),
  "ipaddress.IPv4Address": (call) => addressObject(call.args.at(0), packedAs(address)(call)),
};

function addressObject(of: Value, packed: Value | null): Value {
  return packed?.k === "text"
    ? {
        k: "instance",
        type: "ipaddress.IPv4Address",
        of: null,
        from: packed.from,
        fields: new Map<string, Value>([
          ["packed", packed],
          ["path", of],
        ]),
      }
    : unknownFrom(originsOf(of));
}
