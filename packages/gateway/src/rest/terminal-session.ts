/**
 * One who is attached to a terminal, from his first frame to his last. He is sent what is kept from where he is, at his own
 * pace, and nothing is kept for him: who is too slow finds newer output in the place of older.
 */
import {
  type HsrError,
  type TerminalClose,
  type TerminalMessage,
  terminalLimits,
  terminalResizeSchema,
} from "@hsr/contract";
import type { Log, Store } from "@hsr/core";
import type { RawData, WebSocket } from "ws";
import { compileCheck } from "./check.ts";
import type { FoundExecution } from "./find-execution.ts";
import { bytesWritten, readOutput, recordOf } from "./output-reader.ts";
import { Pace } from "./pace.ts";
import { parseStrictJson } from "./strict-json.ts";
import { TerminalInput } from "./terminal-input.ts";
import type { Attached } from "./terminal-seats.ts";

export interface TerminalSessionOptions {
  readonly found: FoundExecution;
  readonly store: Store;
  readonly log: Log;
  readonly requestId: string;
  readonly mode: "write" | "view";
  readonly offset: number;
  /** Throws when he may not be attached any more. */
  mayStay(): Promise<void>;
}

/** The most output in one frame. */
const frameBytes = 32 * 1024;
/** Text frames are a few numbers. */
const controlBytes = 1024;
/** Frames with output: a burst, and then so many each second. What a program writes byte by byte grows together. */
const outputBurst = 256;
const outputPerSecond = 1000;

const checkResize = compileCheck(terminalResizeSchema, "body");

export class TerminalSession implements Attached {
  readonly #socket: WebSocket;
  readonly #options: TerminalSessionOptions;
  readonly #input: TerminalInput | null;
  readonly #arrivals: Pace;
  #mode: "write" | "view";
  #aheadBytes = 0;
  #isAnswered = true;
  #isOver = false;
  /** Reasons for which the connection is not read: it is when there is none. */
  readonly #pauses = new Set<"input" | "pace">();
  #wanted: { readonly rows: number; readonly cols: number } | null = null;
  #isResizing = false;
  #wake: () => void = () => {};

