/** Extended headers of the pax form: `length key=value\n`, one after the other. */
import { badArchive } from "./tar-header.ts";

export interface PaxNames {
  readonly path: Buffer | null;
  readonly target: Buffer | null;
  readonly bytes: number | null;
}

/** Keys that would change what the archive holds, and that are not understood here. */
const refused = /^(GNU\.sparse\.|SCHILY\.(realsize|dev|ino|nlink)$|hdrcharset$)/;

export function readPax(body: Buffer): PaxNames {
  const values = new Map<string, Buffer>();
  for (let at = 0; at < body.length; ) {
    const blank = body.indexOf(0x20, at);
    const digits = blank === -1 ? "" : body.toString("latin1", at, blank);
    const length = /^[1-9]\d{0,6}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    if (length < digits.length + 3 || end > body.length || body[end - 1] !== 0x0a)
      throw badArchive("An extended header is malformed.");
    const equals = body.indexOf(0x3d, blank);
    if (equals === -1 || equals >= end) throw badArchive("An extended header is malformed.");
    const key = body.toString("latin1", blank + 1, equals);
    if (refused.test(key)) throw badArchive(`An extended header has \`${key.slice(0, 64)}\`, which is not supported.`);
    if (values.has(key)) throw badArchive("An extended header says the same thing twice.");
    values.set(key, body.subarray(equals + 1, end - 1));
    at = end;
  }
  return {
    path: values.get("path") ?? null,
    target: values.get("linkpath") ?? null,
    bytes: size(values.get("size")),
  };
}

function size(value: Buffer | undefined): number | null {
  if (value === undefined) return null;
  const digits = value.toString("latin1");
  if (!/^\d{1,15}$/.test(digits)) throw badArchive("A size in an extended header is not a number.");
  return Number(digits);
}
