/** What bytes are: text, a program of machine code or bytecode, an archive, or data that nobody can read. */

export type Form =
  | { readonly kind: "text" }
  | { readonly kind: "elf" | "pe" | "mach-o" | "java" | "python-bytecode" | "native-library" }
  | { readonly kind: "wasm"; readonly imports: readonly string[] }
  | { readonly kind: "archive"; readonly what: string }
  /** Neither text nor anything known; `entropy` in bits per byte tells encrypted or packed data from the rest. */
  | { readonly kind: "data"; readonly entropy: number };

/** First bytes as hex, and what they mean. */
const magics: readonly (readonly [string, Form])[] = [
  ["7f454c46", { kind: "elf" }],
  ["cffaedfe", { kind: "mach-o" }],
  ["cefaedfe", { kind: "mach-o" }],
  ["feedface", { kind: "mach-o" }],
  ["feedfacf", { kind: "mach-o" }],
  ["213c617263683e", { kind: "native-library" }],
  ["504b0304", { kind: "archive", what: "zip" }],
  ["504b0506", { kind: "archive", what: "zip" }],
  ["1f8b", { kind: "archive", what: "gzip" }],
  ["425a68", { kind: "archive", what: "bzip2" }],
  ["fd377a585a00", { kind: "archive", what: "xz" }],
  ["28b52ffd", { kind: "archive", what: "zstd" }],
  ["377abcaf271c", { kind: "archive", what: "7z" }],
  ["526172211a07", { kind: "archive", what: "rar" }],
  ["04224d18", { kind: "archive", what: "lz4" }],
];

/** Looked at to tell text from data: enough to be sure, bounded for large files. */
const sampleBytes = 64 * 1024;

export function formOf(bytes: Uint8Array): Form {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString("hex");
  if (head.startsWith("0061736d")) return { kind: "wasm", imports: wasmImports(bytes) };
  if (head.startsWith("4d5a") && isPe(bytes)) return { kind: "pe" };
  // A universal Mach-O and a Java class begin alike; a class has its version where the other counts architectures.
  if (head.startsWith("cafebabe")) return { kind: (bytes[7] ?? 0) > 40 ? "java" : "mach-o" };
  for (const [magic, form] of magics) if (head.startsWith(magic)) return form;
  // A version of Python, then CR LF: how compiled modules begin.
  if (bytes.length > 16 && bytes[2] === 0x0d && bytes[3] === 0x0a && (bytes[1] ?? 0) < 0x10)
    return { kind: "python-bytecode" };
  if (Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512)).toString("latin1", 257, 262) === "ustar")
    return { kind: "archive", what: "tar" };
  return isText(bytes) ? { kind: "text" } : { kind: "data", entropy: entropyOf(bytes) };
}

function isPe(bytes: Uint8Array): boolean {
  const at = (bytes[60] ?? 0) | ((bytes[61] ?? 0) << 8) | ((bytes[62] ?? 0) << 16);
  return bytes.length >= 64 && (at + 1 >= bytes.length || (bytes[at] === 0x50 && bytes[at + 1] === 0x45));
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
