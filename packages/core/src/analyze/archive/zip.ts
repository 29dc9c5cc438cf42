/** The list of a zip's members, from its directory at the end: that is what Python, Java and unzip go by. */
import { inflateRawSync } from "node:zlib";
import type { Entry } from "./open.ts";

const endMark = Buffer.from("504b0506", "hex");
const entryMark = 0x02014b50;
const localMark = 0x04034b50;
const endBytes = 22;
/** A comment after the directory has at most so many bytes. */
const mostComment = 65_535;
/** Stands for: the number is elsewhere, since it is larger than 4 GiB. */
const elsewhere = 0xffffffff;

/** Where the record at the end begins; -1 where there is none. */
export function zipEnd(bytes: Uint8Array): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = Math.max(0, bytes.length - endBytes - mostComment);
  for (let at = bytes.length - endBytes; at >= first; at -= 1) {
    at = view.lastIndexOf(endMark, at);
    if (at < first) return -1;
    if (at + endBytes + view.readUInt16LE(at + 20) <= bytes.length) return at;
  }
  return -1;
}

export function readZip(bytes: Uint8Array): { readonly list: readonly Entry[]; readonly whole: boolean } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = zipEnd(bytes);
  if (end < 0) return { list: [], whole: false };
  const count = view.readUInt16LE(end + 10);
  const size = view.readUInt32LE(end + 12);
  // What stands before the archive, such as a script, shifts every position that it names.
  const start = end - size;
  const shift = start - view.readUInt32LE(end + 16);
  const list: Entry[] = [];
  let at = start;
  let whole = size !== elsewhere && start >= 0 && shift >= 0;
  for (let index = 0; whole && index < count; index += 1) {
    if (at + 46 > end || view.readUInt32LE(at) !== entryMark) {
      whole = false;
      break;
    }
    const nameBytes = view.readUInt16LE(at + 28);
    const next = at + 46 + nameBytes + view.readUInt16LE(at + 30) + view.readUInt16LE(at + 32);
    const packed = view.readUInt32LE(at + 20);
    const unpacked = view.readUInt32LE(at + 24);
    const attributes = view.readUInt32LE(at + 38) >>> 16;
    const local = view.readUInt32LE(at + 42) + shift;
    const isEncrypted = (view.readUInt16LE(at + 8) & 1) === 1;
    const method = view.readUInt16LE(at + 10);
    list.push({
      name: view.toString("utf8", at + 46, at + 46 + nameBytes),
      mode: attributes & 0o777,
      bytes: unpacked,
      content: () => (isEncrypted || packed === elsewhere ? null : contentAt(view, local, packed, unpacked, method)),
    });
    at = next;
  }
  return { list, whole };
}

function contentAt(view: Buffer, local: number, packed: number, unpacked: number, method: number): Uint8Array | null {
  if (local + 30 > view.length || view.readUInt32LE(local) !== localMark) return null;
  const start = local + 30 + view.readUInt16LE(local + 26) + view.readUInt16LE(local + 28);
  const data = view.subarray(start, start + packed);
  if (data.length !== packed) return null;
  if (method === 0) return packed === unpacked ? data : null;
  if (method !== 8) return null;
  try {
    // The size that the directory names was counted: more than that does not come out.
    const content = inflateRawSync(data, { maxOutputLength: Math.max(1, unpacked) });
    return content.length === unpacked ? content : null;
  } catch {
    // Damaged, or it says less than it holds.
    return null;
  }
}
