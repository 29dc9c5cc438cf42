/**
 * Sandboxes of nobody: left by a gateway that died between a launch and its note, or whose database is gone. They are
 * destroyed at the start, and a runtime that cannot be asked then is asked again, loudly, until it answers or is given up.
 */
import type { Pipeline } from "./pipeline.ts";
import type { Runtime } from "./ports.ts";
import type { SandboxId } from "./types.ts";

/** Twenty tries that come ever more slowly: a quarter of an hour. Whoever is away longer starts again, or is restarted. */
const mostTries = 20;
const firstRetryMs = 1000;
const lastRetryMs = 60_000;

/**
 * Resolves when each runtime that could be asked has been swept; the others follow. `claimed` is asked anew each time: it
 * names every sandbox that belongs to somebody, those that are about to be launched among them.
 */
export async function sweepStrangers(pipeline: Pipeline, claimed: () => ReadonlySet<SandboxId>): Promise<void> {
  const { offers } = pipeline.ports;
  await Promise.all(
    offers.list().map(async ({ runtime, report }) => {
      const isSwept = report.available && (await sweepOnce(pipeline, runtime, claimed, 1));
      if (!isSwept) void sweepLater(pipeline, runtime, claimed);
    }),
  );
}

/** Never rejects. */
async function sweepLater(pipeline: Pipeline, runtime: Runtime, claimed: () => ReadonlySet<SandboxId>): Promise<void> {
  let waitMs = firstRetryMs;
  for (let tries = 2; tries <= mostTries && !pipeline.draining; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
    if (await sweepOnce(pipeline, runtime, claimed, tries)) return;
    waitMs = Math.min(waitMs * 2, lastRetryMs);
  }
  if (!pipeline.draining) {
    pipeline.ports.log.error({ runtime: runtime.name }, "sandboxes of nobody may live on: the sweep was given up");
  }
}

async function sweepOnce(
  pipeline: Pipeline,
  runtime: Runtime,
  claimed: () => ReadonlySet<SandboxId>,
  tries: number,
): Promise<boolean> {
  const { log, metrics } = pipeline.ports;
  try {
    const { destroyed } = await runtime.sweep(claimed());
    if (destroyed.length > 0) log.warn({ runtime: runtime.name, destroyed }, "sandboxes of nobody were destroyed");
    return true;
  } catch (err) {
    metrics.count("hsr_sweeps_failed_total", { runtime: runtime.name });
    log.error({ err, runtime: runtime.name, tries }, "sandboxes of nobody could not be looked for");
    return false;
  }
}
