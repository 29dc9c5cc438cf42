/** The data directory: made private, and held by one gateway at a time. */
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "@hsr/core";

const privateDirectory = 0o700;
const privateFile = 0o600;

/** Makes a folder that only its owner can look into. One that is there and too open is closed. */
export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: privateDirectory });
  const found = statSync(path);
  if (!found.isDirectory()) throw new StoreError("failed", `${path} is not a folder`);
  if (found.uid !== process.geteuid?.())
    throw new StoreError(
      "failed",
      `${path} belongs to uid ${found.uid}, and this gateway runs as uid ${process.geteuid?.()}`,
    );
  if ((found.mode & 0o077) !== 0) chmodSync(path, privateDirectory);
}

/** Makes an empty file that only its owner can read. Fails if it exists. */
export function makePrivateFile(path: string): void {
  closeSync(openSync(path, "wx", privateFile));
}

/** The right to use a data directory. It ends with `release`, or with the process, however that dies. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes the directory for this process. The lock is SQLite's exclusive lock on a file of its own, which is a POSIX
 * record lock: the kernel drops it when the process dies, it works between containers that share the folder, and no
 * pid has to be believed. The text beside it only says who holds it, for the message.
 */
export function lockDirectory(directory: string, holder: { readonly listen: string }): DirectoryLock {
  const path = join(directory, "lock.sqlite");
  const notePath = join(directory, "lock.json");
  try {
    makePrivateFile(path);
  } catch (thrown) {
    if (!hasCode(thrown, "EEXIST")) throw thrown;
  }
  const database = lockFile(path);
  if (database === null)
    throw new StoreError(
      "locked",
      `Another gateway holds the data directory ${directory}: ${whoHolds(notePath)}. Stop it, or give this one another --data-dir.`,
    );
  const note = { pid: process.pid, host: hostname(), listen: holder.listen, since: new Date().toISOString() };
  writeFileSync(notePath, `${JSON.stringify(note)}\n`, { mode: privateFile });
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
}

/** The connection that holds the lock as long as it is open, or `null` if another process has it. */
function lockFile(path: string, isSecondTry = false): DatabaseSync | null {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return database;
  } catch (thrown) {
    database.close();
    if (isBusy(thrown)) return null;
    if (isSecondTry) throw new StoreError("failed", `cannot lock ${path}`, { cause: thrown });
    // The file's content means nothing, so a damaged one is emptied in place; a new inode would let two lock at once.
    truncateSync(path, 0);
    return lockFile(path, true);
  }
}

function whoHolds(notePath: string): string {
  try {
    const note: unknown = JSON.parse(readFileSync(notePath, "utf8"));
    const { pid, host, listen, since } = note as Record<string, unknown>;
    return `process ${String(pid)} on ${String(host)}, listening on ${String(listen)} since ${String(since)}`;
  } catch {
    // The note is a courtesy: without it the lock still holds.
    return "it did not say who it is";
  }
}

/** SQLITE_BUSY and its extended codes. */
function isBusy(thrown: unknown): boolean {
  return thrown instanceof Error && "errcode" in thrown && (Number(thrown.errcode) & 0xff) === 5;
}

function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === code;
}
