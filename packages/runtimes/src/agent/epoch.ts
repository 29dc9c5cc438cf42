import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { FieldReader, FieldWriter } from "./bytes.ts";
import { AgentError } from "./errors.ts";
import type { FollowedExecution } from "./execution.ts";
import { type Frame, FrameReader } from "./frame-reader.ts";
import { framesOf, openingOf } from "./frame-writer.ts";
import { saysFeature } from "./messages.ts";
import { ask, bounds, errorCode, featureBits, openMagic, protocolVersion, tell } from "./wire.ts";

/** Requests without an answer at one time; more is a mistake of the caller. */
const outstandingMax = 1024;
/** Up to this size everything that is due goes into one write. */
const oneWriteBytes = 64 * 1024;

interface Pending {
  readonly doing: string;
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: AgentError) => void;
}

/** What takes the frames of one channel. `takeFrame` throws `PROTOCOL` on what no honest agent sends. */
export interface ChannelEnd {
  takeFrame(frame: Frame): void;
  /** The epoch is over, or the agent does not know how. */
  failWith(error: AgentError): void;
}

/** One for all epochs that end well: an error made for each run, with its stack, was dear and told nothing. */
const ordinaryEnd = AgentError.closed(null);

/**
 * One attachment to an agent: writes messages, matches answers, and ends at the first thing that no honest agent does. What is
 * sent within one turn of the event loop leaves in one write, the opening included.
 */
export class Epoch {
  readonly hello = Promise.withResolvers<Buffer>();
  readonly closed = Promise.withResolvers<Error | null>();
  readonly executions = new Map<number, FollowedExecution>();
  /** Whether the agent can throw a stream's bytes away itself. Known once it has greeted. */
  agentSkips = false;
  /** By their own ids, which are not those of requests. */
  readonly watches = new Map<number, ChannelEnd>();
  readonly #stream: Duplex;
  readonly #reader: FrameReader;
  readonly #tag: number;
  readonly #pending = new Map<number, Pending>();
  /** By the id of the request that opened each; a channel leaves by `closeChannel`. */
  readonly #channels = new Map<number, ChannelEnd>();
  /** Channels that this side has given up and the agent may still be speaking of. */
  readonly #cancelled = new Set<number>();
  readonly #unwatched = new Set<number>();
  /** Executions that this side has forgotten and the agent may still be speaking of. */
  readonly #forgotten = new Set<number>();
  readonly #windows = new Set<FollowedExecution>();
  #due: Buffer[] = [];
  #flushWanted = false;
  #nextRequest = 1;
  #greeted = false;
  #over: AgentError | null = null;

  constructor(stream: Duplex) {
    let id = randomBytes(bounds.epochBytes);
    while (id.equals(openMagic)) id = randomBytes(bounds.epochBytes);
    this.#stream = stream;
    this.#tag = id.readUInt32LE(0);
    this.#reader = new FrameReader(
      id,
      () => undefined,
      (frame) => this.#take(frame),
    );
    this.hello.promise.catch(() => undefined);
    this.#due.push(openingOf(id, protocolVersion, protocolVersion));
    this.wantFlush(null);
    stream.on("data", (chunk: Buffer) => this.#read(chunk));
    stream.once("end", () => this.end(null));
    stream.once("close", () => this.end(null));
    stream.on("error", (error: Error) => this.end(error));
  }

  get over(): AgentError | null {
    return this.#over;
  }

  /** A random name for a request that changes something, so that repeating it is harmless. */
  token(): bigint {
    return randomBytes(8).readBigUInt64LE() | 1n;
  }

