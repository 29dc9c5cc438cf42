import { Buffer } from "node:buffer";
import type { Duplex, Readable } from "node:stream";
import { FieldWriter } from "./bytes.ts";
import type { Epoch } from "./epoch.ts";
import { AgentError } from "./errors.ts";
import { ask } from "./wire.ts";

/** A small piece grows up to this size instead of becoming many: an agent that sends single bytes costs no more than one that does not. */
const joinedBytes = 16 * 1024;

interface Held {
  bytes: Buffer;
  /** Own memory with room behind `bytes`, once something was joined to it. */
  room: Buffer | null;
}

/**
 * What comes over a channel and nobody has taken yet. Never more than the window that was granted: whoever sends beyond it breaks
 * the protocol.
 */
export class Inflow {
  readonly #windowBytes: number;
  readonly #held: Held[] = [];
  #received = 0;
  #taken = 0;
  #granted: number;

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
    this.#granted = windowBytes;
  }

  /** Offset up to which the agent may send, for the message that opens the channel. */
  get granted(): number {
    return this.#granted;
  }

  put(bytes: Buffer): void {
    if (bytes.length === 0) throw AgentError.protocol("an empty piece");
    this.#received += bytes.length;
    if (this.#received > this.#granted) throw AgentError.protocol("bytes beyond the credit");
    if (!this.#join(bytes)) this.#held.push({ bytes, room: null });
  }

  /** The next piece, and credit for as much again once a good part of the window was taken. */
  take(epoch: Epoch, id: number): Buffer | null {
    const bytes = this.#held.shift()?.bytes ?? null;
    if (!bytes) return null;
    this.#taken += bytes.length;
    const wanted = this.#taken + this.#windowBytes;
    if (wanted - this.#granted >= this.#windowBytes / 4) {
      this.#granted = wanted;
      epoch.send(ask.CHANNEL_CREDIT, 0, id, new FieldWriter().u64(wanted).finish());
    }
    return bytes;
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  #join(bytes: Buffer): boolean {
    const last = this.#held.at(-1);
    const length = (last?.bytes.length ?? 0) + bytes.length;
    if (!last || length > joinedBytes) return false;
    if (!last.room) {
      last.room = Buffer.allocUnsafeSlow(joinedBytes);
      last.bytes.copy(last.room);
    }
    bytes.copy(last.room, last.bytes.length);
    last.bytes = last.room.subarray(0, length);
    return true;
  }
}

/**
 * Ends a stream with an error, later: whoever asked for it may be about to listen to it, since its first and its last word can come
 * in one piece. And whoever does not listen at all must not end the gateway.
 */
export function breakOff(stream: Duplex | Readable, error: AgentError): void {
  stream.on("error", () => undefined);
  setImmediate(() => stream.destroy(error));
}
