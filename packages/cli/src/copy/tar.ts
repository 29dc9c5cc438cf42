/**
 * Tar archives as the gateway sends and takes them: GNU's form, with files, folders and symbolic links. What is read comes from
 * a guest: everything else is refused, and names are checked before anybody sees them.
 */
import { Failure } from "../failure.ts";

const blockBytes = 512;
const nameBytes = 100;
const largeBytes = 8 ** 11;
/** Longer than any path that a kernel takes. */
const longNameBytes = 65_536;
const depthMost = 64;
/** Programs fill an archive up with zeroes to a block of their own. */
const endMostBytes = 1024 * 1024;

/** What stands in an archive. Paths are bytes as latin1 characters, so that none is decoded in two ways. */
export type TarEntry =
  | { readonly kind: "folder"; readonly path: string; readonly mode: number }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly bytes: number };

function bad(why: string): Failure {
  return new Failure(`the archive of the sandbox is refused: ${why}`, {
    hint: "what was not refused before has been copied",
  });
}

/** Bytes that come in pieces, taken in other pieces. */
class Source {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Uint8Array = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** At least one byte and at most so many; throws where the archive ends. */
  async some(most: number): Promise<Buffer> {
    while (this.#held.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) throw bad("it ends before its end");
      this.#held = next.value;
    }
    const part = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(part.length);
    return Buffer.from(part.buffer, part.byteOffset, part.length);
  }

  async exactly(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let left = bytes; left > 0; ) {
      const part = await this.some(left);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** The rest, which is zeroes and not many. What comes behind the body, as trailers, has come then. */
  async zeroes(): Promise<void> {
    let bytes = 0;
    for (let rest = this.#held; ; ) {
      bytes += rest.length;
      if (bytes > endMostBytes || rest.some((byte) => byte !== 0)) throw bad("something follows its end");
      const next = await this.#pieces.next();
      if (next.done === true) break;
      rest = next.value;
    }
    if (bytes < blockBytes) throw bad("it ends before its end");
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

/** Gives each entry to `take`, a file with its content, which is read to its end before the next entry comes. */
export async function readTar(
  pieces: AsyncIterable<Uint8Array>,
  take: (entry: TarEntry, content: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const source = new Source(pieces);
  const long = { path: null as string | null, target: null as string | null };
  try {
    for (;;) {
      const block = await source.exactly(blockBytes);
      if (block.every((byte) => byte === 0)) return await source.zeroes();
      checkSum(block);
      const type = String.fromCharCode(block[156] ?? 0);
      const bytes = size(block);
      if (type === "L" || type === "K") {
        if (bytes > longNameBytes) throw bad("a name is too long");
        const body = text(await source.exactly(bytes));
        await source.exactly(padding(bytes));
        long[type === "L" ? "path" : "target"] = body;
        continue;
      }
      const given = long.path ?? text(block.subarray(0, nameBytes));
      const target = long.target ?? text(block.subarray(157, 157 + nameBytes));
      long.path = long.target = null;
      const mode = number(block.subarray(100, 108)) & 0o777;
      if (type === "0") {
        const content = contentOf(source, bytes);
        await take({ kind: "file", path: checked(given), mode, bytes }, content);
        for await (const _rest of content);
        await source.exactly(padding(bytes));
        continue;
      }
      if (bytes !== 0) throw bad("a folder or link has content");
      if (type === "5")
        await take({ kind: "folder", path: checked(given.replace(/\/$/, "")), mode }, contentOf(source, 0));
      else if (type === "2") await take({ kind: "link", path: checked(given), target }, contentOf(source, 0));
      else throw bad("it has something that is neither a file, a folder nor a symbolic link");
    }
  } finally {
    await source.close();
  }
}

async function* contentOf(source: Source, bytes: number): AsyncGenerator<Buffer> {
  for (let left = bytes; left > 0; ) {
    const part = await source.some(left);
    left -= part.length;
    yield part;
  }
}

/** A path below the folder that is copied, which itself is the empty path. */
function checked(given: string): string {
  const path = given.replace(/^(\.\/)+/, "");
  if (path === "" || path === ".") return "";
  const names = path.split("/");
  if (names.some((name) => name === "" || name === "." || name === ".." || name.includes("\0")))
    throw bad(`a path leads out of its folder or says nothing: ${JSON.stringify(given)}`);
  if (names.length > depthMost) throw bad("a path is too deep");
  return path;
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end === -1 ? bytes.length : end).toString("latin1");
}

function number(field: Buffer): number {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(field.toString("latin1"))?.[1];
  if (digits === undefined) throw bad("a number in it is none");
  return Number.parseInt(digits, 8);
}

function size(block: Buffer): number {
  const field = block.subarray(124, 136);
  if (field[0] !== 0x80) return number(field);
  const large = field.readBigUInt64BE(4);
  if (large > BigInt(Number.MAX_SAFE_INTEGER)) throw bad("a file is too large");
  return Number(large);
}

function padding(bytes: number): number {
  return (blockBytes - (bytes % blockBytes)) % blockBytes;
}

function checkSum(block: Buffer): void {
  if (number(block.subarray(148, 156)) !== sumOf(block)) throw bad("a checksum is wrong");
}

/** The sum of a header's bytes, with blanks in the place of the sum. */
function sumOf(block: Buffer): number {
  let sum = 0;
  for (const [at, byte] of block.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  return sum;
}

/** The header of an entry, with headers for long names before it. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = Buffer.from(entry.kind === "folder" ? `${entry.path}/` : entry.path, "latin1");
  const target = Buffer.from(entry.kind === "link" ? entry.target : "", "latin1");
  const type = { file: "0", link: "2", folder: "5" }[entry.kind];
  const mode = entry.kind === "link" ? 0o777 : entry.mode;
  return Buffer.concat([
    ...(target.length > nameBytes ? longName("K", target) : []),
    ...(path.length > nameBytes ? longName("L", path) : []),
    header(type, path, target, mode, entry.kind === "file" ? entry.bytes : 0),
  ]);
}

/** What follows a file's content, up to the next block. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc(padding(bytes));
}

/** The end of an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes);

function longName(type: "K" | "L", name: Buffer): readonly Buffer[] {
  const body = Buffer.concat([name, Buffer.alloc(1)]);
  return [
    header(type, Buffer.from("././@LongLink"), Buffer.alloc(0), 0o644, body.length),
    body,
    tarPadding(body.length),
  ];
}

function header(type: string, path: Buffer, target: Buffer, mode: number, bytes: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const octal = (at: number, length: number, value: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  path.copy(block, 0, 0, nameBytes);
  octal(100, 8, mode & 0o777);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(136, 12, 0);
  if (bytes < largeBytes) octal(124, 12, bytes);
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(bytes), 128);
  }
  block.write(type, 156, "latin1");
  target.copy(block, 157, 0, nameBytes);
  block.write("ustar  \0", 257, "latin1");
  block.write(`${sumOf(block).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
