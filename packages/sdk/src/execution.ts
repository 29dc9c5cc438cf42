import { allBytes, type Bytes, toBase64 } from "./bytes.ts";
import { follow } from "./follow.ts";
import type {
  ExecRequest,
  ExecutionFinishedEvent,
  ExecutionHeldEvent,
  Execution as ExecutionInfo,
  ExecutionOutputEvent,
  ExecutionStartedEvent,
  ExecutionSummary,
  OutputData,
  SignalRequest,
} from "./gen/api.ts";
import type { CallOptions } from "./options.ts";
import { OutputChunk } from "./output.ts";
import { Pending } from "./pending.ts";
import { byEvents, longestQuietMs, nameIn, streamHeaders, waitMs } from "./runs.ts";
import { type AttachOptions, Terminal } from "./terminal.ts";
import type { Transport } from "./transport.ts";

/** What happens to a program in a sandbox, in order; `execution.finished` is the last. */
export type ExecutionEvent = ExecutionHeldEvent | ExecutionStartedEvent | ExecutionOutputEvent | ExecutionFinishedEvent;

/** A program that begins when it is awaited or its output is read. */
export type PendingExecution = Pending<ExecutionInfo, ExecutionEvent>;

/** Where to begin in a program's output, and which of the two streams. */
export interface OutputOptions extends CallOptions {
  /** Both if absent. */
  readonly stream?: "stdout" | "stderr" | undefined;
  /** A byte, counted from the first that was written, or backwards from now if it is negative; 0 if absent. */
  readonly offset?: number | undefined;
}

/** Bytes of one stream of a program. */
export interface Output {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where they begin; more than was asked for where bytes were dropped. */
  readonly offset: number;
  /** Where to go on. */
  readonly nextOffset: number;
  /** Whether nothing will be added. */
  readonly isFinished: boolean;
}

/** One program in a sandbox that was started and goes on by itself. */
export class Execution {
  readonly id: string;
  readonly sandboxId: string;
  readonly #transport: Transport;
  #info: ExecutionSummary;

  constructor(transport: Transport, info: ExecutionSummary) {
    this.id = info.id;
    this.sandboxId = info.sandboxId;
    this.#transport = transport;
    this.#info = info;
  }

  get #path(): { readonly id: string; readonly execution: string } {
    return { id: this.sandboxId, execution: this.id };
  }

  /** What was last heard of it. */
  get info(): ExecutionSummary {
    return this.#info;
  }

  /** Asks how it is. */
  async refresh({ signal }: CallOptions = {}): Promise<ExecutionInfo> {
    const info = await this.#transport.json("getExecution", { path: this.#path, signal });
    this.#info = info;
    return info;
  }

  /** Its result with what is kept of its output, when it has ended. Going away ends nothing. */
  async wait({ signal }: CallOptions = {}): Promise<ExecutionInfo> {
    const info = await whenFinished(this.#transport, this.#path, signal);
    this.#info = info;
    return info;
  }

  /** What it writes, from the beginning or from `offset`, until it ends. */
  async *output(options: OutputOptions = {}): AsyncGenerator<OutputChunk, void, void> {
    for await (const event of this.events(options))
      if (event.type === "execution.output") yield new OutputChunk(event.data satisfies OutputData);
  }

  /** What happens to it, until it ends. */
  events({ stream, offset, signal }: OutputOptions = {}): AsyncIterable<ExecutionEvent> {
    const open = (lastEventId: string | undefined) =>
      this.#transport.send("getExecutionLogs", {
        path: this.#path,
        query: { stream, offset },
        headers: streamHeaders(lastEventId),
        signal,
      });
    return follow({ open, last: "execution.finished", retries: this.#transport.retries, signal });
  }

  /** Attaches to its terminal. Several may; one of them writes. */
  async terminal(options: AttachOptions = {}): Promise<Terminal> {
    return await Terminal.attach(this.#transport, this.#path, options);
  }

  /** What is kept of one stream now, from an offset up to the first gap. */
  async read({ stream, offset, signal }: OutputOptions = {}): Promise<Output> {
    const response = await this.#transport.send("getExecutionLogs", {
      path: this.#path,
      query: { stream: stream ?? "stdout", offset },
      signal,
    });
    const number = (name: string) => Number(response.headers.get(name));
    return {
      bytes: await allBytes(response),
      offset: number("hsr-offset"),
      nextOffset: number("hsr-next-offset"),
      isFinished: response.headers.get("hsr-execution-state") === "finished",
    };
  }

  /** Writes to its standard input, which has to be open; resolves when the sandbox has taken all of it. */
  async write(input: Exclude<Bytes, ReadableStream>, { end, signal }: CallOptions & { readonly end?: boolean } = {}) {
    const content =
      typeof input === "string"
        ? { text: input }
        : { base64: toBase64(new Uint8Array(await new Response(input as BodyInit).arrayBuffer())) };
    await this.#transport.json("writeStdin", { path: this.#path, body: { ...content, end }, signal });
  }

  /** Ends its standard input. */
  async end({ signal }: CallOptions = {}): Promise<void> {
    await this.#transport.json("writeStdin", { path: this.#path, body: { end: true }, signal });
  }

  /** Sends it a signal, as `SIGTERM`: also to what it started, unless `scope` says otherwise. */
  async signal(
    name: string,
    { scope, signal }: CallOptions & { readonly scope?: SignalRequest["scope"] } = {},
  ): Promise<void> {
    this.#info = await this.#transport.json("signalExecution", {
      path: this.#path,
      body: { signal: name, scope },
      signal,
    });
  }

  /** Kills it; resolves when it has ended. */
  async cancel({ signal }: CallOptions = {}): Promise<ExecutionSummary> {
    this.#info = await this.#transport.json("cancelExecution", { path: this.#path, signal });
    return this.#info;
  }
}

