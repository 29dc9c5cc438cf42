/** The first key: without one nobody could make another. */
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Clock, Log, Store } from "@hsr/core";
import { firstTenant } from "./auth.ts";
import { issueKey } from "./key.ts";

/** The file in the data directory that holds the first key's text. */
export const firstKeyName = "key";

/**
 * Makes a key with the scope `admin` and writes it to `<directory>/key`, mode 0600, unless some usable key has that
 * scope already: others that make keys make none that may more than themselves. The file is written before the row: a crash in between leaves a file that the next start replaces.
 * A key found in the file is never brought back to life, since it may have been revoked before the database was lost.
 */
export async function ensureFirstKey(
  store: Store,
  directory: string,
  clock: Clock,
  log: Log,
): Promise<{ readonly made: boolean; readonly path: string }> {
  const path = join(directory, firstKeyName);
  const nowMs = clock.now();
  if ((await store.keys.countUsable(null, ["admin"], nowMs)) > 0) return { made: false, path };
  const key = issueKey();
  writePrivate(path, `${key.text}\n`);
  const record = {
    id: key.id,
    tenant: firstTenant,
    name: "first key",
    scopes: ["admin"],
    createdAtMs: nowMs,
    lastUsedAtMs: null,
    revokedAtMs: null,
    expiresAtMs: null,
  } as const;
  await store.keys.create(record, key.hash);
  await store.audit.append({
    timeMs: nowMs,
    type: "key.created",
    tenant: firstTenant,
    subject: key.id,
    requestId: null,
    data: { name: record.name, scopes: record.scopes, first: true },
  });
  log.info({ key_id: key.id, path }, "the first key was made; its text lies in the data directory");
  return { made: true, path };
}

/** Replaces a file as a whole, readable by its owner only from the first byte on. */
function writePrivate(path: string, text: string): void {
  const young = `${path}.${process.pid}.new`;
  const file = openSync(young, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(young, path);
}
