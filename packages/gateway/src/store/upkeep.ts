/** What the store needs from time to time: retention, and its figures for `/metrics`. */
import { type Clock, type Log, type Metrics, type Store, StoreError } from "@hsr/core";
import type { Config } from "../config.ts";

/** Rows of each kind that one round may delete. Each is a write of its own, so requests get in between. */
const rowsPerRound = 200;
const dayMs = 86_400_000;

export interface Upkeep {
  /** Ends the ticks; resolves when one that is under way has ended. */
  close(): Promise<void>;
}

/** Deletes what is too old at each tick. */
export function startUpkeep(
  store: Store,
  { retention }: Pick<Config, "retention">,
  { clock, log, metrics }: { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics },
): Upkeep {
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  let closing = false;

  /** As many rounds as it takes: what comes in between two ticks may be more than one round deletes. */
  async function tick(): Promise<void> {
    for (let more = true; more && !closing; ) more = await round();
  }

  async function round(): Promise<boolean> {
    const nowMs = clock.now();
    const report = await store.prune({
      nowMs,
      runsFinishedBeforeMs: nowMs - retention.runDays * dayMs,
      keepFinishedRuns: retention.runRows,
      keepBytes: retention.maxBytes,
      auditBeforeMs: nowMs - retention.auditDays * dayMs,
      eventsBeforeMs: nowMs - retention.eventDays * dayMs,
      keepEvents: retention.eventRows,
      maxRows: rowsPerRound,
    });
    metrics.count("hsr_store_pruned_total", { kind: "run" }, report.runs);
    metrics.count("hsr_store_pruned_total", { kind: "sandbox" }, report.sandboxes);
    metrics.count("hsr_store_pruned_total", { kind: "execution" }, report.executions);
    metrics.count("hsr_store_pruned_total", { kind: "event" }, report.events);
    metrics.count("hsr_store_pruned_total", { kind: "idempotency_key" }, report.idempotencyKeys);
    metrics.count("hsr_store_pruned_total", { kind: "audit_entry" }, report.auditEntries);
    return report.more;
  }

  /** Once at start: an audit log that was changed while nobody looked is told of at once. */
  async function verifyAudit(): Promise<void> {
    const verdict = await store.audit.verify();
    metrics.set("hsr_audit_intact", {}, verdict.kind === "intact" ? 1 : 0);
    if (verdict.kind === "broken")
      log.error({ seq: verdict.seq, reason: verdict.reason }, "the audit log was changed: its chain is broken");
  }

  function complain(err: unknown): void {
    if (!(err instanceof StoreError && err.code === "closed")) log.error({ err }, "the store's upkeep failed");
  }

  const verified = verifyAudit().catch(complain);
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = tick()
      .catch(complain)
      .finally(() => {
        busy = false;
      });
  }, retention.tickMs);
  timer.unref();
  return {
    close: async () => {
      closing = true;
      clearInterval(timer);
      await Promise.all([running, verified]);
    },
  };
}

/** Sets the store's gauges; to be called before each scrape. */
export async function measureStore(store: Store, metrics: Metrics): Promise<void> {
  const { databaseBytes, usedBytes, walBytes } = await store.status();
  metrics.set("hsr_store_bytes", { file: "database" }, databaseBytes);
  metrics.set("hsr_store_bytes", { file: "used" }, usedBytes);
  metrics.set("hsr_store_bytes", { file: "wal" }, walBytes);
  for (const [state, runs] of Object.entries(await store.runs.counts())) metrics.set("hsr_store_runs", { state }, runs);
}
