/** Lists of runs: newest first, by cursor, with a bounded amount of work for each page. */
import type { ListOutcome, RunFilter, RunRecord } from "@hsr/core";
import type { Access } from "./access.ts";
import type { Position } from "./cursor.ts";
import { newest, newestFirst } from "./newest-first.ts";
import { json, type Row } from "./row.ts";
import { toRunRecord } from "./run-row.ts";

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

  return (filter, limit, cursor) => {
    const after = filter.createdAfterMs ?? -1;
    const rows = ({ at, id }: Position, size: number) =>
      filter.tenant === null ? ofAll.all(at, id, after, size) : ofTenant.all(filter.tenant, at, id, after, size);
    const matching = isPlain(filter) ? null : (row: Row) => matches(filter, row);
    const listing = { kind: "run", rows, matches: matching, toItem: toRunRecord, start: before(filter) };
    return newestFirst(access, listing, limit, cursor);
  };
}

function before(filter: RunFilter): Position {
  return filter.createdBeforeMs === undefined ? newest : { at: filter.createdBeforeMs, id: "" };
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
