import { createConnection, type Socket } from "node:net";
import { type Draft, encode, type Message, MessageReader, messageTypes, protocolVersions } from "./wire.ts";

/** A request that waits for its reply. */
interface Waiting {
  readonly resolve: (message: Message) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export interface ControlEvents {
  /** The connection stands; `hello` is the launcher's answer. Events that it kept for us follow. */
  connected(hello: Message): void;
  /** An event of the launcher: `ended` or `expired`. */
  event(message: Message): void;
  /** The connection is gone. A new one is tried until `close`. */
  disconnected(error: Error): void;
}

const firstRetryMs = 10;
const lastRetryMs = 500;
const helloTimeoutMs = 5000;

/**
 * The one control connection of a gateway to its launcher: requests with replies, events, and a new connection whenever
 * the old one ends. Requests made while there is no connection fail at once; the caller decides.
 */
export class ControlConnection {
  readonly #path: string;
  readonly #owner: string;
  readonly #events: ControlEvents;
  readonly #waiting = new Map<number, Waiting>();
  #socket: Socket | null = null;
  #ready = false;
  #next = 1;
  #retryMs = firstRetryMs;
  #retry: NodeJS.Timeout | null = null;
  #closed = false;

  /** `owner` is said in hello; an empty one is not. */
  constructor(path: string, owner: string, events: ControlEvents) {
    this.#path = path;
    this.#owner = owner;
    this.#events = events;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Begins to connect. Harmless when connected. */
  open(): void {
    if (this.#socket !== null || this.#closed || this.#retry !== null) return;
    const socket = createConnection({ path: this.#path });
    const reader = new MessageReader();
    this.#socket = socket;
    socket.on("connect", () => {
      void this.#hello(socket);
    });
    socket.on("data", (chunk) => {
      try {
        for (const message of reader.push(chunk)) this.#take(message);
      } catch (error) {
        this.#lose(socket, error as Error);
      }
    });
    socket.on("error", (error) => this.#lose(socket, error));
    socket.on("close", () => this.#lose(socket, new Error("the launcher closed the connection")));
  }

  async #hello(socket: Socket): Promise<void> {
    try {
      const numbers = { versionMin: protocolVersions.min, versionMax: protocolVersions.max };
      const draft = { numbers, texts: this.#owner === "" ? {} : { owner: this.#owner } };
      await this.#send(socket, messageTypes.hello, draft, helloTimeoutMs);
    } catch (error) {
      this.#lose(socket, error as Error);
    }
  }

  /** Sends a request and resolves with its reply, which may be an error message. Rejects if the connection ends first. */
  request(type: number, draft: Draft, timeoutMs: number): Promise<Message> {
    if (this.#socket === null || !this.#ready) return Promise.reject(new Error("the launcher does not answer"));
    return this.#send(this.#socket, type, draft, timeoutMs);
  }

  #send(socket: Socket, type: number, draft: Draft, timeoutMs: number): Promise<Message> {
    const number = this.#next;
    this.#next = this.#next >= 0xffff_fffe ? 1 : this.#next + 1;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(number);
        reject(new Error("the launcher did not answer in time"));
      }, timeoutMs);
      timer.unref();
      this.#waiting.set(number, { resolve, reject, timer });
      socket.write(encode(type, number, draft));
    });
  }

  #take(message: Message): void {
    if (message.request === 0) {
      this.#events.event(message);
      return;
    }
    const waiting = this.#waiting.get(message.request);
    if (waiting === undefined) return; // Its sender gave up.
    this.#waiting.delete(message.request);
    clearTimeout(waiting.timer);
    // The first reply of a connection is the answer to our hello, and events may follow in the same chunk.
    if (!this.#ready && message.type === messageTypes.ok) {
      this.#ready = true;
      this.#retryMs = firstRetryMs;
      this.#events.connected(message);
    } else if (!this.#ready) {
      waiting.reject(new Error(`the launcher refused: ${message.texts.message?.[0] ?? "without a reason"}`));
      return;
    }
    waiting.resolve(message);
  }

  #lose(socket: Socket, error: Error): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#ready = false;
    socket.destroy();
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(error);
    }
    this.#waiting.clear();
    this.#events.disconnected(error);
    if (this.#closed) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.open();
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }

  /** Ends the connection for good. */
  close(): void {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#socket !== null) this.#lose(this.#socket, new Error("closed"));
  }
}
