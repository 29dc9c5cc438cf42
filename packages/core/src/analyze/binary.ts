/** What bytes are: text, a program of machine code or bytecode, an archive, or data that nobody can read. */
import { isHeader } from "./archive/tar.ts";
import { zipEnd } from "./archive/zip.ts";
import { encodingOf } from "./text.ts";

export type Form =
  | { readonly kind: "text" }
  | { readonly kind: CodeForm }
  | { readonly kind: "wasm"; readonly imports: readonly string[] }
  | { readonly kind: "archive"; readonly what: string }
  /** Neither text nor anything known; `entropy` in bits per byte tells encrypted or packed data from the rest. */
  | { readonly kind: "data"; readonly entropy: number };

/** Machine code and bytecode, beside WebAssembly. */
type CodeForm =
  | "elf"
  | "pe"
  | "mach-o"
  | "java"
  | "dex"
  | "python-bytecode"
  | "lua-bytecode"
  | "llvm-bitcode"
  | "native-library";

/** First bytes as hex, and what they mean. */
const magics: readonly (readonly [string, Form])[] = [
  ["7f454c46", { kind: "elf" }],
  ["cffaedfe", { kind: "mach-o" }],
  ["cefaedfe", { kind: "mach-o" }],
  ["feedface", { kind: "mach-o" }],
  ["feedfacf", { kind: "mach-o" }],
  ["cafebabf", { kind: "mach-o" }],
  ["bfbafeca", { kind: "mach-o" }],
  ["bebafeca", { kind: "mach-o" }],
  ["213c617263683e", { kind: "native-library" }],
  ["1b4c7561", { kind: "lua-bytecode" }],
  ["1b4c4a", { kind: "lua-bytecode" }],
  ["6465780a", { kind: "dex" }],
  ["4243c0de", { kind: "llvm-bitcode" }],
  ["dec0170b", { kind: "llvm-bitcode" }],
  ["504b0304", { kind: "archive", what: "zip" }],
  ["504b0506", { kind: "archive", what: "zip" }],
  ["1f8b", { kind: "archive", what: "gzip" }],
  ["425a68", { kind: "archive", what: "bzip2" }],
  ["fd377a585a00", { kind: "archive", what: "xz" }],
  ["28b52ffd", { kind: "archive", what: "zstd" }],
  ["377abcaf271c", { kind: "archive", what: "7z" }],
  ["526172211a07", { kind: "archive", what: "rar" }],
  ["04224d18", { kind: "archive", what: "lz4" }],
  ["4c5a4950", { kind: "archive", what: "lzip" }],
  ["5d00008000", { kind: "archive", what: "lzma" }],
  ["4d534346", { kind: "archive", what: "cab" }],
  ["303730373031", { kind: "archive", what: "cpio" }],
  ["303730373037", { kind: "archive", what: "cpio" }],
  ["68737173", { kind: "archive", what: "squashfs" }],
];

/** Looked at to tell text from data: enough to be sure, bounded for large files. */
const sampleBytes = 64 * 1024;

export function formOf(bytes: Uint8Array): Form {
  // No program and no archive is text throughout: first bytes alone, before a script, are there to mislead.
  if (isText(bytes)) return { kind: "text" };
  const known = magicOf(bytes);
  if (known !== null) return known;
  if (bytes.length >= 512 && isHeader(bytes.subarray(0, 512))) return { kind: "archive", what: "tar" };
  if (isWideText(bytes)) return { kind: "text" };
  return { kind: "data", entropy: entropyOf(bytes) };
}

function magicOf(bytes: Uint8Array): Form | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString("hex");
  if (head.startsWith("0061736d")) return { kind: "wasm", imports: wasmImports(bytes) };
  if (head.startsWith("4d5a") && isPe(bytes)) return { kind: "pe" };
  // A universal Mach-O and a Java class begin alike; a class has its version where the other counts architectures.
  if (head.startsWith("cafebabe")) return { kind: ((bytes[6] ?? 0) << 8) + (bytes[7] ?? 0) > 42 ? "java" : "mach-o" };
  for (const [magic, form] of magics) if (head.startsWith(magic)) return form;
  return isPythonBytecode(bytes) ? { kind: "python-bytecode" } : null;
}

