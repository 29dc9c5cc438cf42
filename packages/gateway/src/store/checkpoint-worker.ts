/**
 * A thread that copies the write-ahead log into the database, since that syncs the disk and takes milliseconds, and that
 * checks a database that is too large to be checked at start.
 */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

/** SQLite's codes of damage. */
const corrupt = 11;
const notADatabase = 26;

const { path } = workerData as { readonly path: string };
const database = new DatabaseSync(path, { timeout: 1000 });
const passive = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");

parentPort?.on("message", (message: "checkpoint" | "check" | "close") => {
  if (message === "close") {
    database.close();
    parentPort?.close();
    return;
  }
  try {
    if (message === "check") {
      const verdict = String(database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"]);
      if (verdict !== "ok") parentPort?.postMessage({ damage: verdict.slice(0, 200) });
      return;
    }
    const row = passive.get();
    parentPort?.postMessage({ pages: Number(row?.["log"]), copied: Number(row?.["checkpointed"]) });
  } catch (thrown) {
    const code = thrown instanceof Error && "errcode" in thrown ? Number(thrown.errcode) & 0xff : 0;
    if (code === corrupt || code === notADatabase) parentPort?.postMessage({ damage: String(thrown) });
    parentPort?.postMessage({ error: thrown instanceof Error ? thrown.message : "unknown" });
  }
});
