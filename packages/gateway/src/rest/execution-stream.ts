/**
 * An execution's events as server-sent events. As with runs the stream keeps nothing for its reader but how far he is,
 * and that is the event's id, so that he may come back with it, also to another gateway.
 */
import { isUtf8 } from "node:buffer";
import { type ExecutionEvent, type ExecutionEventType, httpLimits, type OutputData } from "@hsr/contract";
import { type ExecutionDecision, firstOf, type Store, type StreamName } from "@hsr/core";
import { wireExecutionSummary } from "../living-wire.ts";
import { wireTime } from "../wire.ts";
import type { EventWriter } from "./event-writer.ts";
import type { FoundExecution } from "./find-execution.ts";
import { readOutput, recordOf } from "./output-reader.ts";
import { completeLength, parseLastEventId } from "./sse.ts";

/** The most output in one event. */
const chunkBytes = 32 * 1024;

/** How far a reader is: whether he knows of the start, and how much of each stream he has seen or passed. */
interface Position {
  step: number;
  stdout: number;
  stderr: number;
}

export interface ExecutionStreamOptions {
  readonly found: FoundExecution;
  readonly store: Store;
  /** Which of the two are sent. */
  readonly streams: readonly StreamName[];
  /** Where each begins for a reader who was not here before. */
  readonly from: { readonly stdout: number; readonly stderr: number };
  readonly lastEventId: string | undefined;
}

/** Writes the stream to its end; resolves when the terminal event is written or the reader is gone. */
export async function streamExecution(writer: EventWriter, options: ExecutionStreamOptions): Promise<void> {
  await new ExecutionStream(writer, options).run();
}

class ExecutionStream {
  readonly #writer: EventWriter;
  readonly #options: ExecutionStreamOptions;
  readonly #at: Position;
  #wake: () => void = () => {};
  #knowsOfHeld: boolean;

  constructor(writer: EventWriter, options: ExecutionStreamOptions) {
    this.#writer = writer;
    this.#options = options;
    const last = parseLastEventId(options.lastEventId);
    this.#knowsOfHeld = last !== null;
    const step = Math.min(last?.seq ?? 0, 1);
    const stdout = last === null ? options.from.stdout : Math.min(last.stdout, Math.max(0, last.seq - step));
    this.#at = { step, stdout, stderr: last === null ? options.from.stderr : Math.max(0, last.seq - step - stdout) };
  }

  async run(): Promise<void> {
    const { found, streams } = this.#options;
    const unwatch = found.live?.watch(() => this.#wake());
    this.#writer.onGone = () => this.#wake();
    try {
      while (!this.#writer.isGone) {
        const changed = new Promise<void>((resolve) => (this.#wake = resolve));
        const record = recordOf(found);
        const isFinished = record.outcome !== null;
        await this.#sendHeld();
        if (this.#at.step === 0 && (isFinished ? record.startedAtMs !== null : record.state === "running"))
          await this.#sendStarted();
        let sent = false;
        for (const stream of streams) sent = (await this.#output(stream, isFinished)) || sent;
        if (isFinished) {
          await this.#send("execution.finished", wireExecutionSummary(record, found.live));
          return;
        }
        await changed;
        // A flood of tiny pieces becomes a few events each second and not one for each; the first goes at once.
        if (sent && !this.#writer.isGone) await this.#pause();
      }
    } finally {
      unwatch?.();
    }
  }

  async #pause(): Promise<void> {
    const { live } = this.#options.found;
    if (live === null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, httpLimits.output_pause_ms.value);
    await firstOf([promise, live.finished]);
    clearTimeout(timer);
  }

  /** One that a person was asked about begins with that; its number is before all others, so nobody gets it twice. */
  async #sendHeld(): Promise<void> {
    if (this.#knowsOfHeld) return;
    this.#knowsOfHeld = true;
    const record = recordOf(this.#options.found);
    if ((record.decision as unknown as ExecutionDecision).approval === undefined) return;
    const held = { ...record, state: "held", startedAtMs: null, outcome: null } as const;
    await this.#send("execution.held", { ...wireExecutionSummary(held, null), stdout_bytes: 0, stderr_bytes: 0 });
  }

  async #sendStarted(): Promise<void> {
    this.#at.step = 1;
    const { record, live } = this.#options.found;
    const started = { ...(live?.record ?? record), state: "running", outcome: null } as const;
    await this.#send("execution.started", { ...wireExecutionSummary(started, null), stdout_bytes: 0, stderr_bytes: 0 });
  }

  /** Whether anything was sent. */
  async #output(stream: StreamName, isFinished: boolean): Promise<boolean> {
    let sent = false;
    while (!this.#writer.isGone) {
      const { found, store } = this.#options;
      const run = await readOutput(store, found, stream, this.#at[stream], chunkBytes);
      if (run.bytes.length === 0) return sent;
      const isLast = run.isCut || (isFinished && run.bytes.length < chunkBytes);
      const whole = isLast ? run.bytes.length : completeLength(run.bytes);
      // Less than a code point: its rest is awaited, unless nothing more can come.
      if (whole === 0) return sent;
      const piece = run.bytes.subarray(0, whole);
      this.#at[stream] = run.offset + whole;
      const data: OutputData = isUtf8(piece)
        ? { stream, offset: run.offset, text: Buffer.from(piece).toString("utf8") }
        : { stream, offset: run.offset, base64: Buffer.from(piece).toString("base64") };
      await this.#send("execution.output", data);
      sent = true;
    }
    return sent;
  }

  async #send(type: ExecutionEventType, data: ExecutionEvent["data"]): Promise<void> {
    const { stdout, stderr, step } = this.#at;
    const record = recordOf(this.#options.found);
    const seq =
      type === "execution.held" ? 0 : type === "execution.finished" ? 2 + stdout + stderr : step + stdout + stderr;
    const id = type === "execution.held" ? "0.0" : `${seq}.${stdout}`;
    const timeMs =
      type === "execution.held"
        ? record.createdAtMs
        : type === "execution.finished"
          ? (record.outcome?.finishedAtMs ?? Date.now())
          : Date.now();
    const event = {
      id,
      seq,
      time: wireTime(timeMs),
      type,
      tenant: record.tenant,
      subject: record.id,
      request_id: record.requestId,
      data,
    };
    await this.#writer.send(id, type, event);
  }
}
