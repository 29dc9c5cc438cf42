import { HsrConnectionError } from "./errors.ts";
import type { TerminalAttached, TerminalDropped, TerminalExit, TerminalResize, TerminalSeat } from "./gen/api.ts";
import { fromWire, toWire } from "./keys.ts";
import type { CallOptions } from "./options.ts";
import { pause, pauseBefore } from "./retry.ts";
import type { Transport } from "./transport.ts";

/** How to attach to a terminal. */
export interface AttachOptions extends CallOptions {
  /** Whether what is written reaches the program; one writes at a time. */
  readonly mode?: "write" | "view" | undefined;
  /** Takes the writer's seat from whoever has it. */
  readonly take?: boolean | undefined;
  /** Where to begin in what the program wrote, or backwards from now if negative; 0 if absent. */
  readonly offset?: number | undefined;
}

type Message = TerminalAttached | TerminalDropped | TerminalSeat | TerminalExit;

/** The most in one frame; the gateway takes no larger ones. */
const frameBytes = 32 * 1024;
/** Beyond so much that nobody has read, the connection is let go of until it is: a program cannot fill its viewer's memory. */
const waitingBytes = 8 * 1024 * 1024;
/** Codes of a close after which attaching again helps: the gateway goes away, or the connection broke. */
const passing: ReadonlySet<number> = new Set([1001, 1006, 1013]);

/**
 * A terminal of a program. A broken connection is made again by itself, and nothing is shown twice or left out that is still
 * kept. Closing it lets the program run on.
 */
export class Terminal {
  /** Whose terminal it is. */
  readonly executionId: string;
  readonly #transport: Transport;
  readonly #path: { readonly id: string; readonly execution: string };
  readonly #options: AttachOptions;
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  readonly #exit = Promise.withResolvers<TerminalExit>();
  #socket: WebSocket | undefined;
  #mode: "write" | "view" = "view";
  #offset: number | undefined;
  #waitingBytes = 0;
  #isAttached = false;
  #isOver = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;
  #drained: () => void = () => undefined;

  private constructor(
    transport: Transport,
    path: { readonly id: string; readonly execution: string },
    options: AttachOptions,
  ) {
    this.executionId = path.execution;
    this.#transport = transport;
    this.#path = path;
    this.#options = options;
    this.#offset = options.offset;
    // Who only reads the output is told there what went wrong.
    this.#exit.promise.catch(() => undefined);
  }

  /** Attaches; resolves when the gateway has said so. */
  static async attach(
    transport: Transport,
    path: { readonly id: string; readonly execution: string },
    options: AttachOptions,
  ): Promise<Terminal> {
    const terminal = new Terminal(transport, path, options);
    options.signal?.throwIfAborted();
    options.signal?.addEventListener("abort", () => terminal.#end(options.signal?.reason as Error), { once: true });
    const first = Promise.withResolvers<void>();
    void terminal.#stay(first.resolve).then(first.resolve, first.reject);
    try {
      await first.promise;
    } catch (error) {
      // A WebSocket does not show why it was refused. Some reasons are seen this way too, with the gateway's own words.
      await transport.json("getExecution", { path, signal: options.signal });
      throw error;
    }
    return terminal;
  }

  /** Whether what is written reaches the program; somebody else may have taken the seat. */
  get mode(): "write" | "view" {
    return this.#mode;
  }

  /** How the program ended. Rejects if the terminal is closed before, or cannot be reached any more. */
  get exit(): Promise<TerminalExit> {
    return this.#exit.promise;
  }

  /** What the program shows, until it ends or the terminal is closed. For one reader. */
  get output(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return { [Symbol.asyncIterator]: () => this.#read() };
  }

  async *#read(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      for (let piece = this.#pieces.shift(); piece !== undefined; piece = this.#pieces.shift()) {
        this.#waitingBytes -= piece.length;
        yield piece;
      }
      this.#drained();
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isOver) return;
      await woken;
    }
  }

  /** Types. What is written while the connection is made again is lost, and throws. */
  write(input: string | Uint8Array): void {
    const socket = this.#open();
    const bytes = typeof input === "string" ? new TextEncoder().encode(input) : Uint8Array.from(input);
    for (let at = 0; at < bytes.length; at += frameBytes) socket.send(bytes.subarray(at, at + frameBytes));
  }

  /** Tells the program that its window has another size. */
  resize(rows: number, cols: number): void {
    const message: TerminalResize = { type: "resize", rows, cols };
    this.#open().send(JSON.stringify(toWire(message)));
  }

  /** Lets go of it; the program runs on. */
  close(): void {
    this.#end(undefined);
  }

  #open(): WebSocket {
    if (this.#socket?.readyState !== 1) throw new HsrConnectionError("the terminal is not connected");
    return this.#socket;
  }

  #end(failure: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = failure;
    this.#exit.reject(failure ?? new HsrConnectionError("the terminal was closed before the program ended"));
    this.#socket?.close();
    this.#drained();
    this.#wake();
  }

  /** Connects again and again until the program ends, the terminal is closed, or it does not help any more. */
  async #stay(attached: () => void): Promise<void> {
    for (let failures = 0; !this.#isOver; ) {
      try {
        await this.#connect(() => {
          failures = 0;
          attached();
        });
      } catch (error) {
        failures += 1;
        const wait = this.#isAttached ? pauseBefore(error, failures, 2 * this.#transport.retries) : null;
        if (wait === null) {
          this.#end(error as Error);
          throw error;
        }
        await pause(wait, this.#options.signal).catch(() => undefined);
      }
    }
  }

  /** One connection, from its beginning to its end; rejects if it was not the program's. */
  async #connect(attached: () => void): Promise<void> {
    const { mode, take } = this.#options;
    const query = { mode, take: this.#isAttached ? undefined : take, offset: this.#offset };
    const socket = this.#transport.socket("attachTerminal", { path: this.#path, query });
    socket.binaryType = "arraybuffer";
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data !== "string") this.#show(new Uint8Array(data));
      else this.#hear(fromWire(JSON.parse(data)) as Message, socket, attached);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (this.#isOver) resolve();
      else if (this.#waitingBytes > waitingBytes) this.#drained = resolve;
      else
        reject(
          new HsrConnectionError(
            `the terminal's connection ended with ${code}${reason && ` (${reason})`}`,
            passing.has(code) ? {} : { status: 400 },
          ),
        );
    });
    // What it was, the close says.
    socket.addEventListener("error", () => undefined);
    await promise;
  }

  #show(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#isOver) return;
    this.#pieces.push(bytes);
    this.#offset = (this.#offset ?? 0) + bytes.length;
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > waitingBytes) this.#socket?.close();
    this.#wake();
  }

  #hear(message: Message, socket: WebSocket, attached: () => void): void {
    switch (message.type) {
      case "attached":
        this.#socket = socket;
        this.#isAttached = true;
        this.#mode = message.mode;
        this.#offset = message.offset;
        attached();
        return;
      case "dropped":
        this.#offset = message.offset;
        return;
      case "seat":
        this.#mode = message.mode;
        return;
      case "exit":
        this.#isOver = true;
        this.#exit.resolve(message);
        this.#wake();
    }
  }
}
