/**
 * JSON as this door accepts it: UTF-8, not too deep, no key twice in one object, no key that means something to
 * JavaScript itself. Two parsers that read one body differently are how checks are walked around.
 */
import { HsrError, httpLimits } from "@hsr/contract";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const poison: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

export function parseStrictJson(bytes: Uint8Array): unknown {
  if (hasTooManyValues(bytes)) throw new HsrError("invalid_json", { message: "The body has too many values." });
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw new HsrError("invalid_json", { message: "The body is not valid UTF-8.", cause });
  }
  let value: unknown;
  try {
    // V8 parses without recursion, so depth cannot exhaust the stack here; it is bounded below for everything after.
    value = JSON.parse(text);
  } catch (cause) {
    throw new HsrError("invalid_json", { message: "The body is not JSON.", cause });
  }
  checkShape(text);
  return value;
}

/**
 * Counts values before anything is made of them: millions of zeros are a small body and seconds of work. Right for JSON;
 * what is none is refused by the parser that comes after.
 */
function hasTooManyValues(bytes: Uint8Array): boolean {
  let values = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) {
      inString = true;
    } else if (byte === 0x2c || byte === 0x5b || byte === 0x7b) {
      values += 1;
      if (values > httpLimits.json_values.value) return true;
    }
  }
  return false;
}

/** Walks text that is known to be JSON: depth and keys. Strings are skipped at the speed of `indexOf`. */
function checkShape(text: string): void {
  /** Keys of each open object; `null` for an open array. */
  const open: (Set<string> | null)[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charCodeAt(at);
    if (char === 0x7b || char === 0x5b) {
      open.push(char === 0x7b ? new Set() : null);
      if (open.length > httpLimits.json_depth.value)
        throw new HsrError("invalid_json", { message: "The body is nested too deeply." });
    } else if (char === 0x7d || char === 0x5d) {
      open.pop();
    } else if (char === 0x22) {
      const end = closingQuote(text, at);
      const keys = open.at(-1);
      if (keys !== null && keys !== undefined && isKey(text, end + 1)) addKey(keys, text.slice(at, end + 1));
      at = end;
    }
    at += 1;
  }
}

function closingQuote(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** Whether an odd number of backslashes stands before the quote. */
function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes += 1;
  return backslashes % 2 === 1;
}

function isKey(text: string, after: number): boolean {
  let at = after;
  while (/[ \t\r\n]/.test(text.charAt(at))) at += 1;
  return text.charAt(at) === ":";
}

function addKey(keys: Set<string>, quoted: string): void {
  const key = quoted.includes("\\") ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  if (keys.has(key))
    throw new HsrError("invalid_json", { message: "A key stands twice in one object.", field: key.slice(0, 128) });
  if (poison.has(key)) throw new HsrError("invalid_json", { message: "This key is not allowed.", field: key });
  keys.add(key);
}
