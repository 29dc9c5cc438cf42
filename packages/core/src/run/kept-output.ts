/**
 * What is kept of one stream of a run: up to the limit, in memory while it is little, in the spool once it is much.
 * Bytes beyond the limit are counted by the agent's own offsets, so nothing is counted twice after a restart.
 */

import type { Spool, StreamName } from "../spool.ts";
import type { OutputSource } from "../store.ts";
import type { RunId } from "../types.ts";

/** Unacknowledged bytes that make the spool worth its write: half of the agent's ring, which then never fills up. */
const spoolFromBytes = 128 * 1024;
/** Small pieces grow together up to this size: each alone would cost several times its bytes. */
const joinedBytes = 4096;

export class KeptOutput {
  readonly stream: StreamName;
  readonly #run: RunId;
  readonly #limitBytes: number;
  readonly #spool: Spool;
  /** Kept bytes that are in the spool; those after it are in `#tail`. */
  #spooledBytes: number;
  #tail: Uint8Array[] = [];
  #tailBytes = 0;
  /** Position in the agent's own count up to which everything was taken or is known to be missing. */
  #agentOffset: number;
  /** Kept, or dropped for good: everything up to here may leave the agent's ring. */
  #safeOffset: number;
  #overLimit = false;
  #sealed = false;
  /** What is being taken: it may be on its way into the spool. */
  #taking: Promise<void> = Promise.resolve();

  constructor(run: RunId, stream: StreamName, limitBytes: number, spool: Spool, from = { kept: 0, skipped: 0 }) {
    this.#run = run;
    this.stream = stream;
    this.#limitBytes = limitBytes;
    this.#spool = spool;
    this.#spooledBytes = from.kept;
    this.#agentOffset = from.kept + from.skipped;
    this.#safeOffset = this.#agentOffset;
  }

  /** Bytes kept so far. */
  get bytes(): number {
    return this.#spooledBytes + this.#tailBytes;
  }

  /** Whether nothing of it went to the spool. */
  get inMemory(): boolean {
    return this.#spooledBytes === 0;
  }

  /** Where to follow the agent from, after a new stream. */
  get agentOffset(): number {
    return this.#agentOffset;
  }

  /** Up to where the agent may forget. */
  get safeOffset(): number {
    return this.#safeOffset;
  }

  /** Whether there was more than the limit. */
  get overLimit(): boolean {
    return this.#overLimit;
  }

  /** Whether all that will ever be kept is safe here: what still comes need only be counted. */
  get wantsNoMore(): boolean {
    return this.#overLimit && this.#safeOffset === this.#agentOffset;
  }

  /**
   * Takes a piece at its place in the agent's count, for one caller at a time. Pieces that were seen before are skipped,
   * and so is everything that comes after `seal`.
   */
  take(offset: number, bytes: Uint8Array): Promise<void> {
    if (this.#sealed) return Promise.resolve();
    this.#taking = this.#take(offset, bytes);
    return this.#taking;
  }

  /**
   * Takes nothing more; resolves when what was being taken is. A run that is stopped is read out while its sandbox still
   * talks: without this a piece on its way into the spool would be written there twice.
   */
  async seal(): Promise<void> {
    this.#sealed = true;
    await this.#taking.catch(() => "whoever took it has noted the failure");
  }

  async #take(offset: number, bytes: Uint8Array): Promise<void> {
    if (offset > this.#agentOffset) await this.#skip(offset - this.#agentOffset);
    const fresh = bytes.subarray(Math.max(0, this.#agentOffset - offset));
    if (fresh.length === 0) return;
    this.#agentOffset += fresh.length;
    const room = this.#limitBytes - this.bytes;
    if (fresh.length > room) this.#overLimit = true;
    const kept = fresh.length > room ? fresh.subarray(0, Math.max(0, room)) : fresh;
    if (kept.length > 0) this.#keep(kept);
    if (this.#agentOffset - this.#safeOffset >= spoolFromBytes) await this.#flush();
  }

  #keep(bytes: Uint8Array): void {
    this.#tailBytes += bytes.length;
    const last = this.#tail.at(-1);
    if (last === undefined || last.length + bytes.length > joinedBytes) this.#tail.push(bytes);
    else this.#tail[this.#tail.length - 1] = Buffer.concat([last, bytes]);
  }

  /** At most `length` kept bytes from `offset`. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const spooled = Math.min(length, this.#spooledBytes - offset);
    if (spooled <= 0) return this.#fromMemory(offset - this.#spooledBytes, length);
    // What is in memory is taken first: while the spool is read, it may move there.
    const tail = this.#fromMemory(0, length - spooled);
    const head = await this.#spool.read(this.#run, this.stream, offset, spooled);
    return tail.length === 0 || head.length < spooled ? head : Buffer.concat([head, tail]);
  }

  /** Bytes of the part that is in memory, from its own beginning. */
  #fromMemory(start: number, length: number): Uint8Array {
    const end = Math.min(this.#tailBytes, start + length);
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const part of this.#tail) {
      if (at + part.length > start && at < end) parts.push(part.subarray(Math.max(0, start - at), end - at));
      at += part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** Everything kept, for the store. Nothing is taken afterwards. */
  async source(): Promise<OutputSource> {
    await this.seal();
    if (this.#spooledBytes === 0) {
      const [only] = this.#tail;
      return { kind: "bytes", bytes: this.#tail.length === 1 && only !== undefined ? only : Buffer.concat(this.#tail) };
    }
    await this.#flush();
    return { kind: "spool", path: this.#spool.path(this.#run, this.stream), bytes: this.#spooledBytes };
  }

  async #flush(): Promise<void> {
    const safe = this.#agentOffset;
    if (this.#tailBytes > 0) {
      const parts = this.#tail;
      const bytes = this.#tailBytes;
      await this.#spool.append(this.#run, this.stream, parts);
      // Readers find the bytes in memory until the very step in which they are in the spool.
      this.#tail = this.#tail.slice(parts.length);
      this.#tailBytes -= bytes;
      this.#spooledBytes += bytes;
    }
    this.#safeOffset = safe;
  }

  async #skip(bytes: number): Promise<void> {
    if (this.bytes < this.#limitBytes) {
      await this.#flush();
      await this.#spool.skip(this.#run, { stream: this.stream, skippedBytes: bytes });
    }
    this.#agentOffset += bytes;
  }
}
