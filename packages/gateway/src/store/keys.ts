/** Keys in SQLite. */
import type { Scope } from "@hsr/contract";
import type { KeyRecord, KeyStore } from "@hsr/core";
import { type Access, read } from "./access.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { json, number, numberOrNull, type Row, text } from "./row.ts";

const minuteMs = 60_000;

export function createKeys(access: Access): KeyStore {
  const { database, writer } = access;
  const insert = database.prepare(
    "INSERT INTO key (id, hash, tenant, name, scopes, created_at, last_used_at, revoked_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const selectByHash = database.prepare("SELECT * FROM key WHERE hash = ?");
  const select = database.prepare("SELECT * FROM key WHERE id = :id AND (:tenant IS NULL OR tenant = :tenant)");
  const selectPage = database.prepare(
    "SELECT * FROM key WHERE seq < :before AND (:tenant IS NULL OR tenant = :tenant) ORDER BY seq DESC LIMIT :limit",
  );
  const revoke = database.prepare(
    "UPDATE key SET revoked_at = coalesce(revoked_at, :at) WHERE id = :id AND (:tenant IS NULL OR tenant = :tenant)",
  );
  const touch = database.prepare("UPDATE key SET last_used_at = ? WHERE id = ?");
  const countUsable = database.prepare(`
    SELECT count(*) AS keys FROM key WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :at)
      AND (:tenant IS NULL OR tenant = :tenant)
      AND EXISTS (SELECT 1 FROM json_each(key.scopes) s JOIN json_each(:scopes) w ON s.value = w.value)`);
  const usable = (tenant: string | null, wanted: readonly Scope[], atMs: number): number =>
    number(countUsable.get({ tenant, scopes: JSON.stringify(wanted), at: atMs }) ?? {}, "keys");
  /** The minute in which each key was last noted. */
  const touched = new Map<string, number>();

  return {
    create: (key, hash) =>
      writer.write("key.create", () => {
        insert.run(
          key.id,
          hash,
          key.tenant,
          key.name,
          JSON.stringify(key.scopes),
          key.createdAtMs,
          key.lastUsedAtMs,
          key.revokedAtMs,
          key.expiresAtMs,
        );
      }),
    findByHash: async (hash) => read(access, "key.find", () => toKey(selectByHash.get(hash))),
    get: async (tenant, id) => read(access, "key.get", () => toKey(select.get({ id, tenant }))),
    list: async (tenant, limit, cursor) => {
      const from = cursor === null ? { at: Number.MAX_SAFE_INTEGER } : decodeCursor("key", cursor);
      if (from === null) return { kind: "bad_cursor" };
      const rows = read(access, "key.list", () => selectPage.all({ before: from.at, tenant, limit: limit + 1 }));
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const nextCursor =
        rows.length > limit && last !== undefined ? encodeCursor("key", { at: number(last, "seq"), id: "" }) : null;
      return { kind: "page", page: { items: page.flatMap((row) => toKey(row) ?? []), nextCursor } };
    },
    countUsable: async (tenant, scopes, atMs) => read(access, "key.count", () => usable(tenant, scopes, atMs)),
    revoke: (tenant, id, atMs) =>
      writer.write("key.revoke", () => {
        const key = toKey(select.get({ id, tenant }));
        if (key === null) return "unknown";
        const isUsable = key.revokedAtMs === null && (key.expiresAtMs === null || key.expiresAtMs > atMs);
        if (isUsable && key.scopes.includes("admin") && usable(null, ["admin"], atMs) <= 1) return "last";
        revoke.run({ id, tenant, at: atMs });
        return "revoked";
      }),
    touch: async (id, atMs) => {
      const minute = Math.floor(atMs / minuteMs);
      if (touched.get(id) === minute) return;
      touched.set(id, minute);
      await writer.write("key.touch", () => touch.run(minute * minuteMs, id));
    },
  };
}

function toKey(row: Row | undefined): KeyRecord | null {
  if (row === undefined) return null;
  return {
    id: text(row, "id"),
    tenant: text(row, "tenant"),
    name: text(row, "name"),
    scopes: json<readonly Scope[]>(row, "scopes"),
    createdAtMs: number(row, "created_at"),
    lastUsedAtMs: numberOrNull(row, "last_used_at"),
    revokedAtMs: numberOrNull(row, "revoked_at"),
    expiresAtMs: numberOrNull(row, "expires_at"),
  };
}
