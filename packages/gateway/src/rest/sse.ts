/**
 * A run's events as server-sent events. A stream keeps nothing for its reader: it remembers how far the reader is in
 * stdout and stderr and reads from what is kept, so a slow reader costs no memory and holds nobody up. The position is
 * the event's id, so that a reader may come back with it, also to another gateway.
 */
import { isUtf8 } from "node:buffer";
import type { ServerResponse } from "node:http";
import type { OutputData, RunEvent, RunEventType } from "@hsr/contract";
import type { Decision, LiveRun, RunRecord, Store } from "@hsr/core";
import { wireSummary, wireTime } from "../wire.ts";
import type { EventWriter } from "./event-writer.ts";

/** The most output in one event. */
const chunkBytes = 32 * 1024;
/** Steps before any output, in the order of their numbers. A run that was held has one more, at the front. */
const ordinarySteps = ["run.queued", "run.starting", "run.started"] as const;
const heldSteps = ["run.held", ...ordinarySteps] as const;
type Step = (typeof heldSteps)[number];

function stepsOf(record: RunRecord): readonly Step[] {
  const decision = record.decision as unknown as Decision | null;
  return decision?.approval === undefined ? ordinarySteps : heldSteps;
}

/** How many of its steps a run has behind it. */
function stepsReached(record: RunRecord): number {
  const steps = stepsOf(record);
  const approval = (record.decision as unknown as Decision | null)?.approval;
  switch (record.state) {
    case "held":
      return 1;
    case "queued":
      return steps.indexOf("run.queued") + 1;
    case "starting":
      return steps.indexOf("run.starting") + 1;
    case "running":
      return steps.length;
    case "finished":
      if (record.startedAtMs !== null) return steps.length;
      return approval !== undefined && approval.approvedAtMs === null ? 1 : steps.indexOf("run.starting") + 1;
  }
}

/** How far a reader is: the last step it saw, and how much of each stream. */
interface Position {
  step: number;
  stdout: number;
  stderr: number;
}

/** `seq.stdout`: the number alone orders, and both together say how much of each stream was seen. */
export function parseLastEventId(text: string | undefined): { readonly seq: number; readonly stdout: number } | null {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(text ?? "");
  return match === null ? null : { seq: Number(match[1]), stdout: Number(match[2]) };
}

function positionAfter(last: { readonly seq: number; readonly stdout: number } | null, steps: number): Position {
  if (last === null) return { step: 0, stdout: 0, stderr: 0 };
  const step = Math.min(last.seq, steps);
  const stdout = Math.min(last.stdout, Math.max(0, last.seq - steps));
  return { step, stdout, stderr: Math.max(0, last.seq - steps - stdout) };
}

export interface RunStreamOptions {
  readonly record: RunRecord;
  /** `null` when the run has finished already. */
  readonly live: LiveRun | null;
  readonly store: Store;
  readonly lastEventId: string | undefined;
}

/** Writes the stream to its end; resolves when the terminal event is written or the reader is gone. */
export async function streamRun(writer: EventWriter, options: RunStreamOptions): Promise<void> {
  const at = positionAfter(parseLastEventId(options.lastEventId), stepsOf(options.record).length);
  const stream = new RunStream(writer, options, at);
  await stream.run();
}

class RunStream {
  readonly #writer: EventWriter;
  readonly #live: LiveRun | null;
  readonly #store: Store;
  readonly #at: Position;
  #record: RunRecord;
  #wake: () => void = () => {};

  constructor(writer: EventWriter, options: RunStreamOptions, at: Position) {
    this.#writer = writer;
    this.#live = options.live;
    this.#store = options.store;
    this.#record = options.record;
    this.#at = at;
  }

  async run(): Promise<void> {
    const unwatch = this.#live?.watch(() => this.#wake());
    this.#writer.onGone = () => this.#wake();
    try {
      while (!this.#writer.isGone) {
        const changed = new Promise<void>((resolve) => (this.#wake = resolve));
        this.#record = this.#live?.record ?? this.#record;
        const finished = this.#record.state === "finished";
        await this.#steps();
        await this.#output("stdout", finished);
        await this.#output("stderr", finished);
        if (finished) {
          await this.#send("run.finished", wireSummary(this.#record));
          return;
        }
        await changed;
      }
    } finally {
      unwatch?.();
    }
  }

  async #steps(): Promise<void> {
    const steps = stepsOf(this.#record);
    while (this.#at.step < stepsReached(this.#record)) {
      const type = steps[this.#at.step];
      this.#at.step += 1;
      if (type !== undefined)
        await this.#send(type, wireSummary({ ...this.#record, outcome: null, state: stateAt(type) }));
    }
  }

  async #output(stream: "stdout" | "stderr", finished: boolean): Promise<void> {
    while (!this.#writer.isGone) {
      const bytes = await this.#read(stream);
      if (bytes.length === 0) return;
      const whole = finished && bytes.length < chunkBytes ? bytes.length : completeLength(bytes);
      // Less than a code point: its rest is awaited, unless nothing more can come.
      if (whole === 0) return;
      const piece = bytes.subarray(0, whole);
      const offset = this.#at[stream];
      this.#at[stream] += whole;
      const data: OutputData = isUtf8(piece)
        ? { stream, offset, text: Buffer.from(piece).toString("utf8") }
        : { stream, offset, base64: Buffer.from(piece).toString("base64") };
      await this.#send("run.output", data);
    }
  }

  async #read(stream: "stdout" | "stderr"): Promise<Uint8Array> {
    const offset = this.#at[stream];
    if (this.#record.state === "finished")
      return await this.#store.runs.output(this.#record.id, stream, offset, chunkBytes);
    const live = this.#live;
    if (live === null) return new Uint8Array();
    try {
      return await live[stream].read(offset, chunkBytes);
    } catch (thrown) {
      // The run ended while this was reading, and its spool went into the store: the next turn reads there.
      if (live.record.state === "finished") return new Uint8Array();
      throw thrown;
    }
  }

  async #send(type: RunEventType, data: RunEvent["data"]): Promise<void> {
    const { stdout, stderr, step } = this.#at;
    const steps = stepsOf(this.#record);
    const seq =
      type === "run.finished" ? steps.length + stdout + stderr + 1 : Math.min(step, steps.length) + stdout + stderr;
    const id = `${seq}.${stdout}`;
    const event = {
      id,
      seq,
      time: wireTime(type === "run.finished" ? (this.#record.outcome?.finishedAtMs ?? Date.now()) : Date.now()),
      type,
      tenant: this.#record.tenant,
      subject: this.#record.id,
      request_id: this.#record.requestId,
      data,
    };
    await this.#writer.send(id, type, event);
  }
}

/** Writes, and waits until a slow reader has taken it, or is gone: nothing piles up for it. */
export async function writeWhole(response: ServerResponse, text: string): Promise<void> {
  if (response.closed || response.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}

function stateAt(type: Step): RunRecord["state"] {
  const states = { "run.held": "held", "run.queued": "queued", "run.starting": "starting", "run.started": "running" };
  return states[type] as RunRecord["state"];
}

/**
 * How many of the bytes end at the end of a code point. Up to three bytes at the end may be the beginning of one whose
 * rest is still to come; bytes that cannot begin one are not waited for.
 */
export function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needs = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    const known = byte < 0x80 || (byte >= 0xc2 && byte < 0xf5);
    return known && needs > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
