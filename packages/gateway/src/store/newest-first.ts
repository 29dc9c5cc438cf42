/** Pages of rows, newest first, by cursor, with a bounded amount of work for each page. */
import type { ListOutcome } from "@hsr/core";
import { type Access, breathe, read } from "./access.ts";
import { decodeCursor, encodeCursor, type Position } from "./cursor.ts";
import { number, type Row, text } from "./row.ts";

/** Rows that one statement looks at: about half a millisecond. */
const rowsPerStatement = 100;
/**
 * Rows that one page looks at. A filter that matches hardly anything gives short or empty pages with a cursor, and the
 * caller goes on, instead of one request that walks the whole table.
 */
const rowsPerPage = 5000;

/** Before every row. */
export const newest: Position = { at: Number.MAX_SAFE_INTEGER, id: "~" };

export interface Listing<Item> {
  /** What the cursor belongs to: those of other lists are refused. */
  readonly kind: string;
  /** Where the first page begins; before the newest row unless something else is said. */
  readonly start?: Position;
  /** Rows before a position, newest first, at most so many. */
  readonly rows: (before: Position, size: number) => readonly Row[];
  /** `null` matches every row. */
  readonly matches: ((row: Row) => boolean) | null;
  readonly toItem: (row: Row) => Item;
}

export async function newestFirst<Item>(
  access: Access,
  listing: Listing<Item>,
  limit: number,
  cursor: string | null,
): Promise<ListOutcome<Item>> {
  const { kind, matches } = listing;
  let position = cursor === null ? (listing.start ?? newest) : decodeCursor(kind, cursor);
  if (position === null) return { kind: "bad_cursor" };
  const items: Item[] = [];
  for (let seen = 0; seen < rowsPerPage; ) {
    const before: Position = position;
    const size = Math.min(matches === null ? limit + 1 : rowsPerStatement, rowsPerStatement);
    const rows = read(access, "list", () => listing.rows(before, size));
    for (const row of rows) {
      const isMatch = matches === null || matches(row);
      if (isMatch && items.length === limit)
        return { kind: "page", page: { items, nextCursor: encodeCursor(kind, position) } };
      if (isMatch) items.push(listing.toItem(row));
      position = { at: number(row, "created_at"), id: text(row, "id") };
    }
    seen += rows.length;
    if (rows.length < size) return { kind: "page", page: { items, nextCursor: null } };
    await breathe();
  }
  return { kind: "page", page: { items, nextCursor: encodeCursor(kind, position) } };
}
