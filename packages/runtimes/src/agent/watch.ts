import { Buffer } from "node:buffer";
import type { AgentWatch, WatchEvent } from "@hsr/core";
import { FieldReader, FieldWriter } from "./bytes.ts";
import type { ChannelEnd, Epoch } from "./epoch.ts";
import { AgentError } from "./errors.ts";
import type { Frame } from "./frame-reader.ts";
import { ask, bounds, changeKinds, tell } from "./wire.ts";

/** Events that the agent may send ahead of the reader. */
const windowEvents = 128;

/** One watch as seen from one epoch. */
export class FollowedWatch implements AgentWatch, ChannelEnd {
  readonly watchId: number;
  readonly events: AsyncIterable<WatchEvent>;
  readonly #epoch: Epoch;
  readonly #started = Promise.withResolvers<number>();
  readonly #held: WatchEvent[] = [];
  #waiting: PromiseWithResolvers<IteratorResult<WatchEvent>> | null = null;
  #greeted = false;
  /** Number of the next event. */
  #next: number;
  #granted: number;
  #ended: AgentError | true | null = null;
  #stopping: Promise<void> | null = null;

  private constructor(epoch: Epoch, watchId: number, from: number) {
    this.#epoch = epoch;
    this.watchId = watchId;
    this.#next = from;
    this.#granted = from + windowEvents;
    this.#started.promise.catch(() => undefined);
    this.events = { [Symbol.asyncIterator]: () => ({ next: () => this.#take() }) };
  }

  static begin(epoch: Epoch, watchId: number, path: string, depth: number): FollowedWatch {
    const watch = new FollowedWatch(epoch, watchId, 0);
    try {
      if (!Number.isInteger(depth) || depth < 1 || depth > bounds.listDepthMax)
        throw new AgentError("EINVAL", `a depth is 1 to ${bounds.listDepthMax}`);
      const fields = new FieldWriter().u16(depth).u64(watch.#granted).path(path);
      watch.#open(ask.WATCH, fields.finish());
    } catch (error) {
      watch.failWith(error instanceof AgentError ? error : AgentError.closed(null));
    }
    return watch;
  }

  static follow(epoch: Epoch, watchId: number, from: number): FollowedWatch {
    const watch = new FollowedWatch(epoch, watchId, from);
    watch.#open(ask.FOLLOW_WATCH, new FieldWriter().u64(from).u64(watch.#granted).finish());
    return watch;
  }

  get started(): Promise<number> {
    return this.#started.promise;
  }

  stop(): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = this.#ended instanceof AgentError ? Promise.resolve() : this.#epoch.unwatch(this.watchId);
      this.#stopping.catch(() => undefined);
    }
    this.#end(true);
    return this.#stopping;
  }

  takeFrame(frame: Frame): void {
    const body = new FieldReader(frame.payload);
    if (frame.type === tell.WATCHING) this.#takeWatching(body);
    else this.#takeEvents(body);
    body.done();
  }

  failWith(error: AgentError): void {
    this.#started.reject(error);
    this.#end(error);
  }

  #open(type: number, payload: Buffer): void {
    if (this.#epoch.over) return this.failWith(this.#epoch.over);
    this.#epoch.watches.set(this.watchId, this);
    this.#epoch.send(type, 0, this.watchId, payload);
  }

  #takeWatching(body: FieldReader): void {
    if (this.#greeted) throw AgentError.protocol("a watch that begins twice");
    this.#greeted = true;
    const errno = body.u32();
    const [start, end] = [body.u64(), body.u64()];
    if (start > end || end - start > bounds.watchEventsMax) throw AgentError.protocol("a watch larger than its bound");
    if (errno === 0) {
      /* A sandbox that was put back to an earlier state knows less than was asked for. */
      if (end < this.#next) this.#skipTo(end);
      return this.#started.resolve(end);
    }
    this.#epoch.watches.delete(this.watchId);
    this.failWith(AgentError.errno(errno, "watch a folder"));
  }

  #takeEvents(body: FieldReader): void {
    if (!this.#greeted) throw AgentError.protocol("events of a watch that has not begun");
    const first = body.u64();
    const count = body.u16();
    if (first < this.#next) throw AgentError.protocol(`event ${first} where ${this.#next} was due`);
    if (count > 0 && first + count > this.#granted) throw AgentError.protocol("events beyond the credit");
    if (first > this.#next) this.#skipTo(first);
    else if (count === 0) throw AgentError.protocol("no events, and none were lost");
    for (let i = 0; i < count; i++) {
      const event = decodeEvent(body, first + i);
      this.#put(event);
      if (event.kind === "deleted" && event.path.length === 0) this.#end(true);
    }
    this.#next = first + count;
    this.#grant();
  }

  /** Events were lost up to this one. However often that happens, it is one event until the reader takes it. */
  #skipTo(sequence: number): void {
    if (this.#held.at(-1)?.kind === "overflow") this.#held.pop();
    this.#put({ kind: "overflow", path: Buffer.alloc(0), to: null, folder: true, sequence: Math.max(0, sequence - 1) });
    this.#next = sequence;
  }

  /** Credit is told once a good part of it is used, counted from what the reader has taken. */
  #grant(): void {
    const wanted = this.#next - this.#held.length + windowEvents;
    if (this.#ended || wanted - this.#granted < windowEvents / 4) return;
    this.#granted = wanted;
    this.#epoch.send(ask.WATCH_CREDIT, 0, this.watchId, new FieldWriter().u64(wanted).finish());
  }

  #put(event: WatchEvent): void {
    if (this.#ended) return;
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) waiting.resolve({ done: false, value: event });
    else this.#held.push(event);
  }

  #take(): Promise<IteratorResult<WatchEvent>> {
    const value = this.#held.shift();
    if (value) {
      this.#grant();
      return Promise.resolve({ done: false, value });
    }
    if (this.#ended === true) return Promise.resolve({ done: true, value: undefined });
    if (this.#ended) return Promise.reject(this.#ended);
    if (this.#waiting) return Promise.reject(new Error("events have one reader at a time"));
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  #end(how: AgentError | true): void {
    if (this.#ended) return;
    this.#ended = how;
    const waiting = this.#waiting;
    this.#waiting = null;
    if (how === true) waiting?.resolve({ done: true, value: undefined });
    else waiting?.reject(how);
  }
}

/** Paths are copied: a few bytes must not keep a whole read of the stream in memory. */
function decodeEvent(body: FieldReader, sequence: number): WatchEvent {
  const kind = changeKinds[body.u8() as keyof typeof changeKinds];
  if (!kind) throw AgentError.protocol("a change of no kind");
  const folder = body.u8() !== 0;
  const path = Buffer.from(body.take(body.u16()));
  const to = Buffer.from(body.take(body.u16()));
  return { sequence, kind, path, to: kind === "moved" ? to : null, folder };
}
