/** What a loop leaves behind that was not followed to its end: what it set or let grow is not what was last seen. */
import type { Expr, Stmt } from "../ir.ts";
import {
  hole,
  joinOrigins,
  type ListValue,
  type Origins,
  originsOf,
  textValue,
  unknownFrom,
  type Value,
} from "../value.ts";
import type { Frame } from "./frame.ts";

/** Methods that let a list or a text grow. */
const growing = /^(append|extend|insert|add|push|unshift|appendleft|update|write|writelines)$/;

interface Touched {
  readonly set: ReadonlySet<string>;
  readonly grown: ReadonlySet<string>;
}

const known = new WeakMap<readonly Stmt[], Touched>();

/** Names that a body sets, and those that it lets grow; its functions and loops in it are looked into as well. */
function touchedBy(body: readonly Stmt[]): Touched {
  const before = known.get(body);
  if (before !== undefined) return before;
  const set = new Set<string>();
  const grown = new Set<string>();
  const mark = (target: Expr, value: Expr, sign: string | null): void => {
    if (target.op === "list") for (const each of target.items) mark(each, value, sign);
    if (target.op === "item" && target.of.op === "name") set.add(target.of.name);
    if (target.op !== "name") return;
    set.add(target.name);
    if (sign !== null || (value.op === "binary" && mentions(value, target.name, 6)) || value.op === "text")
      grown.add(target.name);
  };
  const look = (stmts: readonly Stmt[]): void => {
    for (const stmt of stmts)
      switch (stmt.do) {
        case "assign":
          mark(stmt.target, stmt.value, stmt.sign);
          break;
        case "expr":
          grows(stmt.value, grown);
          break;
        case "branches":
          stmt.arms.forEach(look);
          break;
        case "switch":
          for (const each of stmt.arms) look(each.body);
          break;
        case "for":
        case "while":
        case "block":
          look(stmt.body);
          break;
        default:
      }
  };
  look(body);
  for (const name of grown) set.add(name);
  const touched = { set, grown };
  known.set(body, touched);
  return touched;
}

/** `parts.append(each)`, `text = text + each` as an expression. */
function grows(expr: Expr, grown: Set<string>): void {
  if (expr.op === "call" && expr.fn.op === "attr" && expr.fn.of.op === "name" && growing.test(expr.fn.name))
    grown.add(expr.fn.of.name);
  if (expr.op === "assign" && expr.target.op === "name") grown.add(expr.target.name);
}

function mentions(expr: Expr, name: string, depth: number): boolean {
  if (depth === 0) return false;
  if (expr.op === "name") return expr.name === name;
  return expr.op === "binary" && (mentions(expr.left, name, depth - 1) || mentions(expr.right, name, depth - 1));
}

/** Makes what a body set, or what it let grow, something of which only the beginning is known. */
export function blur(body: readonly Stmt[], frame: Frame, from: Origins, which: "set" | "grown"): void {
  const { names } = frame.scope;
  for (const name of touchedBy(body)[which]) {
    const value = names.get(name);
    if (value !== undefined) names.set(name, blurred(value, from));
  }
}

function blurred(value: Value, from: Origins): Value {
  switch (value.k) {
    case "text":
      return textValue(
        value.text.endsWith(hole) ? value.text : value.text + hole,
        joinOrigins(value.from, from),
        value.disguise,
        value.bytes,
      );
    case "number":
      return unknownFrom(joinOrigins(value.from, from));
    case "list": {
      const list: ListValue = value;
      list.open = true;
      list.from = joinOrigins(list.from, from);
      return list;
    }
    case "choice":
      return value.of.some((each) => each.k === "text" || each.k === "number")
        ? { ...value, of: value.of.map((each) => blurred(each, from)), from: joinOrigins(originsOf(value), from) }
        : value;
    default:
      return value;
  }
}
