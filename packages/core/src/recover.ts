/**
 * What an earlier gateway left: its runs are taken up again, each where it stood, and no result is lost. Runs that
 * waited wait again; programs that run are followed on; sandboxes in which nothing was started are thrown away and
 * their runs start anew; what belongs to nobody is destroyed. Nobody's going away cancels a run that was taken up.
 */
import { HsrError } from "@hsr/contract";
import { collect } from "./collect/collect.ts";
import type { Decision } from "./decide/decision.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Guest } from "./ports.ts";
import { resume } from "./run/drive.ts";
import { KeptOutput } from "./run/kept-output.ts";
import { LiveRun } from "./run/live-run.ts";
import type { RunRecord } from "./store.ts";
import { decodeInput, type StoredInput } from "./stored-input.ts";
import type { RunId, SandboxId } from "./types.ts";

/**
 * Takes up every unfinished run. Resolves when it is known what becomes of each; the runs themselves go on. `living` are
 * sandboxes that others have taken up.
 */
export async function recover(pipeline: Pipeline, living: ReadonlySet<SandboxId>): Promise<void> {
  const { store, spool, offers } = pipeline.ports;
  const unfinished = await store.runs.unfinished();
  await spool.sweep(new Set(unfinished.map((record) => record.id)));
  const adopted = new Set<SandboxId>(living);
  // Asked for all at once: a launcher that is away costs its patience once, not for each run.
  const guests = await Promise.all(unfinished.map((record) => livingGuest(pipeline, record)));
  for (const [index, record] of unfinished.entries()) {
    const guest = await takeUp(pipeline, record, guests[index] ?? null);
    if (guest !== null) adopted.add(guest.id);
  }
  for (const { runtime, report } of offers.list()) {
    if (!report.available) continue;
    const { destroyed } = await runtime.sweep(adopted);
    if (destroyed.length > 0)
      pipeline.ports.log.warn({ runtime: runtime.name, destroyed }, "sandboxes of nobody were destroyed");
  }
}

/** One run; the guest if its sandbox lives on. */
async function takeUp(pipeline: Pipeline, record: RunRecord, guest: Guest | null): Promise<Guest | null> {
  const { store, log, metrics } = pipeline.ports;
  const bytes = await store.runs.input(record.id);
  const stored = bytes === null ? null : readInput(bytes);
  const run = revive(pipeline, record, stored);
  const count = (outcome: "adopted" | "queued" | "lost") => {
    metrics.count("hsr_runs_adopted_total", { outcome });
    log.info({ run: run.id, state: record.state, outcome }, "run taken up");
  };
  if (stored === null) {
    count("lost");
    await lose(pipeline, run, "Its input cannot be read.");
    return null;
  }
  if (guest !== null && record.state !== "queued") {
    count("adopted");
    void followOn(pipeline, run, guest);
    return guest;
  }
  if (record.state === "running") {
    count("lost");
    await lose(pipeline, run, "Its sandbox is gone.");
    return null;
  }
  count("queued");
  void startAnew(pipeline, run);
  return null;
}

function readInput(bytes: Uint8Array): StoredInput | null {
  try {
    return decodeInput(bytes);
  } catch {
    // A newer gateway wrote it, or it is damaged: the run is lost, and says so.
    return null;
  }
}

function revive(pipeline: Pipeline, record: RunRecord, stored: StoredInput | null): LiveRun {
  // The decision was stored whole by `ingress`; a row without one cannot be made.
  const decision = record.decision as unknown as Decision;
  const run = new LiveRun(record, decision, stored?.input.onOutputLimit ?? "drop", pipeline.ports.spool);
  run.detach();
  run.sandboxId = record.sandboxId;
  run.markedRunning = record.state === "running";
  pipeline.live.add(run);
  return run;
}

async function livingGuest(pipeline: Pipeline, record: RunRecord): Promise<Guest | null> {
  if (record.sandboxId === null || record.runtime === null) return null;
  try {
    return (await pipeline.ports.offers.runtime(record.runtime)?.adopt(record.sandboxId)) ?? null;
  } catch (err) {
    pipeline.ports.log.error({ err, run: record.id }, "a sandbox could not be adopted");
    return null;
  }
}

/** Follows a program that an earlier gateway may have started; if it has not, the run starts anew. Never rejects. */
async function followOn(pipeline: Pipeline, run: LiveRun, guest: Guest): Promise<void> {
  const { ports, live } = pipeline;
  const place = ports.places.occupy(run.tenant);
  try {
    await restoreOutput(pipeline, run);
    const began = run.record.startedAtMs ?? run.record.startingAtMs ?? ports.clock.now();
    // A wall clock that was set back meanwhile gives no more than the whole limit.
    const { wallMs } = run.decision.limits;
    const leftMs = Math.min(wallMs, began + wallMs - ports.clock.now());
    const hooks = {
      openAgent: ports.openAgent,
      clock: ports.clock,
      started: () => {
        // A start that the store had not heard of yet: the sandbox's own is the latest time that it can have been.
        run.become({ startedAtMs: began });
        live.started(run, place, ports.clock);
        // How long it has run is known by the wall clock only.
        run.startedMonotonicMs = null;
      },
    };
    const end = await resume(run, guest, leftMs, hooks);
    if (end !== null) {
      await collect(run, guest, end, ports, live);
      return;
    }
    await guest.destroy();
    if (run.record.state === "running") {
      await lose(pipeline, run, "Its program is not known to its sandbox.");
      return;
    }
  } catch (thrown) {
    ports.log.warn({ err: thrown, run: run.id }, "a run could not be followed on");
    // A launcher that does not answer either must not keep the run from its end.
    await guest
      .destroy()
      .catch((err: unknown) => ports.log.warn({ err, run: run.id }, "a sandbox could not be destroyed"));
    await lose(pipeline, run, "Its sandbox does not answer.");
    return;
  } finally {
    place.leave();
  }
  await startAnew(pipeline, run);
}

async function restoreOutput(pipeline: Pipeline, run: LiveRun): Promise<void> {
  const { spool } = pipeline.ports;
  const state = await spool.state(run.id);
  const limit = run.decision.limits.outputBytes;
  const from = (stream: "stdout" | "stderr") => ({
    kept: state.keptBytes[stream],
    skipped: state.skippedBytes[stream],
  });
  run.stdout = new KeptOutput(run.id, "stdout", limit, spool, from("stdout"));
  run.stderr = new KeptOutput(run.id, "stderr", limit, spool, from("stderr"));
}

/** Starts a run of whose program nothing was started, from the queue on. */
async function startAnew(pipeline: Pipeline, run: LiveRun): Promise<void> {
  const { ports } = pipeline;
  await ports.spool.remove(run.id as RunId);
  if (run.record.state === "starting") {
    await ports.store.runs.transition(run.id, "starting", "queued", ports.clock.now(), { sandboxId: null });
    run.become({ state: "queued", sandboxId: null, startingAtMs: null });
    run.sandboxId = null;
  }
  await pipeline.through(run, null, ports.places.enter(run.tenant, true), null);
}

async function lose(pipeline: Pipeline, run: LiveRun, detail: string): Promise<void> {
  const started = run.record.startedAtMs !== null || run.record.state === "running";
  if (started && run.record.startedAtMs === null) run.become({ startedAtMs: run.record.startingAtMs });
  const failed = started
    ? null
    : new HsrError("internal", { message: "The run could not be taken up again after a restart." });
  await restoreOutput(pipeline, run);
  await collect(run, null, { exit: null, failed, ended: "lost", detail }, pipeline.ports, pipeline.live);
}
