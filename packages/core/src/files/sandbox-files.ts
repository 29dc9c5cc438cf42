/**
 * Files of living sandboxes. Everything here is done by the sandbox's own agent with the rights of the guest's user: no path
 * leads where the guest could not go itself, and nothing of a file touches the host. A call keeps its sandbox awake.
 */
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { HsrError } from "@hsr/contract";
import type { Arrival } from "../living/arrivals.ts";
import type { LiveSandbox } from "../living/live-sandbox.ts";
import { contentOf, judgedBytes } from "../living/mentioned.ts";
import type { Agent, Clock, FileEntry, FileReading, FileStat } from "../ports.ts";
import type { ArchiveEntry } from "./archive.ts";
import { fileError } from "./file-error.ts";
import { answered, Patience } from "./patience.ts";
import type { ReceivedFileStore } from "./received.ts";
import { type UnpackedArchive, unpack } from "./unpack.ts";
import { isPlainPath, Walk, type WalkedEntry } from "./walk.ts";

/** A file that was written: how much, and the digest of what passed. */
export interface WrittenBytes {
  readonly bytes: number;
  readonly sha256: string;
}

/** Files of an archive that are noted in one go: a write of the store stays short. */
const notedAtOnce = 256;

export interface WriteOptions {
  readonly mode: number;
  /** More than this is refused with `body_too_large` and leaves nothing behind. */
  readonly mostBytes: number;
  /** Aborted when whoever sends has gone. */
  readonly signal?: AbortSignal | undefined;
}

export class SandboxFiles {
  readonly #received: ReceivedFileStore;
  readonly #clock: Clock;

  constructor(ports: { readonly received: ReceivedFileStore; readonly clock: Clock }) {
    this.#received = ports.received;
    this.#clock = ports.clock;
  }

  stat(sandbox: LiveSandbox, path: Uint8Array, links: "follow" | "show"): Promise<FileStat> {
    return this.#ask(sandbox, "path", (agent) => agent.stat(path, links));
  }

  /** A page of what is in a folder. */
  list(
    sandbox: LiveSandbox,
    path: Uint8Array,
    options: { readonly depth: number; readonly limit: number; readonly skip: number },
  ): Promise<{ readonly entries: readonly FileEntry[]; readonly more: boolean }> {
    return this.#ask(sandbox, "path", async (agent) => {
      const page = await agent.listFolder(path, options);
      // Names are for callers to work with; an honest agent has no others.
      if (page.entries.every((entry) => isPlainPath(entry.path))) return page;
      throw new HsrError("sandbox_unreachable");
    });
  }

  makeFolder(sandbox: LiveSandbox, path: Uint8Array, mode: number, parents: "make" | "require"): Promise<void> {
    return this.#ask(sandbox, "path", (agent) => agent.makeFolder(path, mode, parents));
  }

  async move(sandbox: LiveSandbox, from: Uint8Array, to: Uint8Array): Promise<void> {
    await this.#in(sandbox, "path", (agent) =>
      sandbox.turns.arriving(async () => {
        for (const arrival of await movedFiles(sandbox, agent, from, to)) await sandbox.admit?.(arrival);
        await answered(agent.move(from, to));
      }),
    );
    await this.#received.moved(sandbox.id, from, to);
  }

  async remove(sandbox: LiveSandbox, path: Uint8Array, what: "one" | "tree"): Promise<void> {
    await this.#ask(sandbox, "path", (agent) => agent.remove(path, what));
    await this.#received.removed(sandbox.id, path);
  }

  chmod(sandbox: LiveSandbox, path: Uint8Array, mode: number): Promise<void> {
    return this.#ask(sandbox, "path", (agent) => agent.chmod(path, mode));
  }

  /** A file's bytes as they come. The sandbox is kept awake until `bytes` is at its end or destroyed, which the caller sees to. */
  async read(
    sandbox: LiveSandbox,
    path: Uint8Array,
    range: { readonly offset: number; readonly bytes: number },
  ): Promise<FileReading> {
    const release = sandbox.hold();
    try {
      const agent = await sandbox.agent();
      const opening = agent.readStream(path, range);
      const reading = await answered(opening).catch((thrown: unknown) => {
        // Who opens too late for anybody to wait keeps nothing open.
        opening.then((late) => late.bytes.destroy()).catch(() => "it did not open");
        throw thrown;
      });
      reading.bytes.once("close", release);
      return reading;
    } catch (thrown) {
      release();
      throw fileError(thrown, sandbox, "path");
    }
  }

  /** Writes a whole file from a stream: it is in its place when this resolves, and when it rejects nothing of it is there. */
  async write(
    sandbox: LiveSandbox,
    path: Uint8Array,
    source: AsyncIterable<Uint8Array>,
    { mode, mostBytes, signal }: WriteOptions,
  ): Promise<WrittenBytes> {
    return await this.#in(sandbox, "path", async (agent) => {
      const written = await receive(sandbox, agent, path, source, { mode, mostBytes, signal });
      await this.#received.put(sandbox.id, [{ path, ...written, receivedAtMs: this.#clock.now() }]);
      sandbox.seen.add(written.sha256);
      return written;
    });
  }

  /** Puts an archive's content into a folder: all of it, or nothing if the archive is bad or breaks off. */
  async unpack(
    sandbox: LiveSandbox,
    folder: Buffer,
    entries: AsyncIterable<ArchiveEntry>,
    { mostBytes, signal }: { readonly mostBytes: number; readonly signal: AbortSignal },
  ): Promise<UnpackedArchive> {
    return await this.#in(sandbox, "path", async (agent) => {
      const brought = await unpack(agent, folder, entries, {
        mostBytes,
        signal,
        write: (path, { content, mode }) => receive(sandbox, agent, path, content, { mode, mostBytes, signal }),
      });
      for (const file of brought.files) sandbox.seen.add(file.sha256);
      const receivedAtMs = this.#clock.now();
      for (let at = 0; at < brought.files.length; at += notedAtOnce)
        await this.#received.put(
          sandbox.id,
          brought.files.slice(at, at + notedAtOnce).map((file) => ({ ...file, receivedAtMs })),
        );
      return brought;
    });
  }

  /**
   * Copies all that is below a folder into the same folder of another sandbox. It is not noted as having come over the API:
   * whoever copies knows what of it has. What cannot be read there is left out.
   */
  async copyTree(from: LiveSandbox, to: LiveSandbox, path: string): Promise<void> {
    const folder = Buffer.from(path);
    const mostBytes = to.decision.limits.diskBytes;
    await this.#in(to, "path", async (agent) => {
      await unpack(agent, folder, archiveOf(this.walk(from, folder)), {
        mostBytes,
        write: (at, { content, mode }) => receive(to, agent, at, content, { mode, mostBytes }),
      });
    });
  }

  /** What is below a folder, for an archive of it. The sandbox is kept awake until the generator has ended. */
  async *walk(sandbox: LiveSandbox, folder: Buffer): AsyncGenerator<WalkedEntry, { readonly skipped: number }, void> {
    const release = sandbox.hold();
    try {
      const walk = new Walk(await sandbox.agent(), folder);
      yield* walk.entries();
      return { skipped: walk.skipped };
    } catch (thrown) {
      throw fileError(thrown, sandbox, "path");
    } finally {
      release();
    }
  }

  #ask<Value>(sandbox: LiveSandbox, field: string, ask: (agent: Agent) => Promise<Value>): Promise<Value> {
    return this.#in(sandbox, field, (agent) => answered(ask(agent)));
  }

  /** Does something with the agent while the sandbox is kept awake. */
  async #in<Value>(sandbox: LiveSandbox, field: string, use: (agent: Agent) => Promise<Value>): Promise<Value> {
    const release = sandbox.hold();
    try {
      return await use(await sandbox.agent());
    } catch (thrown) {
      throw fileError(thrown, sandbox, field);
    } finally {
      release();
    }
  }
}

