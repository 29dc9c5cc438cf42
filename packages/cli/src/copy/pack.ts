/** A folder of ours as an archive for a sandbox: files, folders and links as they are. */
import { constants } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import { Failure } from "../failure.ts";
import { type TarEntry, tarEnd, tarHeader, tarPadding } from "./tar.ts";

/** An entry, and where it lies here. */
interface Found {
  readonly entry: TarEntry;
  readonly here: Buffer;
}

export interface Walked {
  readonly found: readonly Found[];
  readonly bytes: number;
  /** Sockets, FIFOs and devices, which are not copied. */
  readonly leftAway: readonly string[];
}

/** Looks through a folder. Names are bytes. */
export async function walk(folder: string): Promise<Walked> {
  const found: Found[] = [];
  const leftAway: string[] = [];
  let bytes = 0;
  const waiting: { readonly path: string; readonly here: Buffer }[] = [{ path: "", here: Buffer.from(folder) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of (await readdir(next.here, { encoding: "buffer" })).toSorted(Buffer.compare).toReversed()) {
      const text = name.toString("latin1");
      const path = next.path === "" ? text : `${next.path}/${text}`;
      const here = Buffer.concat([next.here, Buffer.from("/"), name]);
      const facts = await lstat(here);
      const mode = facts.mode & 0o777;
      if (facts.isDirectory()) {
        found.push({ entry: { kind: "folder", path, mode }, here });
        waiting.push({ path, here });
      } else if (facts.isSymbolicLink()) {
        const target = (await readlink(here, { encoding: "buffer" })).toString("latin1");
        found.push({ entry: { kind: "link", path, target }, here });
      } else if (facts.isFile()) {
        found.push({ entry: { kind: "file", path, mode, bytes: facts.size }, here });
        bytes += facts.size;
      } else leftAway.push(here.toString("utf8"));
    }
  }
  return { found, bytes, leftAway };
}

export async function* pack({ found }: Walked): AsyncGenerator<Buffer> {
  for (const { entry, here } of found) {
    yield tarHeader(entry);
    if (entry.kind !== "file") continue;
    yield* contentOf(here, entry.bytes);
    yield tarPadding(entry.bytes);
  }
  yield tarEnd;
}

/** Exactly as many bytes as the header has promised: a file that grows is cut, one that shrinks is an error. */
export async function* contentOf(path: Buffer | string, bytes: number): AsyncGenerator<Buffer> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    for (let left = bytes; left > 0; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(left, 65_536)));
      if (bytesRead === 0) throw new Failure(`${path.toString("utf8")} became shorter while it was read`);
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
