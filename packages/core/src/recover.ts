/**
 * What an earlier gateway left: its runs are taken up again, each where it stood, and no result is lost. Runs that
 * waited wait again; programs that run are followed on; sandboxes in which nothing was started are thrown away and
 * their runs start anew; a run whose program may have run, and whose sandbox is gone, is lost: no program runs twice;
 * what belongs to nobody is destroyed. Nobody's going away cancels a run that was taken up.
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
import { sweepStrangers } from "./strangers.ts";
import type { RunId, SandboxId } from "./types.ts";

/** How long a run waits for a launcher that is away when its gateway starts; one that is restarted needs a few seconds. */
const patienceMs = 60_000;
const askAgainMs = 500;

/**
 * What became of the sandbox that a run was given. `never`: it certainly was not launched. `gone`: it was, or may have
 * been, and nothing of it is left. `unknown`: nobody could be asked.
 */
type Fate = { readonly kind: "found"; readonly guest: Guest } | { readonly kind: "never" | "gone" | "unknown" };

/**
 * Takes up every unfinished run. Resolves when it is known what becomes of each; the runs themselves go on. `living` names
 * the sandboxes that others have taken up or are about to launch; it is asked whenever strangers are looked for.
 */
export async function recover(pipeline: Pipeline, living: () => readonly SandboxId[]): Promise<void> {
  const { store, spool, offers } = pipeline.ports;
  const unfinished = await store.runs.unfinished();
  await spool.sweep(new Set(unfinished.map((record) => record.id)));
  // What did not answer its probe is not waited for once more: its runs wait while the gateway works already.
  const away = offers.list().flatMap(({ runtime, report }) => (report.available ? [] : runtime.name));
  const fates = await Promise.all(
    unfinished.map(async (record): Promise<Fate> => {
      const isAway = record.state !== "queued" && record.runtime !== null && away.includes(record.runtime);
      return isAway ? { kind: "unknown" } : await fateOf(pipeline, record);
    }),
  );
  for (const [index, record] of unfinished.entries()) {
    await takeUp(pipeline, record, fates[index] ?? { kind: "unknown" });
  }
  await sweepStrangers(pipeline, () => new Set([...ofRuns(pipeline), ...living()]));
}

/** Every sandbox that a run has, or is about to launch. */
function ofRuns(pipeline: Pipeline): readonly SandboxId[] {
  return pipeline.live.all().flatMap((run) => run.sandboxId ?? []);
}

/** One run. Resolves when it is in the right hands. */
async function takeUp(pipeline: Pipeline, record: RunRecord, fate: Fate): Promise<void> {
  const { store, log, metrics } = pipeline.ports;
  const bytes = await store.runs.input(record.id);
  const stored = bytes === null ? null : readInput(bytes);
  const run = revive(pipeline, record, stored);
  const count = (outcome: "adopted" | "queued" | "held" | "lost") => {
    metrics.count("hsr_runs_adopted_total", { outcome });
    log.info({ run: run.id, state: record.state, outcome }, "run taken up");
  };
  if (stored === null) {
    count("lost");
    return await lose(pipeline, run, "Its input cannot be read.");
  }
  if (record.state === "held") {
    count("held");
    void pipeline.approvals.hold(run, pipeline.ports.waiting.enter(run.tenant, bytes?.length ?? 0, true));
    return;
  }
  const settle = async (known: Fate): Promise<void> => {
    if (known.kind === "found") {
      count("adopted");
      void followOn(pipeline, run, known.guest);
      return;
    }
    if (record.state === "queued" || (record.state === "starting" && known.kind === "never")) {
      count("queued");
      void startAnew(pipeline, run);
      return;
    }
    count("lost");
    // A program must not run twice: where it may have been started, the run ends here.
    const why = { never: "Its sandbox is gone.", gone: "Its sandbox is gone.", unknown: "Its launcher is away." };
    await lose(pipeline, run, why[known.kind], "may have started");
  };
  if (fate.kind !== "unknown") return await settle(fate);
  void waitForFate(pipeline, run).then(settle);
}

/** Asks again and again, while the gateway works already. Never rejects. */
async function waitForFate(pipeline: Pipeline, run: LiveRun): Promise<Fate> {
  const { clock, log } = pipeline.ports;
  const until = clock.monotonic() + patienceMs;
  log.error({ run: run.id }, "a run waits: what became of its sandbox is not known");
  while (clock.monotonic() < until && run.stopCause === null) {
    await new Promise((resolve) => setTimeout(resolve, askAgainMs));
    const fate = await fateOf(pipeline, run.record);
    if (fate.kind !== "unknown") return fate;
  }
  return { kind: "unknown" };
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

async function fateOf(pipeline: Pipeline, record: RunRecord): Promise<Fate> {
  const { sandboxId, bootId } = record;
  if (record.state === "queued" || sandboxId === null || record.runtime === null) return { kind: "never" };
  const runtime = pipeline.ports.offers.runtime(record.runtime);
  // An operator took the runtime away, and with it whom to ask.
  if (runtime === null) return { kind: "gone" };
  try {
    const guest = await runtime.adopt(sandboxId);
    if (guest !== null) return { kind: "found", guest };
    // What held its sandbox was started anew meanwhile, so nobody knows whether there was one.
    if (bootId === null || bootId !== runtime.bootId) return { kind: "gone" };
    const mayHave = await runtime.mayHaveLaunched(sandboxId, record.startingAtMs ?? record.createdAtMs);
    return { kind: mayHave ? "gone" : "never" };
  } catch (err) {
    pipeline.ports.log.warn({ err, run: record.id }, "a sandbox could not be adopted");
    return { kind: "unknown" };
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
    await lose(pipeline, run, "Its sandbox does not answer.", "may have started");
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

async function lose(
  pipeline: Pipeline,
  run: LiveRun,
  detail: string,
  program: "was not started" | "may have started" = "was not started",
): Promise<void> {
  const { startedAtMs, state } = run.record;
  const started = startedAtMs !== null || state === "running" || program === "may have started";
  if (started && run.record.startedAtMs === null) run.become({ startedAtMs: run.record.startingAtMs });
  const failed = started
    ? null
    : new HsrError("internal", { message: "The run could not be taken up again after a restart." });
  await restoreOutput(pipeline, run);
  await collect(run, null, { exit: null, failed, ended: "lost", detail }, pipeline.ports, pipeline.live);
}
