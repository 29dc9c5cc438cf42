/** A folder of a sandbox with all that is below it, folder by folder, in memory that does not grow with it. */
import { HsrError, requestLimits } from "@hsr/contract";
import type { Agent, FileEntry, FileReading } from "../ports.ts";
import { errnoOf } from "../run/start-error.ts";
import { answered } from "./patience.ts";

/** Something below the folder, by its path from there. */
export type WalkedEntry =
  | { readonly kind: "folder"; readonly path: Buffer; readonly mode: number; readonly modifiedMs: number }
  | { readonly kind: "link"; readonly path: Buffer; readonly target: Buffer; readonly modifiedMs: number }
  | {
      readonly kind: "file";
      readonly path: Buffer;
      /** How many bytes are to come. */
      readonly size: number;
      readonly reading: FileReading;
    };

/** What may be met between listing and looking: it has gone, it is not the guest's to read, or it has become something else. */
const passedOver: ReadonlySet<string | null> = new Set([
  "ENOENT",
  "EACCES",
  "EPERM",
  "EINVAL",
  "EISDIR",
  "ENOTDIR",
  "ELOOP",
]);

/**
 * Names one thing in a folder, and nothing else. The agent belongs to the guest: what it calls a name might lead out of the
 * folder of whoever unpacks it.
 */
export function isPlainPath(path: Uint8Array): boolean {
  return Buffer.from(path)
    .toString("latin1")
    .split("/")
    .every((name) => name !== "" && name !== "." && name !== ".." && !name.includes("\0"));
}

export class Walk {
  readonly #agent: Agent;
  readonly #root: Buffer;
  /** Entries that could not be read: gone meanwhile, not the guest's own, or no file, folder or link. */
  skipped = 0;
  #entries = 0;

  constructor(agent: Agent, root: Buffer) {
    this.#agent = agent;
    this.#root = root;
  }

  /** Folders before what is in them. A file's bytes have to be read, or destroyed, before the next entry is asked for. */
  async *entries(): AsyncGenerator<WalkedEntry, void, void> {
    const empty = Buffer.alloc(0);
    // What the caller named has to be there; everything below may come and go.
    const first = await this.#page(empty, 0);
    yield* this.#folder(empty, first, 0);
  }

  async *#folder(
    path: Buffer,
    first: { readonly entries: readonly FileEntry[]; readonly more: boolean },
    depth: number,
  ): AsyncGenerator<WalkedEntry, void, void> {
    let page = first;
    for (let seen = 0; ; ) {
      for (const entry of page.entries) yield* this.#entry(path, entry, depth);
      seen += page.entries.length;
      if (!page.more || page.entries.length === 0) return;
      page = await this.#page(path, seen);
    }
  }

  async *#entry(folder: Buffer, entry: FileEntry, depth: number): AsyncGenerator<WalkedEntry, void, void> {
    if (!isPlainPath(entry.path) || Buffer.from(entry.path).includes(0x2f)) throw new HsrError("sandbox_unreachable");
    this.#entries += 1;
    if (this.#entries > requestLimits.archive_entries.value || depth > requestLimits.archive_depth.value)
      throw new HsrError("file_failed", { message: "The folder has more in it than one archive may have." });
    const path = folder.length === 0 ? Buffer.from(entry.path) : Buffer.concat([folder, Buffer.from("/"), entry.path]);
    const at = this.#at(path);
    const { modifiedMs } = entry;
    switch (entry.kind) {
      case "file": {
        const reading = await this.#try(this.#agent.readStream(at, { offset: 0, bytes: entry.bytes }));
        // It may have shrunk since it was listed; what it grew by was not asked for.
        if (reading !== null) yield { kind: "file", path, size: Math.min(entry.bytes, reading.stat.bytes), reading };
        return;
      }
      case "link": {
        const stat = await this.#try(this.#agent.stat(at, "show"));
        if (stat?.target) yield { kind: "link", path, target: Buffer.from(stat.target), modifiedMs };
        return;
      }
      case "folder": {
        yield { kind: "folder", path, mode: entry.mode, modifiedMs };
        const first = await this.#try(this.#page(path, 0));
        if (first !== null) yield* this.#folder(path, first, depth + 1);
        return;
      }
      case "other":
        this.skipped += 1;
    }
  }

  async #try<Value>(answer: Promise<Value>): Promise<Value | null> {
    try {
      return await answered(answer);
    } catch (thrown) {
      if (!passedOver.has(errnoOf(thrown))) throw thrown;
      this.skipped += 1;
      return null;
    }
  }

  #page(path: Buffer, skip: number) {
    return answered(
      this.#agent.listFolder(this.#at(path), { depth: 1, limit: requestLimits.file_entries.value, skip }),
    );
  }

  #at(path: Buffer): Buffer {
    if (path.length === 0) return this.#root;
    return Buffer.concat(this.#root.length === 1 ? [this.#root, path] : [this.#root, Buffer.from("/"), path]);
  }
}
