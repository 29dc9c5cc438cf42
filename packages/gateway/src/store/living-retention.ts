/** Deletes executions and ended sandboxes that are too old, a bounded number of rows at a time. */
import type { PruneRequest } from "@hsr/core";
import type { Access } from "./access.ts";
import { number } from "./row.ts";

export interface LivingPruneReport {
  readonly sandboxes: number;
  readonly executions: number;
}

/**
 * `isFull` says whether the store holds more than it may. By number, the newest are kept by their sequence: a row that
 * has not ended is passed over, and goes with one of the next calls.
 */
export function createLivingRetention(
  access: Access,
  isFull: () => boolean,
): (request: PruneRequest) => Promise<LivingPruneReport> {
  const { database, writer } = access;
  const oldExecutions = database.prepare(`
    SELECT seq FROM execution WHERE state = 'finished' AND finished_at < ? ORDER BY finished_at LIMIT ?`);
  const surplusExecutions = database.prepare(`
    SELECT seq FROM execution WHERE seq <= (SELECT max(seq) FROM execution) - ? AND state = 'finished'
    ORDER BY seq LIMIT ?`);
  const oldestExecutions = database.prepare(
    "SELECT seq FROM execution WHERE state = 'finished' ORDER BY finished_at LIMIT ?",
  );
  const deleteExecution = database.prepare("DELETE FROM execution WHERE seq = ? AND state = 'finished'");
  const doom = database.prepare("INSERT OR IGNORE INTO doomed_execution (execution_seq) VALUES (?)");
  const absolve = database.prepare("DELETE FROM doomed_execution WHERE execution_seq = ?");
  const doomed = database.prepare("SELECT execution_seq FROM doomed_execution LIMIT ?");
  const deleteOutput = database.prepare(
    "DELETE FROM execution_output WHERE rowid IN (SELECT rowid FROM execution_output WHERE execution_seq = ? LIMIT 4)",
  );
  // A sandbox goes after its executions: nobody finds one whose sandbox is not known.
  const oldSandboxes = database.prepare(`
    DELETE FROM sandbox WHERE seq IN (
      SELECT s.seq FROM sandbox s WHERE s.reason IS NOT NULL
        AND (s.ended_at < ? OR s.seq <= (SELECT max(seq) FROM sandbox) - ?)
        AND NOT EXISTS (SELECT 1 FROM execution e WHERE e.sandbox_id = s.id)
      ORDER BY s.ended_at LIMIT ?)`);

  /** The execution goes first and as a whole, so that nobody ever sees one that has lost its output. */
  async function deleteOne(seq: number): Promise<number> {
    const deleted = await writer.write("prune.execution", () => {
      if (Number(deleteExecution.run(seq).changes) === 0) return false;
      doom.run(seq);
      return true;
    });
    if (deleted) await deleteOutputOf(seq);
    return deleted ? 1 : 0;
  }

  async function deleteOutputOf(seq: number): Promise<void> {
    for (let more = true; more; )
      more = await writer.write("prune.output", () => {
        if (Number(deleteOutput.run(seq).changes) > 0) return true;
        absolve.run(seq);
        return false;
      });
  }

  return async ({ runsFinishedBeforeMs, keepFinishedRuns, maxRows }) => {
    // What a gateway that died left half deleted.
    for (const row of doomed.all(maxRows)) await deleteOutputOf(number(row, "execution_seq"));
    let executions = 0;
    for (const row of oldExecutions.all(runsFinishedBeforeMs, maxRows))
      executions += await deleteOne(number(row, "seq"));
    for (const row of surplusExecutions.all(keepFinishedRuns, maxRows))
      executions += await deleteOne(number(row, "seq"));
    if (isFull()) for (const row of oldestExecutions.all(maxRows)) executions += await deleteOne(number(row, "seq"));
    const sandboxes = await writer.write("prune.sandbox", () =>
      Number(oldSandboxes.run(runsFinishedBeforeMs, keepFinishedRuns, maxRows).changes),
    );
    return { sandboxes, executions };
  };
}
