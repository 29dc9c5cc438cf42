/** The audit log in SQLite: each entry's hash covers the entry and the hash before it. */
import { createHash } from "node:crypto";
import type { EventType } from "@hsr/contract";
import type { AuditEntry, AuditLog, AuditVerdict, JsonObject, ListOutcome, NewAuditEntry } from "@hsr/core";
import { type Access, breathe, read } from "./access.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { json, number, type Row, text, textOrNull } from "./row.ts";

/** The hash before the first entry. */
const genesis = "0".repeat(64);
/** Entries that one statement reads: their hashes take about half a millisecond. */
const entriesPerStatement = 50;
/** Entries that one page of a filtered list looks at. */
const entriesPerPage = 5000;

/** The log, and what other parts write into their own units. */
export interface AuditChain extends AuditLog {
  /** Inserts within the transaction that is open. */
  insert(entry: NewAuditEntry): AuditEntry;
  /** Reads the head again after a rollback. */
  reload(): void;
  /** Cuts entries older than this off the beginning, within the open transaction; answers how many. */
  cutOff(beforeMs: number, maxRows: number): number;
}

interface Head {
  readonly seq: number;
  readonly hash: string;
}

export function createAudit(access: Access): AuditChain {
  const { database, writer } = access;
  const insertRow = database.prepare(
    "INSERT INTO audit (seq, time, type, tenant, subject, request_id, data, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const selectLast = database.prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
  const selectAnchor = database.prepare("SELECT seq, hash FROM audit_anchor");
  const setAnchor = database.prepare("INSERT OR REPLACE INTO audit_anchor (only, seq, hash) VALUES (1, ?, ?)");
  const selectAfter = database.prepare("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?");
  const selectOldest = database.prepare("SELECT seq, time, hash FROM audit ORDER BY seq LIMIT ?");
  const deleteUpTo = database.prepare("DELETE FROM audit WHERE seq <= ?");

  const anchor = (): Head => toHead(selectAnchor.get()) ?? { seq: 0, hash: genesis };
  const lastStored = (): Head => toHead(selectLast.get()) ?? anchor();
  let head = lastStored();

  function insert(entry: NewAuditEntry): AuditEntry {
    const seq = head.seq + 1;
    const data = JSON.stringify(entry.data);
    const previousHash = head.hash;
    const hash = hashOf({ ...entry, seq, data, previousHash });
    insertRow.run(
      seq,
      entry.timeMs,
      entry.type,
      entry.tenant,
      entry.subject,
      entry.requestId,
      data,
      previousHash,
      hash,
    );
    head = { seq, hash };
    return { ...entry, seq, previousHash, hash };
  }

  async function list(
    filter: { readonly tenant: string | null; readonly type?: EventType; readonly subject?: string },
    limit: number,
    cursor: string | null,
  ): Promise<ListOutcome<AuditEntry>> {
    const start = cursor === null ? { at: 0, id: "" } : decodeCursor("audit", cursor);
    if (start === null) return { kind: "bad_cursor" };
    const items: AuditEntry[] = [];
    let at = start.at;
    for (let seen = 0; seen < entriesPerPage && items.length < limit; await breathe()) {
      const rows: Row[] = read(access, "audit.list", () => selectAfter.all(at, entriesPerStatement));
      for (const row of rows) {
        if (items.length === limit) break;
        at = number(row, "seq");
        if (filter.tenant !== null && row["tenant"] !== filter.tenant) continue;
        if (filter.type !== undefined && row["type"] !== filter.type) continue;
        if (filter.subject !== undefined && row["subject"] !== filter.subject) continue;
        items.push(toEntry(row));
      }
      seen += rows.length;
      if (rows.length < entriesPerStatement && items.length < limit)
        return { kind: "page", page: { items, nextCursor: null } };
    }
    const nextCursor = at < head.seq ? encodeCursor("audit", { at, id: "" }) : null;
    return { kind: "page", page: { items, nextCursor } };
  }

  async function verify(): Promise<AuditVerdict> {
    let last = anchor();
    const until = head.seq;
    let entries = 0;
    while (last.seq < until) {
      const rows: Row[] = read(access, "audit.verify", () => selectAfter.all(last.seq, entriesPerStatement));
      // Retention may cut the beginning off while this walks; what is gone by then was verified already.
      if (rows.length === 0) return { kind: "broken", seq: last.seq + 1, reason: "entries are missing at the end" };
      for (const row of rows) {
        const seq = number(row, "seq");
        if (seq !== last.seq + 1) return { kind: "broken", seq: last.seq + 1, reason: "an entry is missing" };
        if (text(row, "previous_hash") !== last.hash)
          return { kind: "broken", seq, reason: "it does not follow the entry before it" };
        if (hashOfRow(row) !== text(row, "hash"))
          return { kind: "broken", seq, reason: "its content does not fit its hash" };
        last = { seq, hash: text(row, "hash") };
        entries += 1;
      }
      await breathe();
    }
    return { kind: "intact", entries, head: last.hash };
  }

  return {
    insert,
    list,
    verify,
    append: (entry) => writer.write("audit", () => insert(entry)),
    reload: () => {
      head = lastStored();
    },
    cutOff: (beforeMs, maxRows) => {
      const rows = selectOldest.all(maxRows);
      const young = rows.findIndex((row) => number(row, "time") >= beforeMs);
      const old = young === -1 ? rows : rows.slice(0, young);
      const last = toHead(old.at(-1));
      if (last === null) return 0;
      setAnchor.run(last.seq, last.hash);
      deleteUpTo.run(last.seq);
      return old.length;
    },
  };
}

interface Hashed {
  readonly seq: number;
  readonly timeMs: number;
  readonly type: string;
  readonly tenant: string;
  readonly subject: string;
  readonly requestId: string | null;
  readonly data: string;
  readonly previousHash: string;
}

/** SHA-256 over a JSON array of the entry's fields in this order: no two entries have the same text. */
function hashOf(entry: Hashed): string {
  const { seq, timeMs, type, tenant, subject, requestId, data, previousHash } = entry;
  const covered = JSON.stringify([1, seq, timeMs, type, tenant, subject, requestId, data, previousHash]);
  return createHash("sha256").update(covered).digest("hex");
}

function hashOfRow(row: Row): string {
  return hashOf({
    seq: number(row, "seq"),
    timeMs: number(row, "time"),
    type: text(row, "type"),
    tenant: text(row, "tenant"),
    subject: text(row, "subject"),
    requestId: textOrNull(row, "request_id"),
    data: text(row, "data"),
    previousHash: text(row, "previous_hash"),
  });
}

function toHead(row: Row | undefined): Head | null {
  return row === undefined ? null : { seq: number(row, "seq"), hash: text(row, "hash") };
}

function toEntry(row: Row): AuditEntry {
  return {
    seq: number(row, "seq"),
    timeMs: number(row, "time"),
    type: text(row, "type") as EventType,
    tenant: text(row, "tenant"),
    subject: text(row, "subject"),
    requestId: textOrNull(row, "request_id"),
    data: json<JsonObject>(row, "data"),
    previousHash: text(row, "previous_hash"),
    hash: text(row, "hash"),
  };
}
