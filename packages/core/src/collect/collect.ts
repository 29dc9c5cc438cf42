/**
 * The end of the line: what was used, the result into the store, the sandbox away, and everybody who waits is told.
 * The result is durable before the sandbox is destroyed: a gateway that dies in between leaves either the result, or a
 * sandbox whose agent still has it.
 */
import { HsrError } from "@hsr/contract";
import type { Log, Metrics } from "../observe.ts";
import type { Clock, Guest } from "../ports.ts";
import type { DriveEnd } from "../run/drive.ts";
import type { LiveRun } from "../run/live-run.ts";
import type { LiveRuns } from "../run/live-runs.ts";
import type { Spool } from "../spool.ts";
import type { RunOutcome, RunPatch, RunRecord, Store } from "../store.ts";
import type { Usage } from "../types.ts";
import { outcomeOf } from "./outcome.ts";

export interface CollectPorts {
  readonly store: Store;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** How often, and how long apart, a result that could not be stored is tried again. */
const storeTries = 5;
const storeRetryMs = 500;

const nothing: DriveEnd = { exit: null, failed: null, ended: null, detail: null };

/** Stores the run's end and tells everybody. Never rejects. */
export async function collect(
  run: LiveRun,
  guest: Guest | null,
  driven: DriveEnd | null,
  ports: CollectPorts,
  live: LiveRuns,
): Promise<void> {
  const end = driven ?? nothing;
  const usage = guest === null ? null : await lastUsage(run, guest, end, live);
  await Promise.all([run.stdout.seal(), run.stderr.seal()]);
  if (end.failed !== null || end.detail !== null || run.spoolFailure !== null) {
    const cause = end.failed?.cause ?? run.spoolFailure;
    ports.log.warn(
      { run: run.id, request: run.requestId, err: cause, error_code: end.failed?.code, detail: end.detail },
      "run failed",
    );
  }
  const finishedAtMs = ports.clock.now();
  const started = run.record.startedAtMs;
  const wallMs = run.startedMonotonicMs === null ? null : ports.clock.monotonic() - run.startedMonotonicMs;
  const outcome = outcomeOf({
    drive: end,
    stopCause: run.stopCause,
    started: started !== null,
    usage:
      usage === null || started === null
        ? null
        : { ...usage, wallMs: Math.max(0, round(wallMs ?? finishedAtMs - started)) },
    finishedAtMs,
    kept: { stdoutBytes: run.stdout.bytes, stderrBytes: run.stderr.bytes },
    seen: { stdoutBytes: run.stdout.agentOffset, stderrBytes: run.stderr.agentOffset },
  });
  const unenforced = [...new Set([...run.decision.unenforced, ...(guest?.unenforced ?? [])])];
  const patch: RunPatch = {
    ...(started === null ? {} : { startedAtMs: started }),
    ...(run.sandboxId === null ? {} : { sandboxId: run.sandboxId }),
    ...(unenforced.length === 0 ? {} : { unenforced }),
  };
  const record = await store(run, outcome, patch, ports);
  if (guest !== null) await destroyed(run, guest, ports);
  count(run, outcome, ports.metrics);
  live.end(run, record);
  if (!run.stdout.inMemory || !run.stderr.inMemory) await forgetSpool(run, ports);
}

/** The result stands; a sandbox whose launcher cannot be reached dies with the launcher, or at its deadline. */
async function destroyed(run: LiveRun, guest: Guest, ports: CollectPorts): Promise<void> {
  const began = ports.clock.monotonic();
  try {
    await guest.destroy();
    const labels = { phase: "teardown", runtime: run.decision.runtime };
    ports.metrics.observe("hsr_run_phase_seconds", labels, (ports.clock.monotonic() - began) / 1000);
  } catch (thrown) {
    ports.log.warn({ err: thrown, run: run.id, sandbox: guest.id }, "a sandbox could not be destroyed");
  }
}

/** The store has the output now; readers of the spool have been told. What cannot be removed is swept at the next start. */
async function forgetSpool(run: LiveRun, ports: CollectPorts): Promise<void> {
  try {
    await ports.spool.remove(run.id);
  } catch (thrown) {
    ports.log.warn({ err: thrown, run: run.id }, "spooled output could not be removed");
  }
}

/** What was used. A sandbox that ended by itself has said so; one whose program ended is asked; any other is killed first. */
async function lastUsage(run: LiveRun, guest: Guest, end: DriveEnd, live: LiveRuns): Promise<Usage | null> {
  try {
    if (end.ended !== null) return (await guest.ended).usage;
    if (end.exit !== null) return await guest.usage();
    await live.mark(run);
    return await guest.destroy();
  } catch {
    // A launcher that is gone cannot be asked; the result is worth keeping without figures.
    return null;
  }
}

async function store(run: LiveRun, outcome: RunOutcome, patch: RunPatch, ports: CollectPorts): Promise<RunRecord> {
  for (let tries = 1; ; tries += 1) {
    try {
      const stdout = await run.stdout.source();
      const stderr = await run.stderr.source();
      const finish = await ports.store.runs.finish(run.id, outcome, { stdout, stderr }, patch);
      if (finish.kind === "unknown") throw new HsrError("internal", { message: "The run is not in the store." });
      return finish.run;
    } catch (thrown) {
      ports.log.error({ err: thrown, run: run.id, tries }, "a result could not be stored");
      if (tries >= storeTries) return unstored(run, outcome);
      await new Promise((resolve) => setTimeout(resolve, storeRetryMs));
    }
  }
}

/** The result as it would have been stored, for those who wait now; after a restart the run will be `lost`. */
function unstored(run: LiveRun, outcome: RunOutcome): RunRecord {
  return {
    ...run.record,
    state: "finished",
    outcome,
    stdoutBytes: run.stdout.bytes,
    stderrBytes: run.stderr.bytes,
  };
}

function count(run: LiveRun, outcome: RunOutcome, metrics: Metrics): void {
  const { runtime, level } = run.decision;
  metrics.count("hsr_runs_total", { reason: outcome.reason, runtime, level });
  if (outcome.stdoutTruncatedBytes > 0) {
    metrics.count("hsr_output_dropped_bytes_total", { stream: "stdout" }, outcome.stdoutTruncatedBytes);
  }
  if (outcome.stderrTruncatedBytes > 0) {
    metrics.count("hsr_output_dropped_bytes_total", { stream: "stderr" }, outcome.stderrTruncatedBytes);
  }
  const { createdAtMs, startingAtMs, startedAtMs } = run.record;
  const phase = (name: string, from: number | null, to: number | null) => {
    if (from !== null && to !== null)
      metrics.observe("hsr_run_phase_seconds", { phase: name, runtime }, Math.max(0, to - from) / 1000);
  };
  phase("queue", createdAtMs, startingAtMs);
  phase("launch", startingAtMs, startedAtMs);
  phase("run", startedAtMs, outcome.finishedAtMs);
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
