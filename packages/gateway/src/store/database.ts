/** Opens the database file: makes it, migrates it, or sets it aside when it is damaged. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Log, StoreError, type StoreStatus } from "@hsr/core";
import { makePrivateFile } from "./directory.ts";
import { applicationId, type Migration } from "./migrations.ts";

/** The name of the database in the data directory. */
export const databaseName = "hsr.sqlite";
/** SQLite's companions of a database in WAL mode. */
const companions = ["-wal", "-shm"] as const;
/** Left by a gateway that met damage while it ran, so that the next start sets the file aside without trusting a check. */
const damageMark = "hsr.sqlite.damaged";
/** Damaged databases that are kept as evidence; a disk that breaks one at each start must not be filled by them. */
const keptQuarantines = 5;

/**
 * Files up to this size are checked before they are used: about a quarter of a second. Larger ones are checked by the
 * checkpoint thread while the gateway works already.
 */
const checkedAtOnceBytes = 256 * 1024 * 1024;

/** How long a statement waits for another connection's lock. Only the checkpoint's can be met, and briefly. */
const busyTimeoutMs = 250;

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  readonly path: string;
  readonly quarantined: StoreStatus["quarantined"];
  readonly schemaVersion: number;
  /** The file was too large to be checked before it is used. */
  readonly needsCheck: boolean;
}

export interface OpenDatabaseOptions {
  readonly directory: string;
  readonly migrations: readonly Migration[];
  readonly synchronous: "normal" | "full";
  readonly nowMs: number;
  readonly log: Log;
  /** For tests: a smaller one than `checkedAtOnceBytes`. */
  readonly checkedAtOnceBytes?: number;
}

/**
 * A file that cannot be read or does not pass SQLite's own check is renamed into `quarantine/` and an empty database
 * takes its place: a gateway that starts with a loud error beats one that never starts. A file of a newer version, or
 * of another program, is not damage: it is refused and left alone.
 */
export function openDatabase(options: OpenDatabaseOptions): OpenedDatabase {
  const path = join(options.directory, databaseName);
  let quarantined: StoreStatus["quarantined"] = null;
  if (existsSync(path)) {
    const damage = findDamage(path, options);
    if (damage !== null) quarantined = quarantine(options, path, damage);
  }
  if (!existsSync(path)) createDatabase(options, path);
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    configure(database, options.synchronous);
    const schemaVersion = migrate(database, options.migrations);
    const needsCheck = statSync(path).size > (options.checkedAtOnceBytes ?? checkedAtOnceBytes);
    return { database, path, quarantined, schemaVersion, needsCheck };
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** Bytes of pages that hold something. */
export function usedBytes(database: DatabaseSync): number {
  return (pragma(database, "page_count") - pragma(database, "freelist_count")) * pragma(database, "page_size");
}

/** Notes that the open database is damaged, for the next start. */
export function markDamaged(directory: string, reason: string): void {
  writeFileSync(join(directory, damageMark), `${reason}\n`, { mode: 0o600 });
}

function findDamage(path: string, options: OpenDatabaseOptions): string | null {
  if (existsSync(join(options.directory, damageMark))) return "damage was met while it was in use";
  // Databases are made under another name and renamed when they are whole: an empty file is never a young one.
  if (statSync(path).size === 0) return "the file is empty";
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    // Reading the schema finds what is no database at all, whatever its size.
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    if (statSync(path).size > (options.checkedAtOnceBytes ?? checkedAtOnceBytes)) return null;
    const check = database.prepare("PRAGMA quick_check(1)").get();
    const verdict = check?.["quick_check"];
    return verdict === "ok" ? null : `its check says: ${String(verdict).slice(0, 200)}`;
  } catch (thrown) {
    if (thrown instanceof Error && isDamage(thrown)) return thrown.message;
    throw new StoreError("failed", `cannot open ${path}`, { cause: thrown });
  } finally {
    database?.close();
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, with their extended codes. */
export function isDamage(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !("errcode" in thrown)) return false;
  const code = Number(thrown.errcode) & 0xff;
  return code === 11 || code === 26;
}

function quarantine(
  options: OpenDatabaseOptions,
  path: string,
  reason: string,
): NonNullable<StoreStatus["quarantined"]> {
  const folder = join(options.directory, "quarantine");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const base = join(folder, `hsr-${new Date(options.nowMs).toISOString().replaceAll(":", "")}.sqlite`);
  for (const companion of companions) if (existsSync(path + companion)) renameSync(path + companion, base + companion);
  renameSync(path, base);
  rmSync(join(options.directory, damageMark), { force: true });
  const old = readdirSync(folder)
    .filter((name) => name.endsWith(".sqlite"))
    .sort()
    .slice(0, -keptQuarantines);
  for (const name of old)
    for (const file of [name, ...companions.map((companion) => name + companion)])
      rmSync(join(folder, file), { force: true });
  options.log.error(
    { path: base, reason },
    "the database was damaged and has been set aside; the gateway starts with an empty one, without the runs and keys of before",
  );
  return { path: base, atMs: options.nowMs, reason };
}

function createDatabase(options: OpenDatabaseOptions, path: string): void {
  const young = `${path}.new`;
  for (const leftover of [young, ...companions.map((companion) => young + companion)])
    rmSync(leftover, { force: true });
  // A companion without its database belongs to nothing, and SQLite would try to replay it into the new one.
  for (const companion of companions) rmSync(path + companion, { force: true });
  makePrivateFile(young);
  const database = new DatabaseSync(young, { enableForeignKeyConstraints: true });
  try {
    database.exec(`PRAGMA application_id = ${applicationId}`);
    configure(database, "full");
    migrate(database, options.migrations);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
  renameSync(young, path);
}

function configure(database: DatabaseSync, synchronous: "normal" | "full"): void {
  // What is deleted, such as a run's input, is zeroed where that costs no further write.
  // Checkpoints sync the disk, so they are made in a thread of their own and never by a commit.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = ${synchronous === "full" ? "FULL" : "NORMAL"};
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA cache_size = -16384;
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA secure_delete = FAST;
  `);
}

function migrate(database: DatabaseSync, steps: readonly Migration[]): number {
  const found = pragma(database, "application_id");
  if (found !== applicationId)
    throw new StoreError("failed", "the database belongs to another program; give this gateway another --data-dir");
  const version = pragma(database, "user_version");
  const newest = steps.at(-1)?.version ?? 0;
  if (version > newest)
    throw new StoreError(
      "newer",
      `the database has schema version ${version}, and this gateway knows up to ${newest}: start the newer gateway again, or give this one another --data-dir`,
    );
  for (const step of steps.filter((one) => one.version > version)) {
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(step.sql);
      database.exec(`PRAGMA user_version = ${step.version}`);
      database.exec("COMMIT");
    } catch (thrown) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw new StoreError("failed", `the migration to schema version ${step.version} failed; nothing was changed`, {
        cause: thrown,
      });
    }
  }
  return newest;
}

function pragma(
  database: DatabaseSync,
  name: "application_id" | "user_version" | "page_count" | "freelist_count" | "page_size",
): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
