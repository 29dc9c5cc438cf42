/** The note that `make up` leaves for `make down`, and for the next `make up`. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Known } from "./process.ts";

export interface UpRecord {
  readonly version: 1;
  readonly url: string;
  readonly launcher: Known;
  readonly gateway: Known;
  /** Names the code that each of them runs. */
  readonly launcherDigest: string;
  readonly gatewayDigest: string;
  /** Folders that they run from. */
  readonly launcherApp: string;
  readonly gatewayApp: string;
}

/** The record, or null when nothing was started since the last `make down` or reboot. */
export function readRecord(path: string): UpRecord | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const record = JSON.parse(text) as UpRecord;
  if (record.version !== 1)
    throw new Error(`${path} was written by another version; stop that one with its own \`make down\``);
  return record;
}

/** Writes a JSON file so that a reader sees the old or the new one, never half of it. */
export function writeJson(path: string, value: unknown, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode });
  renameSync(`${path}.new`, path);
}

export function forget(path: string): void {
  rmSync(path, { force: true });
}
