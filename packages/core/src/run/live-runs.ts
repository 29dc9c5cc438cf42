/** The runs that are not finished, and the steps of their states between acceptance and result. */
import { HsrError, newId } from "@hsr/contract";
import type { Place } from "../acquire/places.ts";
import type { Log } from "../observe.ts";
import type { Clock, Runtime } from "../ports.ts";
import type { RunRecord, Store } from "../store.ts";
import type { RunId, SandboxId } from "../types.ts";
import type { LiveRun } from "./live-run.ts";

/**
 * How often runs whose program has started are noted as `running` in the store. Shorter runs are never noted: their
 * result comes first, and that saves them a write.
 */
const markEveryMs = 100;

export class LiveRuns {
  readonly #runs = new Map<RunId, LiveRun>();
  readonly #store: Store;
  readonly #log: Log;
  #marking: NodeJS.Timeout | null = null;

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  add(run: LiveRun): void {
    this.#runs.set(run.id, run);
  }

  remove(run: LiveRun): void {
    this.#runs.delete(run.id);
  }

  get(id: RunId): LiveRun | null {
    return this.#runs.get(id) ?? null;
  }

  /** The run if it is this tenant's; `null` looks at every tenant's. */
  of(tenant: string | null, id: RunId): LiveRun | null {
    const run = this.#runs.get(id);
    return run !== undefined && (tenant === null || run.tenant === tenant) ? run : null;
  }

  all(): readonly LiveRun[] {
    return [...this.#runs.values()];
  }

  /**
   * Waits for the run's place. `null` when the run was stopped first; throws `queue_full` when it waited too long. What
   * is going to hold its sandbox is noted with it.
   */
  async placed(
    run: LiveRun,
    place: Place,
    queueWaitMs: number,
    clock: Clock,
    runtime: Runtime | null,
  ): Promise<SandboxId | null> {
    const patience = Promise.withResolvers<"late">();
    const timer = setTimeout(() => patience.resolve("late"), queueWaitMs);
    const first = await Promise.race([place.granted.then(() => "granted" as const), run.stopped, patience.promise]);
    clearTimeout(timer);
    if (first === "late") throw new HsrError("queue_full", { retryAfterMs: 1000 });
    if (first !== "granted") return null;
    const sandboxId = newId("sandbox") as SandboxId;
    const atMs = clock.now();
    const step = await this.#store.runs.transition(run.id, "queued", "starting", atMs, {
      sandboxId,
      bootId: runtime?.bootId ?? null,
    });
    if (step.kind !== "done") return null;
    run.sandboxId = sandboxId;
    run.become({ state: "starting", startingAtMs: atMs, sandboxId });
    return sandboxId;
  }

  /** The run's program runs. */
  started(run: LiveRun, place: Place, clock: Clock): void {
    place.started();
    run.startedMonotonicMs = clock.monotonic();
    run.become({ state: "running", startedAtMs: run.record.startedAtMs ?? clock.now() });
    this.#marking ??= setInterval(() => void this.#markAll(), markEveryMs).unref();
  }

  /**
   * Notes in the store that the program was started, if that is not known there. Has to be done before the sandbox of
   * an unfinished run is destroyed: a gateway that finds neither sandbox nor note may start the run again.
   */
  async mark(run: LiveRun): Promise<void> {
    const atMs = run.record.startedAtMs;
    if (run.markedRunning || atMs === null) return;
    run.markedRunning = true;
    try {
      await this.#store.runs.transition(run.id, "starting", "running", atMs);
    } catch (thrown) {
      run.markedRunning = false;
      this.#log.warn({ err: thrown, run: run.id }, "the start of a run could not be noted");
    }
  }

  /** The run has its result. */
  end(run: LiveRun, record: RunRecord): void {
    this.#runs.delete(run.id);
    if (this.#runs.size === 0 && this.#marking !== null) {
      clearInterval(this.#marking);
      this.#marking = null;
    }
    run.end(record);
  }

  async #markAll(): Promise<void> {
    for (const run of this.#runs.values()) {
      if (!run.markedRunning && run.record.state === "running" && run.stopCause === null) await this.mark(run);
    }
  }
}
