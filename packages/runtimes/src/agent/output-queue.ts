import { Buffer } from "node:buffer";
import type { OutputChunk } from "@hsr/core";
import { AgentError } from "./errors.ts";

/** A small chunk grows up to this size instead of becoming many: a guest that writes single bytes costs no more than one that does not. */
const joinedBytes = 16 * 1024;

/** No honest agent sends so many pieces that cannot be joined within one window. */
const heldMax = 4096;

type StreamName = OutputChunk["stream"];

/** A chunk that may grow while nobody has taken it. */
interface Held {
  readonly stream: StreamName;
  offset: number;
  bytes: Buffer;
  /** Own memory with room behind `bytes`, once something was joined to it. */
  room: Buffer | null;
}

/**
 * Output of one execution between the agent and its reader, in order. Bounded by the credit that was given for it; checks
 * that offsets only go forward; where they jump, bytes were dropped.
 */
export class OutputQueue implements AsyncIterable<OutputChunk> {
  readonly #held: Held[] = [];
  readonly #next: Record<StreamName, number>;
  readonly #onTaken: (chunk: OutputChunk) => void;
  #ended: AgentError | true | null = null;
  #waiting: PromiseWithResolvers<IteratorResult<OutputChunk>> | null = null;

  constructor(from: { stdout: number; stderr: number }, onTaken: (chunk: OutputChunk) => void) {
    this.#next = { stdout: from.stdout, stderr: from.stderr };
    this.#onTaken = onTaken;
  }

  put(stream: StreamName, offset: number, bytes: Buffer): void {
    const expected = this.#next[stream];
    if (offset < expected) throw AgentError.protocol(`output at offset ${offset} where ${expected} was due`);
    this.#next[stream] = offset + bytes.length;
    if (bytes.length === 0 && this.#moveJump(stream, offset)) return;
    if (this.#waiting) {
      const waiting = this.#waiting;
      this.#waiting = null;
      waiting.resolve({ done: false, value: this.#hand({ stream, offset, bytes }) });
    } else if (!this.#join(stream, offset, bytes)) {
      if (this.#held.length >= heldMax) throw AgentError.protocol("output in too many pieces");
      this.#held.push({ stream, offset, bytes, room: null });
    }
  }

  /** Offset up to which everything was taken by the reader. */
  takenUpTo(stream: StreamName): number {
    return this.#held.find((held) => held.stream === stream)?.offset ?? this.#next[stream];
  }

  /** Nothing follows; checks that what was announced has come. */
  end(total: { stdout: number; stderr: number }): void {
    if (this.#next.stdout > total.stdout || this.#next.stderr > total.stderr)
      throw AgentError.protocol("an end before the last byte of output");
    this.#finish(true);
  }

  fail(error: AgentError): void {
    this.#finish(error);
  }

  [Symbol.asyncIterator](): AsyncIterator<OutputChunk> {
    return { next: () => this.#take() };
  }

  #finish(how: AgentError | true): void {
    if (this.#ended) return;
    this.#ended = how;
    const waiting = this.#waiting;
    this.#waiting = null;
    if (how === true) waiting?.resolve({ done: true, value: undefined });
    else waiting?.reject(how);
  }

  #take(): Promise<IteratorResult<OutputChunk>> {
    const held = this.#held.shift();
    if (held) return Promise.resolve({ done: false, value: this.#hand(held) });
    if (this.#ended === true) return Promise.resolve({ done: true, value: undefined });
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#waiting) return Promise.reject(new Error("output has one reader at a time"));
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  #hand(held: { stream: StreamName; offset: number; bytes: Buffer }): OutputChunk {
    const chunk = { stream: held.stream, offset: held.offset, bytes: held.bytes };
    this.#onTaken(chunk);
    return chunk;
  }

  /** One jump after the other, with no bytes between them, is one. */
  #moveJump(stream: StreamName, offset: number): boolean {
    const last = this.#held.findLast((held) => held.stream === stream);
    if (!last || last.bytes.length > 0) return false;
    last.offset = offset;
    return true;
  }

  /** Appends to the last chunk of the same stream if they are contiguous and small. */
  #join(stream: StreamName, offset: number, bytes: Buffer): boolean {
    let last = this.#held.at(-1);
    /* Two streams in turn must not defeat the joining: look one further back. Their order is not promised. */
    if (last && last.stream !== stream) last = this.#held.at(-2);
    if (!last || last.stream !== stream || last.offset + last.bytes.length !== offset) return false;
    const length = last.bytes.length + bytes.length;
    if (length > joinedBytes) return false;
    if (!last.room) {
      last.room = Buffer.allocUnsafeSlow(joinedBytes);
      last.bytes.copy(last.room);
    }
    bytes.copy(last.room, last.bytes.length);
    last.bytes = last.room.subarray(0, length);
    return true;
  }
}
