/** Keeps the write-ahead log small without ever holding up the event loop for a sync of the disk. */
import { statSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Log } from "@hsr/core";

/** How often the log's size is looked at. */
const intervalMs = 500;
/** A log that is smaller is left alone. */
const startBytes = 4 * 1024 * 1024;

export interface Checkpoints {
  /** Ends the thread. */
  close(): Promise<void>;
}

/** What the thread answers to each request. */
type Answer =
  | { readonly pages: number; readonly copied: number }
  | { readonly error: string }
  | { readonly damage: string };

export function startCheckpoints(
  path: string,
  needsCheck: boolean,
  { log, onDamage }: { readonly log: Log; readonly onDamage: (reason: string) => void },
): Checkpoints {
  const worker = new Worker(new URL("./checkpoint-worker.ts", import.meta.url), { workerData: { path }, env: {} });
  let asked = false;
  worker.on("message", (answer: Answer) => {
    if ("damage" in answer) {
      onDamage(answer.damage);
      return;
    }
    asked = false;
    if ("error" in answer)
      log.warn({ reason: answer.error }, "a checkpoint of the database failed; the next one tries again");
  });
  worker.on("error", (err: unknown) =>
    log.error({ err }, "the thread for checkpoints ended; the write-ahead log will grow"),
  );
  worker.unref();
  if (needsCheck) worker.postMessage("check");
  const timer = setInterval(() => {
    if (asked || walBytes(path) < startBytes) return;
    asked = true;
    worker.postMessage("checkpoint");
  }, intervalMs);
  timer.unref();
  return {
    close: async () => {
      clearInterval(timer);
      worker.ref();
      const ended = new Promise((resolve) => worker.once("exit", resolve));
      worker.postMessage("close");
      await ended;
    },
  };
}

/** Size of the write-ahead log; 0 when there is none. */
export function walBytes(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}
