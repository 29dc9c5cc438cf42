/** The WebSocket to a terminal in a sandbox, made anew when it breaks, until the program has ended. */
import { setTimeout as sleep } from "node:timers/promises";
import type { TerminalMessage } from "@hsr/contract";
import type { Client } from "./client.ts";
import { Failure } from "./failure.ts";

/** How long a gateway may be away before we give up; a restart takes one or two seconds. */
const RECONNECT_FOR_MS = 30_000;
const RECONNECT_EVERY_MS = 250;
/** Well under the largest frame that a terminal takes. */
const FRAME_BYTES = 16 * 1024;

export interface TerminalSize {
  readonly rows: number;
  readonly cols: number;
}

export interface LinkOptions {
  readonly client: Client;
  /** Of the execution's terminal. */
  readonly path: string;
  readonly mode: "write" | "view";
  /** Whether the writer's seat is taken from whoever has it. */
  readonly take: boolean;
  /** Where to begin among all that the program wrote. */
  readonly from: string;
  size(): TerminalSize;
  output(bytes: Uint8Array): void;
  /** A sentence for the person at the terminal. */
  say(text: string): void;
}

type Attached = { readonly type: "ended" | "lost" } | { readonly type: "refused"; readonly reason: string };

export class TerminalLink {
  readonly #options: LinkOptions;
  #socket: WebSocket | null = null;
  #mode: "write" | "view";
  #take: boolean;
  #from: string;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#mode = options.mode;
    this.#take = options.take;
    this.#from = options.from;
  }

  /** Whether keys reach the gateway at this moment. */
  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Resolves when the program has ended, or `close` was called; rejects when it cannot be reached, with why. */
  async run(): Promise<void> {
    let lostSince: number | null = null;
    for (;;) {
      const from = this.#from;
      const end = await this.#attach();
      if (this.#isClosed || end.type === "ended") return;
      if (end.type === "refused") throw new Failure(`the gateway closed the terminal: ${end.reason}`);
      if (this.#from !== from) lostSince = null;
      await this.#isRefused();
      if (lostSince === null) {
        lostSince = performance.now();
        this.#options.say("the connection was lost; connecting again, Ctrl-C leaves");
      } else if (performance.now() - lostSince > RECONNECT_FOR_MS)
        throw new Failure("the gateway went away; the program goes on", { hint: "`hsrctl attach` comes back to it" });
      await sleep(RECONNECT_EVERY_MS);
      if (this.#isClosed) return;
    }
  }

  /** Sends keys. What is typed while there is no connection is lost, as with a line that is cut. */
  send(keys: Uint8Array): void {
    if (this.#mode !== "write" || !this.isConnected) return;
    for (let at = 0; at < keys.length; at += FRAME_BYTES)
      this.#socket?.send(Uint8Array.from(keys.subarray(at, at + FRAME_BYTES)));
  }

  resize(): void {
    if (this.#mode === "write" && this.isConnected)
      this.#socket?.send(JSON.stringify({ type: "resize", ...this.#options.size() }));
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
  }

  #attach(): Promise<Attached> {
    const { promise, resolve } = Promise.withResolvers<Attached>();
    const query = new URLSearchParams({ mode: this.#mode, take: String(this.#take), offset: this.#from });
    const socket = this.#options.client.webSocket(`${this.#options.path}?${query.toString()}`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    let hasEnded = false;
    socket.addEventListener("message", (event) => {
      const data: unknown = event.data;
      if (this.#isClosed) return;
      if (data instanceof ArrayBuffer) {
        this.#from = String(Number(this.#from) + data.byteLength);
        this.#options.output(new Uint8Array(data));
      } else hasEnded = this.#hear(JSON.parse(String(data)) as TerminalMessage) || hasEnded;
    });
    // What went wrong is not told here; `#isRefused` asks.
    socket.addEventListener("error", () => resolve({ type: hasEnded ? "ended" : "lost" }));
    socket.addEventListener("close", ({ code, reason }) => {
      if (hasEnded || code === 1000) resolve({ type: "ended" });
      else if (code === 1008 || code === 1009) resolve({ type: "refused", reason });
      else resolve({ type: "lost" });
    });
    return promise;
  }

  /** Takes a message; says whether it was the last one. */
  #hear(message: TerminalMessage): boolean {
    switch (message.type) {
      case "attached":
        this.#from = String(message.offset);
        // If the connection breaks, the gateway may take us for somebody else who still sits there.
        this.#take = message.mode === "write";
        this.resize();
        return false;
      case "dropped":
        this.#from = String(message.offset);
        return false;
      case "seat":
        this.#mode = "view";
        this.#take = false;
        this.#options.say("somebody else writes from now on; Ctrl-P Ctrl-Q leaves");
        return false;
      case "exit":
        return true;
    }
  }

  /** Throws if the gateway is there and does not want us. */
  async #isRefused(): Promise<void> {
    const query = new URLSearchParams({ mode: this.#mode, take: String(this.#take), offset: this.#from });
    await this.#options.client.refusedUpgrade(`${this.#options.path}?${query.toString()}`);
  }
}
