/**
 * What is kept of one stream of an execution: its first bytes, or its newest ones, up to the limit. Bytes are known by
 * their place in the agent's own count, so that a reader can come back to where it was, also after a restart, and sees
 * where something is missing. A little lies in memory, the rest in files.
 */
import type { StreamName } from "../spool.ts";
import type { ExecutionId } from "../types.ts";
import type { LogFile, LogFiles } from "./log-files.ts";
import type { LogPiece } from "./records.ts";

/** Bytes in memory that make a file worth its write: half of the agent's ring, which then never fills up. */
const flushFromBytes = 128 * 1024;
/** Small pieces grow together up to this size: each alone would cost several times its bytes. */
const joinedBytes = 4096;
/** A file that has grown to this size gets a successor. Small enough that dropping the oldest drops little. */
const fileBytes = 256 * 1024;
/** Gaps in what is kept. Only an agent that lies makes more, and each could cost a file. */
const mostGaps = 64;

export class ExecutionLog {
  readonly stream: StreamName;
  readonly #id: ExecutionId;
  readonly #limitBytes: number;
  readonly #keep: "first" | "newest";
  readonly #files: LogFiles;
  #written: { offset: number; bytes: number }[] = [];
  #writtenBytes = 0;
  /** In order, after everything that is written. */
  #memory: LogPiece[] = [];
  #memoryBytes = 0;
  #end = 0;
  #gaps = 0;
  #safe = 0;
  #flushing: Promise<void> | null = null;

  constructor(id: ExecutionId, stream: StreamName, limitBytes: number, keep: "first" | "newest", files: LogFiles) {
    this.#id = id;
    this.stream = stream;
    this.#limitBytes = limitBytes;
    this.#keep = keep;
    this.#files = files;
  }

  /** Takes up what an earlier gateway had written. */
  restore(files: readonly LogFile[]): void {
    this.#written = files.map((file) => ({ ...file }));
    this.#writtenBytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const last = this.#written.at(-1);
    this.#end = last === undefined ? 0 : last.offset + last.bytes;
    this.#safe = this.#end;
  }

  /** Up to where the stream has been taken. */
  get end(): number {
    return this.#end;
  }

  /** Up to where the agent may forget. */
  get safe(): number {
    return this.#safe;
  }

  get keptBytes(): number {
    return this.#writtenBytes + this.#memoryBytes;
  }

