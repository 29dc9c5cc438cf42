/**
 * Bytes as the text that an interpreter would read: with their byte order mark honoured, in UTF-8 or UTF-16. Signs that make
 * what a person reads something else than what runs are counted on the way.
 */

export interface ReadText {
  readonly text: string;
  /** What it was written in; the last three only where Python says so in its first lines, and `other` is not understood. */
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be" | "utf-7" | "escapes" | "other";
}

export function textOf(bytes: Uint8Array, isPython = false): ReadText {
  const encoding = encodingOf(bytes);
  // Shells pass over zeros, and nobody else reads a text that has some.
  const text = new TextDecoder(encoding).decode(bytes).replaceAll("\0", "");
  if (encoding !== "utf-8") return { text, encoding };
  const declared = isPython ? declaredEncoding(text) : null;
  if (declared === null || /^(utf-?8(-sig)?|u8|cp65001|ascii|us-ascii)$/.test(declared)) return { text, encoding };
  if (/^(utf-?7|u7|unicode-1-1-utf-7)$/.test(declared)) return { text: fromUtf7(text), encoding: "utf-7" };
  if (/^(raw-)?unicode-?escape$/.test(declared)) return { text: unescaped(text), encoding: "escapes" };
  const label = declared.replace(/^(iso-)?latin-?(\d+)(-unix)?$/, "latin$2").replace(/^mac-?roman$/, "macintosh");
  try {
    // Those that every reader knows have letters where ASCII has them.
    return { text: new TextDecoder(label).decode(bytes), encoding };
  } catch {
    return { text, encoding: "other" };
  }
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|x([0-9a-f]{2}))/gi, (_whole, u, w, x) => {
    const code = Number.parseInt(String(u ?? w ?? x), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  });
}

/** By its mark; and where every second byte of the beginning is zero, without one. */
export function encodingOf(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const sample = Math.min(bytes.length & ~1, 1024);
  if (sample < 4) return "utf-8";
  const zeros = [0, 0];
  for (let at = 0; at < sample; at += 1) if (bytes[at] === 0) zeros[at & 1] = (zeros[at & 1] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > sample * 0.35 && even < sample * 0.05) return "utf-16le";
  return even > sample * 0.35 && odd < sample * 0.05 ? "utf-16be" : "utf-8";
}

/** The encoding that Python takes from its first two lines. */
function declaredEncoding(text: string): string | null {
  const lines = text.slice(0, 400).split(/\r\n|\r|\n/, 2);
  for (const line of lines) {
    const found = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/.exec(line)?.[1];
    if (found !== undefined) return found.toLowerCase().replaceAll("_", "-");
    if (!/^[ \t\f]*(#|$)/.test(line)) return null;
  }
  return null;
}

/** `+AG8-` as the characters that it stands for. */
export function fromUtf7(text: string): string {
  return text.replace(/\+([A-Za-z0-9+/]*)-?/g, (whole, base: string) => {
    if (base === "") return whole.startsWith("+-") ? "+" : whole;
    const bytes = Buffer.from(base, "base64");
    let out = "";
    for (let at = 0; at + 1 < bytes.length; at += 2) out += String.fromCharCode(bytes.readUInt16BE(at));
    return out;
  });
}

/** Signs that turn the order of what is shown around (a comment that looks like code, and code that looks like one). */
const bidi = /[\u202a-\u202e\u2066-\u2069]/;
/** Signs that are not seen at all within words. */
const invisible = /[\w]([\u200b-\u200d\u2060\u00ad\ufeff\u180e\u3164\uffa0\u{e0000}-\u{e007f}])[\w]?/u;
/** Letters that are blanks, outside of the script that they fill. */
const blank = /(?<![\p{Script=Hangul}])[\u3164\uffa0\u115f\u1160](?!\p{Script=Hangul})/u;
const tags = /(?:[\u{e0020}-\u{e007e}]|\p{Variation_Selector}){8,}/u;

/** Where a text shows something else than what runs: which sign, and at which position. */
export function disguiseIn(text: string): { readonly what: string; readonly at: number } | null {
  const turned = bidi.exec(text);
  if (turned !== null) return { what: "signs that turn the order of what is shown around", at: turned.index };
  const hidden = tags.exec(text) ?? invisible.exec(text) ?? blank.exec(text);
  return hidden === null ? null : { what: "signs that are not seen", at: hidden.index };
}
