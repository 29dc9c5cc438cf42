/** Volumes in SQLite. */
import type { VolumeRecord, VolumeStore } from "@hsr/core";
import { type Access, read } from "./access.ts";
import { number, type Row, text } from "./row.ts";

export function createVolumes(access: Access): VolumeStore {
  const { database, writer } = access;
  const insert = database.prepare(
    "INSERT OR IGNORE INTO volume (id, tenant, name, bytes, inodes, created_at) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const byName = database.prepare("SELECT * FROM volume WHERE tenant = ? AND name = ?");
  const byId = database.prepare("SELECT * FROM volume WHERE id = ?");
  const ofTenant = database.prepare("SELECT * FROM volume WHERE tenant = ? ORDER BY created_at DESC, id DESC");
  const ofAll = database.prepare("SELECT * FROM volume ORDER BY created_at DESC, id DESC");
  const remove = database.prepare("DELETE FROM volume WHERE id = ?");
  const one = (row: Row | undefined) => (row === undefined ? null : toVolume(row));
  return {
    create: ({ id, tenant, name, bytes, inodes, createdAtMs }) =>
      writer.write("volume.create", () => Number(insert.run(id, tenant, name, bytes, inodes, createdAtMs).changes) > 0),
    byName: async (tenant, name) => one(read(access, "volume.get", () => byName.get(tenant, name))),
    get: async (tenant, id) => {
      const found = one(read(access, "volume.get", () => byId.get(id)));
      return found !== null && (tenant === null || found.tenant === tenant) ? found : null;
    },
    list: async (tenant) =>
      read(access, "volume.list", () => (tenant === null ? ofAll.all() : ofTenant.all(tenant))).map(toVolume),
    remove: (id) => writer.write("volume.remove", () => void remove.run(id)),
  };
}

function toVolume(row: Row): VolumeRecord {
  return {
    id: text(row, "id"),
    tenant: text(row, "tenant"),
    name: text(row, "name"),
    bytes: number(row, "bytes"),
    inodes: number(row, "inodes"),
    createdAtMs: number(row, "created_at"),
  };
}