/** A number for the version of Python, then CR LF: from 3131 on for Python 3, from 50823 to 62211 before it. */
function isPythonBytecode(bytes: Uint8Array): boolean {
  if (bytes.length < 16 || bytes[2] !== 0x0d || bytes[3] !== 0x0a) return false;
  const version = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
  return (version >= 3000 && version < 4000) || (version >= 50_000 && version <= 62_211);
}

/** A program's text, and what was put behind it: both run, by whoever is asked to. */
export interface Layers {
  readonly form: Form;
  /** How many bytes at the beginning are text that an interpreter would read; 0 when that is none. */
  readonly textBytes: number;
  /** Whether a zip ends it, whatever its beginning is. */
  readonly isZipped: boolean;
}

export function layersOf(bytes: Uint8Array): Layers {
  const form = formOf(bytes);
  const isZipped = !(form.kind === "archive" && form.what === "zip") && bytes.length > 22 && zipEnd(bytes) >= 0;
  if (form.kind === "text") return { form, textBytes: bytes.length, isZipped };
  // Some bytes that are none of a text, or a payload after the last line of a script.
  const isScript = bytes[0] === 0x23 && bytes[1] === 0x21;
  const part = textBefore(bytes);
  const isWorthIt = part >= 16 && (isScript || form.kind === "data" || part > bytes.length / 2);
  return { form, textBytes: isWorthIt ? part : 0, isZipped };
}

/** How far it is text, with some odd bytes allowed: shells pass over them. */
function textBefore(bytes: Uint8Array): number {
  let odd = 0;
  let good = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) odd += 1;
    if (odd > 8 + at / 20) return good;
    if (byte === 10) good = at + 1;
  }
  return bytes.length;
}

function isPe(bytes: Uint8Array): boolean {
  const at = (bytes[60] ?? 0) | ((bytes[61] ?? 0) << 8) | ((bytes[62] ?? 0) << 16);
  return bytes.length >= 64 && (at + 1 >= bytes.length || (bytes[at] === 0x50 && bytes[at + 1] === 0x45));
}

/** Text in UTF-16. */
function isWideText(bytes: Uint8Array): boolean {
  const encoding = encodingOf(bytes);
  if (encoding === "utf-8") return false;
  const text = new TextDecoder(encoding).decode(bytes.subarray(0, sampleBytes));
  const odd = text.match(/[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]/g)?.length ?? 0;
  return odd <= text.length / 50;
}

function isText(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, sampleBytes);
  if (sample.includes(0)) return false;
  let odd = 0;
  let isAscii = true;
  for (let at = 0; at < sample.length; at += 1) {
    const byte = sample[at] ?? 0;
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) odd += 1;
    else if (byte > 127) isAscii = false;
  }
  if (odd > sample.length / 100) return false;
  if (isAscii) return true;
  // A cut in the middle of a character is no damage.
  const text = new TextDecoder("utf-8").decode(sample);
  const wrong = text.split("\ufffd").length - 1;
  return wrong <= Math.max(4, text.length / 50);
}

/** Shannon's entropy in bits per byte, of the first part. */
export function entropyOf(bytes: Uint8Array): number {
  const sample = bytes.subarray(0, sampleBytes);
  const counts = new Uint32Array(256);
  for (const byte of sample) counts[byte] = (counts[byte] ?? 0) + 1;
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / sample.length) * Math.log2(count / sample.length);
  return sample.length === 0 ? 0 : sum;
}

/** Names of what a module imports, as `module.name`; empty where the section cannot be read. */
function wasmImports(bytes: Uint8Array): readonly string[] {
  const found: string[] = [];
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) break;
    }
    return value;
  };
  const name = (): string => {
    const size = Math.min(number(), 256);
    const text = Buffer.from(bytes.subarray(at, at + size)).toString("utf8");
    at += size;
    return text;
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = number();
    if (id !== 2) {
      at += size;
      continue;
    }
    const count = Math.min(number(), 256);
    for (let index = 0; index < count && at < bytes.length; index += 1) {
      found.push(`${name()}.${name()}`);
      const kind = bytes[at++];
      if (kind === 0) number();
      else if (kind === 3) at += 2;
      else {
        if (kind === 1) at += 1;
        const flags = bytes[at++] ?? 0;
        number();
        if ((flags & 1) !== 0) number();
      }
    }
    break;
  }
  return found;
}
