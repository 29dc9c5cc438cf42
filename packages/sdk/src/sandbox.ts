import { HsrApiError } from "./errors.ts";
import { type EventOptions, watchEvents } from "./events.ts";
import { Execution, type PendingExecution, pendingExecution, whenStarted } from "./execution.ts";
import { Files } from "./files.ts";
import { follow } from "./follow.ts";
import type {
  Event,
  ExecRequest,
  ExecutionSummary,
  KillOrphansRequest,
  Orphans,
  PortGrant,
  Sandbox as SandboxInfo,
  SandboxMetrics,
  SandboxStatus,
} from "./gen/api.ts";
import type { CallOptions, PageOptions } from "./options.ts";
import { everything } from "./pages.ts";
import { streamHeaders } from "./runs.ts";
import { Terminal } from "./terminal.ts";
import type { Transport } from "./transport.ts";

/** What is done when the block that holds a sandbox ends. Older engines have no name for it. */
const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/** How a program in a sandbox is started. */
export type ExecOptions = Omit<ExecRequest, "background" | "waitMs" | "terminal">;

/** A program with a terminal: a shell, if nothing is said. */
export type TerminalRequest = Pick<
  ExecRequest,
  "argv" | "cwd" | "user" | "environment" | "timeout" | "outputLimitBytes"
> & {
  /** Lines; 24 if absent. */
  readonly rows?: number | undefined;
  /** Columns; 80 if absent. */
  readonly cols?: number | undefined;
};

/** One sandbox. `await using` deletes it at the end of its block. */
export class Sandbox {
  readonly id: string;
  readonly files: Files;
  readonly #transport: Transport;
  #info: SandboxInfo;

  constructor(transport: Transport, info: SandboxInfo) {
    this.id = info.id;
    this.files = new Files(transport, info.id);
    this.#transport = transport;
    this.#info = info;
  }

  /** What was last heard of it. */
  get info(): SandboxInfo {
    return this.#info;
  }

  /** Asks how it is; `info` has the answer too. */
  async refresh({ signal }: CallOptions = {}): Promise<SandboxInfo> {
    this.#info = await this.#transport.json("getSandbox", { path: { id: this.id }, signal });
    return this.#info;
  }

  /** What is worth polling; looking does not keep it awake. */
  async status({ signal }: CallOptions = {}): Promise<SandboxStatus> {
    return await this.#transport.json("getSandboxStatus", { path: { id: this.id }, signal });
  }

  /**
   * Runs a program in it. Awaited, it gives the result; `output` and `events` come while it runs. Who goes away from it
   * ends it. It is never started twice, so a broken connection before the answer is an error.
   */
  exec(request: ExecOptions, options: CallOptions = {}): PendingExecution {
    return pendingExecution(this.#transport, this.id, request, options);
  }

  /** Starts a program in the background: it goes on when nobody looks. One that a person has to approve is `held` first. */
  async start(request: ExecOptions, { signal }: CallOptions = {}): Promise<Execution> {
    const body = { ...request, background: true };
    const info = await this.#transport.json("exec", { path: { id: this.id }, body, signal });
    return new Execution(this.#transport, info);
  }

  /** Starts a program with a terminal and attaches to it. The sandbox has to allow it: `allow: ["opaque"]`. */
  async terminal(request: TerminalRequest = {}, { signal }: CallOptions = {}): Promise<Terminal> {
    const { rows = 24, cols = 80, argv = ["bash", "-i"], ...rest } = request;
    const body = { ...rest, argv, terminal: { rows, cols }, background: true };
    const info = await this.#transport.json("exec", { path: { id: this.id }, body, signal });
    const { id } = info;
    await whenStarted(this.#transport, info, signal);
    return await Terminal.attach(this.#transport, { id: this.id, execution: id }, { signal });
  }

  /** A program that was started before. */
  async execution(id: string, { signal }: CallOptions = {}): Promise<Execution> {
    const path = { id: this.id, execution: id };
    return new Execution(this.#transport, await this.#transport.json("getExecution", { path, signal }));
  }

  /** Its programs, newest first. */
  async *executions(
    which: { readonly state?: ExecutionSummary["state"] } = {},
    { signal, limit }: PageOptions = {},
  ): AsyncGenerator<Execution, void, void> {
    const page = (cursor: string | undefined) =>
      this.#transport.json("listExecutions", { path: { id: this.id }, query: { ...which, limit, cursor }, signal });
    for await (const info of everything<ExecutionSummary>(page)) yield new Execution(this.#transport, info);
  }

  /** Sets its time to live anew, from now. */
  async renew(ttlMs: number, { signal }: CallOptions = {}): Promise<SandboxInfo> {
    this.#info = await this.#transport.json("renewSandbox", { path: { id: this.id }, body: { ttlMs }, signal });
    return this.#info;
  }

  /** What it uses now. */
  async metrics({ signal }: CallOptions = {}): Promise<SandboxMetrics> {
    return await this.#transport.json("getSandboxMetrics", { path: { id: this.id }, signal });
  }

  /** The same again and again, until the sandbox ends. */
  async *watchMetrics({
    intervalMs,
    signal,
  }: CallOptions & { readonly intervalMs?: number | undefined } = {}): AsyncGenerator<SandboxMetrics, void, void> {
    const open = () =>
      this.#transport.send("getSandboxMetrics", {
        path: { id: this.id },
        query: { intervalMs },
        headers: streamHeaders(undefined),
        signal,
      });
    const events = follow<{ readonly type: string; readonly data: SandboxMetrics }>({
      open,
      last: null,
      endsWhole: true,
      retries: this.#transport.retries,
      signal,
    });
    for await (const { data } of events) yield data;
  }

  /** What happens to it and in it, from now on. */
  events(options: EventOptions = {}): AsyncIterable<Event> {
    return watchEvents(this.#transport, { ...options, subject: this.id });
  }

  /** The address of a port in it, and a token that opens it. */
  async openPort(
    port: number,
    { ttlMs, signal }: CallOptions & { readonly ttlMs?: number | undefined } = {},
  ): Promise<PortGrant> {
    return await this.#transport.json("openPort", { path: { id: this.id }, body: { port, ttlMs }, signal });
  }

  /** Processes in it that left their program by a session of their own. */
  async orphans({ signal }: CallOptions = {}): Promise<Orphans> {
    return await this.#transport.json("listOrphans", { path: { id: this.id }, signal });
  }

  /** Sends a signal to its orphans, SIGKILL to all of them if nothing is said; resolves with their number. */
  async killOrphans(which: KillOrphansRequest = {}, { signal }: CallOptions = {}): Promise<number> {
    const { signalled } = await this.#transport.json("killOrphans", { path: { id: this.id }, body: which, signal });
    return signalled;
  }

  /** Ends it; resolves when nothing of it is left. */
  async delete({ signal }: CallOptions = {}): Promise<SandboxInfo> {
    this.#info = await this.#transport.json("deleteSandbox", { path: { id: this.id }, signal });
    return this.#info;
  }

  async [asyncDispose](): Promise<void> {
    try {
      await this.delete();
    } catch (error) {
      // It is gone, which is all that is wanted here.
      if (!(error instanceof HsrApiError && error.class === "not_found")) throw error;
    }
  }
}
