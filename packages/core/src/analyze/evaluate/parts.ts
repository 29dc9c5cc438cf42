/** Parts of an evaluation that need only the values of expressions: lists, arguments, classes, scopes. */
import type { LanguageName } from "@hsr/contract";
import type { Expr } from "../ir.ts";
import {
  alternatives,
  anyOf,
  type ClassValue,
  dictValue,
  type FunctionValue,
  joinOrigins,
  listValue,
  noOrigins,
  originsOf,
  type RefValue,
  type Scope,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { Arguments } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import { itemsOf } from "./operate.ts";

/** The value of an expression where it stands. */
type Give = (expr: Expr) => Value;

/** `[a, *b]` */
export function listOf(items: readonly Expr[], value: Give, language: LanguageName): Value {
  const found: Value[] = [];
  let open = false;
  let from = noOrigins;
  for (const each of items) {
    const one = value(each);
    if (each.op !== "spread") found.push(one);
    else {
      const inner = itemsOf(one, language);
      if (inner !== null) found.push(...inner);
      else {
        open = true;
        from = joinOrigins(from, originsOf(one));
      }
    }
  }
  return listValue(found, open, from);
}

/** `{a: b, **c}` */
export function dictOf(expr: Extract<Expr, { op: "dict" }>, give: Give): Value {
  const made = dictValue();
  for (const { key, value } of expr.entries) {
    const name = give(key);
    const held = give(value);
    if (value.op === "spread") {
      if (held.k === "dict") for (const [each, inner] of held.entries) made.entries.set(each, inner);
      else {
        made.open = true;
        made.from = joinOrigins(made.from, originsOf(held));
      }
    } else if (name.k === "text") made.entries.set(name.text, held);
    else if (name.k === "number") made.entries.set(String(name.n), held);
    else {
      made.open = true;
      made.from = joinOrigins(made.from, originsOf(held));
    }
  }
  return made;
}

/** The arguments of a call. */
export function argumentsOf(
  given: Extract<Expr, { op: "call" }>["args"],
  give: Give,
  someItem: (over: Value) => Value,
  language: LanguageName,
): Arguments {
  const values: Value[] = [];
  const names = new Map<string, Value>();
  let open = false;
  for (const each of given) {
    const value = give(each.value);
    if (each.spread === "list") {
      const items = itemsOf(value, language);
      if (items === null) {
        open = true;
        values.push(someItem(value));
      } else values.push(...items);
    } else if (each.spread === "dict") {
      if (value.k === "dict") for (const [name, held] of value.entries) names.set(name, held);
      else open = true;
    } else if (each.name !== null) names.set(each.name, value);
    else values.push(value);
  }
  return new Arguments(values, names, open);
}

/** What each parameter of a function, and `this`, is bound to by a call. */
export function* boundTo(fn: FunctionValue, args: Arguments, give: Give): Generator<readonly [Expr | string, Value]> {
  const values = [...fn.given, ...args.values];
  let { params } = fn.form;
  if (fn.self !== null && fn.form.self === "this") yield ["this", fn.self];
  const [own] = params;
  if (fn.self !== null && fn.form.self === "param" && own !== undefined && own.rest === null) {
    yield [own.target, fn.self];
    params = params.slice(1);
  }
  for (const [index, { target, fallback, rest }] of params.entries()) {
    if (rest === "list") yield [target, listValue(values.slice(index), args.open && values.length <= index)];
    else if (rest === "dict") yield [target, dictValue(args.named, args.open)];
    else {
      const given = (target.op === "name" ? args.named.get(target.name) : undefined) ?? values[index];
      yield [target, given ?? (fallback === null ? unknown : give(fallback))];
    }
  }
  if (fn.form.self === "this") yield ["arguments", listValue(values, args.open)];
}

/** A member of a class or of the classes that it stands on. */
export function fromClass(of: ClassValue, name: string, depth = 8): Value | null {
  const own = of.members.get(name);
  if (own !== undefined) return own;
  if (depth > 0)
    for (const base of of.bases) {
      const found = base.k === "class" ? fromClass(base, name, depth - 1) : null;
      if (found !== null) return found;
    }
  return null;
}

/** The name of the class from outside that a class of the program stands on. */
export function outerType(of: ClassValue, depth = 8): string | null {
  for (const base of of.bases) {
    if (base.k === "ref") return base.name;
    const found = base.k === "class" && depth > 0 ? outerType(base, depth - 1) : null;
    if (found !== null) return found;
  }
  return null;
}

/** One item of something whose items are not known one by one. */
export function someItem(over: Value, dialect: Pick<Dialect, "iterate">): Value {
  if (over.k === "list" && over.items.length > 0) return anyOf(over.items);
  if (over.k === "dict" && over.entries.size > 0) return anyOf([...over.entries.keys()].map((key) => textValue(key)));
  return dialect.iterate(over) ?? unknownFrom(originsOf(over));
}

/** In JavaScript a name belongs to the scope that has it; in Python to the function that assigns it. */
export function homeOf(name: string, scope: Scope, language: LanguageName): Scope {
  const shared = scope.shared?.get(name);
  if (shared !== undefined) return shared;
  if (language === "python" || scope.names.has(name)) return scope;
  for (let each = scope.outer; each !== null; each = each.outer) if (each.names.has(name)) return each;
  return scope;
}

/** Sets a member of what the program has; gives what is outside, for the language to say what that means. */
export function setMember(of: Value, name: string, value: Value): readonly RefValue[] {
  const outside: RefValue[] = [];
  for (const each of alternatives(of)) {
    if (each.k === "instance") each.fields.set(name, value);
    else if (each.k === "class") each.members.set(name, value);
    else if (each.k === "dict") each.entries.set(name, value);
    else if (each.k === "ref") outside.push(each);
  }
  return outside;
}

/** Functions of the program among arguments, also those in an object of options. */
export function functionsIn(args: Arguments): readonly FunctionValue[] {
  const given = [...args.values, ...args.named.values()].flatMap(alternatives);
  const held = given.flatMap((each) => (each.k === "dict" ? [...each.entries.values()] : [each]));
  return held.filter((each) => each.k === "function");
}
