/** Digests of the files that came into living sandboxes by the API. They go with their sandbox, by a trigger. */
import { createHash } from "node:crypto";
import { requestLimits } from "@hsr/contract";
import type { ReceivedFile, ReceivedFileStore } from "@hsr/core";
import { type Access, read } from "./access.ts";
import { bytes, number, type Row } from "./row.ts";

export function createReceivedFiles(access: Access): ReceivedFileStore {
  const { database, writer } = access;
  // One that lives no more keeps nothing: its trigger has run already.
  const insert = database.prepare(`
    INSERT INTO received_file (sandbox_id, path, sha256, bytes, received_at)
    SELECT ?, ?, ?, ?, ? FROM sandbox WHERE id = ? AND reason IS NULL
    ON CONFLICT (sandbox_id, path) DO UPDATE
      SET sha256 = excluded.sha256, bytes = excluded.bytes, received_at = excluded.received_at`);
  const count = database.prepare("SELECT count(*) AS files FROM received_file WHERE sandbox_id = ?");
  const deleteOldest = database.prepare(`
    DELETE FROM received_file WHERE sandbox_id = ?1 AND path IN
      (SELECT path FROM received_file WHERE sandbox_id = ?1 ORDER BY received_at LIMIT ?2)`);
  const select = database.prepare("SELECT * FROM received_file WHERE sandbox_id = ? AND path = ?");
  const copyAll = database.prepare(`
    INSERT OR REPLACE INTO received_file (sandbox_id, path, sha256, bytes, received_at)
    SELECT ?1, path, sha256, bytes, received_at FROM received_file WHERE sandbox_id = ?2`);
  const selectState = database.prepare("SELECT path, sha256 FROM received_file WHERE sandbox_id = ? ORDER BY path");
  const selectDigests = database.prepare("SELECT sha256 FROM received_file WHERE sandbox_id = ? ORDER BY received_at");
  // A path and everything below it: `/` is followed by `0`.
  const selectBelow = database.prepare(
    "SELECT * FROM received_file WHERE sandbox_id = ?1 AND (path = ?2 OR (path > ?3 AND path < ?4))",
  );
  const deleteBelow = database.prepare(
    "DELETE FROM received_file WHERE sandbox_id = ?1 AND (path = ?2 OR (path > ?3 AND path < ?4))",
  );

  function put(sandboxId: string, file: ReceivedFile): void {
    insert.run(sandboxId, file.path, Buffer.from(file.sha256, "hex"), file.bytes, file.receivedAtMs, sandboxId);
  }

  function below(sandboxId: string, path: Uint8Array): [string, Uint8Array, Uint8Array, Uint8Array] {
    return [sandboxId, path, Buffer.concat([path, Buffer.from("/")]), Buffer.concat([path, Buffer.from("0")])];
  }

  return {
    put: (sandboxId, files) =>
      writer.write("received.put", () => {
        for (const file of files) put(sandboxId, file);
        const surplus = number(count.get(sandboxId) ?? {}, "files") - requestLimits.received_files.value;
        if (surplus > 0) deleteOldest.run(sandboxId, surplus);
      }),
    moved: (sandboxId, from, to) =>
      writer.write("received.moved", () => {
        const rows = selectBelow.all(...below(sandboxId, from)).map(received);
        deleteBelow.run(...below(sandboxId, from));
        deleteBelow.run(...below(sandboxId, to));
        for (const row of rows) put(sandboxId, { ...row, path: Buffer.concat([to, row.path.subarray(from.length)]) });
      }),
    removed: (sandboxId, path) =>
      writer.write("received.removed", () => {
        deleteBelow.run(...below(sandboxId, path));
      }),
    copy: (from, to) => writer.write("received.copy", () => void copyAll.run(to, from)),
    digests: async (sandboxId) =>
      read(access, "received.digests", () =>
        selectDigests.all(sandboxId).map((row) => Buffer.from(bytes(row, "sha256")).toString("hex")),
      ),
    state: async (sandboxId) =>
      read(access, "received.state", () => {
        const hash = createHash("sha256");
        for (const row of selectState.all(sandboxId)) {
          const path = bytes(row, "path");
          // With its length, so that no two lists are the same bytes.
          hash.update(`${path.length}:`).update(path).update(bytes(row, "sha256"));
        }
        return hash.digest("hex");
      }),
    at: async (sandboxId, path) =>
      read(access, "received.at", () => {
        const row = select.get(sandboxId, path);
        return row === undefined ? null : received(row);
      }),
  };
}

function received(row: Row): ReceivedFile {
  return {
    path: bytes(row, "path"),
    sha256: Buffer.from(bytes(row, "sha256")).toString("hex"),
    bytes: number(row, "bytes"),
    receivedAtMs: number(row, "received_at"),
  };
}
