import { Buffer } from "node:buffer";
import { AgentError } from "./errors.ts";

/** Reads little-endian fields of a message from the agent; anything that does not fit is a protocol error. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw AgentError.protocol("a message is shorter than its fields");
    const piece = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return piece;
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16(): number {
    return this.take(2).readUInt16LE();
  }

  u32(): number {
    return this.take(4).readUInt32LE();
  }

  /** Offsets and sizes: beyond 2^53 nothing is believed. */
  u64(): number {
    const value = this.take(8).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw AgentError.protocol("a number is beyond 2^53");
    return Number(value);
  }

  /** Signed, for times; out of range becomes the nearest that a number holds. */
  i64(): number {
    return Number(BigInt.asIntN(64, this.take(8).readBigUInt64LE()));
  }

  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }

  done(): void {
    if (this.#at !== this.#bytes.length) throw AgentError.protocol("a message is longer than its fields");
  }
}

/** Builds a message's payload. */
export class FieldWriter {
  readonly #parts: Buffer[] = [];

  u8(value: number): this {
    this.#parts.push(Buffer.from([value]));
    return this;
  }

  u16(value: number): this {
    const part = Buffer.allocUnsafe(2);
    part.writeUInt16LE(value);
    this.#parts.push(part);
    return this;
  }

  u32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32LE(value);
    this.#parts.push(part);
    return this;
  }

  u64(value: number | bigint): this {
    const part = Buffer.allocUnsafe(8);
    part.writeBigUInt64LE(BigInt(value));
    this.#parts.push(part);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#parts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    return this;
  }

  /** A path: u16 length and bytes. Refuses what the agent would refuse, before anything is sent. */
  path(value: string | Uint8Array): this {
    const bytes = typeof value === "string" ? Buffer.from(value, "utf8") : Buffer.from(value);
    if (bytes[0] !== 0x2f || bytes.includes(0)) throw new AgentError("EINVAL", "a path is absolute and has no NUL");
    if (bytes.length >= 4096) throw new AgentError("ENAMETOOLONG", "a path has at most 4095 bytes");
    return this.u16(bytes.length).bytes(bytes);
  }

  /** A link's target: u16 length and bytes, which need not be a path. */
  target(value: Uint8Array): this {
    if (value.length === 0 || value.includes(0)) throw new AgentError("EINVAL", "a target has bytes, and no NUL");
    if (value.length >= 4096) throw new AgentError("ENAMETOOLONG", "a target has at most 4095 bytes");
    return this.u16(value.length).bytes(value);
  }

  /** A string of an execution: u32 length and bytes. */
  string(value: string): this {
    const bytes = Buffer.from(value, "utf8");
    if (bytes.includes(0)) throw new AgentError("EINVAL", "a program's strings have no NUL");
    return this.u32(bytes.length).bytes(bytes);
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
