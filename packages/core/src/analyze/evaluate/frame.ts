/** Bounds of an evaluation, what it keeps of one call, and what its parts ask of it. */
import type { Expr, Span, Stmt } from "../ir.ts";
import type { Session } from "../session.ts";
import type { Scope, Value } from "../value.ts";
import type { Dialect } from "./dialect.ts";

/** Functions within functions, as calls go. */
export const mostCallDepth = 16;
/** Calls of one function that are followed; later ones give what the last gave. */
export const mostCallsOfOne = 24;
/** The same of a short function that is given what is known. */
export const mostCallsOfShort = 1500;
/** Characters of a function that is short. */
export const shortFunction = 700;
/** Expressions within expressions. */
export const mostDepth = 300;

/** How a list of statements ended. */
export type End = "left" | "next" | "returned" | null;

export interface Frame {
  readonly scope: Scope;
  readonly returns: Value[];
  readonly yields: Value[];
  /** Whether it is sure that it is run, and with what. */
  readonly isSure?: boolean;
}

/** What loops, branches and assignments need of the evaluation that they belong to. */
export interface Walk {
  readonly session: Session;
  readonly dialect: Dialect;
  value(expr: Expr, frame: Frame): Value;
  block(body: readonly Stmt[], frame: Frame): End;
  member(of: Value, name: string, at: Span): Value;
  setMember(of: Value, name: string, value: Value, at: Span): void;
}
