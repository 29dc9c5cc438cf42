/**
 * What is in an archive, as far as it may be looked at: bounded in members, bytes and depth before anything is unpacked, so that
 * no archive costs more than a large file does. Nothing is written anywhere. What was left out is said.
 */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { formOf } from "../binary.ts";
import { readTar } from "./tar.ts";
import { readZip } from "./zip.ts";

/** Bounds over all archives of a request. */
export const archiveLimits = {
  /** Members that are looked at. */
  members: 512,
  /** Bytes of all members together, and of what is unpacked on the way to them. */
  bytes: 4 * 1024 * 1024,
  /** Archives in archives. */
  depth: 3,
} as const;

export interface Member {
  /** As the archive says it, with the names of the archives that it lies in before it. */
  readonly path: string;
  /** Where it would be if its archive were unpacked in the folder that programs start in. */
  readonly unpacked: string;
  readonly content: Uint8Array;
  readonly mode: number;
}

/** What is left of the bounds; shared by all archives of a request. */
export class Allowance {
  members: number = archiveLimits.members;
  bytes: number = archiveLimits.bytes;

  /** Takes so many bytes for one member; false when that is too much. */
  take(bytes: number): boolean {
    if (this.members <= 0 || bytes > this.bytes) return false;
    this.members -= 1;
    this.bytes -= bytes;
    return true;
  }
}

/** How an archive's own reader tells of a member: its bytes are unpacked when they are asked for. */
export interface Entry {
  readonly name: string;
  readonly mode: number;
  readonly bytes: number;
  /** `null`: it cannot be unpacked (encrypted, damaged, in a way that nobody here knows). */
  content(): Uint8Array | null;
}

export interface Opened {
  readonly members: readonly Member[];
  /** Why something of it was not seen, or `null` when all of it was. */
  readonly missed: string | null;
}

/** What of an archive can be read. `kind` as `formOf` says it. */
export function openArchive(path: string, content: Uint8Array, kind: string, left: Allowance, depth = 1): Opened {
  const members: Member[] = [];
  let missed: string | null = null;
  const miss = (why: string) => {
    missed ??= why;
  };
  const entries = entriesOf(content, kind, left);
  if (entries === null) return { members, missed: `${kind}: it cannot be opened here` };
  for (const entry of entries.list) {
    if (entry.name.endsWith("/")) continue;
    if (!left.take(Math.max(entry.bytes, 0))) {
      miss("more than is looked at");
      break;
    }
    const bytes = entry.content();
    if (bytes === null) {
      miss(`${entry.name.slice(0, 80)}: it cannot be unpacked`);
      continue;
    }
    const member = { path: `${path}!/${entry.name}`, unpacked: entry.name, content: bytes, mode: entry.mode };
    const form = formOf(bytes);
    if (form.kind !== "archive") members.push(member);
    else if (depth >= archiveLimits.depth) miss("archives in archives, deeper than is looked at");
    else {
      const inner = openArchive(member.path, bytes, form.what, left, depth + 1);
      members.push(...inner.members);
      if (inner.missed !== null) miss(inner.missed);
    }
  }
  if (!entries.whole) miss("it is damaged, or longer than is looked at");
  return { members, missed };
}

interface Entries {
  readonly list: Iterable<Entry>;
  readonly whole: boolean;
}

function entriesOf(content: Uint8Array, kind: string, left: Allowance): Entries | null {
  if (kind === "zip") return readZip(content);
  if (kind === "tar") return readTar(content);
  const unpack = packers[kind];
  if (unpack === undefined) return null;
  let bytes: Uint8Array;
  try {
    bytes = unpack(content, Math.max(1, left.bytes));
  } catch {
    // Damaged, or larger than what is looked at.
    return { list: [], whole: false };
  }
  // One file that is packed by itself; a tar among them is opened as a member.
  const form = formOf(bytes);
  if (form.kind === "archive" && form.what === "tar") {
    left.bytes -= bytes.length;
    return readTar(bytes);
  }
  return { list: [{ name: "content", mode: 0o644, bytes: bytes.length, content: () => bytes }], whole: true };
}

const packers: Readonly<Record<string, (bytes: Uint8Array, most: number) => Uint8Array>> = {
  gzip: (bytes, most) => gunzipSync(bytes, { maxOutputLength: most }),
  zstd: (bytes, most) => zstdDecompressSync(bytes, { maxOutputLength: most }),
  brotli: (bytes, most) => brotliDecompressSync(bytes, { maxOutputLength: most }),
};
