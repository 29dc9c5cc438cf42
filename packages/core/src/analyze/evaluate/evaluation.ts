/**
 * Evaluates a program approximately: every branch is taken, constants are folded, functions of the program are followed into,
 * and what it does to the outside is written down. It runs nothing and ends always: steps, depth and sizes are bounded.
 */
import type { ClassForm, Expr, FunctionForm, Span, Stmt } from "../ir.ts";
import { Names } from "../names.ts";
import type { Session, Unit } from "../session.ts";
import {
  anyOf,
  type ClassValue,
  constantValue,
  disguiseOf,
  type FunctionValue,
  instanceValue,
  joinOrigins,
  listValue,
  noOrigins,
  numberValue,
  type Origins,
  originsOf,
  refValue,
  type Scope,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { assign, declare } from "./assign.ts";
import { Arguments } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import { Flow, mostRounds } from "./flow.ts";
import { type End, type Frame, mostCallDepth, mostCallsOfOne, mostDepth, type Walk } from "./frame.ts";
import { memberOf } from "./member.ts";
import { binary, concatenated, itemOf, itemsOf, sliceOf, truthOf, unary } from "./operate.ts";
import { type Host, Outside } from "./outside.ts";
import {
  argumentsOf,
  boundTo,
  dictOf,
  fromClass,
  functionsIn,
  listOf,
  outerType,
  setMember,
  someItem,
} from "./parts.ts";

export class Evaluation {
  readonly #session: Session;
  readonly #unit: Unit;
  readonly #dialect: Dialect;
  readonly #called = new Map<FunctionForm, { count: number; last: Value }>();
  readonly #active: FunctionForm[] = [];
  readonly #defined: { readonly fn: FunctionValue; readonly owner: ClassValue | null }[] = [];
  readonly #stars: string[] = [];
  readonly #host: Host;
  readonly #walk: Walk;
  readonly #flow: Flow;
  #depth = 0;

  constructor(session: Session, unit: Unit, dialect: Dialect) {
    this.#session = session;
    this.#unit = unit;
    this.#dialect = dialect;
    this.#host = {
      session,
      unit,
      call: (fn, args, at, frame) => this.#callValue(fn, args, at, false, frame),
      member: (of, name, at) => this.#member(of, name, at),
      evaluate: (text, frame, at) => this.#text(text, frame, at),
      lookup: (name, frame) => (frame === null ? dialect.global(name) : this.#name(name, frame.scope)),
    };
    this.#walk = {
      session,
      dialect,
      value: (expr, frame) => this.#value(expr, frame),
      block: (body, frame) => this.#block(body, frame),
      member: (of, name, at) => this.#member(of, name, at),
      setMember: (of, name, value, at) => this.#setMember(of, name, value, at),
    };
    this.#flow = new Flow(this.#walk);
  }

  /** Evaluates a whole program, then every function that it defines and never calls. */
  program(body: readonly Stmt[]): Value {
    const frame: Frame = { scope: { names: new Names(), outer: null }, returns: [], yields: [] };
    const value = this.#body(body, frame);
    for (let index = 0; index < this.#defined.length && this.#session.left > 0; index += 1) {
      const { fn, owner } = this.#defined[index] ?? {};
      if (fn === undefined || this.#called.has(fn.form)) continue;
      const self = owner === null || owner === undefined ? [] : [this.#anInstance(owner)];
      this.#callFunction({ ...fn, self: self[0] ?? null }, new Arguments([], new Map(), true));
    }
    return value;
  }

  #anInstance(owner: ClassValue): Value {
    const known = owner.members.get("\0instance");
    if (known !== undefined) return known;
    const made = this.#instantiate(owner, new Arguments([], new Map(), true));
    owner.members.set("\0instance", made);
    return made;
  }

  #body(body: readonly Stmt[], frame: Frame): Value {
    let last: Value = unknown;
    for (const stmt of body) {
      if (stmt.do === "expr") last = this.#value(stmt.value, frame);
      else this.#stmt(stmt, frame);
    }
    return last;
  }

  #block(body: readonly Stmt[], frame: Frame): End {
    for (const stmt of body) {
      const end = this.#stmt(stmt, frame);
      if (end !== null && this.#flow.isFollowed) return end;
    }
    return null;
  }

  #stmt(stmt: Stmt, frame: Frame): End {
    if (!this.#session.step()) return "returned";
    if (this.#depth > mostDepth) {
      this.#session.cut = true;
      return null;
    }
    this.#depth += 1;
    try {
      return this.#perform(stmt, frame);
    } finally {
      this.#depth -= 1;
    }
  }

  #perform(stmt: Stmt, frame: Frame): End {
    const { scope } = frame;
    switch (stmt.do) {
      case "expr":
        this.#value(stmt.value, frame);
        return null;
      case "assign": {
        const value = this.#value(stmt.value, frame);
        const whole =
          stmt.sign === null
            ? value
            : binary(stmt.sign, this.#value(stmt.target, frame), value, this.#dialect.language);
        if (stmt.declares === true) declare(stmt.target, whole, frame, this.#walk);
        else assign(stmt.target, whole, frame, this.#walk);
        return null;
      }
      case "bind":
        scope.names.set(stmt.name, this.#imported(stmt.to, stmt));
        return null;
      case "bind-all":
        this.#stars.push(stmt.module);
        return null;
      case "function": {
        let value: Value = this.#define(stmt.form, frame, null);
        for (const each of stmt.decorators) {
          const decorator = this.#value(each, frame);
          // What a decorator of the program gives takes the function's place; one from outside is taken to leave it as it is.
          if (decorator.k === "function")
            value = anyOf([value, this.#callValue(decorator, new Arguments([value]), each)]);
        }
        if (stmt.form.name !== null) scope.names.set(stmt.form.name, value);
        return null;
      }
      case "class": {
        const value = this.#class(stmt.form, frame);
        for (const each of stmt.decorators) this.#value(each, frame);
        if (stmt.form.name !== null) scope.names.set(stmt.form.name, value);
        return null;
      }
      case "branches":
        return this.#flow.branches(stmt, frame);
      case "for":
        return this.#flow.loopOver(stmt, frame);
      case "while":
        return this.#flow.loopWhile(stmt, frame);
      case "block":
        return this.#block(stmt.body, frame);
      case "return":
        frame.returns.push(stmt.value === null ? constantValue(null) : this.#value(stmt.value, frame));
        return "returned";
      case "yield":
        frame.yields.push(this.#value(stmt.value, frame));
        return null;
      case "leave":
        return "left";
    }
  }

  #setMember(of: Value, name: string, value: Value, at: Span): void {
    for (const each of setMember(of, name, value))
      this.#dialect.assignMember(this.#outside(each.name, each, new Arguments([value]), at), name);
  }

  #imported(name: string, at: Span): Value {
    this.#dialect.imported?.(this.#outside(name, null, new Arguments([]), at));
    return refValue(this.#dialect.canonical(name));
  }

  #value(expr: Expr, frame: Frame): Value {
    if (!this.#session.step()) return unknown;
    if (this.#depth > mostDepth) {
      this.#session.cut = true;
      return unknown;
    }
    this.#depth += 1;
    try {
      return this.#evaluate(expr, frame);
    } finally {
      this.#depth -= 1;
    }
  }

  #evaluate(expr: Expr, frame: Frame): Value {
    switch (expr.op) {
      case "const":
        return typeof expr.value === "string"
          ? textValue(expr.value, noOrigins, undefined, expr.bytes === true)
          : typeof expr.value === "number"
            ? numberValue(expr.value)
            : constantValue(expr.value);
      case "name":
        return this.#name(expr.name, frame.scope);
      case "attr":
        return this.#member(this.#value(expr.of, frame), expr.name, expr);
      case "item":
        return this.#item(this.#value(expr.of, frame), this.#value(expr.key, frame), expr);
      case "slice":
        return sliceOf(
          this.#value(expr.of, frame),
          expr.parts.map((each) => (each === null ? null : this.#value(each, frame))),
        );
      case "call": {
        const fn = this.#value(expr.fn, frame);
        const args = argumentsOf(
          expr.args,
          (each) => this.#value(each, frame),
          (over) => someItem(over, this.#dialect),
          this.#dialect.language,
        );
        return this.#callValue(fn, args, expr, expr.isNew, frame);
      }
      case "binary": {
        const left = this.#value(expr.left, frame);
        const right = this.#value(expr.right, frame);
        return (
          this.#dialect.operate?.(expr.sign, left, right) ?? binary(expr.sign, left, right, this.#dialect.language)
        );
      }
      case "unary":
        return unary(expr.sign, this.#value(expr.of, frame), this.#dialect.language);
      case "either":
        return anyOf(expr.of.map((each) => this.#value(each, frame)));
      case "after":
        for (const each of expr.first) this.#value(each, frame);
        return this.#value(expr.of, frame);
      case "list":
        return listOf(expr.items, (each) => this.#value(each, frame), this.#dialect.language);
      case "dict":
        return dictOf(expr, (each) => this.#value(each, frame));
      case "text":
        return concatenated(expr.parts.map((each) => this.#value(each, frame)));
      case "function":
        return this.#define(expr.form, frame, null);
      case "class":
        return this.#class(expr.form, frame);
      case "each":
        return this.#each(expr, frame);
      case "assign": {
        const value = this.#value(expr.value, frame);
        assign(expr.target, value, frame, this.#walk);
        return value;
      }
      case "import": {
        const name = this.#value(expr.name, frame);
        return this.#dialect.importValue(name, this.#outside("import", null, new Arguments([name]), expr, frame));
      }
      case "spread":
        return this.#value(expr.of, frame);
      case "mix": {
        let from = noOrigins;
        for (const each of expr.of) from = joinOrigins(from, originsOf(this.#value(each, frame)));
        return unknownFrom(from);
      }
    }
  }

  #name(name: string, scope: Scope): Value {
    for (let each: Scope | null = scope; each !== null; each = each.outer) {
      const found = each.names.get(name);
      if (found !== undefined) return found;
    }
    for (const module of this.#stars) {
      const full = this.#dialect.canonical(`${module}.${name}`);
      if (this.#dialect.knows(full)) return refValue(full);
    }
    return this.#dialect.global(name);
  }

  #each(expr: Extract<Expr, { op: "each" }>, frame: Frame): Value {
    const over = this.#value(expr.over, frame);
    const items = itemsOf(over, this.#dialect.language);
    const scope: Scope = { names: new Names(), outer: frame.scope };
    const inner: Frame = { scope, returns: [], yields: [] };
    const give = (item: Value): Value | null => {
      assign(expr.target, item, inner, this.#walk);
      const tests = expr.when.map((each) => truthOf(this.#value(each, inner)));
      return tests.includes(false) ? null : this.#value(expr.give, inner);
    };
    if (items === null || items.length > 4 * mostRounds || this.#session.left < items.length * 8) {
      const one = give(someItem(over, this.#dialect));
      return listValue(
        one === null ? [] : expr.give.op === "each" && one.k === "list" ? one.items : [one],
        true,
        originsOf(over),
      );
    }
    const found: Value[] = [];
    for (const item of items) {
      const one = give(item);
      if (one === null) continue;
      if (expr.give.op === "each" && one.k === "list") found.push(...one.items);
      else found.push(one);
    }
    return listValue(found, false, over.from);
  }

  #item(of: Value, key: Value, at: Span): Value {
    const found = itemOf(of, key, this.#dialect.language);
    if (found !== null) return found;
    if (key.k === "text" && (this.#dialect.language !== "python" || (of.k !== "text" && of.k !== "list"))) {
      const member = this.#dialect.itemIsMember(of) ? this.#member(of, key.text, at) : null;
      if (member !== null)
        return member.k === "ref" ? { ...member, disguise: [...disguiseOf(key), "brackets"] } : member;
    }
    return this.#dialect.item(this.#outside("item", of, new Arguments([of, key]), at), of, key);
  }

  #member(of: Value, name: string, at: Span): Value {
    return memberOf(of, name, this.#dialect, (one) => this.#outside(one.name, one, new Arguments([]), at));
  }

  #define(form: FunctionForm, frame: Frame, owner: ClassValue | null): FunctionValue {
    const fn: FunctionValue = { k: "function", form, scope: frame.scope, self: null, from: noOrigins, given: [] };
    this.#defined.push({ fn, owner });
    return fn;
  }

  #class(form: ClassForm, frame: Frame): Value {
    const bases = form.bases.map((each) => this.#value(each, frame));
    const made: ClassValue = { k: "class", form, bases, members: new Names(), from: noOrigins };
    const inner: Frame = { scope: { names: made.members, outer: frame.scope }, returns: [], yields: [] };
    for (const stmt of form.body) {
      if (stmt.do === "function" && stmt.form.name !== null) {
        // Methods see the names around the class, not the class's own.
        made.members.set(stmt.form.name, this.#define(stmt.form, frame, made));
        for (const each of stmt.decorators) this.#value(each, frame);
      } else this.#stmt(stmt, inner);
    }
    this.#dialect.defined?.(made, this.#outside("class", made, new Arguments([]), form, frame));
    return made;
  }

  #instantiate(of: ClassValue, args: Arguments): Value {
    const type = outerType(of) ?? of.form.name ?? "object";
    const made = { ...instanceValue(type), of, fields: new Map<string, Value>() };
    for (const name of ["__new__", "__init__", "constructor", "__post_init__"]) {
      const setup = fromClass(of, name);
      if (setup?.k === "function") this.#callFunction({ ...setup, self: made }, args);
    }
    return made;
  }

  #callValue(fn: Value, args: Arguments, at: Span, isNew = false, frame: Frame | null = null): Value {
    switch (fn.k) {
      case "choice":
        return anyOf(fn.of.map((each) => this.#callValue(each, args, at, isNew, frame)));
      case "function":
        return this.#callFunction(fn, args);
      case "class":
        return this.#instantiate(fn, args);
      case "instance": {
        const call = fn.of === null ? null : fromClass(fn.of, "__call__");
        if (call?.k === "function") return this.#callFunction({ ...call, self: fn }, args);
        return this.#callOutside(refValue(`${fn.type}#()`, fn, fn.from), args, at, isNew, frame);
      }
      case "ref":
        return this.#callOutside(fn, args, at, isNew, frame);
      default:
        this.#callBack(args, joinOrigins(originsOf(fn), args.origins));
        return this.#dialect.callUnknown(fn, this.#outside("?", fn, args, at, frame));
    }
  }

  #callOutside(
    fn: Extract<Value, { k: "ref" }>,
    args: Arguments,
    at: Span,
    isNew: boolean,
    frame: Frame | null,
  ): Value {
    const call = this.#outside(fn.name, fn, args, at, frame, isNew);
    const given = this.#dialect.call(call);
    if (given !== null) return given;
    const from = joinOrigins(originsOf(fn), args.origins);
    this.#callBack(args, from);
    return unknownFrom(from);
  }

  /** Functions that are handed out will be called with something. */
  #callBack(args: Arguments, from: Origins): void {
    for (const each of functionsIn(args))
      if (!this.#active.includes(each.form))
        this.#callFunction(
          each,
          new Arguments(
            each.form.params.map(() => unknownFrom(from)),
            new Map(),
            true,
          ),
        );
  }

  #outside(
    name: string,
    fn: Value | null,
    args: Arguments,
    at: Span,
    frame: Frame | null = null,
    isNew = false,
  ): Outside {
    const where = { host: this.#host, at, frame, endless: this.#flow.isEndless };
    return fn?.k === "ref"
      ? new Outside(where, name, fn.self, args, isNew, fn.disguise)
      : new Outside(where, name, fn, args, isNew);
  }

  /** A text that the program runs as its own language, where names mean what they mean there. */
  #text(text: string, frame: Frame | null, at: Span): Value {
    const { layer, file, language } = this.#unit;
    const place = this.#session.place(this.#unit, at.start, at.end);
    if (!this.#session.mayRead(text, layer)) return unknown;
    const unit: Unit = this.#session.inner(language, text, file, layer, place);
    const body = this.#dialect.lower(this.#session.tree(unit));
    const inner = new Evaluation(this.#session, unit, this.#dialect);
    return inner.#within(body, frame?.scope ?? null);
  }

  #within(body: readonly Stmt[], outer: Scope | null): Value {
    const frame: Frame = { scope: outer ?? { names: new Names(), outer: null }, returns: [], yields: [] };
    const value = this.#body(body, frame);
    for (const { fn } of [...this.#defined])
      if (!this.#called.has(fn.form)) this.#callFunction(fn, new Arguments([], new Map(), true));
    return frame.returns.length > 0 ? anyOf(frame.returns) : value;
  }

  #callFunction(fn: FunctionValue, args: Arguments): Value {
    const known = this.#called.get(fn.form);
    const isRecursive = this.#active.filter((each) => each === fn.form).length > 1;
    if (
      this.#active.length >= mostCallDepth ||
      isRecursive ||
      (known?.count ?? 0) >= mostCallsOfOne ||
      this.#session.left <= 0
    ) {
      if (known === undefined) this.#called.set(fn.form, { count: 1, last: unknown });
      return known?.last ?? unknownFrom(args.origins);
    }
    const entry = known ?? { count: 0, last: unknown };
    entry.count += 1;
    this.#called.set(fn.form, entry);
    const frame: Frame = { scope: { names: new Names(), outer: fn.scope }, returns: [], yields: [] };
    for (const [target, value] of boundTo(fn, args, (each) => this.#value(each, frame))) {
      if (typeof target === "string") frame.scope.names.set(target, value);
      else declare(target, value, frame, this.#walk);
    }
    this.#active.push(fn.form);
    try {
      this.#flow.apart(() => this.#block(fn.form.body, frame));
    } finally {
      this.#active.pop();
    }
    entry.last =
      frame.yields.length > 0
        ? listValue(frame.yields, true)
        : frame.returns.length > 0
          ? anyOf(frame.returns)
          : constantValue(null);
    return entry.last;
  }
}