/** What was walked, in the words of an archive. */
async function* archiveOf(walk: AsyncIterable<WalkedEntry>): AsyncGenerator<ArchiveEntry, void, void> {
  for await (const entry of walk) {
    if (entry.kind !== "file") yield entry;
    else {
      const { path, size: bytes, reading } = entry;
      yield { kind: "file", path, mode: reading.stat.mode & 0o777, bytes, content: reading.bytes };
    }
  }
}

/** What a move brings under another name, where programs run that could mean it. */
async function movedFiles(
  sandbox: LiveSandbox,
  agent: Agent,
  from: Uint8Array,
  to: Uint8Array,
): Promise<readonly Arrival[]> {
  if (sandbox.admit === null || sandbox.executions.size === 0) return [];
  const { kind, mode } = await answered(agent.stat(from, "show"));
  const source = posix.resolve("/", Buffer.from(from).toString("utf8"));
  const target = posix.resolve("/", Buffer.from(to).toString("utf8"));
  const arrival = (rest: string, bits: number): Arrival => ({
    path: `${target}${rest}`,
    mode: bits & 0o777,
    content: async () => (await contentOf(agent, `${source}${rest}`)) ?? new Uint8Array(),
  });
  if (kind !== "folder") return [arrival("", mode)];
  const { entries } = await answered(agent.listFolder(from, { depth: 32, limit: 65_536 }));
  return entries
    .filter((entry) => entry.kind !== "folder")
    .map((entry) => {
      const path = posix.resolve(source, Buffer.from(entry.path).toString("utf8"));
      return arrival(path.slice(source.length), entry.mode);
    });
}

/** Writes one file from a stream and takes its digest as it passes. */
async function receive(
  sandbox: LiveSandbox,
  agent: Agent,
  path: Uint8Array,
  source: AsyncIterable<Uint8Array>,
  { mode, mostBytes, signal }: WriteOptions,
): Promise<WrittenBytes> {
  const file = agent.openWrite(path, mode);
  const digest = createHash("sha256");
  const patience = new Patience(signal);
  const first: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of source) {
      // So much of it as the analyzer would look at, should a program that runs mention it.
      if (bytes < judgedBytes) first.push(chunk.slice(0, judgedBytes - bytes));
      bytes += chunk.length;
      if (bytes > mostBytes) throw tooLarge(mostBytes);
      digest.update(chunk);
      await patience.waitFor(file.write(chunk));
    }
    await sandbox.turns.arriving(async () => {
      const content = async () => Buffer.concat(first);
      await sandbox.admit?.({ path: Buffer.from(path).toString("utf8"), mode, content });
      await patience.waitFor(file.commit());
    });
  } catch (thrown) {
    // It cannot fail, and an agent that does not answer any more keeps nobody waiting.
    void file.abort();
    throw thrown;
  } finally {
    patience.end();
  }
  return { bytes, sha256: digest.digest("hex") };
}

/** More than a sandbox could hold. */
export function tooLarge(mostBytes: number): HsrError {
  return new HsrError("body_too_large", {
    message: `The sandbox's files may have ${mostBytes} bytes in all.`,
    hint: "Make the sandbox with a larger `disk_limit_bytes`.",
    details: { limit_bytes: mostBytes },
  });
}
