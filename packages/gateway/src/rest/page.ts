/** Pages of lists: how a caller asks for one, and what it gets. */
import { HsrError, httpLimits } from "@hsr/contract";
import type { ListOutcome, Page } from "@hsr/core";
import Type from "typebox";

/** Items on a page when nobody says how many. */
const defaultItems = 50;

export const pageQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.String({
        pattern: "^[1-9]\\d{0,2}$",
        maxLength: 3,
        description: `Items on one page, 1 to ${httpLimits.page_items.value}; ${defaultItems} if absent.`,
      }),
    ),
    cursor: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: "`next_cursor` of the page before." }),
    ),
  },
  { additionalProperties: false },
);

export function pageOf(query: { readonly limit?: string; readonly cursor?: string }): {
  readonly limit: number;
  readonly cursor: string | null;
} {
  const limit = Math.min(Number(query.limit ?? defaultItems), httpLimits.page_items.value);
  return { limit, cursor: query.cursor ?? null };
}

/** The page, or the caller's mistake. */
export function pageFrom<Item>(outcome: ListOutcome<Item>): Page<Item> {
  if (outcome.kind === "page") return outcome.page;
  throw new HsrError("invalid_request", { field: "cursor", message: "This cursor is not one of ours." });
}
