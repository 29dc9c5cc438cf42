/** Bounds of an evaluation, and what it keeps of one call. */
import type { Stmt } from "../ir.ts";
import type { Scope, Value } from "../value.ts";

/** Functions within functions, as calls go. */
export const mostCallDepth = 16;
/** Calls of one function that are followed; later ones give what the last gave. */
export const mostCallsOfOne = 24;
/** Rounds of a loop over known things that are followed. */
export const mostRounds = 512;
/** Rounds of a loop whose body is long. */
export const mostLongRounds = 12;
/** Steps that one loop with a condition may take; decoders need a few for each character. */
export const mostLoopSteps = 4000;
/** The same of a loop over known things, with the loops in it. */
export const mostForSteps = 8000;
/** Rounds in which something that a loop empties may get no smaller: nothing is known of what ends it. */
const mostIdleRounds = 4;
/** Expressions within expressions. */
export const mostDepth = 300;

/** How a list of statements ended. */
export type End = "left" | "returned" | null;

export interface Frame {
  readonly scope: Scope;
  readonly returns: Value[];
  readonly yields: Value[];
}

/** A body of a few plain steps, as decoders have. */
export function isShort(body: readonly Stmt[]): boolean {
  return body.length <= 4 && body.every((each) => each.do === "expr" || each.do === "assign" || each.do === "yield");
}

/**
 * Watches what a loop empties: `while queue` ends when nothing is left, which is not seen where it is filled again or emptied in a
 * way that is not followed. Asked after every round, it says whether the rounds lead nowhere.
 */
export function idleness(): (test: Value) => boolean {
  let least = Number.POSITIVE_INFINITY;
  let idle = 0;
  return (test) => {
    const size = test.k === "list" ? test.items.length : test.k === "dict" ? test.entries.size : null;
    if (size === null) return false;
    idle = size < least ? 0 : idle + 1;
    least = Math.min(least, size);
    return idle >= mostIdleRounds;
  };
}
