/** Deletes what is too old, a bounded number of rows at a time. */
import { httpLimits } from "@hsr/contract";
import type { PruneReport, PruneRequest } from "@hsr/core";
import type { Access } from "./access.ts";
import type { AuditChain } from "./audit.ts";
import { usedBytes } from "./database.ts";
import type { SqliteEvents } from "./events.ts";
import { createLivingRetention } from "./living-retention.ts";
import { number } from "./row.ts";
import type { SqliteRuns } from "./runs.ts";

export function createRetention(
  access: Access,
  runs: SqliteRuns,
  audit: AuditChain,
  events: SqliteEvents,
): (request: PruneRequest) => Promise<PruneReport> {
  const { database, writer } = access;
  const pruneLiving = createLivingRetention(access, () => isOver());
  let keepBytes = Number.MAX_SAFE_INTEGER;
  const isOver = () => usedBytes(database) > keepBytes;
  const oldest = database.prepare(
    "SELECT seq, finished_at FROM run WHERE state = 'finished' ORDER BY finished_at LIMIT ?",
  );
  const deleteOutput = database.prepare(
    "DELETE FROM output WHERE rowid IN (SELECT rowid FROM output WHERE run_seq = ? LIMIT 4)",
  );
  const deleteKeys = database.prepare("DELETE FROM idempotency WHERE run_seq = ?");
  const deleteRun = database.prepare("DELETE FROM run WHERE seq = ? AND state = 'finished'");
  const doom = database.prepare("INSERT OR IGNORE INTO doomed (run_seq) VALUES (?)");
  const absolve = database.prepare("DELETE FROM doomed WHERE run_seq = ?");
  const doomed = database.prepare("SELECT run_seq FROM doomed LIMIT ?");
  const deleteOldKeys = database.prepare(`
    DELETE FROM idempotency WHERE (tenant, key) IN
      (SELECT tenant, key FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?)`);

  /** The run goes first and as a whole, so that nobody ever sees one that has lost its output. */
  async function deleteOne(seq: number): Promise<boolean> {
    const deleted = await writer.write("prune.run", () => {
      deleteKeys.run(seq);
      if (Number(deleteRun.run(seq).changes) === 0) return false;
      doom.run(seq);
      return true;
    });
    if (deleted) await deleteOutputOf(seq);
    return deleted;
  }

  async function deleteOutputOf(seq: number): Promise<void> {
    for (let more = true; more; )
      more = await writer.write("prune.output", () => {
        if (Number(deleteOutput.run(seq).changes) > 0) return true;
        absolve.run(seq);
        return false;
      });
  }

  return async (request) => {
    // What a gateway that died left half deleted.
    for (const row of doomed.all(request.maxRows)) await deleteOutputOf(number(row, "run_seq"));
    keepBytes = request.keepBytes;
    const { finished } = await runs.counts();
    const surplus = Math.max(0, finished - request.keepFinishedRuns);
    const candidates = oldest.all(request.maxRows);
    // Beyond its bytes what is oldest goes first, runs and audit entries alike: neither may drive the other out.
    const oldestRunMs = candidates[0] === undefined ? request.nowMs : number(candidates[0], "finished_at");
    const auditBeforeMs = isOver() ? Math.max(request.auditBeforeMs, oldestRunMs) : request.auditBeforeMs;
    const auditEntries = await writer.write("prune.audit", () => audit.cutOff(auditBeforeMs, request.maxRows));
    let deleted = 0;
    for (const row of candidates) {
      const isDue =
        deleted < surplus ||
        number(row, "finished_at") < request.runsFinishedBeforeMs ||
        (auditEntries < request.maxRows && isOver());
      if (!isDue) break;
      if (await deleteOne(number(row, "seq"))) {
        deleted += 1;
        runs.forgetFinished(1);
      }
    }
    const idempotencyKeys = await writer.write("prune.keys", () =>
      Number(deleteOldKeys.run(request.nowMs - httpLimits.idempotency_ttl_ms.value, request.maxRows).changes),
    );
    const { sandboxes, executions } = await pruneLiving(request);
    const keptEvents = await writer.write("prune.events", () =>
      events.cutOff(request.eventsBeforeMs, request.keepEvents, request.maxRows),
    );
    const counts = [deleted, keptEvents, sandboxes, executions, idempotencyKeys, auditEntries];
    const more = counts.some((count) => count >= request.maxRows);
    return { runs: deleted, sandboxes, executions, events: keptEvents, idempotencyKeys, auditEntries, more };
  };
}
