/** Lists of runs: newest first, by cursor, with a bounded amount of work for each page. */
import type { ListOutcome, RunFilter, RunRecord } from "@hsr/core";
import { type Access, breathe, read } from "./access.ts";
import { decodeCursor, encodeCursor, type Position } from "./cursor.ts";
import { json, type Row } from "./row.ts";
import { toRunRecord } from "./run-row.ts";

/** Rows that one statement looks at: about half a millisecond. */
const rowsPerStatement = 100;
/**
 * Rows that one page looks at. A filter that matches hardly anything gives short or empty pages with a cursor, and the
 * caller goes on, instead of one request that walks the whole table.
 */
const rowsPerPage = 5000;

const newest: Position = { at: Number.MAX_SAFE_INTEGER, id: "~" };

export function createRunList(
  access: Access,
): (filter: RunFilter, limit: number, cursor: string | null) => Promise<ListOutcome<RunRecord>> {
  const order = "ORDER BY created_at DESC, id DESC LIMIT ?";
  const ofTenant = access.database.prepare(
    `SELECT * FROM run WHERE tenant = ? AND (created_at, id) < (?, ?) AND created_at > ? ${order}`,
  );
  const ofAll = access.database.prepare(
    `SELECT * FROM run WHERE (created_at, id) < (?, ?) AND created_at > ? ${order}`,
  );

  return async (filter, limit, cursor) => {
    let position = cursor === null ? before(filter) : decodeCursor("run", cursor);
    if (position === null) return { kind: "bad_cursor" };
    const after = filter.createdAfterMs ?? -1;
    const batch = isPlain(filter) ? limit + 1 : rowsPerStatement;
    const items: RunRecord[] = [];
    for (let seen = 0; seen < rowsPerPage; ) {
      const { at, id } = position;
      const size = Math.min(batch, rowsPerStatement);
      const rows: Row[] = read(access, "list", () =>
        filter.tenant === null ? ofAll.all(at, id, after, size) : ofTenant.all(filter.tenant, at, id, after, size),
      );
      for (const row of rows) {
        if (!matches(filter, row)) {
          position = positionOf(row);
          continue;
        }
        if (items.length === limit) return { kind: "page", page: { items, nextCursor: encodeCursor("run", position) } };
        items.push(toRunRecord(row));
        position = positionOf(row);
      }
      seen += rows.length;
      if (rows.length < size) return { kind: "page", page: { items, nextCursor: null } };
      await breathe();
    }
    return { kind: "page", page: { items, nextCursor: encodeCursor("run", position) } };
  };
}

function before(filter: RunFilter): Position {
  return filter.createdBeforeMs === undefined ? newest : { at: filter.createdBeforeMs, id: "" };
}

function positionOf(row: Row): Position {
  return { at: Number(row["created_at"]), id: String(row["id"]) };
}

/** Whether the index alone answers it. */
function isPlain(filter: RunFilter): boolean {
  return (
    filter.states === undefined &&
    filter.reason === undefined &&
    filter.runtime === undefined &&
    filter.language === undefined &&
    filter.labels === undefined
  );
}

function matches(filter: RunFilter, row: Row): boolean {
  const { states, reason, runtime, language, labels } = filter;
  if (states !== undefined && !states.some((state) => state === row["state"])) return false;
  if (reason !== undefined && row["reason"] !== reason) return false;
  if (runtime !== undefined && row["runtime"] !== runtime) return false;
  if (language !== undefined && row["language"] !== language) return false;
  if (labels === undefined) return true;
  const found = json<Readonly<Record<string, string>>>(row, "labels");
  return Object.entries(labels).every(([name, value]) => Object.hasOwn(found, name) && found[name] === value);
}
