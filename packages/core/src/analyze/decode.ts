/** Encodings, as far as constants are folded through them. Text here is one character per byte where it stands for bytes. */
import { gunzipSync, inflateRawSync, inflateSync } from "node:zlib";

/** More than this is not unpacked. */
const mostBytes = 256 * 1024;

/** `null` for what is no base64. */
export function fromBase64(text: string): string | null {
  const clean = text.replace(/\s+/g, "").replace(/-/g, "+").replace(/_/g, "/");
  return /^[A-Za-z0-9+/]*={0,2}$/.test(clean) ? Buffer.from(clean, "base64").toString("latin1") : null;
}

export function toBase64(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("base64");
}

export function fromHex(text: string): string | null {
  const clean = text.replace(/[\s:]+/g, "");
  return /^(?:[0-9a-fA-F]{2})*$/.test(clean) ? Buffer.from(clean, "hex").toString("latin1") : null;
}

export function toHex(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("hex");
}

const base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export function fromBase32(text: string): string | null {
  const clean = text.replace(/\s+/g, "").toUpperCase().replace(/=+$/, "");
  let bits = 0;
  let value = 0;
  let out = "";
  for (const letter of clean) {
    const at = base32Alphabet.indexOf(letter);
    if (at < 0) return null;
    value = ((value << 5) | at) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out += String.fromCharCode((value >> bits) & 0xff);
    }
  }
  return out;
}

/** Base85 as Python's `b85decode` and Ascii85 as `a85decode`. */
export function fromBase85(text: string, kind: "b85" | "a85"): string | null {
  const alphabet =
    kind === "b85"
      ? "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
      : Array.from({ length: 85 }, (_each, index) => String.fromCharCode(33 + index)).join("");
  const clean = text
    .replace(/\s+/g, "")
    .replace(/^<~|~>$/g, "")
    .replace(/z/g, kind === "a85" ? "!!!!!" : "z");
  let out = "";
  for (let at = 0; at < clean.length; at += 5) {
    const chunk = clean.slice(at, at + 5);
    const missing = 5 - chunk.length;
    let value = 0;
    for (const letter of chunk.padEnd(5, alphabet.at(-1) ?? "~")) {
      const digit = alphabet.indexOf(letter);
      if (digit < 0) return null;
      value = value * 85 + digit;
    }
    const bytes = [24, 16, 8, 0].map((shift) => String.fromCharCode(Math.floor(value / 2 ** shift) & 0xff)).join("");
    out += bytes.slice(0, 4 - missing);
  }
  return out;
}

/** Lines as `uuencode` writes them. */
export function fromUu(text: string): string | null {
  let out = "";
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("begin ") || line.startsWith("end")) continue;
    const size = (line.charCodeAt(0) - 32) & 63;
    let part = "";
    for (let at = 1; at < line.length && part.length < size; at += 4) {
      const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((each) => ((line.charCodeAt(at + each) || 32) - 32) & 63);
      part += String.fromCharCode(((a << 2) | (b >> 4)) & 255, ((b << 4) | (c >> 2)) & 255, ((c << 6) | d) & 255);
    }
    out += part.slice(0, size);
  }
  return out;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** Entities of HTML: numbers, and the names that matter in code. */
export function fromHtml(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|([a-z]{2,6}));/g,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return entities[name] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

export function fromQuotedPrintable(text: string): string {
  return text
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9a-fA-F]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

export function rot13(text: string): string {
  return text.replace(/[A-Za-z]/g, (letter) => {
    const base = letter <= "Z" ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}

/** zlib, gzip or raw deflate, bounded. */
export function unpacked(bytes: string, kind: "zlib" | "gzip" | "raw"): string | null {
  const input = Buffer.from(bytes, "latin1");
  const options = { maxOutputLength: mostBytes };
  try {
    const out =
      kind === "zlib"
        ? inflateSync(input, options)
        : kind === "gzip"
          ? gunzipSync(input, options)
          : inflateRawSync(input, options);
    return out.toString("latin1");
  } catch {
    // Damaged, or larger than anything that is followed.
    return null;
  }
}

export function utf8Decoded(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

export function utf8Encoded(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not all of it is UTF-8: byte by byte, then.
    return text.replace(/%([0-9a-fA-F]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}
