import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import type {
  Agent,
  AgentExecution,
  AgentHello,
  AgentWatch,
  ExecSpec,
  ExecutionState,
  FileEntry,
  FileReading,
  FileStat,
  FileWriting,
  GuestPath,
  ListeningPorts,
  Orphans,
  Resumed,
  WatchState,
} from "@hsr/core";
import { FieldReader, FieldWriter } from "./bytes.ts";
import { connectTo } from "./connection.ts";
import { Epoch } from "./epoch.ts";
import { AgentError } from "./errors.ts";
import { FollowedExecution } from "./execution.ts";
import { readFrom, WrittenFile } from "./file-stream.ts";
import {
  decodeEntries,
  decodeHello,
  decodeListing,
  decodePorts,
  decodeStat,
  encodeStart,
  type Listing,
} from "./messages.ts";
import { FollowedWatch } from "./watch.ts";
import { ask, bounds, flag, mkdirFlag, removeFlag, resumedBit } from "./wire.ts";

/** A file of at most so many bytes goes in one message. */
const pieceBytes = 60 * 1024;
/** Files of several pieces that are under way at once; the agent refuses more than 16. */
const transfersAtOnce = 8;
/** What one answer to a read can hold, and how many reads are under way at once. */
const readBytes = bounds.readMax - 12;
const readsAtOnce = 8;
/** A guest that fills a folder while it is removed does not keep the caller for ever. */
const removeRoundsMax = 4096;

/** Opens an epoch on an agent's stream and pipelines whatever is asked behind the opening. Never throws. */
export function openAgent(stream: Duplex): Agent {
  return new OpenedAgent(new Epoch(stream));
}

class OpenedAgent implements Agent {
  readonly ready: Promise<AgentHello>;
  readonly closed: Promise<Error | null>;
  readonly #epoch: Epoch;
  #transfers = 0;
  readonly #transfersWaiting: (() => void)[] = [];

  constructor(epoch: Epoch) {
    this.#epoch = epoch;
    this.ready = epoch.hello.promise.then((body) => {
      try {
        return decodeHello(body);
      } catch (error) {
        epoch.end(error instanceof Error ? error : null);
        throw error;
      }
    });
    this.ready.catch(() => undefined);
    this.closed = epoch.closed.promise;
  }

