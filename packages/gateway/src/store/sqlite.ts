/** The embedded store: SQLite in the data directory, one gateway at a time. */
import { statSync } from "node:fs";
import { type Log, type Metrics, type Store, StoreError, type StoreStatus } from "@hsr/core";
import type { Access } from "./access.ts";
import { createAudit } from "./audit.ts";
import { startCheckpoints, walBytes } from "./checkpoint.ts";
import { isDamage, markDamaged, openDatabase, usedBytes } from "./database.ts";
import { lockDirectory, makePrivateDirectory } from "./directory.ts";
import { createEvents, createWebhooks } from "./events.ts";
import { createExecutions } from "./executions.ts";
import { createKeys } from "./keys.ts";
import { type Migration, migrations as releasedMigrations } from "./migrations.ts";
import { createPolicies } from "./policies.ts";
import { createReceivedFiles } from "./received-files.ts";
import { createRetention } from "./retention.ts";
import { createRuns } from "./runs.ts";
import { createSandboxes } from "./sandboxes.ts";
import { createVolumes } from "./volumes.ts";
import { type FaultPoint, Writer } from "./writer.ts";

export interface SqliteStoreOptions {
  /** Made with mode 0700 if it is not there. */
  readonly directory: string;
  readonly synchronous: "normal" | "full";
  /** For the message that a second gateway gets. */
  readonly listen: string;
  readonly nowMs: number;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Called once when the database turns out to be damaged while it is in use: the gateway should end and start anew. */
  readonly onDamage?: (reason: string) => void;
  /** For tests: called at each step of each write. */
  readonly fault?: (point: FaultPoint) => void;
  /** For tests: the size up to which a database is checked before it is used. */
  readonly checkedAtOnceBytes?: number;
  /** For tests of migrations. */
  readonly migrations?: readonly Migration[];
}

/**
 * Opens the store. Rejects with `StoreError`: `locked` when another gateway holds the directory (the message says who),
 * `newer` when a newer one wrote the database, `failed` otherwise. Damage is no reason to reject: see `database.ts`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { directory } = options;
  makePrivateDirectory(directory);
  const lock = lockDirectory(directory, { listen: options.listen });
  try {
    return composeWhole(options, () => lock.release());
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

/** Damage may show only when the tables are first read; then the file is set aside after all, and the second try is on an empty one. */
function composeWhole(options: SqliteStoreOptions, release: () => void, isSecondTry = false): Store {
  const opened = openDatabase({ ...options, migrations: options.migrations ?? releasedMigrations });
  try {
    return compose(options, opened, release);
  } catch (thrown) {
    opened.database.close();
    if (isSecondTry || !isDamage(thrown)) throw thrown;
    markDamaged(options.directory, String(thrown));
    return composeWhole(options, release, true);
  }
}

function compose(options: SqliteStoreOptions, opened: ReturnType<typeof openDatabase>, release: () => void): Store {
  const { database, path, quarantined, schemaVersion, needsCheck } = opened;
  const { metrics, log } = options;
  const observe = (operation: string, milliseconds: number): void =>
    metrics?.observe("hsr_store_seconds", { operation }, milliseconds / 1000);
  const fault = options.fault ?? (() => {});
  let damaged = false;
  const onDamage = (reason: string): void => {
    if (damaged) return;
    damaged = true;
    markDamaged(options.directory, reason);
    log.error({ reason }, "the database is damaged; it will be set aside at the next start");
    options.onDamage?.(reason);
  };
  const writer = new Writer({
    database,
    observe,
    fault,
    onDamage,
    onRollback: () => audit.reload(),
    onCommit: () => events.announce(),
  });
  let closing: Promise<void> | null = null;
  const access: Access = { database, writer, observe, onDamage, isClosed: () => closing !== null };
  const audit = createAudit(access);
  const events = createEvents(access);
  const runs = createRuns(access, audit, events);
  const sandboxes = createSandboxes(access, audit, events);
  const executions = createExecutions(access, audit, events);
  const keys = createKeys(access);
  const prune = createRetention(access, runs, audit, events);
  sweepInputs(database);
  const checkpoints = startCheckpoints(path, needsCheck, { log, onDamage });
  metrics?.set("hsr_store_quarantined", {}, quarantined === null ? 0 : 1);

  async function close(): Promise<void> {
    writer.close();
    await checkpoints.close();
    try {
      if (!damaged) database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (thrown) {
      // What is in the log is safe there, unless the database is damaged: then the next start has to know.
      if (isDamage(thrown)) onDamage(String(thrown));
      else log.warn({ err: thrown }, "the write-ahead log could not be emptied at the end");
    } finally {
      database.close();
      release();
    }
  }

  return {
    runs,
    sandboxes,
    executions,
    received: createReceivedFiles(access),
    events,
    webhooks: createWebhooks(access),
    volumes: createVolumes(access),
    keys,
    audit,
    policies: createPolicies(access, audit),
    prune,
    status: async (): Promise<StoreStatus> => {
      if (closing !== null) throw new StoreError("closed", "the store is closed");
      if (damaged) throw new StoreError("damaged", "the database is damaged");
      return {
        kind: "sqlite",
        schemaVersion,
        databaseBytes: statSync(path).size,
        usedBytes: usedBytes(database),
        walBytes: walBytes(path),
        quarantined,
      };
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Parts of inputs whose run was never stored, or has finished: a gateway died in between. */
function sweepInputs(database: ReturnType<typeof openDatabase>["database"]): void {
  database.exec("DELETE FROM input WHERE run_id NOT IN (SELECT id FROM run WHERE state <> 'finished')");
}
