/** An execution that has not finished: its state as the gateway knows it, its output, who watches it, and how to end it. */
import { HsrError, requestLimits } from "@hsr/contract";
import type { AgentExecution, Clock } from "../ports.ts";
import { errnoOf } from "../run/start-error.ts";
import type { ExecSpec, ExecutionExit, ExecutionId, SandboxId } from "../types.ts";
import { ExecutionLog } from "./execution-log.ts";
import type { LogFiles } from "./log-files.ts";
import type { ApprovedExecution, ExecutionRecord } from "./records.ts";

/** Why the gateway itself ends an execution. */
export type ExecutionStop = "timeout" | "cancelled" | "killed";

/** How an execution ended, as far as one can tell: one of the three. */
export interface ExecutionEnd {
  readonly exit: ExecutionExit | null;
  /** The program was never started, for this reason. */
  readonly failed: HsrError | null;
  /** The sandbox went away, or no longer knows it. */
  readonly lost: boolean;
}

/** What came of following an execution over one stream to its agent. */
export type Followed = { readonly kind: "exit"; readonly exit: ExecutionExit } | { readonly kind: "broken" };

const sigkill = 9;

/** How long a request waits for a program whose link is just being made. */
const reachMs = 2000;

export class LiveExecution {
  readonly id: ExecutionId;
  readonly sandboxId: SandboxId;
  readonly tenant: string;
  readonly requestId: string;
  /** The stored row as last seen; its state is kept up to date here before the store has it. */
  record: ExecutionRecord;
  stdout: ExecutionLog;
  stderr: ExecutionLog;
  /** What to start; `null` when an earlier gateway has done that, and while a person is asked. */
  spec: ExecSpec | null;
  /** Resolves when somebody or a limit ends it. */
  readonly stopped: Promise<void>;
  /** When the program started, on the monotonic clock of this gateway. */
  startedMonotonicMs: number | null = null;
  /** Whether somebody waits for its end: a gateway that stops in order lets it come. */
  awaited = false;
  /** The file with its code, made for it. */
  codeFile: string | null = null;
  /** Words that may name files which it runs; `null` when an earlier gateway has started it. */
  words: ReadonlySet<string> | null = null;
  /** Its end is being stored. */
  ending = false;
  /** Why output could no longer be kept, if that happened. */
  logFailure: unknown = null;
  /** Keys whose leave to write to its input was noted. */
  readonly inputNoted = new Set<string>();
  /** Resolves with its record when its program runs. */
  readonly begunOnce: Promise<ExecutionRecord>;
  /** Resolves with the stored row when it has finished. Never rejects. */
  readonly finished: Promise<ExecutionRecord>;

  #agent: AgentExecution | null = null;
  #last: AgentExecution | null = null;
  #cause: ExecutionStop | null = null;
  #stdinEnded = false;
  #stdinWaitingBytes = 0;
  readonly #beginOnce: (record: ExecutionRecord) => void;
  readonly #finish: (record: ExecutionRecord) => void;
  readonly #files: LogFiles;
  readonly #settleStopped: () => void;
  readonly #watchers = new Set<() => void>();

  constructor(record: ExecutionRecord, spec: ExecSpec | null, files: LogFiles) {
    this.id = record.id;
    this.sandboxId = record.sandboxId;
    this.tenant = record.tenant;
    this.requestId = record.requestId;
    this.record = record;
    this.spec = spec;
    this.#files = files;
    this.stdout = this.#log("stdout");
    this.stderr = this.#log("stderr");
    const stopped = Promise.withResolvers<void>();
    this.stopped = stopped.promise;
    this.#settleStopped = stopped.resolve;
    const begun = Promise.withResolvers<ExecutionRecord>();
    this.begunOnce = begun.promise;
    this.#beginOnce = begun.resolve;
    const finished = Promise.withResolvers<ExecutionRecord>();
    this.finished = finished.promise;
    this.#finish = finished.resolve;
  }

  #log(stream: "stdout" | "stderr"): ExecutionLog {
    const { id, background, terminal, outputLimitBytes } = this.record;
    return new ExecutionLog(id, stream, outputLimitBytes, background || terminal ? "newest" : "first", this.#files);
  }

  /** A person agreed to it: from now on it is one that is being started. */
  approve(approved: ApprovedExecution, spec: ExecSpec): void {
    this.record = { ...this.record, ...approved, state: "starting" };
    this.stdout = this.#log("stdout");
    this.stderr = this.#log("stderr");
    this.spec = spec;
    this.changed();
  }

  get stopCause(): ExecutionStop | null {
    return this.#cause;
  }