  async list(): Promise<readonly ExecutionState[]> {
    return (await this.#listing()).executions;
  }

  async orphans(): Promise<Orphans> {
    return (await this.#listing()).orphans;
  }

  async killOrphans(signal: number, pids: readonly number[] = []): Promise<number> {
    const fields = new FieldWriter().u64(this.#epoch.token()).u32(signal).u32(pids.length);
    for (const pid of pids) fields.u32(pid);
    return this.#answered(ask.KILL_ORPHANS, fields.finish(), "kill orphans", (body) => body.u32());
  }

  start(execId: number, spec: ExecSpec): AgentExecution {
    const execution = this.#follow(execId, { stdout: 0, stderr: 0 }, spec.reader === "background");
    if (this.#epoch.over) return execution;
    try {
      this.#epoch.send(ask.START, 0, execId, encodeStart(spec, execution.credit));
    } catch (error) {
      this.#epoch.executions.delete(execId);
      execution.fail(error instanceof AgentError ? error : AgentError.closed(null));
      return execution;
    }
    if (spec.stdin === null && spec.terminal === undefined) execution.withoutStdin();
    else if (spec.stdin instanceof Uint8Array) {
      /* Its failure is the program's choice (it may end without reading) and shows nowhere else. */
      execution.writeStdin(spec.stdin).catch(() => undefined);
      execution.endStdin();
    }
    return execution;
  }

  follow(
    execId: number,
    from: { readonly stdout: number; readonly stderr: number },
    options: { readonly reader?: "foreground" | "background"; readonly stdinOffset?: number } = {},
  ): AgentExecution {
    const background = options.reader === "background";
    const execution = this.#follow(execId, from, background);
    execution.resumeStdin(options.stdinOffset ?? 0);
    const [stdoutCredit, stderrCredit] = execution.credit;
    const fields = new FieldWriter().u64(from.stdout).u64(from.stderr).u64(stdoutCredit).u64(stderrCredit);
    this.#epoch.send(ask.FOLLOW, background ? flag.BACKGROUND : 0, execId, fields.finish());
    return execution;
  }

  async writeFile(path: GuestPath, content: Uint8Array, mode: number): Promise<void> {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    if (bytes.length <= pieceBytes) {
      const head = new FieldWriter().u64(this.#epoch.token()).u32(mode).path(path);
      await this.#epoch.request(ask.FILE_WRITE, head.bytes(bytes).finish(), "write a file", flag.BEGIN | flag.END);
      return;
    }
    if (this.#transfers >= transfersAtOnce) await new Promise<void>((resolve) => this.#transfersWaiting.push(resolve));
    this.#transfers++;
    try {
      const file = this.openWrite(path, mode);
      const written = file.write(bytes);
      await file.commit();
      await written;
    } finally {
      this.#transfers--;
      this.#transfersWaiting.shift()?.();
    }
  }

  async readFile(path: GuestPath, range: { readonly offset: number; readonly bytes: number }): Promise<Buffer> {
    const parts: Buffer[] = [];
    const end = range.offset + range.bytes;
    for (let at = range.offset; at < end; ) {
      const asked: Promise<Buffer>[] = [];
      for (; at < end && asked.length < readsAtOnce; at += readBytes)
        asked.push(this.#readPiece(path, at, Math.min(readBytes, end - at)));
      for (const piece of await Promise.all(asked)) {
        parts.push(piece);
        if (piece.length < readBytes) return Buffer.concat(parts);
      }
    }
    return Buffer.concat(parts);
  }

  async readStream(
    path: GuestPath,
    range: { readonly offset: number; readonly bytes: number } = { offset: 0, bytes: Number.MAX_SAFE_INTEGER },
  ): Promise<FileReading> {
    return readFrom(this.#epoch, path, range);
  }

  openWrite(path: GuestPath, mode: number): FileWriting {
    return new WrittenFile(this.#epoch, path, mode);
  }

  async connect(port: number): Promise<Duplex> {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new AgentError("EINVAL", "a port is 1 to 65535");
    try {
      return await connectTo(this.#epoch, 4, port);
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== "ECONNREFUSED") throw error;
      /* A server that listens on `localhost` may have taken the other family only. */
      return connectTo(this.#epoch, 6, port).catch(() => Promise.reject(error));
    }
  }

  watch(watchId: number, path: string, depth: number): AgentWatch {
    return FollowedWatch.begin(this.#epoch, watchId, path, depth);
  }

  followWatch(watchId: number, from: number): AgentWatch {
    return FollowedWatch.follow(this.#epoch, watchId, from);
  }

  async watches(): Promise<readonly WatchState[]> {
    return (await this.#listing()).watches;
  }

  ports(): Promise<ListeningPorts> {
    return this.#answered(ask.PORTS, Buffer.alloc(0), "list ports", decodePorts);
  }

  async stat(path: GuestPath, links: "follow" | "show" = "show"): Promise<FileStat> {
    const fields = new FieldWriter().u8(links === "follow" ? 1 : 0).path(path);
    return this.#answered(ask.FILE_STAT, fields.finish(), "stat", decodeStat);
  }

  async listFolder(
    path: GuestPath,
    options: { readonly depth: number; readonly limit: number; readonly skip?: number },
  ): Promise<{ entries: FileEntry[]; more: boolean }> {
    const entries: FileEntry[] = [];
    for (;;) {
      const wanted = options.limit - entries.length;
      const skip = (options.skip ?? 0) + entries.length;
      const fields = new FieldWriter().u16(options.depth).u32(skip).u32(wanted).path(path);
      const page = await this.#answered(ask.FILE_LIST, fields.finish(), "list a folder", (body) =>
        decodeEntries(body, wanted),
      );
      entries.push(...page.entries);
      if (!page.more || page.entries.length === 0 || entries.length >= options.limit)
        return { entries, more: page.more };
    }
  }

  async makeFolder(path: GuestPath, mode: number, parents: "make" | "require" = "make"): Promise<void> {
    const fields = new FieldWriter()
      .u64(this.#epoch.token())
      .u32(mode)
      .u8(parents === "make" ? mkdirFlag.PARENTS : 0);
    await this.#epoch.request(ask.FILE_MKDIR, fields.path(path).finish(), "make a folder");
  }

  async move(from: GuestPath, to: GuestPath): Promise<void> {
    const fields = new FieldWriter().u64(this.#epoch.token()).path(from).path(to);
    await this.#epoch.request(ask.FILE_MOVE, fields.finish(), "move");
  }

  async makeLink(path: GuestPath, target: Uint8Array): Promise<void> {
    const fields = new FieldWriter().u64(this.#epoch.token()).path(path).target(target);
    await this.#epoch.request(ask.FILE_LINK, fields.finish(), "make a link");
  }

  async remove(path: GuestPath, what: "one" | "tree" = "one"): Promise<void> {
    for (let round = 0; round < removeRoundsMax; round++) {
      const fields = new FieldWriter()
        .u64(this.#epoch.token())
        .u8(what === "tree" ? removeFlag.RECURSIVE : 0)
        .path(path);
      if ((await this.#answered(ask.FILE_REMOVE, fields.finish(), "remove", (body) => body.u8())) === 0) return;
    }
    throw new AgentError("ENOTEMPTY", "remove: the folder is being filled as fast as it is emptied");
  }

  async chmod(path: GuestPath, mode: number): Promise<void> {
    const fields = new FieldWriter().u64(this.#epoch.token()).u32(mode).path(path);
    await this.#epoch.request(ask.FILE_CHMOD, fields.finish(), "chmod");
  }

  async ping(): Promise<void> {
    await this.#epoch.request(ask.PING, Buffer.alloc(0), "ping");
  }

  async quiesce(stream: "keep" | "release"): Promise<void> {
    await this.#epoch.request(ask.QUIESCE, Buffer.from([stream === "release" ? 1 : 0]), "quiesce");
    this.#epoch.end(null);
  }

  async resume(identity: Uint8Array, seed: Uint8Array, wallMs: number): Promise<Resumed> {
    if (identity.length !== 16 || seed.length !== 32) throw new TypeError("an identity has 16 bytes and a seed 32");
    const fields = new FieldWriter().bytes(identity).bytes(seed).u64(wallMs);
    return this.#answered(ask.RESUME, fields.finish(), "resume", (body) => {
      const done = body.u8();
      return {
        bootId: body.take(16).toString("hex"),
        seed: (done & resumedBit.SEED) !== 0,
        clock: (done & resumedBit.CLOCK) !== 0,
      };
    });
  }

  close(): void {
    this.#epoch.end(null);
  }

  #follow(
    execId: number,
    from: { readonly stdout: number; readonly stderr: number },
    background: boolean,
  ): FollowedExecution {
    const execution = new FollowedExecution(this.#epoch, execId, from, background);
    if (this.#epoch.over) execution.fail(this.#epoch.over);
    else this.#epoch.executions.set(execId, execution);
    return execution;
  }

  #listing(): Promise<Listing> {
    return this.#answered(ask.LIST, Buffer.alloc(0), "list", decodeListing);
  }

  async #readPiece(path: GuestPath, offset: number, bytes: number): Promise<Buffer> {
    const fields = new FieldWriter().u64(offset).u32(bytes).path(path);
    const body = await this.#epoch.request(ask.FILE_READ, fields.finish(), "read a file");
    const piece = body.subarray(8);
    if (body.length >= 8 && piece.length <= bytes) return piece;
    const error = AgentError.protocol("a read of another size");
    this.#epoch.end(error);
    throw error;
  }

  /** A request whose answer has fields; one that does not decode ends the epoch. */
  async #answered<Value>(
    type: number,
    payload: Buffer,
    doing: string,
    decode: (body: FieldReader) => Value,
  ): Promise<Value> {
    const body = await this.#epoch.request(type, payload, doing);
    try {
      const fields = new FieldReader(body);
      const value = decode(fields);
      fields.done();
      return value;
    } catch (error) {
      this.#epoch.end(error instanceof Error ? error : null);
      throw error;
    }
  }
}
