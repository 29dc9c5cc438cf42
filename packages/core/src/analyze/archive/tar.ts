/** The list of a tar's members: the old form, GNU's long names and the ones of POSIX. */
import type { Entry } from "./open.ts";

const blockBytes = 512;
/** Members that are walked over; more make the list end early. */
const mostEntries = 4096;

export function readTar(bytes: Uint8Array): { readonly list: readonly Entry[]; readonly whole: boolean } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const list: Entry[] = [];
  let longName: string | null = null;
  let at = 0;
  for (let index = 0; index < mostEntries; index += 1) {
    if (at + blockBytes > view.length) return { list, whole: at === view.length && list.length > 0 };
    const header = view.subarray(at, at + blockBytes);
    if (header[0] === 0) return { list, whole: header.every((byte) => byte === 0) };
    if (!isHeader(header)) return { list, whole: false };
    const size = numberIn(header, 124, 12);
    const type = String.fromCharCode(header[156] ?? 0);
    const start = at + blockBytes;
    if (!Number.isSafeInteger(size) || size < 0 || start + size > view.length) return { list, whole: false };
    const content = view.subarray(start, start + size);
    at = start + Math.ceil(size / blockBytes) * blockBytes;
    if (type === "L") longName = textIn(content, 0, content.length);
    else if (type === "x") longName = /\d+ path=(.*)\n/.exec(content.toString("utf8"))?.[1] ?? longName;
    else if (type !== "g" && type !== "K") {
      const prefix = header.toString("latin1", 257, 262) === "ustar" ? textIn(header, 345, 155) : "";
      const short = textIn(header, 0, 100);
      const name = longName ?? (prefix === "" ? short : `${prefix}/${short}`);
      longName = null;
      if (type === "0" || type === "\0" || type === "7")
        list.push({ name, mode: numberIn(header, 100, 8) & 0o777, bytes: size, content: () => content });
    }
  }
  return { list, whole: false };
}

/** Whether the sum in a header is that of its bytes: tells a tar without `ustar` from anything else. */
export function isHeader(header: Uint8Array): boolean {
  if (header.length < blockBytes) return false;
  const view = Buffer.from(header.buffer, header.byteOffset, blockBytes);
  let sum = 0;
  for (let at = 0; at < blockBytes; at += 1) sum += at >= 148 && at < 156 ? 32 : (view[at] ?? 0);
  return sum === numberIn(view, 148, 8) && sum > 256;
}

function textIn(bytes: Buffer, from: number, length: number): string {
  const end = bytes.indexOf(0, from);
  return bytes.toString("utf8", from, end < 0 ? from + length : Math.min(end, from + length));
}

/** Octal digits, or GNU's form for what they do not hold. */
function numberIn(bytes: Buffer, from: number, length: number): number {
  if (((bytes[from] ?? 0) & 0x80) !== 0) {
    let value = (bytes[from] ?? 0) & 0x7f;
    for (let at = from + 1; at < from + length; at += 1) value = value * 256 + (bytes[at] ?? 0);
    return value;
  }
  return Number.parseInt(textIn(bytes, from, length).trim() || "0", 8);
}
