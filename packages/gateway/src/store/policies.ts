/** Policies in SQLite: rules by their digest, and which policy was in force when. */
import type { ListOutcome, PolicyStore, PolicyVersion } from "@hsr/core";
import { type Access, read } from "./access.ts";
import type { AuditChain } from "./audit.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { number, type Row, text, textOrNull } from "./row.ts";

export function createPolicies(access: Access, audit: AuditChain): PolicyStore {
  const { database, writer } = access;
  const put = database.prepare("INSERT OR IGNORE INTO policy (digest, text, first_seen_at) VALUES (?, ?, ?)");
  const get = database.prepare("SELECT text, first_seen_at FROM policy WHERE digest = ?");
  const insert = database.prepare(`
    INSERT INTO policy_version (version, source, digest, text, at, key_id)
    VALUES ((SELECT coalesce(max(version), 0) + 1 FROM policy_version), ?, ?, ?, ?, ?) RETURNING *`);
  const selectOne = database.prepare("SELECT * FROM policy_version WHERE version = ?");
  const selectLatest = database.prepare("SELECT * FROM policy_version ORDER BY version DESC LIMIT 1");
  const selectBefore = database.prepare("SELECT * FROM policy_version WHERE version < ? ORDER BY version DESC LIMIT ?");

  async function versions(limit: number, cursor: string | null): Promise<ListOutcome<PolicyVersion>> {
    const before = cursor === null ? { at: Number.MAX_SAFE_INTEGER } : decodeCursor("policy", cursor);
    if (before === null) return { kind: "bad_cursor" };
    const rows = read(access, "policy.list", () => selectBefore.all(before.at, limit + 1));
    const items = rows.slice(0, limit).map(toVersion);
    const last = items.at(-1);
    const nextCursor =
      rows.length > limit && last !== undefined ? encodeCursor("policy", { at: last.version, id: "" }) : null;
    return { kind: "page", page: { items, nextCursor } };
  }

  return {
    put: (digest, rules, atMs) => writer.write("policy", () => void put.run(digest, rules, atMs)),
    get: async (digest) => {
      const row = read(access, "policy.get", () => get.get(digest));
      return row === undefined ? null : { text: text(row, "text"), firstSeenAtMs: number(row, "first_seen_at") };
    },
    addVersion: (version, entry) =>
      writer.write("policy", () => {
        const { source, digest, text: written, atMs, keyId } = version;
        const row = insert.get(source, digest, written, atMs, keyId);
        if (row === undefined) throw new TypeError("the row that was inserted is not there");
        audit.insert(entry);
        return toVersion(row);
      }),
    version: async (version) => orNull(read(access, "policy.version", () => selectOne.get(version))),
    latestVersion: async () => orNull(read(access, "policy.version", () => selectLatest.get())),
    versions,
  };
}

function orNull(row: Row | undefined): PolicyVersion | null {
  return row === undefined ? null : toVersion(row);
}

function toVersion(row: Row): PolicyVersion {
  return {
    version: number(row, "version"),
    source: text(row, "source") as PolicyVersion["source"],
    digest: text(row, "digest"),
    text: text(row, "text"),
    atMs: number(row, "at"),
    keyId: textOrNull(row, "key_id"),
  };
}
