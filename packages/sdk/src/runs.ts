import { allBytes } from "./bytes.ts";
import { HsrConnectionError } from "./errors.ts";
import { follow } from "./follow.ts";
import type {
  Operations,
  Run,
  RunFinishedEvent,
  RunHeldEvent,
  RunOutputEvent,
  RunQueuedEvent,
  RunRequest,
  RunStartedEvent,
  RunStartingEvent,
  RunSummary,
} from "./gen/api.ts";
import type { CallOptions, CreateOptions, PageOptions } from "./options.ts";
import { everything } from "./pages.ts";
import { Pending } from "./pending.ts";
import type { Transport } from "./transport.ts";

/** What happens to a run, in order; `run.finished` is the last. */
export type RunEvent =
  | RunHeldEvent
  | RunQueuedEvent
  | RunStartingEvent
  | RunStartedEvent
  | RunOutputEvent
  | RunFinishedEvent;

/** A run that begins when it is awaited or its output is read. */
export type PendingRun = Pending<Run, RunEvent>;

/** How long one question for the end of something waits. Longer ones are cut by proxies, and by Node's own `fetch`. */
export const waitMs = 60_000;
/** A program with a longer time limit is waited for by its events, which keep the connection awake. */
export const longestQuietMs = 120_000;

/** Runs: programs that have a sandbox of their own, which ends with them. */
export class Runs {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** See `Hsr.run`. */
  run(request: Omit<RunRequest, "waitMs">, options: CreateOptions = {}): PendingRun {
    const { signal } = options;
    const headers = { "idempotency-key": options.idempotencyKey ?? crypto.randomUUID() };
    const watch = (named: (id: string) => void): AsyncGenerator<RunEvent, void, void> => {
      let id: string | undefined;
      const open = async (lastEventId: string | undefined): Promise<Response> => {
        if (id !== undefined) return await this.#events(id, lastEventId, options);
        const accept = "text/event-stream";
        const response = await this.#transport.send("run", { body: request, headers: { ...headers, accept }, signal });
        id = nameIn(response, "hsr-run-id");
        named(id);
        // A run that is held is answered at once, and watched at its own address.
        if (response.status !== 202) return response;
        await response.body?.cancel();
        return await this.#events(id, undefined, options);
      };
      return follow<RunEvent>({ open, last: "run.finished", retries: this.#transport.retries, signal });
    };
    const result = (id: string) => this.wait(id, { signal });
    const wait = async (): Promise<Run> => {
      if ((request.timeout ?? 0) > longestQuietMs) return await byEvents(watch, result);
      const run = await this.#transport.json("run", { body: request, headers, signal });
      return run.state === "finished" ? run : await result(run.id);
    };
    return new Pending({ wait, watch, result });
  }

  /** Stores a run and comes back at once: it goes on by itself. */
  async start(request: Omit<RunRequest, "waitMs" | "detach">, options: CreateOptions = {}): Promise<Run> {
    return await this.#transport.json("run", {
      body: { ...request, waitMs: 0 },
      headers: { "idempotency-key": options.idempotencyKey ?? crypto.randomUUID() },
      signal: options.signal,
    });
  }

  /** A run as it is now; with its output once it has finished. */
  async get(id: string, { signal }: CallOptions = {}): Promise<Run> {
    return await this.#transport.json("getRun", { path: { id }, signal });
  }

  /** A run when it has finished. Going away cancels nothing. */
  async wait(id: string, { signal }: CallOptions = {}): Promise<Run> {
    for (;;) {
      const run = await this.#transport.json("getRun", { path: { id }, query: { waitMs }, signal });
      if (run.state === "finished") return run;
    }
  }

  /** What happened to a run from its beginning, and what happens to its end. */
  events(id: string, options: CallOptions = {}): AsyncIterable<RunEvent> {
    const open = (lastEventId: string | undefined) => this.#events(id, lastEventId, options);
    return follow({ open, last: "run.finished", retries: this.#transport.retries, signal: options.signal });
  }

  #events(id: string, lastEventId: string | undefined, { signal }: CallOptions): Promise<Response> {
    return this.#transport.send("watchRun", { path: { id }, headers: streamHeaders(lastEventId), signal });
  }

  /** The bytes of one of its streams. */
  async output(id: string, stream: "stdout" | "stderr" = "stdout", { signal }: CallOptions = {}) {
    return await allBytes(await this.#transport.send("getRunLogs", { path: { id }, query: { stream }, signal }));
  }

  /** Ends a run; resolves with it. */
  async cancel(id: string, { signal }: CallOptions = {}): Promise<Run> {
    return await this.#transport.json("cancelRun", { path: { id }, signal });
  }

  /** Runs without their output, newest first. */
  list(
    which: Omit<Operations["listRuns"]["query"], "limit" | "cursor"> = {},
    { signal, limit }: PageOptions = {},
  ): AsyncIterable<RunSummary> {
    return everything((cursor) => this.#transport.json("listRuns", { query: { ...which, limit, cursor }, signal }));
  }
}

/** The id of what an answer is about. Without it nothing could be asked of it later. */
export function nameIn(response: Response, header: string): string {
  const id = response.headers.get(header);
  if (id === null) throw new HsrConnectionError(`the answer has no ${header}`, { status: response.status });
  return id;
}

/** What a stream of events is asked for with. */
export function streamHeaders(lastEventId: string | undefined): Readonly<Record<string, string>> {
  return { accept: "text/event-stream", ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }) };
}

/** Goes through the events to the end, for their sake alone. */
export async function byEvents<Result>(
  watch: (named: (id: string) => void) => AsyncIterable<unknown>,
  result: (id: string) => Promise<Result>,
): Promise<Result> {
  let id = "";
  for await (const _ of watch((named) => (id = named))) void _;
  return await result(id);
}
