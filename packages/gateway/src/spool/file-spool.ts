/** The spool in files: two per run with the kept bytes, and one with the gaps. All are the gateway's own, mode 0600. */
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isId } from "@hsr/contract";
import type { RunId, Spool, SpoolGap, SpoolState, StreamName } from "@hsr/core";

const mode = 0o600;

/** `sandboxes write → gateway appends → store reads → removed`. Nothing here is read by anybody else. */
export class FileSpool implements Spool {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<FileSpool> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new FileSpool(folder);
  }

  path(run: RunId, stream: StreamName): string {
    return join(this.#folder, `${run}.${stream}`);
  }

  async append(run: RunId, stream: StreamName, bytes: readonly Uint8Array[]): Promise<void> {
    await appendAll(this.path(run, stream), bytes);
  }

  async skip(run: RunId, gap: SpoolGap): Promise<void> {
    await using file = await open(this.#gaps(run), "a", mode);
    await file.write(`${gap.stream} ${gap.skippedBytes}\n`);
  }

  async read(run: RunId, stream: StreamName, offset: number, length: number): Promise<Uint8Array> {
    return await readFrom(this.path(run, stream), offset, length);
  }

  async state(run: RunId): Promise<SpoolState> {
    const skipped = { stdout: 0, stderr: 0 };
    for (const line of (await textOf(this.#gaps(run))).split("\n")) {
      const gap = /^(stdout|stderr) (\d+)$/.exec(line);
      if (gap?.[1] === "stdout" || gap?.[1] === "stderr") skipped[gap[1]] += Number(gap[2]);
    }
    return {
      keptBytes: { stdout: await sizeOf(this.path(run, "stdout")), stderr: await sizeOf(this.path(run, "stderr")) },
      skippedBytes: skipped,
    };
  }

  async remove(run: RunId): Promise<void> {
    for (const path of [this.path(run, "stdout"), this.path(run, "stderr"), this.#gaps(run)])
      await rm(path, { force: true });
  }

  async sweep(known: ReadonlySet<RunId>): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const id = name.split(".", 1)[0] ?? "";
      if (isId("run", id) && !known.has(id as RunId)) await rm(join(this.#folder, name), { force: true });
    }
  }

  #gaps(run: RunId): string {
    return join(this.#folder, `${run}.gaps`);
  }
}

/** Appends all of it or nothing. */
export async function appendAll(path: string, bytes: readonly Uint8Array[]): Promise<void> {
  await using file = await open(path, "a", mode);
  const { size } = await file.stat();
  try {
    await writeAll(file, bytes);
  } catch (thrown) {
    // On a full disk a part was written; it is written again, and must not stand there twice.
    await file.truncate(size);
    throw thrown;
  }
}

/** At most `length` bytes from `offset`. */
export async function readFrom(path: string, offset: number, length: number): Promise<Uint8Array> {
  await using file = await open(path, "r");
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function writeAll(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    let written = 0;
    while (written < part.length) written += (await file.write(part, written)).bytesWritten;
  }
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    (found) => found.size,
    (thrown: unknown) => absent(thrown, 0),
  );
}

async function textOf(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((thrown: unknown) => absent(thrown, ""));
}

/** What is not there has this value; any other failure is one. */
function absent<Value>(thrown: unknown, value: Value): Value {
  if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return value;
  throw thrown;
}
