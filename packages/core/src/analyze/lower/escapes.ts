/** Escape sequences in string literals. */

const simple: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\x07",
  "0": "\0",
  e: "\x1b",
};

/** Python's, of text or of bytes (where `\u` has no meaning). */
export function unescapePython(text: string, bytes: boolean): string {
  if (!text.includes("\\")) return text;
  return text.replace(
    /\\(?:\r?\n|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|N\{[^}]{1,80}\}|([\s\S]))/g,
    (whole, hex?: string, four?: string, eight?: string, octal?: string, other?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      const wide = four ?? eight;
      if (wide !== undefined) return bytes ? whole : codePoint(Number.parseInt(wide, 16));
      if (other === undefined) return "";
      return "\\'\"".includes(other) ? other : other !== "e" && other in simple ? (simple[other] ?? "") : whole;
    },
  );
}

/** JavaScript's: an escape without a meaning is its character. */
export function unescapeJavaScript(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(
    /\\(?:\r?\n|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|([0-7]{1,3})|([\s\S]))/g,
    (_whole, hex?: string, four?: string, wide?: string, octal?: string, other?: string) => {
      const code = hex ?? four ?? wide;
      if (code !== undefined) return codePoint(Number.parseInt(code, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      if (other === undefined) return "";
      return "ntrbfv".includes(other) ? (simple[other] ?? "") : other;
    },
  );
}

/** Bash's `$'…'`, which `printf` and `echo -e` share. */
export function unescapeShell(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|0?([0-7]{1,3})|([\s\S]))/g,
    (whole, hex?: string, four?: string, wide?: string, octal?: string, other?: string) => {
      const code = hex ?? four ?? wide;
      if (code !== undefined) return codePoint(Number.parseInt(code, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      if (other === undefined) return whole;
      if (other === "E") return "\x1b";
      return other in simple ? (simple[other] ?? "") : "\\'\"?".includes(other) ? other : whole;
    },
  );
}

function codePoint(value: number): string {
  return value <= 0x10ffff ? String.fromCodePoint(value) : "\ufffd";
}
