import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { FieldReader, FieldWriter } from "./bytes.ts";
import type { ChannelEnd, Epoch } from "./epoch.ts";
import { AgentError } from "./errors.ts";
import type { Frame } from "./frame-reader.ts";
import { breakOff, Inflow } from "./inflow.ts";
import { ask, bounds, type families, flag, tell } from "./wire.ts";

/** Bytes that a server of the guest may send ahead of the reader. */
const windowBytes = 256 * 1024;

/** Asks for a connection to a port of the guest's own loopback. */
export function connectTo(epoch: Epoch, family: keyof typeof families, port: number): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const inflow = new Inflow(windowBytes);
  const fields = new FieldWriter().u8(family).u16(port).u64(inflow.granted);
  let connection: Connection | null = null;
  const fail = (error: AgentError): void => (connection ? connection.failWith(error) : reject(error));
  const id = epoch.openChannel(ask.CONNECT, fields.finish(), {
    takeFrame(frame) {
      if (connection) return connection.takeFrame(frame);
      const body = new FieldReader(frame.payload);
      if (frame.type === tell.CHANNEL_CLOSED) {
        const error = AgentError.errno(body.u32(), `connect to port ${port}`);
        body.done();
        epoch.closeChannel(frame.id);
        return fail(error);
      }
      if (frame.type !== tell.CHANNEL_OPENED) throw AgentError.protocol("a channel that was not opened");
      const window = body.u64();
      body.done();
      connection = new Connection(epoch, id, inflow, window);
      resolve(connection);
    },
    failWith: fail,
  });
  return promise;
}

/** One TCP connection of the guest, as a stream. Ending one half leaves the other; destroying it cancels the connection. */
class Connection extends Duplex implements ChannelEnd {
  readonly #epoch: Epoch;
  readonly #id: number;
  readonly #inflow: Inflow;
  #wanted = false;
  #incoming: "open" | "ended" | "told" = "open";
  #window: number;
  #sent = 0;
  #out: { bytes: Buffer; readonly done: () => void } | null = null;
  #outgoing: "open" | "ended" = "open";
  #closed = false;

  constructor(epoch: Epoch, id: number, inflow: Inflow, window: number) {
    super({ allowHalfOpen: true });
    this.#epoch = epoch;
    this.#id = id;
    this.#inflow = inflow;
    this.#window = window;
  }

  takeFrame(frame: Frame): void {
    const body = new FieldReader(frame.payload);
    switch (frame.type) {
      case tell.CHANNEL_DATA:
        return this.#takeData(frame);
      case tell.CHANNEL_WINDOW:
        this.#window = Math.max(this.#window, body.u64());
        body.done();
        return this.#pump();
      case tell.CHANNEL_CLOSED: {
        const errno = body.u32();
        body.done();
        return this.#takeClosed(errno);
      }
      default:
        throw AgentError.protocol(`message ${frame.type} for a connection`);
    }
  }

  failWith(error: AgentError): void {
    this.#closed = true;
    breakOff(this, error);
  }

  override _read(): void {
    this.#wanted = true;
    this.#deliver();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#out = { bytes: chunk, done };
    this.#pump();
  }

  override _final(done: () => void): void {
    this.#outgoing = "ended";
    this.#epoch.send(ask.CHANNEL_SEND, flag.END, this.#id, Buffer.alloc(0));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    /* After both halves have ended the agent may still be writing the last bytes: those are not to be cut off. */
    const ended = this.#incoming !== "open" && this.#outgoing === "ended";
    if (!this.#closed && !ended) this.#epoch.cancelChannel(this.#id);
    this.#out = null;
    done(error);
  }

  #takeData(frame: Frame): void {
    if (this.#incoming !== "open") throw AgentError.protocol("bytes after the end");
    if (frame.payload.length > 0 || !(frame.flags & flag.END)) this.#inflow.put(frame.payload);
    if (frame.flags & flag.END) this.#incoming = "ended";
    this.#deliver();
  }

  #takeClosed(errno: number): void {
    if (errno === 0 && (this.#incoming === "open" || this.#outgoing === "open"))
      throw AgentError.protocol("a connection that ended in the middle");
    this.#closed = true;
    this.#epoch.closeChannel(this.#id);
    if (errno !== 0) breakOff(this, AgentError.errno(errno, "a connection to the guest"));
  }

  #deliver(): void {
    while (this.#wanted) {
      const bytes = this.#inflow.take(this.#epoch, this.#id);
      if (!bytes) break;
      this.#wanted = this.push(bytes);
    }
    if (!this.#inflow.isEmpty || this.#incoming !== "ended") return;
    this.#incoming = "told";
    this.push(null);
  }

  #pump(): void {
    const out = this.#out;
    if (!out) return;
    while (out.bytes.length > 0 && this.#sent < this.#window) {
      const part = out.bytes.subarray(0, Math.min(this.#window - this.#sent, bounds.payloadMax));
      this.#epoch.send(ask.CHANNEL_SEND, 0, this.#id, part);
      this.#sent += part.length;
      out.bytes = out.bytes.subarray(part.length);
    }
    if (out.bytes.length > 0) return;
    this.#out = null;
    out.done();
  }
}
