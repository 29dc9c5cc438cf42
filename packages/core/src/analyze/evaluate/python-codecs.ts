/** What Python's less known codecs make of bytes. */
import { fromQuotedPrintable, fromUu, unpacked } from "../decode.ts";

export function utf16(bytes: string, encoding: string): string {
  const buffer = Buffer.from(bytes.length % 2 === 0 ? bytes : bytes.slice(0, -1), "latin1");
  const isBig = /be$/.test(encoding) || bytes.startsWith("\xfe\xff");
  return (isBig ? buffer.swap16() : buffer).toString("utf16le").replace(/^\ufeff/, "");
}

/** What the less known codecs make of bytes; `null` for a codec that is none of them. */
export function ofEncoding(
  text: string,
  encoding: string,
): { readonly text: string; readonly how: string; readonly bytes: boolean } | null {
  const made = (out: string | null, how: string, bytes: boolean) => (out === null ? null : { text: out, how, bytes });
  if (/^uu/.test(encoding)) return made(fromUu(text), "bytes", true);
  if (/^zlib|^zip/.test(encoding)) return made(unpacked(text, "zlib"), "zlib", true);
  if (/^(quopri|quoted)/.test(encoding)) return made(fromQuotedPrintable(text), "escapes", true);
  if (/utf-?7/.test(encoding))
    return made(
      text.replace(/\+([A-Za-z0-9+/]*)-?/g, (_whole, part: string) =>
        part === "" ? "+" : utf16(Buffer.from(part, "base64").toString("latin1"), "be"),
      ),
      "escapes",
      false,
    );
  if (/utf-?32/.test(encoding)) {
    const buffer = Buffer.from(text, "latin1");
    let out = "";
    for (let at = 0; at + 4 <= buffer.length; at += 4) {
      const code = /be$/.test(encoding) ? buffer.readUInt32BE(at) : buffer.readUInt32LE(at);
      if (code <= 0x10ffff && code !== 0xfeff) out += String.fromCodePoint(code);
    }
    return made(out, "utf-16", false);
  }
  return null;
}
