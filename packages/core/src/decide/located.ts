/** A written document as a tree that knows where each part stands, and what is wrong with it. No syntax is known here. */

/** A position in a text, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A value and where it stands. Keys of a map are unique. */
export type Located = Position &
  (
    | { readonly kind: "scalar"; readonly value: string | number | boolean | null }
    | { readonly kind: "list"; readonly items: readonly Located[] }
    | { readonly kind: "map"; readonly entries: readonly LocatedEntry[] }
  );

/** One entry of a map; the position is its key's. */
export interface LocatedEntry extends Position {
  readonly key: string;
  readonly value: Located;
}

/** Something that is wrong in a document, where, and what to do about it. */
export interface Problem extends Position {
  readonly reason: string;
  readonly hint: string;
}

/** Gathers what is wrong, so that a writer hears of everything at once. */
export class Problems {
  readonly found: Problem[] = [];

  /** Notes a problem and answers null, so that a reader can say both in one line. */
  add({ line, column }: Position, reason: string, hint: string): null {
    this.found.push({ line, column, reason, hint });
    return null;
  }
}

/** What a value is, for sentences. */
export function describeValue(value: Located): string {
  if (value.kind !== "scalar") return `a ${value.kind}`;
  return value.value === null ? "nothing" : JSON.stringify(value.value);
}
