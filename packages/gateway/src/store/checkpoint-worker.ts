/** A thread that copies the write-ahead log into the database, since that syncs the disk and takes milliseconds. */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

const { path } = workerData as { readonly path: string };
const database = new DatabaseSync(path, { timeout: 1000 });
const passive = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");

parentPort?.on("message", (message: "checkpoint" | "close") => {
  if (message === "close") {
    database.close();
    parentPort?.close();
    return;
  }
  try {
    const row = passive.get();
    parentPort?.postMessage({ pages: Number(row?.["log"]), copied: Number(row?.["checkpointed"]) });
  } catch (thrown) {
    parentPort?.postMessage({ error: thrown instanceof Error ? thrown.message : "unknown" });
  }
});
