import { Buffer } from "node:buffer";
import { AgentError } from "./errors.ts";
import { bounds, echoMagic, tell } from "./wire.ts";

/** One frame from the agent. `payload` may share memory with what came before and after it. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** Bytes of other epochs that are passed over before the agent's answer must have come. */
const strayBytesMax = 16 * 1024 * 1024;

/**
 * Turns the agent's bytes into frames of one epoch: passes over everything until the echo of its own opening, and throws at
 * the first byte after it that is not a frame of this epoch. Keeps at most one frame in memory, and of CHANNEL_DATA nothing: what
 * has come of one is handed on, as a smaller one of its kind.
 */
export class FrameReader {
  readonly #echo: Buffer;
  readonly #tag: number;
  readonly #onEcho: () => void;
  readonly #onFrame: (frame: Frame) => void;
  #open = false;
  #stray = 0;
  /** While scanning: the last bytes, which may be the beginning of the echo. */
  #tail: Buffer = Buffer.alloc(0);
  readonly #header = Buffer.alloc(bounds.headerBytes);
  #headerHave = 0;
  #body: Buffer | null = null;
  #bodyHave = 0;
  /** Bytes that are missing of a frame whose payload is handed on as it comes, with its trailer. */
  #passing = 0;

  constructor(epoch: Buffer, onEcho: () => void, onFrame: (frame: Frame) => void) {
    this.#echo = Buffer.concat([echoMagic, epoch]);
    this.#tag = epoch.readUInt32LE(0);
    this.#onEcho = onEcho;
    this.#onFrame = onFrame;
  }

  /** Throws `AgentError` `PROTOCOL`; the reader must not be used after that. */
  push(chunk: Buffer): void {
    let rest = this.#open ? chunk : this.#scan(chunk);
    while (rest.length > 0) {
      if (this.#passing > 0) rest = this.#pass(rest);
      else rest = this.#body ? this.#takeBody(this.#body, rest) : this.#takeHeader(rest);
    }
  }

  #scan(chunk: Buffer): Buffer {
    const bytes = this.#tail.length > 0 ? Buffer.concat([this.#tail, chunk]) : chunk;
    const at = bytes.indexOf(this.#echo);
    if (at >= 0) {
      this.#open = true;
      this.#tail = Buffer.alloc(0);
      this.#onEcho();
      return bytes.subarray(at + this.#echo.length);
    }
    this.#stray += chunk.length;
    if (this.#stray > strayBytesMax) throw AgentError.protocol("too many bytes before the answer to the opening");
    this.#tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - this.#echo.length + 1)));
    return Buffer.alloc(0);
  }

  #takeHeader(bytes: Buffer): Buffer {
    const taken = bytes.copy(this.#header, this.#headerHave);
    this.#headerHave += taken;
    const rest = bytes.subarray(taken);
    if (this.#headerHave < bounds.headerBytes) return rest;
    const header = this.#header;
    this.#headerHave = 0;
    const length = header.readUInt32LE(12);
    if (header[0] !== 0 || header[3] !== 0 || header.readUInt32LE(8) !== this.#tag || length > bounds.payloadMax)
      throw AgentError.protocol("not a frame of this epoch");
    const whole = length + bounds.trailerBytes;
    if (rest.length >= whole) {
      this.#emit(rest.subarray(0, whole));
      return rest.subarray(whole);
    }
    /* A piece of a stream may as well come in smaller ones: to join it first would copy every byte of a large file. */
    if (header.readUInt8(1) === tell.CHANNEL_DATA && length > 0) {
      this.#passing = whole;
      return rest;
    }
    this.#body = Buffer.allocUnsafe(whole);
    this.#bodyHave = rest.copy(this.#body);
    return Buffer.alloc(0);
  }

  #takeBody(body: Buffer, bytes: Buffer): Buffer {
    const taken = bytes.copy(body, this.#bodyHave);
    this.#bodyHave += taken;
    if (this.#bodyHave === body.length) {
      this.#body = null;
      this.#emit(body);
    }
    return bytes.subarray(taken);
  }

  /** Only the last piece has the frame's flags. */
  #pass(bytes: Buffer): Buffer {
    const piece = bytes.subarray(0, this.#passing);
    this.#passing -= piece.length;
    if (this.#passing > 0) this.#tell(piece, 0);
    /* Where only the trailer was missing everything has been said, but for an end. */ else if (
      piece.length > bounds.trailerBytes ||
      this.#header.readUInt8(2) !== 0
    )
      this.#emit(piece);
    else this.#checkEnd(piece);
    return bytes.subarray(piece.length);
  }

  #emit(body: Buffer): void {
    this.#checkEnd(body);
    this.#tell(body.subarray(0, body.length - 1), this.#header.readUInt8(2));
  }

  #checkEnd(body: Buffer): void {
    if (body[body.length - 1] !== 0) throw AgentError.protocol("a frame without its end");
  }

  #tell(payload: Buffer, flags: number): void {
    const header = this.#header;
    this.#onFrame({ type: header.readUInt8(1), flags, id: header.readUInt32LE(4), payload });
  }
}