  constructor(socket: WebSocket, options: TerminalSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#mode = options.mode;
    this.#arrivals = new Pace(
      terminalLimits.frames_per_second.value,
      2 * terminalLimits.frames_per_second.value,
      performance.now(),
    );
    const { live } = options.found;
    this.#input =
      live === null
        ? null
        : new TerminalInput(live, {
            pause: () => this.#pause("input"),
            resume: () => this.#resume("input"),
            fail: (error) => this.#close(1013, error.code),
          });
  }

  /** Resolves when it is over. Never rejects. */
  async run(): Promise<void> {
    const socket = this.#socket;
    socket.on("message", (data, isBinary) => this.#take(data, isBinary));
    socket.on("ping", (data) => this.#answerPing(data));
    socket.on("pong", () => {
      this.#isAnswered = true;
      this.#count();
    });
    // What it says of a broken connection, or of frames that break the protocol, ends in `close` as well.
    socket.on("error", () => this.#wake());
    socket.once("close", () => {
      this.#isOver = true;
      this.#wake();
    });
    const ping = setInterval(() => void this.#ping(), terminalLimits.ping_ms.value);
    const unwatch = this.#options.found.live?.watch(() => this.#wake());
    try {
      await this.#show();
    } catch (err) {
      this.#options.log.error({ err, request: this.#options.requestId }, "a terminal broke off");
      this.#close(1011, "internal");
    } finally {
      clearInterval(ping);
      unwatch?.();
      this.#input?.drop();
    }
  }

  loseSeat(): void {
    this.#mode = "view";
    this.#input?.drop();
    this.#wanted = null;
    this.#tell({ type: "seat", mode: "view" });
  }

  leave(): void {
    this.#close(1001, "draining");
  }

  end(): void {
    this.#socket.terminate();
  }

  async #show(): Promise<void> {
    const { found, store, offset } = this.#options;
    const pace = new Pace(outputPerSecond, outputBurst, performance.now());
    let at = offset;
    this.#tell({
      type: "attached",
      execution_id: found.record.id,
      mode: this.#mode,
      offset: at,
      state: recordOf(found).state,
    });
    while (!this.#isOver) {
      const changed = new Promise<void>((resolve) => (this.#wake = resolve));
      const { outcome } = recordOf(found);
      let waitMs = 0;
      while (!this.#isOver && waitMs === 0) {
        if (this.#aheadBytes > terminalLimits.ahead_bytes.value) break;
        const run = await readOutput(store, found, "stdout", at, frameBytes);
        if (run.bytes.length === 0) break;
        if (run.offset > at) this.#tell({ type: "dropped", offset: run.offset });
        at = run.offset + run.bytes.length;
        this.#send(run.bytes);
        if (run.bytes.length < frameBytes) waitMs = pace.take(performance.now());
      }
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      // The end is told when all before it was taken: a close does not wait for long.
      else if (outcome === null || this.#aheadBytes > 0) await changed;
      else {
        const offset = Math.max(at, bytesWritten(found, "stdout"));
        const { reason, exitCode, signal } = outcome;
        this.#tell({ type: "exit", offset, reason, exit_code: exitCode, signal });
        this.#close(1000, reason);
        return;
      }
    }
  }

  #send(bytes: Uint8Array): void {
    this.#aheadBytes += bytes.length;
    this.#socket.send(bytes, { binary: true }, () => {
      const wasFull = this.#aheadBytes > terminalLimits.ahead_bytes.value;
      this.#aheadBytes -= bytes.length;
      if (wasFull || this.#aheadBytes === 0) this.#wake();
    });
  }

  #tell(message: TerminalMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message), { binary: false });
  }

  #close(code: TerminalClose, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.close(code, reason);
    // To hear the other side's close.
    this.#socket.resume();
    this.#wake();
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.#isOver) return;
    this.#count();
    // What a writer typed before he knew that his seat was taken goes nowhere, and is no offence.
    if (isBinary) {
      if (this.#mode === "write") this.#input?.put(data as Buffer);
      return;
    }
    this.#command(data as Buffer);
  }

  #command(data: Buffer): void {
    try {
      if (data.length > controlBytes) throw new TypeError("too long");
      const message = parseStrictJson(data);
      checkResize(message);
      const { rows, cols } = message as { readonly rows: number; readonly cols: number };
      if (this.#mode === "write") this.#wanted = { rows, cols };
    } catch {
      // Whatever is wrong with it, one answer serves: this is not a message of ours.
      this.#close(1008, "invalid_request");
      return;
    }
    if (!this.#isResizing) void this.#resize();
  }

  /** One at a time, and of several wishes the last. */
  async #resize(): Promise<void> {
    this.#isResizing = true;
    while (this.#wanted !== null) {
      const { rows, cols } = this.#wanted;
      this.#wanted = null;
      try {
        await this.#options.found.live?.resize(rows, cols);
      } catch (err) {
        // A program that has ended, or is out of reach for a moment, has no use for a size.
        this.#options.log.debug({ err, request: this.#options.requestId }, "a terminal was not resized");
      }
    }
    this.#isResizing = false;
  }

  /** Answers to pings do not pile up for one who does not read. */
  #answerPing(data: Buffer): void {
    if (this.#isOver) return;
    this.#count();
    if (this.#socket.bufferedAmount < controlBytes) this.#socket.pong(data);
  }

  async #ping(): Promise<void> {
    // While he is not read, his answer is not either.
    if (!this.#isAnswered && this.#pauses.size === 0) {
      this.#socket.terminate();
      return;
    }
    try {
      await this.#options.mayStay();
    } catch (thrown) {
      this.#close(1008, (thrown as HsrError).code);
      return;
    }
    this.#isAnswered = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** Counts a frame; after too many the connection is not read for a while. */
  #count(): void {
    const waitMs = this.#arrivals.take(performance.now());
    if (waitMs === 0 || this.#pauses.has("pace")) return;
    this.#pause("pace");
    setTimeout(() => this.#resume("pace"), waitMs);
  }

  #pause(why: "input" | "pace"): void {
    this.#pauses.add(why);
    this.#socket.pause();
  }

  #resume(why: "input" | "pace"): void {
    this.#pauses.delete(why);
    if (this.#pauses.size === 0) this.#socket.resume();
  }
}
