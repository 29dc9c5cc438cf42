/** Methods that Python calls by itself, and traps of JavaScript's proxies: what operators, items and members of objects come to. */
import { alternatives, type FunctionValue, type Value } from "../value.ts";
import { fromClass } from "./parts.ts";

const operators: Readonly<Record<string, string>> = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "truediv",
  "//": "floordiv",
  "%": "mod",
  "**": "pow",
  "@": "matmul",
  "^": "xor",
  "&": "and",
  "|": "or",
  "<<": "lshift",
  ">>": "rshift",
  "<": "lt",
  ">": "gt",
  "<=": "le",
  ">=": "ge",
  "==": "eq",
  "!=": "ne",
};
const signs: Readonly<Record<string, string>> = { "-": "neg", "+": "pos", "~": "invert" };

/** A method of the class of an object that the program made; `null` for anything else. */
export function methodOf(value: Value, name: string): FunctionValue | null {
  const found = value.k === "instance" && value.of !== null ? fromClass(value.of, name) : null;
  return found?.k === "function" ? { ...found, self: value } : null;
}

/** A method that a class is asked for itself. */
export function classMethodOf(value: Value, name: string): FunctionValue | null {
  const found = value.k === "class" ? fromClass(value, name) : null;
  return found?.k === "function" ? { ...found, self: value } : null;
}

/** The method that an operator between two values calls, and what it is given. */
export function operatorMethod(sign: string, left: Value, right: Value): readonly [FunctionValue, Value] | null {
  if (sign === "in" || sign === "not in") {
    const method = methodOf(right, "__contains__");
    return method === null ? null : [method, left];
  }
  const name = operators[sign];
  if (name === undefined) return null;
  for (const each of [`__${name}__`, `__i${name}__`]) {
    const method = methodOf(left, each);
    if (method !== null) return [method, right];
  }
  const turned = methodOf(right, `__r${name}__`);
  return turned === null ? null : [turned, left];
}

export function signMethod(sign: string, of: Value): FunctionValue | null {
  const name = signs[sign];
  return name === undefined ? null : methodOf(of, `__${name}__`);
}

/** The method that makes a text of an object. */
export function textMethod(of: Value): FunctionValue | null {
  for (const name of ["__format__", "__str__", "__repr__", "toString", "valueOf"]) {
    const method = methodOf(of, name);
    if (method !== null) return method;
  }
  return null;
}

/** A trap of a proxy. */
export function trapOf(of: Value, name: string): { readonly trap: Value; readonly target: Value } | null {
  if (of.k !== "instance" || of.type !== "Proxy") return null;
  const handler = of.fields.get("handler");
  const target = of.fields.get("target");
  const trap = handler?.k === "dict" ? handler.entries.get(name) : undefined;
  return trap === undefined || target === undefined ? null : { trap, target };
}

/** Whether any of what a value may be has a method of a name of its own. */
export function isOwnObject(value: Value): boolean {
  return alternatives(value).some((each) => each.k === "instance" && each.of !== null);
}