/** See `Sandbox.exec`. */
export function pendingExecution(
  transport: Transport,
  sandboxId: string,
  request: Omit<ExecRequest, "background" | "waitMs" | "terminal">,
  { signal }: CallOptions,
): PendingExecution {
  const path = { id: sandboxId };
  const watch = (named: (id: string) => void): AsyncGenerator<ExecutionEvent, void, void> => {
    let execution: string | undefined;
    const open = async (lastEventId: string | undefined): Promise<Response> => {
      const headers = streamHeaders(lastEventId);
      if (execution !== undefined)
        return await transport.send("getExecutionLogs", { path: { ...path, execution }, headers, signal });
      const response = await transport.send("exec", { path, body: request, headers, signal });
      execution = nameIn(response, "hsr-execution-id");
      named(execution);
      // One that a person has to approve is answered at once, and watched at its own address.
      if (response.status !== 202) return response;
      await response.body?.cancel();
      return await transport.send("getExecutionLogs", { path: { ...path, execution }, headers, signal });
    };
    return follow<ExecutionEvent>({ open, last: "execution.finished", retries: transport.retries, signal });
  };
  const result = (execution: string) => whenFinished(transport, { ...path, execution }, signal);
  const wait = async (): Promise<ExecutionInfo> => {
    if ((request.timeout ?? 0) > longestQuietMs) return await byEvents(watch, result);
    const info = await transport.json("exec", { path, body: request, signal });
    if (info.state === "finished") return info;
    return await whenFinished(transport, { id: info.sandboxId, execution: info.id }, signal);
  };
  return new Pending({ wait, watch, result });
}

/** Resolves when one that a person has to approve is started, or has ended without. */
export async function whenStarted(transport: Transport, execution: ExecutionInfo, signal: AbortSignal | undefined) {
  if (execution.state !== "held") return;
  const events = new Execution(transport, execution).events({ signal });
  for await (const { type } of events) if (type !== "execution.held") return;
}

async function whenFinished(
  transport: Transport,
  path: { readonly id: string; readonly execution: string },
  signal: AbortSignal | undefined,
): Promise<ExecutionInfo> {
  for (;;) {
    const info = await transport.json("getExecution", { path, query: { waitMs }, signal });
    if (info.state === "finished") return info;
  }
}
