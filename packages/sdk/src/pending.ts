import { HsrApiError } from "./errors.ts";
import type { ErrorInfo, OutputData } from "./gen/api.ts";
import { OutputChunk } from "./output.ts";

/** As much of a stream's events as is needed here. */
interface ProgramEvent {
  readonly type: string;
  readonly data: object;
}

/** What may be done with a program that is not yet started. */
export interface Steps<Result, Event> {
  /** Starts it and waits for its end. */
  wait(): Promise<Result>;
  /** Starts it and yields its events. Says its id once that is known. */
  watch(named: (id: string) => void): AsyncGenerator<Event, void, void>;
  /** What became of one that was watched. */
  result(id: string): Promise<Result>;
}

/**
 * A program that begins when it is first asked for something: `await` it for its result, or go through its `output` or its
 * `events` as they come, and `await` it then. Who stops going through them ends the program.
 */
export class Pending<Result extends { readonly error: ErrorInfo | null }, Event extends ProgramEvent>
  implements Promise<Result>
{
  readonly [Symbol.toStringTag] = "Pending";
  readonly #steps: Steps<Result, Event>;
  #result: Promise<Result> | undefined;
  /** Of one that is watched: its id, when nothing more comes of it. */
  #watched: Promise<string> | undefined;

  constructor(steps: Steps<Result, Event>) {
    this.#steps = steps;
  }

  /** What it writes, as it comes. Throws if it is never started. */
  get output(): AsyncIterable<OutputChunk> {
    return { [Symbol.asyncIterator]: () => chunksOf(this.#watch()) };
  }

  /** Everything that happens to it, as it comes. */
  get events(): AsyncIterable<Event> {
    return { [Symbol.asyncIterator]: () => this.#watch() };
  }

  #watch(): AsyncGenerator<Event, void, void> {
    if (this.#watched !== undefined) throw new TypeError("its output or events are being read already");
    if (this.#result !== undefined)
      throw new TypeError("it is being awaited already; read its output first, and await it then");
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#watched = promise;
    // Who only reads the output is told there what went wrong.
    promise.catch(() => undefined);
    return watched(this.#steps, resolve, reject);
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise, only one that begins late
  then<Value = Result, Failure = never>(
    onFulfilled?: ((result: Result) => Value | PromiseLike<Value>) | null,
    onRejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure> {
    this.#result ??= (this.#watched?.then((id) => this.#steps.result(id)) ?? this.#steps.wait()).then(started);
    return this.#result.then(onFulfilled, onRejected);
  }

  catch<Failure = never>(
    onRejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    return this.then(null, onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<Result> {
    return this.then(null).finally(onFinally);
  }
}

async function* watched<Result, Event>(
  steps: Steps<Result, Event>,
  resolve: (id: string) => void,
  reject: (error: unknown) => void,
): AsyncGenerator<Event, void, void> {
  let id: string | undefined;
  try {
    yield* steps.watch((named) => {
      id = named;
    });
  } catch (error) {
    reject(error);
    throw error;
  } finally {
    if (id === undefined) reject(new TypeError("it was given up before it began"));
    else resolve(id);
  }
}

/** A program that was never started has no result: whoever waits gets the error that was kept in its place. */
function started<Result extends { readonly error: ErrorInfo | null }>(result: Result): Result {
  if (result.error !== null) throw new HsrApiError(result.error);
  return result;
}

async function* chunksOf(events: AsyncGenerator<ProgramEvent, void, void>): AsyncGenerator<OutputChunk, void, void> {
  for await (const { type, data } of events) {
    if (type.endsWith(".output")) yield new OutputChunk(data as OutputData);
    if (type.endsWith(".finished")) started(data as { readonly error: ErrorInfo | null });
  }
}