  send(type: number, flags: number, id: number, payload: Buffer): void {
    if (this.#over) return;
    this.#due.push(...framesOf(this.#tag, type, flags, id, payload));
    this.wantFlush(null);
  }

  /** From now on whatever the agent says of this execution is passed over, until it says that it has forgotten it too. */
  forget(execution: FollowedExecution): void {
    this.executions.delete(execution.execId);
    this.#windows.delete(execution);
    this.#forgotten.add(execution.execId);
    this.send(ask.FORGET, 0, execution.execId, Buffer.alloc(0));
  }

  /** The id of a new request, answered through `answer`. */
  expect(doing: string): { readonly id: number; readonly answer: Promise<Buffer> } {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    promise.catch(() => undefined);
    const id = this.#nextRequest;
    if (this.#over) reject(this.#over);
    else if (this.#pending.size >= outstandingMax) reject(new AgentError("EAGAIN", "too many requests at once"));
    else this.#pending.set(id, { doing, resolve, reject });
    this.#nextRequest = id === 0xffff_ffff ? 1 : id + 1;
    return { id, answer: promise };
  }

  /** A request that was never sent. */
  refuse(id: number, error: AgentError): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(error);
  }

  request(type: number, payload: Buffer, doing: string, flags = 0): Promise<Buffer> {
    const { id, answer } = this.expect(doing);
    if (this.#pending.has(id)) this.send(type, flags, id, payload);
    return answer;
  }

  /** A new channel; what `type` asks for is answered through `end`. */
  openChannel(type: number, payload: Buffer, end: ChannelEnd): number {
    const id = this.#nextRequest;
    this.#nextRequest = id === 0xffff_ffff ? 1 : id + 1;
    this.followChannel(id, end);
    if (this.#channels.has(id)) this.send(type, 0, id, payload);
    return id;
  }

  /** Frames about channel `id` go to `end` from now on. */
  followChannel(id: number, end: ChannelEnd): void {
    if (this.#over) end.failWith(this.#over);
    else if (this.#channels.size >= outstandingMax) end.failWith(new AgentError("EAGAIN", "too many channels at once"));
    else this.#channels.set(id, end);
  }

  /** The agent has said its last word about this channel. */
  closeChannel(id: number): void {
    this.#channels.delete(id);
  }

  /** Gives a channel up: whatever the agent still says of it is passed over, until it says that it knows. */
  cancelChannel(id: number): void {
    if (this.#over || !this.#channels.delete(id)) return;
    this.#cancelled.add(id);
    /* Whoever leaves so much unanswered would make this side remember more and more. */
    if (this.#pending.size >= outstandingMax) return this.end(AgentError.protocol("cancelled channels without an end"));
    this.request(ask.CANCEL, new FieldWriter().u32(id).finish(), "cancel").then(
      () => this.#cancelled.delete(id),
      () => undefined,
    );
  }

  /** Ends a watch: what the agent still says of it is passed over, until it says that it knows. */
  async unwatch(watchId: number): Promise<void> {
    this.watches.delete(watchId);
    this.#unwatched.add(watchId);
    await this.request(ask.UNWATCH, new FieldWriter().u32(watchId).finish(), "end a watch");
    this.#unwatched.delete(watchId);
  }

  /** False once a request was answered: a transfer that failed need not be sent to its end. */
  awaits(id: number): boolean {
    return this.#pending.has(id);
  }

  wantFlush(execution: FollowedExecution | null): void {
    if (execution) this.#windows.add(execution);
    if (this.#flushWanted) return;
    this.#flushWanted = true;
    queueMicrotask(() => this.#flush());
  }

  /** Resolves when the stream can take more without keeping it in memory. */
  async drained(): Promise<void> {
    this.#flush();
    if (this.#over || !this.#stream.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#stream.off("drain", done);
        this.#stream.off("close", done);
        resolve();
      };
      this.#stream.on("drain", done);
      this.#stream.on("close", done);
    });
  }

  /** Ends this epoch. With an error everything that is awaited fails with it. */
  end(cause: Error | null): void {
    if (this.#over) return;
    const error = cause === null ? ordinaryEnd : cause instanceof AgentError ? cause : AgentError.closed(cause);
    this.#flush();
    this.#over = error;
    this.hello.reject(error);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    for (const channel of this.#channels.values()) channel.failWith(error);
    this.#channels.clear();
    for (const watch of this.watches.values()) watch.failWith(error);
    this.watches.clear();
    for (const execution of this.executions.values()) execution.fail(error);
    this.executions.clear();
    this.closed.resolve(cause);
    if (cause) this.#stream.destroy();
    else this.#stream.end();
  }

  #flush(): void {
    this.#flushWanted = false;
    for (const execution of this.#windows) execution.flushWindow();
    this.#windows.clear();
    this.#flushWanted = false;
    if (this.#over || this.#due.length === 0) return;
    const due = this.#due;
    this.#due = [];
    let bytes = 0;
    for (const part of due) bytes += part.length;
    if (bytes <= oneWriteBytes) {
      this.#stream.write(Buffer.concat(due, bytes));
      return;
    }
    this.#stream.cork();
    for (const part of due) this.#stream.write(part);
    this.#stream.uncork();
  }

  #read(chunk: Buffer): void {
    if (this.#over) return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #take(frame: Frame): void {
    if (this.#over) return;
    if (frame.flags & 0x01) throw AgentError.protocol("a message of several frames");
    if (frame.type === tell.ERROR) return this.#takeError(frame);
    if (frame.type === tell.HELLO) {
      if (this.#greeted) throw AgentError.protocol("a second hello");
      this.#greeted = true;
      this.agentSkips = saysFeature(frame.payload, featureBits.skip);
      this.hello.resolve(frame.payload);
      return;
    }
    if (!this.#greeted) throw AgentError.protocol("no hello");
    if (frame.type === tell.RESULT) return this.#takeResult(frame);
    if (frame.type === tell.FORGOTTEN) {
      if (!this.#forgotten.delete(frame.id)) throw AgentError.protocol("an execution forgotten unasked");
      return;
    }
    if (frame.type >= tell.CHANNEL_OPENED && frame.type <= tell.CHANNEL_CLOSED) return this.#takeOfChannel(frame);
    if (frame.type === tell.WATCHING || frame.type === tell.WATCH_EVENTS) {
      if (this.#unwatched.has(frame.id)) return;
      const watch = this.watches.get(frame.id);
      if (!watch) throw AgentError.protocol("a watch that nobody asked for");
      return watch.takeFrame(frame);
    }
    if (this.#forgotten.has(frame.id)) return;
    const execution = this.executions.get(frame.id);
    if (!execution) throw AgentError.protocol(`message ${frame.type} for no execution`);
    execution.take(frame);
  }

  #takeOfChannel(frame: Frame): void {
    if (this.#cancelled.has(frame.id)) return;
    const channel = this.#channels.get(frame.id);
    if (!channel) throw AgentError.protocol(`message ${frame.type} for no channel`);
    channel.takeFrame(frame);
  }

  #takeResult(frame: Frame): void {
    const pending = this.#pending.get(frame.id);
    if (!pending) throw AgentError.protocol("an answer that nobody waits for");
    const fields = new FieldReader(frame.payload);
    const errno = fields.u32();
    this.#pending.delete(frame.id);
    if (errno === 0) pending.resolve(fields.rest());
    else pending.reject(AgentError.errno(errno, pending.doing));
  }

  #takeError(frame: Frame): void {
    const fields = new FieldReader(frame.payload);
    const code = fields.u16();
    const type = fields.u16();
    /* What a guest's agent writes goes into messages only as far as it is plain and short. */
    const text = fields
      .rest()
      .subarray(0, 80)
      .toString("latin1")
      .replaceAll(/[^ -~]/g, "?");
    if (code === errorCode.VERSION) throw new AgentError("PROTOCOL", "the agent speaks no version of ours");
    const pending = this.#pending.get(frame.id);
    const ends = type === ask.WATCH || type === ask.FOLLOW_WATCH ? this.watches : this.#channels;
    const end = pending ? undefined : ends.get(frame.id);
    if (code === errorCode.UNKNOWN_MESSAGE && end) {
      ends.delete(frame.id);
      end.failWith(new AgentError("ENOSYS", "this agent does not know how"));
      return;
    }
    if (code !== errorCode.UNKNOWN_MESSAGE || !pending)
      throw AgentError.protocol(`the agent did not understand message ${type}: ${text}`);
    this.#pending.delete(frame.id);
    pending.reject(new AgentError("ENOSYS", `${pending.doing}: this agent does not know how`));
  }
}
