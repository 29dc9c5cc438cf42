/** A run that is not finished: its state as the gateway knows it, who watches it, and how to end it. */
import type { Decision } from "../decide/decision.ts";
import { asJson } from "../ingress.ts";
import type { Spool } from "../spool.ts";
import type { RunRecord } from "../store.ts";
import type { RunId, SandboxId } from "../types.ts";
import { KeptOutput } from "./kept-output.ts";

/** Why the gateway itself ends a run. */
export type StopCause = "timeout" | "output_limit" | "cancelled" | "killed";

export class LiveRun {
  readonly id: RunId;
  readonly tenant: string;
  readonly requestId: string;
  decision: Decision;
  /** The stored row as last seen; its state is kept up to date here before the store has it. */
  record: RunRecord;
  stdout: KeptOutput;
  stderr: KeptOutput;
  sandboxId: SandboxId | null = null;
  /** Whether the store knows that the program was started. */
  markedRunning = false;
  /** When the program started, on the monotonic clock of this gateway. */
  startedMonotonicMs: number | null = null;
  /** Whether it goes on when the client that waits goes away. */
  detached: boolean;
  readonly onOutputLimit: "drop" | "kill";
  /** Why output could no longer be kept, if that happened. */
  spoolFailure: unknown = null;
  /** Resolves with the stored row when the run has finished. Never rejects. */
  readonly finished: Promise<RunRecord>;
  /** Resolves when somebody or a limit ends the run. */
  readonly stopped: Promise<StopCause>;

  #cause: StopCause | null = null;
  readonly #stop: (cause: StopCause) => void;
  readonly #finish: (record: RunRecord) => void;
  readonly #watchers = new Set<() => void>();

  constructor(record: RunRecord, decision: Decision, onOutputLimit: "drop" | "kill", spool: Spool) {
    this.id = record.id;
    this.tenant = record.tenant;
    this.requestId = record.requestId;
    this.record = record;
    this.decision = decision;
    this.detached = record.detach;
    this.onOutputLimit = onOutputLimit;
    this.stdout = new KeptOutput(record.id, "stdout", decision.limits.outputBytes, spool);
    this.stderr = new KeptOutput(record.id, "stderr", decision.limits.outputBytes, spool);
    const stopped = Promise.withResolvers<StopCause>();
    this.stopped = stopped.promise;
    this.#stop = stopped.resolve;
    const finished = Promise.withResolvers<RunRecord>();
    this.finished = finished.promise;
    this.#finish = finished.resolve;
  }

  /** Why the run is being ended, if it is. */
  get stopCause(): StopCause | null {
    return this.#cause;
  }

  /** Ends the run. The first cause stays. */
  stop(cause: StopCause): void {
    if (this.#cause !== null) return;
    this.#cause = cause;
    this.#stop(cause);
  }

  /** From now on it goes on whoever goes away: its client was told where to find it. */
  detach(): void {
    this.detached = true;
    this.record = { ...this.record, detach: true };
  }

  /** Output can no longer be kept, for instance because the disk is full: the run ends rather than lose it silently. */
  failSpool(thrown: unknown): void {
    this.spoolFailure = thrown;
    this.stop("killed");
  }

  /** Another decision holds, before anything was started. */
  redecide(decision: Decision, spool: Spool): void {
    this.decision = decision;
    const { runtime, level } = decision;
    this.record = { ...this.record, runtime, level, decision: asJson(decision), limits: asJson(decision.limits) };
    this.stdout = new KeptOutput(this.id, "stdout", decision.limits.outputBytes, spool);
    this.stderr = new KeptOutput(this.id, "stderr", decision.limits.outputBytes, spool);
  }

  /** Calls back at each change of state or output, until the returned function is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Notes a state that the store has, or is about to have. */
  become(change: Partial<Pick<RunRecord, "state" | "startingAtMs" | "startedAtMs" | "sandboxId">>): void {
    this.record = { ...this.record, ...change };
    this.changed();
  }

  /** Notes the end; the run is then no longer live. */
  end(record: RunRecord): void {
    this.record = record;
    this.#finish(record);
    this.changed();
  }
}
