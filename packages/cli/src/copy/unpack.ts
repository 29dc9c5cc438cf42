/**
 * A guest's archive on our machine. Nothing is written outside of the target and nothing through a link, whoever made it; links
 * that would lead out are left away. Nobody else changes the target meanwhile, so what was looked at still holds.
 */
import { randomBytes } from "node:crypto";
import { lstat, mkdir, open, rename, rm, symlink } from "node:fs/promises";
import { Failure } from "../failure.ts";
import { visible } from "../terminal.ts";
import { showBytes } from "../units.ts";
import { readTar, type TarEntry } from "./tar.ts";

/** An archive of more entries is an attack on our inodes. */
const entriesMost = 262_144;

export interface UnpackOptions {
  readonly target: string;
  /** Bytes of all files together. */
  readonly mostBytes: number;
  /** Called as bytes are written. */
  progress(bytes: number, files: number): void;
}

export interface UnpackedHere {
  readonly files: number;
  readonly bytes: number;
  /** Links that were left away, as the guest named them. */
  readonly leftAway: readonly string[];
}

export async function unpackHere(
  archive: AsyncIterable<Uint8Array>,
  { target, mostBytes, progress }: UnpackOptions,
): Promise<UnpackedHere> {
  const root = Buffer.from(target);
  const seen = new Set<string>();
  const folders = new Set<string>([""]);
  const leftAway: string[] = [];
  let bytes = 0;
  let files = 0;

  const here = (path: string): Buffer =>
    path === "" ? root : Buffer.concat([root, Buffer.from("/"), Buffer.from(path, "latin1")]);

  /** Makes the folder and those above it; each has to be one, and no link to one. */
  async function folder(path: string, mode = 0o755): Promise<void> {
    if (folders.has(path)) return;
    await folder(parent(path));
    const found = await lstat(here(path)).catch(absent);
    if (found === null) await mkdir(here(path), { mode: mode | 0o700 });
    else if (!found.isDirectory()) throw inTheWay(path);
    folders.add(path);
  }

  async function file(entry: Extract<TarEntry, { kind: "file" }>, content: AsyncIterable<Buffer>): Promise<void> {
    bytes += entry.bytes;
    if (bytes > mostBytes)
      throw new Failure(`there is more than ${showBytes(mostBytes)} in the archive`, {
        hint: "a sparse file counts whole; --limit allows more",
      });
    const found = await lstat(here(entry.path)).catch(absent);
    if (found?.isDirectory()) throw inTheWay(entry.path);
    await writeWhole(here(entry.path), entry.mode, content, (written) => progress(written, files));
    files += 1;
  }

  async function link(entry: Extract<TarEntry, { kind: "link" }>): Promise<void> {
    if (!staysInside(entry.path, entry.target)) {
      leftAway.push(Buffer.from(entry.path, "latin1").toString("utf8"));
      return;
    }
    const found = await lstat(here(entry.path)).catch(absent);
    if (found?.isDirectory()) throw inTheWay(entry.path);
    if (found !== null) await rm(here(entry.path));
    await symlink(Buffer.from(entry.target, "latin1"), here(entry.path));
  }

  await mkdir(root, { recursive: true });
  await readTar(archive, async (entry, content) => {
    if (seen.size >= entriesMost) throw new Failure("the archive of the sandbox has too many entries");
    if (seen.has(entry.path)) throw new Failure(`the archive of the sandbox has ${quoted(entry.path)} twice`);
    seen.add(entry.path);
    if (entry.kind === "folder") return folder(entry.path, entry.mode);
    await folder(parent(entry.path));
    await (entry.kind === "file" ? file(entry, content) : link(entry));
  });
  return { files, bytes, leftAway };
}

/**
 * Whether a link leads to a place below the target, whatever other links there are: `..` only at its beginning, where it is
 * counted from a real folder. After a name it would be counted from wherever that name leads.
 */
export function staysInside(path: string, target: string): boolean {
  if (target === "" || target.startsWith("/") || target.includes("\0")) return false;
  const names = target.split("/").filter((name) => name !== "" && name !== ".");
  const ups = names.findIndex((name) => name !== "..");
  const up = ups === -1 ? names.length : ups;
  return !names.slice(up).includes("..") && up <= path.split("/").length - 1;
}

/** Writes a file beside its place and then there: a link that lies there is replaced and not followed. */
export async function writeWhole(
  place: Buffer,
  mode: number,
  content: AsyncIterable<Uint8Array>,
  written: (bytes: number) => void,
): Promise<void> {
  const slash = place.lastIndexOf("/");
  const name = Buffer.from(`.hsr-${randomBytes(6).toString("hex")}`);
  const beside = Buffer.concat([place.subarray(0, slash + 1), name]);
  const handle = await open(beside, "wx", mode & 0o777);
  try {
    for await (const piece of content) {
      for (let at = 0; at < piece.length; ) at += (await handle.write(piece, at)).bytesWritten;
      written(piece.length);
    }
    await handle.close();
    await rename(beside, place);
  } catch (error) {
    await handle.close();
    await rm(beside, { force: true });
    throw error;
  }
}

function parent(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}

function quoted(path: string): string {
  return visible(JSON.stringify(Buffer.from(path, "latin1").toString("utf8")));
}

function inTheWay(path: string): Failure {
  return new Failure(`${quoted(path)} is in the way: it is a link, or of another kind`, {
    hint: "copy to a folder that does not exist yet",
  });
}
