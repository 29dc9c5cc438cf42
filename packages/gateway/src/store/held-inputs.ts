/** What people are asked about, in parts. It is deleted by triggers when its subject is answered or ended. */
import { type Access, read } from "./access.ts";
import { cut, partBytes } from "./parts.ts";
import { bytes } from "./row.ts";

export interface HeldInputs {
  /** Within a unit of the caller's. */
  insert(subject: string, input: Uint8Array | null): void;
  /** Within a unit of the caller's. */
  remove(subject: string): boolean;
  get(subject: string): Uint8Array | null;
}

export function createHeldInputs(access: Access): HeldInputs {
  const insertPart = access.database.prepare("INSERT INTO held_input (subject, part, bytes) VALUES (?, ?, ?)");
  const select = access.database.prepare("SELECT bytes FROM held_input WHERE subject = ? ORDER BY part");
  const removeAll = access.database.prepare("DELETE FROM held_input WHERE subject = ?");
  return {
    insert: (subject, input) => {
      if (input === null) return;
      for (const part of cut(input)) insertPart.run(subject, part.firstByte / partBytes, part.bytes);
    },
    remove: (subject) => Number(removeAll.run(subject).changes) > 0,
    get: (subject) => {
      const rows = read(access, "held.get", () => select.all(subject));
      return rows.length === 0 ? null : Buffer.concat(rows.map((row) => bytes(row, "bytes")));
    },
  };
}
