/**
 * An archive into a sandbox. Everything goes into a folder of its own beside its place first, so an archive that turns out to be
 * bad, or that breaks off, leaves nothing; then it is moved to its place, folder into folder, where only renaming is left to fail.
 */
import { randomBytes } from "node:crypto";
import { HsrError } from "@hsr/contract";
import type { Agent } from "../ports.ts";
import { errnoOf } from "../run/start-error.ts";
import type { ArchiveEntry } from "./archive.ts";
import { ArchiveTree, type TreeNode } from "./archive-tree.ts";
import { answered } from "./patience.ts";
import type { WrittenBytes } from "./sandbox-files.ts";

export interface UnpackOptions {
  /** All files together have no more than this. */
  readonly mostBytes: number;
  readonly signal?: AbortSignal;
  /** Writes one file, which is below the staging folder. */
  write(path: Buffer, entry: Extract<ArchiveEntry, { kind: "file" }>): Promise<WrittenBytes>;
}

/** A file with its place, as it was written. */
export interface PlacedFile extends WrittenBytes {
  readonly path: Buffer;
}

export interface UnpackedArchive {
  readonly files: readonly PlacedFile[];
  readonly folders: number;
  readonly links: number;
  readonly bytes: number;
}

/** Renames that say: there is a folder already, go into it. */
const isThere: ReadonlySet<string | null> = new Set(["ENOTEMPTY", "EEXIST", "EBUSY", "EXDEV"]);

export async function unpack(
  agent: Agent,
  folder: Buffer,
  entries: AsyncIterable<ArchiveEntry>,
  options: UnpackOptions,
): Promise<UnpackedArchive> {
  const { signal } = options;
  const ask = <Value>(answer: Promise<Value>) => answered(answer, signal);
  const wasThere = await ask(agent.stat(folder, "follow")).then(
    () => true,
    () => false,
  );
  await ask(agent.makeFolder(folder, 0o755));
  const staging = join(folder, `.hsr-${randomBytes(8).toString("hex")}`);
  try {
    await ask(agent.makeFolder(staging, 0o700, "require"));
    const { tree, ...brought } = await stage(agent, staging, entries, options);
    const placed = new Placing(agent, ask);
    try {
      await placed.children(tree.root, staging, folder);
    } catch (thrown) {
      if (placed.moved === 0) throw thrown;
      throw partly(thrown, placed.moved);
    }
    await placed.setModes(tree.root, folder);
    const files = brought.files.map((file) => ({ ...file, path: join(folder, file.path.toString("latin1")) }));
    await agent.remove(staging, "tree");
    return { ...brought, files };
  } catch (thrown) {
    // Not waited for longer than anything else: an agent that is gone has nothing to remove either.
    await answered(agent.remove(staging, "tree")).catch(
      () => "the sandbox keeps it, under a name that says what it is",
    );
    if (!wasThere) await answered(agent.remove(folder, "one")).catch(() => "something else is in it");
    throw thrown;
  }
}

/** Writes all entries below the staging folder; links last, so that nothing can be written through one. */
async function stage(
  agent: Agent,
  staging: Buffer,
  entries: AsyncIterable<ArchiveEntry>,
  { mostBytes, signal, write }: UnpackOptions,
): Promise<UnpackedArchive & { readonly tree: ArchiveTree }> {
  const tree = new ArchiveTree();
  const files: PlacedFile[] = [];
  const links: Extract<ArchiveEntry, { kind: "link" }>[] = [];
  let bytes = 0;
  let folders = 0;
  for await (const entry of entries) {
    tree.add(entry.kind, entry.path, entry.kind === "folder" ? entry.mode : null);
    const path = join(staging, entry.path.toString("latin1"));
    if (entry.kind === "link") links.push(entry);
    else if (entry.kind === "folder") {
      folders += 1;
      await answered(agent.makeFolder(path, 0o755), signal);
    } else {
      bytes += entry.bytes;
      if (bytes > mostBytes)
        throw new HsrError("body_too_large", {
          message: `The archive's files have more than the ${mostBytes} bytes that the sandbox's files may have in all.`,
          hint: "Make the sandbox with a larger `disk_limit_bytes`.",
          details: { limit_bytes: mostBytes },
        });
      files.push({ ...(await write(path, entry)), path: entry.path });
    }
  }
  for (const { path, target } of links) {
    const at = join(staging, path.toString("latin1"));
    const slash = at.lastIndexOf(0x2f);
    await answered(agent.makeFolder(at.subarray(0, slash), 0o755), signal);
    await answered(agent.makeLink(at, target), signal);
  }
  return { tree, files, folders, links: links.length, bytes };
}

/** Moves what was staged to its place. */
class Placing {
  readonly #agent: Agent;
  readonly #ask: <Value>(answer: Promise<Value>) => Promise<Value>;
  /** How many files, links and whole folders are in their place. */
  moved = 0;

  constructor(agent: Agent, ask: <Value>(answer: Promise<Value>) => Promise<Value>) {
    this.#agent = agent;
    this.#ask = ask;
  }

  async children(node: TreeNode, from: Buffer, to: Buffer): Promise<void> {
    for (const child of node.children.values()) {
      const source = join(from, child.name);
      const target = join(to, child.name);
      try {
        await this.#ask(this.#agent.move(source, target));
        this.moved += 1;
      } catch (thrown) {
        if (child.kind !== "folder" || !isThere.has(errnoOf(thrown))) throw thrown;
        await this.children(child, source, target);
      }
    }
  }

  /** Folders get their permissions when nothing is put into them any more, the deepest first. */
  async setModes(node: TreeNode, at: Buffer): Promise<void> {
    for (const child of node.children.values()) {
      if (child.kind !== "folder") continue;
      const path = join(at, child.name);
      await this.setModes(child, path);
      if (child.mode !== null && child.mode !== 0o755) await this.#ask(this.#agent.chmod(path, child.mode));
    }
  }
}

/** The error of a move when others have been made before. */
function partly(thrown: unknown, moved: number): unknown {
  const errno = errnoOf(thrown);
  if (errno === null) return thrown;
  return new HsrError("file_failed", {
    field: "path",
    message: `Something in the folder is of another kind than in the archive (${errno}); a part of the archive is in its place.`,
    hint: "Unpack into an empty folder, or remove what is in the way and send it again.",
    details: { errno, applied: moved },
    cause: thrown,
  });
}

function join(folder: Buffer, name: string): Buffer {
  return Buffer.concat([folder, Buffer.from(folder.at(-1) === 0x2f ? name : `/${name}`, "latin1")]);
}
