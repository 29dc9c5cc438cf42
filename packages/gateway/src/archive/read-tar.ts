/**
 * A tar archive as hostile input: ustar, pax and GNU's long names, and nothing else. Anything that two programs could read
 * differently is refused, and so is whatever is neither a file, a folder nor a symbolic link. Memory is one block and one piece.
 */
import { requestLimits } from "@hsr/contract";
import type { ArchiveEntry } from "@hsr/core";
import { ByteSource } from "./byte-source.ts";
import { type PaxNames, readPax } from "./pax.ts";
import { badArchive, blockBytes, readHeader, type TarHeader } from "./tar-header.ts";

/** From this size on the field of a header is too small, and only the extended header knows it. */
const largeBytes = 8 ** 11;
/** Zeroes behind the end: GNU tar fills up to its block of 10 KiB, others to as much as 1 MiB. */
const paddingMostBytes = 1024 * 1024;

/** What extended headers say of the entry behind them. */
interface Extension {
  path: Buffer | null;
  target: Buffer | null;
  bytes: number | null;
}

const refusedTypes: Readonly<Record<string, string>> = {
  "1": "a hard link; archive it with `--hard-dereference`",
  "3": "a device",
  "4": "a device",
  "6": "a FIFO",
  "7": "a contiguous file",
  S: "a sparse file; archive it without `--sparse`",
};

/**
 * The entries of an archive, in order. The content of a file has to be read, or left, before the next entry is asked for.
 * Throws `invalid_archive` at the first thing that is wrong, and what the pieces throw.
 */
export async function* readTar(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry, void, void> {
  const source = new ByteSource(pieces);
  try {
    yield* entriesIn(source);
  } finally {
    await source.close();
  }
}

async function* entriesIn(source: ByteSource): AsyncGenerator<ArchiveEntry, void, void> {
  const extension: Extension = { path: null, target: null, bytes: null };
  for (;;) {
    const block = await source.take(blockBytes);
    if (block.length < blockBytes) throw badArchive("It ends before its end.");
    const header = readHeader(block);
    if (header === null) {
      if (isExtended(extension)) throw badArchive("An extended header has no entry.");
      return await readEnd(source);
    }
    if (await readExtension(header, source, extension)) continue;
    const entry = entryOf(header, extension);
    extension.path = extension.target = extension.bytes = null;
    if (entry.kind !== "file") {
      if (entry.path.length > 0) yield entry;
      continue;
    }
    let left = entry.bytes;
    const content = (async function* () {
      while (left > 0) {
        const part = await source.some(left);
        if (part === null) throw badArchive("It ends in the middle of a file.");
        left -= part.length;
        yield part;
      }
    })();
    yield { ...entry, content };
    for await (const _rest of content);
    await readPadding(source, entry.bytes);
  }
}

function isExtended({ path, target, bytes }: Extension): boolean {
  return path !== null || target !== null || bytes !== null;
}

/** Reads an extended header, if this is one. */
async function readExtension(header: TarHeader, source: ByteSource, extension: Extension): Promise<boolean> {
  const { type, bytes } = header;
  if (!["x", "g", "L", "K"].includes(type)) return false;
  if (bytes > requestLimits.archive_header_bytes.value) throw badArchive("An extended header is too long.");
  const body = await source.take(bytes);
  if (body.length < bytes) throw badArchive("It ends in the middle of an extended header.");
  await readPadding(source, bytes);
  if (type === "L" || type === "K") {
    const key = type === "L" ? "path" : "target";
    if (extension[key] !== null) throw badArchive("An entry has two names.");
    extension[key] = body.at(-1) === 0 ? body.subarray(0, -1) : body;
    return true;
  }
  const names = readPax(body);
  if (type === "g") {
    if (isExtended(names)) throw badArchive("A global header gives all entries one name or size.");
    return true;
  }
  merge(extension, names);
  return true;
}

function merge(extension: Extension, names: PaxNames): void {
  for (const key of ["path", "target"] as const) {
    if (names[key] === null) continue;
    if (extension[key] !== null) throw badArchive("An entry has two names.");
    extension[key] = names[key];
  }
  if (names.bytes === null) return;
  if (extension.bytes !== null) throw badArchive("An entry has two sizes.");
  extension.bytes = names.bytes;
}

type Entry = Exclude<ArchiveEntry, { kind: "file" }> | Omit<Extract<ArchiveEntry, { kind: "file" }>, "content">;

function entryOf(header: TarHeader, extension: Extension): Entry {
  const { type, mode } = header;
  const refused = refusedTypes[type];
  if (refused !== undefined) throw badArchive(`It has ${refused}.`);
  if (!["0", "2", "5"].includes(type)) throw badArchive("It has an entry of a kind that is not supported.");
  const path = entryPath(extension.path ?? header.path, type === "5");
  if (path.length === 0 && type !== "5") throw badArchive("A file has no name.");
  const bytes = extension.bytes ?? header.bytes;
  // Two sizes that differ would show one archive to us and another to others.
  if (bytes !== header.bytes && bytes < largeBytes) throw badArchive("An entry has two sizes.");
  const permissions = mode & 0o777;
  if (type === "0") return { kind: "file", path, mode: permissions, bytes };
  if (bytes !== 0) throw badArchive("A folder or link has content.");
  if (type === "5") return { kind: "folder", path, mode: permissions };
  const target = extension.target ?? header.target;
  if (target.length === 0 || target.includes(0) || target.length > requestLimits.file_path_bytes.value)
    throw badArchive("A link leads nowhere.");
  return { kind: "link", path, target };
}

/** A path below the folder that is unpacked into; empty for this folder itself. */
function entryPath(given: Buffer, isFolder: boolean): Buffer {
  if (given.includes(0)) throw badArchive("A path has a NUL.");
  if (given.length > requestLimits.file_path_bytes.value) throw badArchive("A path is too long.");
  // Bytes as characters: nothing is decoded, so nothing can be decoded differently elsewhere.
  let path = given.toString("latin1").replace(/^(\.\/)+/, "");
  if (isFolder) path = path.replace(/\/$/, "");
  if (path === "" || path === ".") return Buffer.alloc(0);
  const names = path.split("/");
  for (const name of names) {
    if (name === "") throw badArchive(path.startsWith("/") ? "A path is absolute." : "A path has an empty part.");
    if (name === "." || name === "..") throw badArchive("A path has a part `.` or `..`.");
    if (name.length > 255) throw badArchive("A part of a path is longer than 255 bytes.");
  }
  if (names.length > requestLimits.archive_depth.value) throw badArchive("A path is too deep.");
  return Buffer.from(path, "latin1");
}

async function readPadding(source: ByteSource, bytes: number): Promise<void> {
  const padding = (blockBytes - (bytes % blockBytes)) % blockBytes;
  const zeroes = await source.take(padding);
  if (zeroes.length < padding) throw badArchive("It ends before its end.");
}

/** The second block of zeroes, and nothing but zeroes behind it. */
async function readEnd(source: ByteSource): Promise<void> {
  const second = await source.take(blockBytes);
  if (second.length < blockBytes || second.some((byte) => byte !== 0)) throw badArchive("It ends before its end.");
  for (let padding = 0; ; ) {
    const part = await source.some(blockBytes);
    if (part === null) return;
    padding += part.length;
    if (part.some((byte) => byte !== 0)) throw badArchive("Something follows its end.");
    if (padding > paddingMostBytes) throw badArchive("Too much follows its end.");
  }
}
