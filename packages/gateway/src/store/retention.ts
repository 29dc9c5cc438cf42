/** Deletes what is too old, a bounded number of rows at a time. */
import { httpLimits } from "@hsr/contract";
import type { PruneReport, PruneRequest } from "@hsr/core";
import type { Access } from "./access.ts";
import type { AuditChain } from "./audit.ts";
import { number } from "./row.ts";
import type { SqliteRuns } from "./runs.ts";

export function createRetention(
  access: Access,
  runs: SqliteRuns,
  audit: AuditChain,
): (request: PruneRequest) => Promise<PruneReport> {
  const { database, writer } = access;
  const oldest = database.prepare(
    "SELECT seq, finished_at FROM run WHERE state = 'finished' ORDER BY finished_at LIMIT ?",
  );
  const deleteOutput = database.prepare(
    "DELETE FROM output WHERE rowid IN (SELECT rowid FROM output WHERE run_seq = ? LIMIT 4)",
  );
  const deleteKeys = database.prepare("DELETE FROM idempotency WHERE run_seq = ?");
  const deleteRun = database.prepare("DELETE FROM run WHERE seq = ? AND state = 'finished'");
  const deleteOldKeys = database.prepare(`
    DELETE FROM idempotency WHERE (tenant, key) IN
      (SELECT tenant, key FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?)`);

  /** One run: its output in pieces, then its row. */
  async function deleteOne(seq: number): Promise<boolean> {
    for (let more = true; more; )
      more = await writer.write("prune.output", () => Number(deleteOutput.run(seq).changes) > 0);
    return writer.write("prune.run", () => {
      deleteKeys.run(seq);
      return Number(deleteRun.run(seq).changes) > 0;
    });
  }

  return async (request) => {
    const { finished } = await runs.counts();
    const surplus = Math.max(0, finished - request.keepFinishedRuns);
    const candidates = oldest.all(request.maxRows);
    const doomed = candidates.filter(
      (row, index) => index < surplus || number(row, "finished_at") < request.runsFinishedBeforeMs,
    );
    let deleted = 0;
    for (const row of doomed)
      if (await deleteOne(number(row, "seq"))) {
        deleted += 1;
        runs.forgetFinished(1);
      }
    const idempotencyKeys = await writer.write("prune.keys", () =>
      Number(deleteOldKeys.run(request.nowMs - httpLimits.idempotency_ttl_ms.value, request.maxRows).changes),
    );
    const auditEntries = await writer.write("prune.audit", () => audit.cutOff(request.auditBeforeMs, request.maxRows));
    const more = [deleted, idempotencyKeys, auditEntries].some((count) => count >= request.maxRows);
    return { runs: deleted, idempotencyKeys, auditEntries, more };
  };
}
