/**
 * Evaluates a program approximately: every branch is taken, constants are folded, functions of the program are followed into,
 * and what it does to the outside is written down. It runs nothing and ends always: steps, depth and sizes are bounded.
 */
import type { ClassForm, Expr, FunctionForm, Span, Stmt } from "../ir.ts";
import { Names } from "../names.ts";
import { computes, isHiddenWay, isOfConstants, madeOf } from "../self-made.ts";
import type { Session, Unit } from "../session.ts";
import {
  anyOf,
  asText,
  type ClassValue,
  constantValue,
  dictValue,
  disguiseOf,
  type FunctionValue,
  hole,
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
import {
  type End,
  type Frame,
  mostCallDepth,
  mostCallsOfOne,
  mostCallsOfShort,
  mostDepth,
  shortFunction,
  type Walk,
} from "./frame.ts";
import { classMethodOf, isOwnObject, methodOf, operatorMethod, signMethod, textMethod, trapOf } from "./magic.ts";
import { documentOf, memberOf } from "./member.ts";
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
import { written } from "./python-order.ts";

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
  /** What was thrown last. */
  #thrown: Value = unknown;
  /** Ways of `choose` that were looked at for what they do. */
  readonly #waysSeen = new Set<Expr>();

  constructor(session: Session, unit: Unit, dialect: Dialect) {
    this.#session = session;
    this.#unit = unit;
    this.#dialect = dialect;
    this.#host = {
      session,
      unit,
      call: (fn, args, at, frame) => this.#callValue(fn, args, at, false, frame),
      member: (of, name, at) => this.#member(of, name, at),
      item: (of, key, at) => this.#item(of, key, at),
      set: (of, name, value, at) => this.#setMember(of, name, value, at),
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
    if (this.#dialect.language === "python") frame.scope.names.set("__doc__", documentOf(body));
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
    for (const [index, stmt] of body.entries()) {
      const end = this.#stmt(stmt, frame);
      if (end !== null && this.#flow.isFollowed) {
        if (end === "returned") this.#flow.aside(body.slice(index + 1), frame);
        return end;
      }
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
        return stmt.of === "loop" ? "left" : "next";
      case "switch":
        return this.#flow.choose(stmt, frame);
      case "throw":
        this.#thrown = this.#value(stmt.value, frame);
        return null;
      case "share": {
        const shared = frame.scope.shared ?? new Map<string, Scope>();
        frame.scope.shared = shared;
        for (const name of stmt.names) {
          let home = frame.scope.outer;
          while (home !== null && home.outer !== null && !(stmt.with === "around" && home.names.has(name)))
            home = home.outer;
          if (home !== null) shared.set(name, home);
        }
        return null;
      }
    }
  }

  #setMember(of: Value, name: string, value: Value, at: Span): void {
    for (const each of setMember(of, name, value))
      this.#dialect.assignMember(this.#outside(each.name, each, new Arguments([value]), at), name);
  }

  #imported(name: string, at: Span): Value {
    const made = this.#dialect.imported?.(this.#outside(name, null, new Arguments([]), at)) ?? null;
    return made ?? refValue(this.#dialect.canonical(name));
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
            : typeof expr.value === "bigint"
              ? { k: "number", n: Number(expr.value), big: expr.value, from: noOrigins }
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
      case "choose": {
        const truth = truthOf(this.#value(expr.test, frame));
        if (truth === null) return anyOf([this.#value(expr.first, frame), this.#value(expr.other, frame)]);
        this.#lookAside(truth ? expr.other : expr.first, frame);
        return this.#value(truth ? expr.first : expr.other, frame);
      }
      case "first": {
        const left = this.#value(expr.left, frame);
        const truth = truthOf(left);
        if (truth === null) return anyOf([left, this.#value(expr.right, frame)]);
        if (truth === (expr.sign === "and")) return this.#value(expr.right, frame);
        this.#lookAside(expr.right, frame);
        return left;
      }
      case "caught":
        return this.#thrown;
      case "enter": {
        const of = this.#value(expr.of, frame);
        const method = methodOf(of, "__enter__");
        const given = method === null ? of : this.#callFunction(method, new Arguments([]));
        const exit = methodOf(of, "__exit__");
        if (exit !== null) this.#callFunction(exit, new Arguments([unknown, unknown, unknown]));
        return given;
      }
      case "binary": {
        const left = this.#value(expr.left, frame);
        const right = this.#value(expr.right, frame);
        const own = isOwnObject(left) || isOwnObject(right) ? operatorMethod(expr.sign, left, right) : null;
        if (own !== null) return this.#callFunction(own[0], new Arguments([own[1]]));
        return (
          this.#dialect.operate?.(expr.sign, left, right) ?? binary(expr.sign, left, right, this.#dialect.language)
        );
      }
      case "unary": {
        const of = this.#value(expr.of, frame);
        const own = signMethod(expr.sign, of);
        if (expr.sign === "typeof") return typeOf(of);
        return own === null ? unary(expr.sign, of, this.#dialect.language) : this.#callFunction(own, new Arguments([]));
      }
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
        return concatenated(expr.parts.map((each) => this.#asText(this.#value(each, frame))));
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
        const parts = expr.of.map((each) => this.#value(each, frame));
        let from = noOrigins;
        for (const each of parts) from = joinOrigins(from, originsOf(each));
        return madeOf(unknownFrom(from), parts);
      }
    }
  }

  /** An object that the program made, as a part of a text. */
  #asText(of: Value): Value {
    if (this.#dialect.language === "python" && (of.k === "list" || of.k === "dict"))
      return textValue(written(of) ?? hole, originsOf(of));
    const method = textMethod(of);
    return method === null ? of : this.#callFunction(method, new Arguments([textValue("")]));
  }

  /** Looks once at an expression that is passed over, for what it does. */
  #lookAside(expr: Expr, frame: Frame): void {
    if (expr.op === "const" || expr.op === "name" || this.#waysSeen.has(expr)) return;
    this.#waysSeen.add(expr);
    frame.scope.names.tried(() => this.#value(expr, frame));
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
    return expr.pairs === true ? dictOfPairs(found, over.from) : listValue(found, false, over.from);
  }

  #item(of: Value, key: Value, at: Span): Value {
    const found = itemOf(of, key, this.#dialect.language);
    if (found !== null) return found;
    const own = methodOf(of, "__getitem__") ?? methodOf(of, "__missing__") ?? classMethodOf(of, "__class_getitem__");
    if (own !== null) return this.#callFunction(own, new Arguments([key]));
    // One of several functions, and nobody knows which: each is followed.
    if ((of.k === "list" || of.k === "dict") && key.k !== "text" && key.k !== "number") {
      const held = of.k === "list" ? of.items : [...of.entries.values()];
      if (held.some((each) => each.k === "function" || each.k === "ref" || each.k === "class")) return anyOf(held);
    }
    if (key.k === "text" && (this.#dialect.language !== "python" || (of.k !== "text" && of.k !== "list"))) {
      const member = this.#dialect.itemIsMember(of) ? this.#member(of, key.text, at) : null;
      if (member !== null)
        return member.k === "ref" ? { ...member, disguise: [...disguiseOf(key), "brackets"] } : member;
    }
    if (isHiddenWay(of, key) && this.#dialect.itemIsMember(of))
      this.#outside("item", null, new Arguments([]), at).emit({ kind: "opaque", from: originsOf(key) });
    return madeOf(this.#dialect.item(this.#outside("item", of, new Arguments([of, key]), at), of, key), [of, key]);
  }

  #member(of: Value, name: string, at: Span): Value {
    if (of.k === "instance") {
      const proxy = trapOf(of, "get");
      if (proxy !== null) return this.#callValue(proxy.trap, new Arguments([proxy.target, textValue(name), of]), at);
      const inner = of.type === "Proxy" ? of.fields.get("target") : undefined;
      if (inner !== undefined) return this.#member(inner, name, at);
      const asked = methodOf(of, "__getattribute__") ?? methodOf(of, "__getattr__");
      if (asked !== null && !of.fields.has(name) && of.of !== null && fromClass(of.of, name) === null)
        return this.#callFunction(asked, new Arguments([textValue(name)]));
    }
    const found = memberOf(of, name, this.#dialect, (one) => this.#outside(one.name, one, new Arguments([]), at));
    if (found.k === "function" && found.form.isGetter === true)
      return this.#callFunction({ ...found, self: of }, new Arguments([]));
    // A descriptor of the program gives the member.
    const get = of.k === "instance" ? methodOf(found, "__get__") : null;
    return get === null ? found : this.#callFunction(get, new Arguments([of, unknown]));
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
        const decorators = stmt.decorators.map((each) => this.#value(each, frame));
        const names = decorators.map((each) => (each.k === "ref" ? each.name : ""));
        const form: FunctionForm = names.some((each) => /(^|[._])(cached_?)?property$/.test(each))
          ? { ...stmt.form, isGetter: true }
          : names.includes("staticmethod")
            ? { ...stmt.form, self: "outer" }
            : stmt.form;
        let value: Value = this.#define(form, frame, made);
        if (names.includes("classmethod")) value = { ...value, self: made } as Value;
        for (const [index, each] of decorators.entries())
          if (each.k === "function")
            value = anyOf([value, this.#callValue(each, new Arguments([value]), stmt.decorators[index] ?? stmt)]);
        made.members.set(stmt.form.name, value);
      } else this.#stmt(stmt, inner);
    }
    this.#announce(made, form, frame);
    this.#dialect.defined?.(made, this.#outside("class", made, new Arguments([]), form, frame));
    return made;
  }

  /** Tells those that Python tells of a new class: the classes that it stands on, its metaclass, its members. */
  #announce(made: ClassValue, form: ClassForm, frame: Frame): void {
    const named = new Map((form.named ?? []).map((each) => [each.name ?? "", this.#value(each.value, frame)] as const));
    for (const base of made.bases) {
      const told = base.k === "class" ? fromClass(base, "__init_subclass__") : null;
      if (told?.k === "function") this.#callFunction({ ...told, self: made }, new Arguments([], named));
    }
    const meta = named.get("metaclass");
    if (meta?.k === "class" || meta?.k === "function") {
      const given = [textValue(form.name ?? ""), listValue(made.bases), dictValue(made.members.entries())];
      if (meta.k === "function") this.#callFunction(meta, new Arguments(given));
      else
        for (const name of ["__prepare__", "__new__", "__init__"]) {
          const method = fromClass(meta, name);
          if (method?.k === "function") this.#callFunction({ ...method, self: meta }, new Arguments(given, named));
        }
    }
    if (this.#dialect.language === "python")
      for (const [name, member] of made.members.entries()) {
        const told = methodOf(member, "__set_name__");
        if (told !== null) this.#callFunction(told, new Arguments([made, textValue(name)]));
      }
  }

  #instantiate(of: ClassValue, args: Arguments): Value {
    const type = outerType(of) ?? of.form.name ?? "object";
    const made = { ...instanceValue(type), of, fields: new Map<string, Value>() };
    // Methods that nobody is seen to call are looked at on an object that was made.
    if (!args.open && !of.members.has("\0instance")) of.members.set("\0instance", made);
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
        const proxy = trapOf(fn, isNew ? "construct" : "apply");
        if (proxy !== null)
          return this.#callValue(proxy.trap, new Arguments([proxy.target, unknown, listValue(args.values)]), at);
        const inner = fn.type === "Proxy" ? fn.fields.get("target") : undefined;
        if (inner !== undefined) return this.#callValue(inner, args, at, isNew, frame);
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
    if (given !== null) return computes(fn.name) ? madeOf(given, call.inputs) : given;
    const from = joinOrigins(originsOf(fn), args.origins);
    this.#callBack(args, from);
    return madeOf(unknownFrom(from), call.inputs, fn.name);
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
    const where = {
      host: this.#host,
      at,
      frame,
      endless: this.#flow.isEndless,
      inside: this.#active.at(-1)?.name ?? null,
    };
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
    // A short function that is given what is known is a decoder, or as good as one: it may be called for each character.
    const isSure = isOfConstants([...args.values, ...fn.given]) && !args.open;
    const most = isSure && fn.form.end - fn.form.start <= shortFunction ? mostCallsOfShort : mostCallsOfOne;
    if (this.#active.length >= mostCallDepth || isRecursive || (known?.count ?? 0) >= most || this.#session.left <= 0) {
      if (known === undefined) this.#called.set(fn.form, { count: 1, last: unknown });
      const last = known?.last ?? unknown;
      // A text that another call gave is not what this one gives.
      return last.k === "unknown" || last.k === "text" || last.k === "number"
        ? madeOf(unknownFrom(args.origins), args.values)
        : last;
    }
    const entry = known ?? { count: 0, last: unknown };
    entry.count += 1;
    this.#called.set(fn.form, entry);
    const frame: Frame = { scope: { names: new Names(), outer: fn.scope }, returns: [], yields: [], isSure };
    for (const [target, value] of boundTo(fn, args, (each) => this.#value(each, frame))) {
      if (typeof target === "string") frame.scope.names.set(target, value);
      else declare(target, value, frame, this.#walk);
    }
    this.#active.push(fn.form);
    try {
      this.#flow.apart(isSure, () => this.#block(fn.form.body, frame));
    } finally {
      this.#active.pop();
    }
    entry.last =
      frame.yields.length > 0
        ? listValue(frame.yields, !isSure)
        : frame.returns.length > 0
          ? anyOf(frame.returns)
          : constantValue(null);
    return entry.last;
  }
}

/** `{key: value for …}` */
function dictOfPairs(pairs: readonly Value[], from: Origins): Value {
  const made = dictValue();
  made.from = from;
  for (const each of pairs) {
    const [key, value] = each.k === "list" ? each.items : [];
    if (value !== undefined && (key?.k === "text" || key?.k === "number")) made.entries.set(asText(key), value);
    else made.open = true;
  }
  return made;
}

/** What `typeof` says, where one thing is meant. */
function typeOf(of: Value): Value {
  switch (of.k) {
    case "text":
      return textValue(of.bytes ? "object" : "string");
    case "number":
      return textValue("number");
    case "function":
    case "class":
      return textValue("function");
    case "list":
    case "dict":
    case "instance":
      return textValue("object");
    default:
      return unknown;
  }
}
