import { Buffer } from "node:buffer";
import { constants } from "node:os";
import type { AgentExecution, ExecutionExit, OutputChunk } from "@hsr/core";
import { FieldReader, FieldWriter } from "./bytes.ts";
import type { Epoch } from "./epoch.ts";
import { AgentError, errnoName } from "./errors.ts";
import type { Frame } from "./frame-reader.ts";
import { OutputQueue } from "./output-queue.ts";
import { ask, bounds, exitBit, flag, signalScope, startStages, tell } from "./wire.ts";

/** Bytes of each stream that the agent may send ahead of the reader. */
export const creditBytes = 256 * 1024;

/** One promise with its ends in hand; a rejection that nobody awaits is not an accident of the process. */
function promised<Value>(): PromiseWithResolvers<Value> {
  const ends = Promise.withResolvers<Value>();
  ends.promise.catch(() => undefined);
  return ends;
}

interface StdinPiece {
  bytes: Buffer;
  readonly taken: PromiseWithResolvers<void>;
}

/** One execution as seen from one epoch. */
export class FollowedExecution implements AgentExecution {
  readonly execId: number;
  readonly output: AsyncIterable<OutputChunk>;
  readonly #epoch: Epoch;
  readonly #queue: OutputQueue;
  readonly #started = promised<void>();
  readonly #exit = promised<ExecutionExit>();
  readonly #granted: [number, number];
  readonly #kept: [number, number] = [0, 0];
  readonly #skipped: [boolean, boolean] = [false, false];
  #background: boolean;
  #windowDirty = false;
  /** Nothing more comes from the agent: it ended, or failed. What was taken may still be acknowledged after an end. */
  #over = false;
  #failed = false;
  #forgotten = false;
  readonly #stdin: StdinPiece[] = [];
  #stdinOffset = 0;
  #stdinWindow: number = bounds.stdinMax;
  #stdinEnding: "open" | "wanted" | "sent" | "closed" = "open";

  constructor(epoch: Epoch, execId: number, from: { stdout: number; stderr: number }, background: boolean) {
    this.execId = execId;
    this.#epoch = epoch;
    this.#background = background;
    this.#granted = [from.stdout + creditBytes, from.stderr + creditBytes];
    this.#queue = new OutputQueue(from, (chunk) => this.#taken(chunk));
    this.output = this.#queue;
  }

  get started(): Promise<void> {
    return this.#started.promise;
  }

  get exit(): Promise<ExecutionExit> {
    return this.#exit.promise;
  }

  /** Offsets up to which the agent may send, as START and FOLLOW carry them. */
  get credit(): readonly [number, number] {
    return this.#granted;
  }

  acknowledge(upTo: { readonly stdout: number; readonly stderr: number }): void {
    this.#kept[0] = Math.max(this.#kept[0], upTo.stdout);
    this.#kept[1] = Math.max(this.#kept[1], upTo.stderr);
    this.#window();
  }

