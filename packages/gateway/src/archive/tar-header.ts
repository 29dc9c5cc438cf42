/** One header of a tar archive, read strictly: what two programs could read in two ways is refused. */
import { HsrError } from "@hsr/contract";

export const blockBytes = 512;

/** What stands in a header, before names of extended headers replace its own. */
export interface TarHeader {
  readonly type: string;
  readonly path: Buffer;
  readonly mode: number;
  readonly bytes: number;
  readonly target: Buffer;
}

export function badArchive(why: string): HsrError {
  return new HsrError("invalid_archive", { message: `The archive is not acceptable. ${why}` });
}

/** `null` for a block of zeroes. */
export function readHeader(block: Buffer): TarHeader | null {
  if (block.every((byte) => byte === 0)) return null;
  checkSum(block);
  const magic = block.toString("latin1", 257, 265);
  const isPosix = magic === "ustar\x0000";
  // GNU's form has other fields where POSIX has a prefix for long paths.
  if (!isPosix && magic !== "ustar  \0") throw badArchive("It is not in the ustar, pax or GNU form.");
  const name = text(block, 0, 100);
  const prefix = isPosix ? text(block, 345, 155) : Buffer.alloc(0);
  return {
    type: block[156] === 0 ? "0" : String.fromCharCode(block[156] ?? 0),
    path: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from("/"), name]),
    mode: number(block, 100, 8),
    bytes: number(block, 124, 12),
    target: text(block, 157, 100),
  };
}

/** The sum of all bytes as if the sum itself were blanks. Old programs added signed bytes; nothing here does. */
function checkSum(block: Buffer): void {
  let sum = 8 * 0x20;
  for (let at = 0; at < blockBytes; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  if (number(block, 148, 8) !== sum) throw badArchive("The checksum of a header is wrong, or it is no tar archive.");
}

/** Bytes up to the first NUL. */
function text(block: Buffer, from: number, length: number): Buffer {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  if (end === -1) return field;
  return field.subarray(0, end);
}

/** Octal digits between blanks and NULs, or a positive number in base 256. */
function number(block: Buffer, from: number, length: number): number {
  const field = block.subarray(from, from + length);
  if (((field[0] ?? 0) & 0x80) !== 0) return base256(field);
  const digits = /^ *([0-7]*)[ \0]*$/.exec(field.toString("latin1"));
  if (digits === null) throw badArchive("A number in a header is not octal.");
  return digits[1] === "" ? 0 : Number.parseInt(digits[1] ?? "0", 8);
}

function base256(field: Buffer): number {
  if (field[0] !== 0x80) throw badArchive("A number in a header is negative or too large.");
  let value = 0;
  for (const byte of field.subarray(1)) {
    value = value * 256 + byte;
    if (value > Number.MAX_SAFE_INTEGER) throw badArchive("A number in a header is too large.");
  }
  return value;
}
