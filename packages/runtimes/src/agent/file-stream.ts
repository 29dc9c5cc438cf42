import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import type { FileReading, FileWriting, GuestPath } from "@hsr/core";
import { FieldReader, FieldWriter } from "./bytes.ts";
import type { ChannelEnd, Epoch } from "./epoch.ts";
import { AgentError } from "./errors.ts";
import type { Frame } from "./frame-reader.ts";
import { breakOff, Inflow } from "./inflow.ts";
import { decodeFacts } from "./messages.ts";
import { ask, bounds, flag, tell } from "./wire.ts";

/** Bytes of a file that the agent may send ahead of the reader. */
const readWindowBytes = 512 * 1024;

/** Asks for a file's bytes from `offset` on. */
export function readFrom(
  epoch: Epoch,
  path: GuestPath,
  range: { readonly offset: number; readonly bytes: number },
): Promise<FileReading> {
  const { promise, resolve, reject } = Promise.withResolvers<FileReading>();
  const inflow = new Inflow(readWindowBytes);
  const fields = new FieldWriter().u64(range.offset).u64(range.bytes).u64(inflow.granted).path(path);
  let bytes: FileBytes | null = null;
  const fail = (error: AgentError): void => (bytes ? bytes.failWith(error) : reject(error));
  const id = epoch.openChannel(ask.FILE_STREAM, fields.finish(), {
    takeFrame(frame) {
      if (bytes) return bytes.takeFrame(frame);
      const body = new FieldReader(frame.payload);
      if (frame.type === tell.CHANNEL_CLOSED) {
        const error = AgentError.errno(body.u32(), "read a file");
        body.done();
        epoch.closeChannel(frame.id);
        return fail(error);
      }
      if (frame.type !== tell.CHANNEL_OPENED) throw AgentError.protocol("a channel that was not opened");
      const stat = { ...decodeFacts(body), target: null };
      body.done();
      bytes = new FileBytes(epoch, id, inflow, range.bytes);
      resolve({ stat, bytes });
    },
    failWith: fail,
  });
  return promise;
}

/** A file's bytes on their way here. Destroying it cancels the transfer. */
class FileBytes extends Readable implements ChannelEnd {
  readonly #epoch: Epoch;
  readonly #id: number;
  readonly #inflow: Inflow;
  #left: number;
  #wanted = false;
  #state: "open" | "complete" | "broken" = "open";

  constructor(epoch: Epoch, id: number, inflow: Inflow, most: number) {
    super();
    this.#epoch = epoch;
    this.#id = id;
    this.#inflow = inflow;
    this.#left = most;
  }

  takeFrame(frame: Frame): void {
    if (frame.type === tell.CHANNEL_DATA) {
      this.#left -= frame.payload.length;
      if (this.#left < 0) throw AgentError.protocol("more of a file than was asked for");
      this.#inflow.put(frame.payload);
    } else if (frame.type === tell.CHANNEL_CLOSED) {
      const body = new FieldReader(frame.payload);
      const errno = body.u32();
      body.done();
      this.#state = errno === 0 ? "complete" : "broken";
      this.#epoch.closeChannel(this.#id);
      if (errno !== 0) breakOff(this, AgentError.errno(errno, "read a file"));
    } else throw AgentError.protocol(`message ${frame.type} for a file`);
    this.#deliver();
  }

  failWith(error: AgentError): void {
    this.#state = "broken";
    breakOff(this, error);
  }

  override _read(): void {
    this.#wanted = true;
    this.#deliver();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#state === "open") this.#epoch.cancelChannel(this.#id);
    done(error);
  }

  #deliver(): void {
    while (this.#wanted) {
      const bytes = this.#inflow.take(this.#epoch, this.#id);
      if (!bytes) break;
      this.#wanted = this.push(bytes);
    }
    if (this.#state === "complete" && this.#wanted && this.#inflow.isEmpty && !this.destroyed) {
      this.#wanted = false;
      this.push(null);
    }
  }
}

interface Piece {
  bytes: Buffer;
  readonly sent: PromiseWithResolvers<void>;
}

/** A file on its way into the sandbox. */
export class WrittenFile implements FileWriting {
  readonly #epoch: Epoch;
  readonly #id: number;
  readonly #answer: Promise<void>;
  readonly #pieces: Piece[] = [];
  #sent = 0;
  #window: number = bounds.writeWindow;
  #state: "open" | "ending" | "over" = "open";
  #error: AgentError | null = null;

  constructor(epoch: Epoch, path: GuestPath, mode: number) {
    const { id, answer } = epoch.expect("write a file");
    this.#epoch = epoch;
    this.#id = id;
    this.#answer = answer.then(
      () => this.#end(new AgentError("EBADF", "the file is complete")),
      (error: AgentError) => {
        this.#end(error);
        throw error;
      },
    );
    this.#answer.catch(() => undefined);
    epoch.followChannel(id, this);
    try {
      const head = new FieldWriter().u64(epoch.token()).u32(mode).path(path).finish();
      if (epoch.awaits(id)) epoch.send(ask.FILE_WRITE, flag.BEGIN, id, head);
    } catch (error) {
      epoch.refuse(id, error instanceof AgentError ? error : AgentError.closed(null));
    }
  }

  write(chunk: Uint8Array): Promise<void> {
    const sent = Promise.withResolvers<void>();
    sent.promise.catch(() => undefined);
    if (this.#error || this.#state !== "open")
      sent.reject(this.#error ?? new AgentError("EBADF", "nothing is written after the commit"));
    else this.#pieces.push({ bytes: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), sent });
    this.#pump();
    return sent.promise;
  }

  commit(): Promise<void> {
    if (this.#state === "open") this.#state = "ending";
    this.#pump();
    return this.#answer;
  }

  async abort(): Promise<void> {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#epoch.cancelChannel(this.#id);
    await this.#answer.catch(() => undefined);
  }

  takeFrame(frame: Frame): void {
    if (frame.type !== tell.CHANNEL_WINDOW) throw AgentError.protocol(`message ${frame.type} for a file`);
    const body = new FieldReader(frame.payload);
    this.#window = Math.max(this.#window, body.u64());
    body.done();
    this.#pump();
  }

  /** The request fails too, and says why. */
  failWith(_error: AgentError): void {}

  #end(error: AgentError): void {
    this.#state = "over";
    this.#error = error;
    this.#epoch.closeChannel(this.#id);
    for (const piece of this.#pieces.splice(0)) piece.sent.reject(error);
  }

  #pump(): void {
    for (let piece = this.#pieces[0]; piece && this.#sent < this.#window; piece = this.#pieces[0]) {
      const part = piece.bytes.subarray(0, Math.min(this.#window - this.#sent, bounds.payloadMax));
      if (part.length > 0) this.#epoch.send(ask.FILE_WRITE, 0, this.#id, part);
      this.#sent += part.length;
      piece.bytes = piece.bytes.subarray(part.length);
      if (piece.bytes.length > 0) continue;
      this.#pieces.shift();
      piece.sent.resolve();
    }
    if (this.#state !== "ending" || this.#pieces.length > 0) return;
    this.#state = "over";
    this.#epoch.send(ask.FILE_WRITE, flag.END, this.#id, Buffer.alloc(0));
  }
}