  skip(stream: OutputChunk["stream"]): void {
    const which = stream === "stdout" ? 0 : 1;
    if (this.#skipped[which] || !this.#epoch.agentSkips) return;
    this.#skipped[which] = true;
    this.#window();
  }

  setReader(reader: "foreground" | "background"): void {
    this.#background = reader === "background";
    this.#window();
  }

  forget(): void {
    if (this.#forgotten) return;
    this.#forgotten = true;
    if (this.#epoch.over) return;
    this.#epoch.forget(this);
    // The usual case: it has ended, nobody waits, and an error with its stack is the dearest thing a run could make here.
    if (!this.#over || this.#stdin.length > 0) this.fail(new AgentError("CLOSED", "the execution was forgotten"));
  }

  async signal(signal: number, scope: "process" | "group" | "session"): Promise<void> {
    const fields = new FieldWriter().u64(this.#epoch.token()).u32(this.execId).u32(signal).u8(signalScope[scope]);
    await this.#epoch.request(ask.SIGNAL, fields.finish(), "signal");
  }

  async resize(rows: number, cols: number): Promise<void> {
    await this.#epoch.request(ask.RESIZE, new FieldWriter().u32(this.execId).u16(rows).u16(cols).finish(), "resize");
  }

  writeStdin(bytes: Uint8Array): Promise<void> {
    if (this.#stdinEnding !== "open") return Promise.reject(new AgentError("EPIPE", "standard input is closed"));
    if (this.#over) return Promise.reject(AgentError.closed(null));
    if (bytes.length === 0) return Promise.resolve();
    const piece = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), taken: promised<void>() };
    this.#stdin.push(piece);
    this.#pumpStdin();
    return piece.taken.promise;
  }

  endStdin(): void {
    if (this.#stdinEnding !== "open") return;
    this.#stdinEnding = "wanted";
    this.#pumpStdin();
  }

  /** A frame for this execution. Throws `PROTOCOL` on what no honest agent sends. */
  take(frame: Frame): void {
    const fields = new FieldReader(frame.payload);
    switch (frame.type) {
      case tell.STARTED:
        this.#started.resolve();
        return;
      case tell.FAILED:
        return this.#takeFailed(fields);
      case tell.OUTPUT:
        return this.#takeOutput(frame, fields);
      case tell.EXIT:
        return this.#takeExit(fields);
      case tell.STDIN_WINDOW:
        return this.#takeStdinWindow(fields);
      default:
        throw AgentError.protocol(`message ${frame.type} for an execution`);
    }
  }

  /** The epoch is over: whatever is still awaited fails with `error`. */
  fail(error: AgentError): void {
    this.#over = this.#failed = true;
    this.#started.reject(error);
    this.#exit.reject(error);
    this.#closeStdin(error);
    this.#queue.fail(error);
  }

  /** Called before each write to the stream, so that many acknowledgements become one message. */
  flushWindow(): void {
    if (!this.#windowDirty || this.#failed || this.#forgotten) return;
    this.#windowDirty = false;
    const fields = new FieldWriter().u64(this.#granted[0]).u64(this.#granted[1]).u64(this.#kept[0]).u64(this.#kept[1]);
    const flags =
      (this.#background ? flag.BACKGROUND : 0) |
      (this.#skipped[0] ? flag.SKIP_STDOUT : 0) |
      (this.#skipped[1] ? flag.SKIP_STDERR : 0);
    this.#epoch.send(ask.WINDOW, flags, this.execId, fields.finish());
  }

  #window(): void {
    if (this.#failed || this.#forgotten) return;
    this.#windowDirty = true;
    this.#epoch.wantFlush(this);
  }

  /** A reader took a chunk: grant more once a good part of the window is used. */
  #taken(chunk: OutputChunk): void {
    this.#grant(chunk.stream);
  }

  #grant(stream: OutputChunk["stream"]): void {
    const which = stream === "stdout" ? 0 : 1;
    if (this.#skipped[which]) return;
    const wanted = this.#queue.takenUpTo(stream) + creditBytes;
    if (wanted - this.#granted[which] < creditBytes / 4) return;
    this.#granted[which] = wanted;
    this.#window();
  }

  #takeFailed(fields: FieldReader): void {
    const errno = fields.u32();
    const stage = startStages[fields.u32() as keyof typeof startStages] ?? "unknown";
    fields.done();
    if (this.#over) throw AgentError.protocol("a start that failed after the end");
    const code = errno === constants.errno.ESRCH && stage === "request" ? "ESRCH" : errnoName(errno);
    this.fail(new AgentError(code, `the program could not be started (${stage}): ${code}`, stage));
  }

  #takeOutput(frame: Frame, fields: FieldReader): void {
    const which = frame.flags & flag.STDERR ? 1 : 0;
    const offset = fields.u64();
    const bytes = fields.rest();
    if (this.#over) throw AgentError.protocol("output after the end");
    if (offset + bytes.length > Number.MAX_SAFE_INTEGER) throw AgentError.protocol("output beyond 2^53");
    /* Without bytes it says only where the stream goes on behind what was dropped. */
    if (bytes.length > 0 && offset + bytes.length > this.#granted[which])
      throw AgentError.protocol("output beyond the credit");
    const stream = which === 1 ? "stderr" : "stdout";
    this.#queue.put(stream, offset, bytes);
    if (bytes.length === 0) this.#grant(stream);
  }

  #takeExit(fields: FieldReader): void {
    const how = fields.u32();
    const signaled = (how & exitBit.SIGNALED) !== 0;
    const code = fields.u32();
    const [stdoutBytes, stdoutDropped, stderrBytes, stderrDropped] = [
      fields.u64(),
      fields.u64(),
      fields.u64(),
      fields.u64(),
    ];
    const exit: ExecutionExit = {
      source: "guest",
      timedOut: (how & exitBit.TIMED_OUT) !== 0,
      exitCode: signaled ? null : code & 0xff,
      signal: signaled ? code & 0x7f : null,
      stdoutBytes,
      stderrBytes,
      stdoutDroppedBytes: stdoutDropped,
      stderrDroppedBytes: stderrDropped,
      userCpuUs: fields.u64(),
      systemCpuUs: fields.u64(),
      maxRssBytes: fields.u64(),
    };
    fields.done();
    if (this.#over) throw AgentError.protocol("a second end of one execution");
    this.#queue.end({ stdout: stdoutBytes, stderr: stderrBytes });
    this.#over = true;
    this.#started.resolve();
    this.#exit.resolve(exit);
    this.#closeStdin("the program ended");
  }

  #takeStdinWindow(fields: FieldReader): void {
    const window = fields.u64();
    const closed = fields.u8();
    fields.done();
    this.#stdinWindow = Math.max(window, this.#stdinWindow);
    if (closed) this.#closeStdin("the program closed its standard input");
    else this.#pumpStdin();
  }

  #closeStdin(why: AgentError | string): void {
    this.#stdinEnding = "closed";
    for (const piece of this.#stdin.splice(0))
      piece.taken.reject(typeof why === "string" ? new AgentError("EPIPE", why) : why);
  }

  #pumpStdin(): void {
    if (this.#over) return;
    for (let piece = this.#stdin[0]; piece; piece = this.#stdin[0]) {
      const room = Math.min(this.#stdinWindow - this.#stdinOffset, bounds.payloadMax - 8);
      if (room <= 0) return;
      const part = piece.bytes.subarray(0, room);
      const last = part.length === piece.bytes.length;
      if (last) this.#stdin.shift();
      const ends = last && this.#stdin.length === 0 && this.#stdinEnding === "wanted";
      if (ends) this.#stdinEnding = "sent";
      this.#epoch.send(
        ask.STDIN,
        ends ? flag.END : 0,
        this.execId,
        new FieldWriter().u64(this.#stdinOffset).bytes(part).finish(),
      );
      this.#stdinOffset += part.length;
      if (last) piece.taken.resolve();
      else piece.bytes = piece.bytes.subarray(part.length);
    }
    if (this.#stdinEnding !== "wanted") return;
    this.#stdinEnding = "sent";
    this.#epoch.send(ask.STDIN, flag.END, this.execId, new FieldWriter().u64(this.#stdinOffset).finish());
  }

  /** It was started without standard input: nothing can be written to it. */
  withoutStdin(): void {
    this.#closeStdin("the program has no standard input");
  }

  /** After a re-attach: how much of standard input the agent has. */
  resumeStdin(accepted: number): void {
    this.#stdinOffset = accepted;
    this.#stdinWindow = Math.max(this.#stdinWindow, accepted);
  }
}