  /** Follows it over one stream until it ends, or the stream does. Output is taken as it comes. */
  async follow(execution: AgentExecution): Promise<Followed> {
    this.#agent = execution;
    this.#last = execution;
    this.changed();
    if (this.#cause !== null) this.#kill();
    if (this.#stdinEnded) execution.endStdin();
    try {
      const pumped = this.#pump(execution);
      // Where the stream breaks both say so, and one is listened to.
      pumped.catch(() => "the exit says so too");
      const exit = await execution.exit;
      await pumped;
      return { kind: "exit", exit };
    } catch {
      // Whatever ended this stream, the sandbox's own link looks whether there is another one.
      return { kind: "broken" };
    } finally {
      if (this.#agent === execution) this.#agent = null;
    }
  }

  async #pump(execution: AgentExecution): Promise<void> {
    for await (const chunk of execution.output) {
      const log = chunk.stream === "stdout" ? this.stdout : this.stderr;
      try {
        await log.take(chunk.offset, chunk.bytes);
      } catch (thrown) {
        // A full disk: it ends rather than lose output silently.
        this.logFailure ??= thrown;
        this.stop("killed");
      }
      execution.acknowledge({ stdout: this.stdout.safe, stderr: this.stderr.safe });
      this.changed();
    }
  }

  /** The program runs. */
  begun(clock: Clock): void {
    this.startedMonotonicMs ??= clock.monotonic();
    if (this.record.state !== "starting") return;
    this.become({ state: "running", startedAtMs: this.record.startedAtMs ?? clock.now() });
    this.#beginOnce(this.record);
  }

  /** Kills what it started. The first cause stays; the end comes from the agent, or from the sandbox. */
  stop(cause: ExecutionStop): void {
    if (this.#cause !== null || this.record.state === "finished") return;
    this.#cause = cause;
    this.#settleStopped();
    this.#kill();
  }

  #kill(): void {
    // Over a stream that breaks it is sent again with the next one; one that has ended needs none.
    this.#agent?.signal(sigkill, "session").catch(() => "followed again");
  }

  /** Lets the agent forget it: its end is stored. */
  forget(): void {
    this.#last?.forget();
  }

  /** Sends a signal. */
  async signal(signal: number, scope: "process" | "group" | "session"): Promise<void> {
    await this.#ask((agent) => agent.signal(signal, scope));
  }

  /** Sets the terminal's size. */
  async resize(rows: number, cols: number): Promise<void> {
    await this.#ask((agent) => agent.resize(rows, cols));
  }

  /** Resolves when the agent has room for all of it. What is refused is refused whole. */
  async writeStdin(bytes: Uint8Array): Promise<void> {
    const { length } = bytes;
    if (this.#stdinWaitingBytes > 0 && this.#stdinWaitingBytes + length > requestLimits.stdin_waiting_bytes.value)
      throw new HsrError("stdin_full", { retryAfterMs: 1000 });
    this.#stdinWaitingBytes += length;
    try {
      await this.#ask((agent) => agent.writeStdin(bytes));
    } finally {
      this.#stdinWaitingBytes -= length;
    }
  }

  /** Ends standard input after what was written. */
  endStdin(): void {
    this.#stdinEnded = true;
    this.#agent?.endStdin();
  }

  async #ask(work: (agent: AgentExecution) => Promise<void>): Promise<void> {
    if (this.#isOver()) throw new HsrError("execution_ended");
    if (this.record.state === "held") throw new HsrError("approval_pending");
    const agent = this.#agent ?? (await this.#reached());
    if (this.#isOver()) throw new HsrError("execution_ended");
    if (agent === null) throw new HsrError("sandbox_unreachable");
    try {
      await work(agent);
    } catch (thrown) {
      throw requestError(thrown);
    }
  }

  #isOver(): boolean {
    return this.record.state === "finished";
  }

  /** The agent's side of it, once it is followed: after a broken link, or a gateway's start, that is a moment later. */
  async #reached(): Promise<AgentExecution | null> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, reachMs);
    const unwatch = this.watch(() => {
      if (this.#agent !== null || this.#isOver()) resolve();
    });
    await promise;
    clearTimeout(timer);
    unwatch();
    return this.#agent;
  }

  /** Calls back at each change of state or output, until the returned function is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  become(change: Partial<Pick<ExecutionRecord, "state" | "startedAtMs">>): void {
    this.record = { ...this.record, ...change };
    this.changed();
  }

  /** Notes the end. */
  end(record: ExecutionRecord): void {
    this.record = record;
    this.#finish(record);
    this.changed();
  }
}

function requestError(thrown: unknown): HsrError {
  switch (errnoOf(thrown)) {
    case "ESRCH":
      return new HsrError("execution_ended");
    case "ENOTTY":
      return new HsrError("invalid_request", { message: "The execution has no terminal." });
    case "EPIPE":
      return new HsrError("stdin_closed");
    case "EINVAL":
      return new HsrError("invalid_request", { message: "The agent does not know this signal or size." });
    default:
      return new HsrError("sandbox_unreachable", { cause: thrown });
  }
}
