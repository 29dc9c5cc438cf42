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
import { collect } from "./collect/collect.ts";
import { decide } from "./decide/decide.ts";
import type { DecideInput, Rules } from "./decide/decision.ts";
import { newRun, recordOf, refusedEntry } from "./ingress.ts";
import type { Log, Metrics } from "./observe.ts";
import type { Clock, Guest, OpenAgent } from "./ports.ts";
import { drive } from "./run/drive.ts";
import { execPlan } from "./run/exec-plan.ts";
import { LiveRun } from "./run/live-run.ts";
import { LiveRuns } from "./run/live-runs.ts";
import type { Spool } from "./spool.ts";
import type { RunRecord, Store } from "./store.ts";
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
  #draining = false;

  constructor(ports: PipelinePorts) {
    this.ports = ports;
    this.live = new LiveRuns(ports.store, ports.log);
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
    if (this.#draining) throw new HsrError("draining", { retryAfterMs: 2000 });
    const considered: DecideInput = {
      wishes: action.wishes,
      risk: this.ports.analyze(action.input),
      offers: this.ports.offers.current,
      rules: this.ports.rules,
    };
    const verdict = decide(considered);
    if (verdict.kind === "refuse") {
      const { code, options } = verdict.refusal;
      await this.ports.store.audit.append(refusedEntry(action, considered, code, this.ports.clock.now()));
      throw new HsrError(code, options);
    }
    const place = this.ports.places.enter(action.tenant);
    const sandboxId = place.immediate ? (newId("sandbox") as SandboxId) : null;
    const row = newRun(action, considered, verdict.decision, sandboxId, this.ports.clock.now());
    const run = new LiveRun(recordOf(row), verdict.decision, action.input.onOutputLimit, this.ports.spool);
    run.sandboxId = sandboxId;
    this.live.add(run);
    // Without an idempotency key nothing can keep the run from being made: its sandbox starts while its row is written.
    const early = action.idempotencyKey === null && sandboxId !== null ? this.#acquire(run, sandboxId) : null;
    early?.catch(() => "its failure is dealt with once the row is there");
    try {
      const outcome = await this.ports.store.runs.create(row);
      if (outcome.kind === "created") {
        void this.through(run, action.input, place, early);
        return { kind: "live", run, repeated: false };
      }
      this.#abandon(run, place);
      if (outcome.kind === "mismatch")
        throw new HsrError("idempotency_conflict", { details: { run_id: outcome.runId } });
      const known = this.live.get(outcome.run.id);
      return known === null ? { kind: "stored", record: outcome.run } : { kind: "live", run: known, repeated: true };
    } catch (thrown) {
      this.#abandon(run, place);
      await early
        ?.then((guest) => guest.destroy())
        .catch((cause: unknown) => this.ports.log.debug({ err: cause }, "no sandbox to undo"));
      throw thrown;
    }
  }

  /** From a place to a stored result: the rest of the line. Never rejects. */
  async through(run: LiveRun, input: RunInput, place: Place, early: Promise<Guest> | null): Promise<void> {
    const { ports } = this;
    const hooks = {
      started: () => this.live.started(run, place, ports.clock),
      openAgent: ports.openAgent,
      clock: ports.clock,
    };
    try {
      const sandboxId = run.sandboxId ?? (await this.live.placed(run, place, ports.queueWaitMs, ports.clock));
      if (sandboxId === null) return await collect(run, null, null, ports, this.live);
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
