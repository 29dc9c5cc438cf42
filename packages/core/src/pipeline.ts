/**
 * The pipeline: ingress → analyze → decide → acquire → run → collect. A door makes an Action and calls `submit`;
 * everything else happens here, in this order, whichever door it was.
 */
import { HsrError, newId } from "@hsr/contract";
import { launchSpec } from "./acquire/launch-spec.ts";
import type { Offers } from "./acquire/offers.ts";
import type { Place, Places } from "./acquire/places.ts";
import type { RunAction, RunInput } from "./action.ts";
import type { Analyze } from "./analyze/analyze.ts";
import { Approvals } from "./approval/approvals.ts";
import type { Waiting } from "./approval/waiting.ts";
import { collect } from "./collect/collect.ts";
import { consider } from "./consider.ts";
import { decide } from "./decide/decide.ts";
import type { DecideInput, Rules } from "./decide/decision.ts";
import { type Decided, decidedOf, newRun, recordOf, refusedEntry } from "./ingress.ts";
import type { Log, Metrics } from "./observe.ts";
import type { Clock, Guest, OpenAgent } from "./ports.ts";
import { drive } from "./run/drive.ts";
import { execPlan } from "./run/exec-plan.ts";
import { LiveRun } from "./run/live-run.ts";
import { LiveRuns } from "./run/live-runs.ts";
import type { Spool } from "./spool.ts";
import type { KnownRun, RunRecord, Store } from "./store.ts";
import { decodeInput } from "./stored-input.ts";
import type { SandboxId } from "./types.ts";

/** Everything that the pipeline touches the world through. */
export interface PipelinePorts {
  readonly store: Store;
  readonly spool: Spool;
  readonly offers: Offers;
  readonly places: Places;
  readonly analyze: Analyze;
  readonly openAgent: OpenAgent;
  readonly rules: Rules;
  readonly queueWaitMs: number;
  /** What waits for a person. */
  readonly waiting: Waiting;
  /** How long that is where the rule does not say. */
  readonly approvalDeadlineMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What a submission gave: a run that lives, or (by an idempotency key) one that is stored. */
export type Submitted =
  | { readonly kind: "live"; readonly run: LiveRun; readonly repeated: boolean }
  | { readonly kind: "stored"; readonly record: RunRecord };

export class Pipeline {
  readonly ports: PipelinePorts;
  readonly live: LiveRuns;
  readonly approvals: Approvals;
  #draining = false;

  constructor(ports: PipelinePorts) {
    this.ports = ports;
    this.live = new LiveRuns(ports.store, ports.log);
    this.approvals = new Approvals(this);
  }

  /** Refuses new runs from now on. */
  drain(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Takes a request in. Resolves when the run is stored; throws an `HsrError` when it does not become one. */
  async submit(action: RunAction): Promise<Submitted> {
    try {
      return await this.#take(action);
    } catch (thrown) {
      this.ports.metrics.count("hsr_runs_rejected_total", { code: HsrError.from(thrown).code });
      throw thrown;
    }
  }

  async #take(action: RunAction): Promise<Submitted> {
    // A repeated request takes no place, so neither a full queue nor a shutdown is a reason to refuse it.
    const known = action.idempotencyKey === null ? null : await this.#known(action, action.idempotencyKey);
    if (known !== null) return await this.#repeated(known);
    if (this.#draining) throw new HsrError("draining", { retryAfterMs: 2000 });
    const considered = await consider(action, this.ports);
    const verdict = decide(considered);
    if (verdict.kind === "refuse") {
      const { code, options } = verdict.refusal;
      await this.ports.store.audit.append(refusedEntry(action, considered, code, this.ports.clock.now()));
      throw new HsrError(code, options);
    }
    const decided = decidedOf(verdict, this.ports.approvalDeadlineMs, this.ports.clock.now());
    if (decided.isHeld) return await this.#hold(action, considered, decided);
    const { decision } = decided;
    const place = this.ports.places.enter(action.tenant);
    const sandboxId = place.immediate ? (newId("sandbox") as SandboxId) : null;
    // Noted before anything is launched: what holds the sandbox may die with this gateway, and nobody is left to ask.
    const bootId = this.ports.offers.runtime(decision.runtime)?.bootId ?? null;
    const row = newRun(action, considered, decided, sandboxId, bootId, this.ports.clock.now());
    const run = new LiveRun(recordOf(row), decision, action.input.onOutputLimit, this.ports.spool);
    run.sandboxId = sandboxId;
    this.live.add(run);
    // Without an idempotency key nothing can keep the run from being made: its sandbox starts while its row is written.
    const early = action.idempotencyKey === null && sandboxId !== null ? this.#acquire(run, sandboxId) : null;
    early?.catch(() => "its failure is dealt with once the row is there");
    try {
      const outcome = await this.ports.store.runs.create(row);
      if (outcome.kind === "created") {
        // Who waits, waits without its input: a queue full of files would fill the memory, and the store has them.
        void this.through(run, place.immediate ? action.input : null, place, early);
        return { kind: "live", run, repeated: false };
      }
      this.#abandon(run, place);
      return await this.#repeated(outcome);
    } catch (thrown) {
      this.#abandon(run, place);
      await early
        ?.then((guest) => guest.destroy())
        .catch((cause: unknown) => this.ports.log.debug({ err: cause }, "no sandbox to undo"));
      throw thrown;
    }
  }

  /** A run that a person has to agree to: stored, with no place and no sandbox. */
  async #hold(action: RunAction, considered: DecideInput, decided: Decided): Promise<Submitted> {
    const row = newRun(action, considered, decided, null, null, this.ports.clock.now());
    const seat = this.ports.waiting.enter(action.tenant, row.input.length);
    const run = new LiveRun(recordOf(row), decided.decision, action.input.onOutputLimit, this.ports.spool);
    this.live.add(run);
    try {
      const outcome = await this.ports.store.runs.create(row);
      if (outcome.kind === "created") {
        void this.approvals.hold(run, seat);
        return { kind: "live", run, repeated: false };
      }
      seat.leave();
      this.live.remove(run);
      return await this.#repeated(outcome);
    } catch (thrown) {
      seat.leave();
      this.live.remove(run);
      throw thrown;
    }
  }