  /** Takes a piece, for one caller at a time. Pieces that were seen before are skipped. */
  async take(offset: number, bytes: Uint8Array): Promise<void> {
    const fresh = bytes.subarray(Math.max(0, this.#end - offset));
    if (fresh.length === 0) return;
    const at = Math.max(offset, this.#end);
    if (at > this.#end) this.#gaps += 1;
    this.#end = at + fresh.length;
    const room = this.#keep === "newest" ? fresh.length : Math.max(0, this.#limitBytes - this.keptBytes);
    if (room > 0 && (await this.#mayFollow(at))) this.#put(at, fresh.subarray(0, room));
    if (this.#keep === "first" && this.keptBytes >= this.#limitBytes && this.#memoryBytes === 0) this.#safe = this.#end;
    if (this.#memoryBytes >= flushFromBytes || this.#end - this.#safe >= flushFromBytes) await this.flush();
  }

  /** Beyond the most gaps nothing more is kept of the first bytes, and of the newest only what comes from here on. */
  async #mayFollow(offset: number): Promise<boolean> {
    if (this.#gaps <= mostGaps) return true;
    if (this.#keep === "first") return false;
    await this.#flushing;
    const files = this.#written;
    this.#written = [];
    this.#writtenBytes = 0;
    this.#memory = [];
    this.#memoryBytes = 0;
    this.#gaps = 0;
    this.#safe = offset;
    for (const file of files) await this.#files.remove(this.#id, this.stream, file.offset);
    return true;
  }

  #put(offset: number, bytes: Uint8Array): void {
    this.#memoryBytes += bytes.length;
    const last = this.#memory.at(-1);
    if (
      last !== undefined &&
      last.offset + last.bytes.length === offset &&
      last.bytes.length + bytes.length <= joinedBytes
    )
      this.#memory[this.#memory.length - 1] = { offset: last.offset, bytes: Buffer.concat([last.bytes, bytes]) };
    // A copy: the bytes may be a view of a large buffer, which they would keep.
    else this.#memory.push({ offset, bytes: Buffer.from(bytes) });
  }

  /** Writes what is in memory to files, and drops what is beyond the limit. */
  async flush(): Promise<void> {
    await this.#flushing;
    this.#flushing = this.#write();
    try {
      await this.#flushing;
    } finally {
      this.#flushing = null;
    }
  }

  async #write(): Promise<void> {
    const safe = this.#end;
    for (let first = this.#memory[0]; first !== undefined; first = this.#memory[0]) {
      const file = this.#fileFor(first.offset);
      const run = contiguous(this.#memory);
      const bytes = run.reduce((sum, piece) => sum + piece.bytes.length, 0);
      await this.#files.append(
        this.#id,
        this.stream,
        file.offset,
        run.map((piece) => piece.bytes),
      );
      // Readers find the bytes in memory until the very step in which they are in the file.
      file.bytes += bytes;
      if (!this.#written.includes(file)) this.#written.push(file);
      this.#writtenBytes += bytes;
      this.#memory = this.#memory.slice(run.length);
      this.#memoryBytes -= bytes;
    }
    this.#safe = safe;
    while (this.#keep === "newest" && this.#written.length > 1) {
      const [oldest] = this.#written;
      if (oldest === undefined || this.#writtenBytes - oldest.bytes < this.#limitBytes) return;
      this.#written.shift();
      this.#writtenBytes -= oldest.bytes;
      await this.#files.remove(this.#id, this.stream, oldest.offset);
    }
  }

  #fileFor(offset: number): { offset: number; bytes: number } {
    const last = this.#written.at(-1);
    const follows = last !== undefined && last.offset + last.bytes === offset && last.bytes < fileBytes;
    return follows ? last : { offset, bytes: 0 };
  }

  /** The first kept piece at or after `offset`, at most `length` bytes of it; empty when nothing is there yet. */
  async read(offset: number, length: number): Promise<LogPiece> {
    const from = Math.max(offset, this.#first());
    for (const file of this.#written) {
      if (file.offset + file.bytes <= from) continue;
      const at = Math.max(from, file.offset);
      const wanted = Math.min(length, file.offset + file.bytes - at);
      try {
        return {
          offset: at,
          bytes: await this.#files.read(this.#id, this.stream, file.offset, at - file.offset, wanted),
        };
      } catch (thrown) {
        if (this.#written.includes(file)) throw thrown;
        // It was dropped for newer bytes meanwhile.
        return await this.read(offset, length);
      }
    }
    for (const piece of this.#memory) {
      if (piece.offset + piece.bytes.length <= from) continue;
      const at = Math.max(from, piece.offset);
      return { offset: at, bytes: piece.bytes.subarray(at - piece.offset, at - piece.offset + length) };
    }
    return { offset: Math.max(from, this.#end), bytes: new Uint8Array() };
  }

  /** What is kept, piece by piece, from where the limit says. */
  async *pieces(pieceBytes: number): AsyncGenerator<LogPiece> {
    for (let at = this.#first(); ; ) {
      const piece = await this.read(at, pieceBytes);
      if (piece.bytes.length === 0) return;
      yield piece;
      at = piece.offset + piece.bytes.length;
    }
  }

  /** Where what counts as kept begins: files are dropped whole, so that there may be a little more than the limit. */
  #first(): number {
    let surplus = this.#keep === "newest" ? Math.max(0, this.keptBytes - this.#limitBytes) : 0;
    for (const file of this.#written) {
      if (surplus < file.bytes) return file.offset + surplus;
      surplus -= file.bytes;
    }
    for (const { offset, bytes } of this.#memory) {
      if (surplus < bytes.length) return offset + surplus;
      surplus -= bytes.length;
    }
    return this.#end;
  }
}

/** The pieces at the beginning of a list that follow one another without a gap. */
function contiguous(pieces: readonly LogPiece[]): readonly LogPiece[] {
  const gap = pieces.findIndex((piece, index) => {
    const before = pieces[index - 1];
    return before !== undefined && before.offset + before.bytes.length !== piece.offset;
  });
  return gap < 0 ? pieces.slice() : pieces.slice(0, gap);
}
