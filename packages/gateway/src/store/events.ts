/** Events and webhooks in SQLite. */
import type { BusEventType } from "@hsr/contract";
import type { EventFilter, EventPage, EventStore, NewEvent, StoredEvent, WebhookRecord, WebhookStore } from "@hsr/core";
import { type Access, read } from "./access.ts";
import { json, number, numberOrNull, type Row, text, textOrNull } from "./row.ts";

/** Rows that one call looks at: well under a millisecond. */
const rowsPerLook = 200;

/** The events, and what other parts write into their own units. */
export interface SqliteEvents extends EventStore {
  /** Inserts within the transaction that is open. */
  insert(event: NewEvent): void;
  /** A transaction was committed: those who watch are told if it brought events. */
  announce(): void;
  /** Deletes events that are too old or too many, within the open transaction; answers how many. */
  cutOff(beforeMs: number, keep: number, maxRows: number): number;
}

export function createEvents(access: Access): SqliteEvents {
  const { database } = access;
  const insert = database.prepare(
    "INSERT INTO event (time, type, tenant, subject, request_id, data) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const selectAfter = database.prepare("SELECT * FROM event WHERE seq > ? ORDER BY seq LIMIT ?");
  const selectOldest = database.prepare("SELECT min(seq) AS seq FROM event");
  // The counter knows of events that are deleted already.
  const selectHead = database.prepare(
    "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) AS seq",
  );
  const deleteOld = database.prepare(`
    DELETE FROM event WHERE seq IN (SELECT seq FROM event
      WHERE time < ? OR seq <= (SELECT max(seq) FROM event) - ? ORDER BY seq LIMIT ?)`);
  const watchers = new Set<() => void>();
  let fresh = false;

  const head = (): number => read(access, "event.head", () => number(selectHead.get() ?? {}, "seq"));

  return {
    insert: (event) => {
      fresh = true;
      const { timeMs, type, tenant, subject, requestId, data } = event;
      insert.run(timeMs, type, tenant, subject, requestId, JSON.stringify(data));
    },
    announce: () => {
      if (!fresh) return;
      fresh = false;
      for (const watcher of watchers) watcher();
    },
    watch: (onEvents) => {
      watchers.add(onEvents);
      return () => watchers.delete(onEvents);
    },
    head,
    after: async (seq, filter, limit): Promise<EventPage> => {
      const rows: Row[] = read(access, "event.after", () => selectAfter.all(seq, rowsPerLook));
      const oldest = rows[0] === undefined ? null : number(rows[0], "seq");
      const missed = oldest === null ? head() > seq : oldest > seq + 1 && isFirst(oldest);
      const events: StoredEvent[] = [];
      let seenSeq = oldest === null && missed ? head() : seq;
      for (const row of rows) {
        if (events.length === limit) break;
        seenSeq = number(row, "seq");
        if (matches(filter, row)) events.push(toEvent(row));
      }
      return { events, seenSeq, missed };
    },
    cutOff: (beforeMs, keep, maxRows) => Number(deleteOld.run(beforeMs, keep, maxRows).changes),
  };

  /** A transaction that was rolled back leaves a gap too; only at the beginning a gap means that something was deleted. */
  function isFirst(seq: number): boolean {
    return number(selectOldest.get() ?? {}, "seq") === seq;
  }
}

function matches({ tenant, types, subject }: EventFilter, row: Row): boolean {
  if (tenant !== null && row["tenant"] !== tenant) return false;
  if (types !== undefined && !types.some((type) => type === row["type"])) return false;
  if (subject === undefined || row["subject"] === subject) return true;
  return json<{ readonly sandbox_id?: string }>(row, "data").sandbox_id === subject;
}

function toEvent(row: Row): StoredEvent {
  return {
    seq: number(row, "seq"),
    timeMs: number(row, "time"),
    type: text(row, "type") as BusEventType,
    tenant: text(row, "tenant"),
    subject: text(row, "subject"),
    requestId: textOrNull(row, "request_id"),
    data: json<StoredEvent["data"]>(row, "data"),
  };
}

export function createWebhooks(access: Access): WebhookStore {
  const { database, writer } = access;
  const insert = database.prepare(`
    INSERT INTO webhook (id, tenant, url, types, secret, created_at, delivered_seq) VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const ofTenant = database.prepare("SELECT * FROM webhook WHERE tenant = ? ORDER BY created_at DESC, id DESC");
  const ofAll = database.prepare("SELECT * FROM webhook ORDER BY created_at DESC, id DESC");
  const update = database.prepare(`
    UPDATE webhook SET delivered_seq = ?, attempts = ?, next_attempt_at = ?, last_status = ?, last_error = ?,
      delivered_at = ?, given_up = ? WHERE id = ?`);
  const remove = database.prepare("DELETE FROM webhook WHERE id = ?");
  const removeOfTenant = database.prepare("DELETE FROM webhook WHERE id = ? AND tenant = ?");
  return {
    create: (webhook, most) =>
      writer.write("webhook.create", () => {
        // Counted in the unit that inserts: of many at one time each would see room.
        if (ofTenant.all(webhook.tenant).length >= most) return false;
        const { id, tenant, url, types, secret, createdAtMs, deliveredSeq } = webhook;
        insert.run(id, tenant, url, JSON.stringify(types), secret, createdAtMs, deliveredSeq);
        return true;
      }),
    list: async (tenant) =>
      read(access, "webhook.list", () => (tenant === null ? ofAll.all() : ofTenant.all(tenant))).map(toWebhook),
    progress: (id, to) =>
      writer.write("webhook.progress", () => {
        const { deliveredSeq, attempts, nextAttemptAtMs, lastStatus, lastError, deliveredAtMs, givenUp } = to;
        update.run(deliveredSeq, attempts, nextAttemptAtMs, lastStatus, lastError, deliveredAtMs, givenUp, id);
      }),
    remove: (tenant, id) =>
      writer.write("webhook.remove", () => {
        const { changes } = tenant === null ? remove.run(id) : removeOfTenant.run(id, tenant);
        return Number(changes) > 0;
      }),
  };
}

function toWebhook(row: Row): WebhookRecord {
  return {
    id: text(row, "id"),
    tenant: text(row, "tenant"),
    url: text(row, "url"),
    types: json<readonly BusEventType[]>(row, "types"),
    secret: text(row, "secret"),
    createdAtMs: number(row, "created_at"),
    deliveredSeq: number(row, "delivered_seq"),
    attempts: number(row, "attempts"),
    nextAttemptAtMs: numberOrNull(row, "next_attempt_at"),
    lastStatus: numberOrNull(row, "last_status"),
    lastError: textOrNull(row, "last_error"),
    deliveredAtMs: numberOrNull(row, "delivered_at"),
    givenUp: number(row, "given_up"),
  };
}