  #known(action: RunAction, key: string): Promise<KnownRun | null> {
    return this.ports.store.runs.known(action.tenant, key, action.digest, this.ports.clock.now());
  }

  async #repeated(known: KnownRun): Promise<Submitted> {
    if (known.kind === "mismatch") throw new HsrError("idempotency_conflict", { details: { run_id: known.runId } });
    const { id } = known.run;
    const run = this.live.get(id);
    if (run !== null) return { kind: "live", run, repeated: true };
    // It may have finished since its row was read.
    return { kind: "stored", record: (await this.ports.store.runs.get(known.run.tenant, id)) ?? known.run };
  }

  /** From a place to a stored result: the rest of the line. Without `given` the input comes from the store. Never rejects. */
  async through(run: LiveRun, given: RunInput | null, place: Place, early: Promise<Guest> | null): Promise<void> {
    const { ports } = this;
    const hooks = {
      started: () => this.live.started(run, place, ports.clock),
      openAgent: ports.openAgent,
      clock: ports.clock,
    };
    try {
      const runtime = ports.offers.runtime(run.decision.runtime);
      const sandboxId = run.sandboxId ?? (await this.live.placed(run, place, ports.queueWaitMs, ports.clock, runtime));
      if (sandboxId === null) return await collect(run, null, null, ports, this.live);
      const input = given ?? (await this.#storedInput(run));
      const guest = await (early ?? this.#acquire(run, sandboxId));
      const end = await drive(run, guest, execPlan(input, run.decision.limits), input, hooks);
      await collect(run, guest, end, ports, this.live);
    } catch (thrown) {
      await collect(
        run,
        null,
        { exit: null, failed: HsrError.from(thrown), ended: null, detail: null },
        ports,
        this.live,
      );
    } finally {
      place.leave();
    }
  }

  /** Ends a run on somebody's behalf; its result comes through `run.finished`. */
  async cancel(run: LiveRun, keyId: string, requestId: string): Promise<void> {
    const timeMs = this.ports.clock.now();
    const data = { key: keyId, state: run.record.state };
    run.stop("cancelled");
    const { tenant, id: subject } = run;
    await this.ports.store.audit.append({ timeMs, type: "run.cancel_requested", tenant, subject, requestId, data });
  }

  async #storedInput(run: LiveRun): Promise<RunInput> {
    const bytes = await this.ports.store.runs.input(run.id);
    if (bytes === null) throw new HsrError("internal", { message: "The run's input is not in the store." });
    return decodeInput(bytes).input;
  }

  #acquire(run: LiveRun, sandboxId: SandboxId): Promise<Guest> {
    const runtime = this.ports.offers.runtime(run.decision.runtime);
    if (runtime === null) return Promise.reject(new HsrError("runtime_unavailable"));
    return runtime.launch(launchSpec(run.decision, sandboxId, run.tenant));
  }

  #abandon(run: LiveRun, place: Place): void {
    this.live.remove(run);
    place.leave();
  }
}
