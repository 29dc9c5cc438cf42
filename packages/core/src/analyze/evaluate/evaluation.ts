/**
 * Evaluates a program approximately: every branch is taken, constants are folded, functions of the program are followed into,
 * and what it does to the outside is written down. It runs nothing and ends always: steps, depth and sizes are bounded.
 */
import type { ClassForm, Expr, FunctionForm, Span, Stmt } from "../ir.ts";
import { type Changes, Names, noChanges } from "../names.ts";
import type { Session, Unit } from "../session.ts";
import {
  anyOf,
  type ClassValue,
  constantValue,
  disguiseOf,
  type FunctionValue,
  instanceValue,
  isWhole,
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
import { Arguments } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import {
  type End,
  type Frame,
  idleness,
  isShort,
  mostCallDepth,
  mostCallsOfOne,
  mostDepth,
  mostForSteps,
  mostLongRounds,
  mostLoopSteps,
  mostRounds,
} from "./frame.ts";
import { binary, concatenated, itemOf, itemsOf, sliceOf, truthOf, unary } from "./operate.ts";
import { type Host, Outside } from "./outside.ts";
import {
  argumentsOf,
  boundTo,
  dictOf,
  fromClass,
  functionsIn,
  homeOf,
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
  readonly #armsSeen = new Set<number>();
  readonly #host: Host;
  /** Loops around what is evaluated that are followed round by round. */
  #unrolled = 0;
  /** No such loop begins another round when fewer steps are left. */
  #leastLeft = 0;
  #endless = 0;
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
      if (end !== null && this.#unrolled > 0) return end;
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
        if (stmt.declares === true) this.#declare(stmt.target, whole, frame);
        else this.#assign(stmt.target, whole, frame);
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
        return this.#branches(stmt, frame);
      case "for":
        return this.#for(stmt, frame);
      case "while":
        return this.#while(stmt, frame);
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

  #branches(stmt: Extract<Stmt, { do: "branches" }>, frame: Frame): End {
    const { scope } = frame;
    const tests = stmt.tests.map((each) => this.#value(each, frame));
    const truth = this.#unrolled > 0 && tests.length === 1 && tests[0] !== undefined ? truthOf(tests[0]) : null;
    if (truth !== null) {
      // In a loop that is followed round by round the taken arm decides; the other is looked at once for what it does.
      const taken = truth ? 0 : 1;
      const other = stmt.arms[1 - taken];
      const first = other?.[0];
      if (other !== undefined && first !== undefined && !this.#armsSeen.has(first.start)) {
        this.#armsSeen.add(first.start);
        scope.names.tried(() => this.#block(other, { ...frame, returns: [], yields: [] }));
      }
      return this.#block(stmt.arms[taken] ?? [], frame);
    }
    const ways: Changes[] = [];
    for (const arm of stmt.arms) {
      const { result: end, changes } = scope.names.tried(() => this.#block(arm, frame));
      // An arm that leaves does not decide what holds afterwards.
      if (end === null || this.#unrolled === 0) ways.push(changes);
    }
    if (stmt.arms.length === 1 || stmt.tests.length >= stmt.arms.length) ways.push(noChanges);
    scope.names.meet(ways);
    return null;
  }

  #for(stmt: Extract<Stmt, { do: "for" }>, frame: Frame): End {
    const over = this.#value(stmt.over, frame);
    const items = itemsOf(over, this.#dialect.language);
    if (items !== null && items.length > 0 && items.length <= mostRounds && this.#session.left > items.length * 20) {
      this.#unroll(mostForSteps, (mayGoOn) => {
        // Decoders are short; of a long body a few rounds show what it does, and the last item stands for the rest.
        const most = isShort(stmt.body) ? items.length : Math.min(items.length, mostLongRounds);
        let followed = most;
        for (const [round, item] of items.slice(0, most).entries()) {
          this.#assign(stmt.target, item, frame);
          const end = this.#block(stmt.body, frame);
          if (end === "returned" || !this.#session.step()) break;
          if (!mayGoOn()) {
            followed = round + 1;
            break;
          }
        }
        if (followed < items.length) {
          this.#assign(stmt.target, anyOf(items.slice(followed)), frame);
          this.#block(stmt.body, frame);
        }
      });
      return null;
    }
    this.#assign(stmt.target, someItem(over, this.#dialect), frame);
    this.#once(frame, () => this.#block(stmt.body, frame));
    return null;
  }

  #while(stmt: Extract<Stmt, { do: "while" }>, frame: Frame): End {
    const test = stmt.test === null ? unknown : this.#value(stmt.test, frame);
    const { test: condition } = stmt;
    if (condition !== null && condition.op !== "const" && truthOf(test) === true) {
      this.#unroll(mostLoopSteps, (mayGoOn) => {
        const isIdle = idleness();
        for (let round = 0; round < mostRounds; round += 1) {
          const end = this.#block(stmt.body, frame);
          if (end === "returned" || end === "left") return;
          this.#block(stmt.step, frame);
          const again = this.#value(condition, frame);
          if (truthOf(again) !== true || isIdle(again) || !mayGoOn()) return;
        }
      });
      return null;
    }
    const isEndless = stmt.test === null || truthOf(test) === true;
    if (isEndless) this.#endless += 1;
    this.#once(frame, () => {
      this.#block(stmt.body, frame);
      this.#block(stmt.step, frame);
    });
    if (isEndless) this.#endless -= 1;
    return null;
  }

  /** Follows a loop round by round, for so many steps together with the loops in it. */
  #unroll(mostSteps: number, rounds: (mayGoOn: () => boolean) => void): void {
    const outer = this.#leastLeft;
    const least = Math.max(outer, 100, this.#session.left - mostSteps);
    this.#leastLeft = least;
    this.#unrolled += 1;
    try {
      rounds(() => this.#session.left > least);
    } finally {
      this.#unrolled -= 1;
      this.#leastLeft = outer;
    }
  }

  /** A body that may run or not, any number of times: looked at once. */
  #once(frame: Frame, run: () => void): void {
    const { names } = frame.scope;
    const { changes } = names.tried(run);
    names.meet([changes, noChanges]);
  }

  #assign(target: Expr, value: Value, frame: Frame): void {
    switch (target.op) {
      case "name": {
        const home = homeOf(target.name, frame.scope, this.#dialect.language);
        home.names.set(
          target.name,
          home === frame.scope ? value : anyOf([value, home.names.get(target.name) ?? value]),
        );
        return;
      }
      case "attr":
        this.#setMember(this.#value(target.of, frame), target.name, value, target);
        return;
      case "item": {
        const of = this.#value(target.of, frame);
        const key = this.#value(target.key, frame);
        if (of.k === "list" && key.k === "number" && key.n >= 0 && key.n < of.items.length) of.items[key.n] = value;
        else if (of.k === "dict" && key.k === "text") of.entries.set(key.text, value);
        else if (of.k === "list" || of.k === "dict") {
          of.open = true;
          if (of.k === "list") of.from = joinOrigins(of.from, originsOf(value));
        } else this.#setMember(of, key.k === "text" ? key.text : "\0item", value, target);
        return;
      }
      case "list": {
        const items = itemsOf(value, this.#dialect.language);
        target.items.forEach((each, index) => {
          if (each.op === "spread")
            this.#assign(each.of, listValue(items?.slice(index) ?? [], items === null, value.from), frame);
          else this.#assign(each, items?.[index] ?? (items === null ? someItem(value, this.#dialect) : unknown), frame);
        });
        return;
      }
      case "dict":
        for (const entry of target.entries) {
          const key = this.#value(entry.key, frame);
          this.#assign(
            entry.value,
            key.k === "text" ? this.#member(value, key.text, target) : unknownFrom(originsOf(value)),
            frame,
          );
        }
        return;
      case "spread":
        this.#assign(target.of, value, frame);
        return;
      default:
        this.#value(target, frame);
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
        this.#assign(expr.target, value, frame);
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
      this.#assign(expr.target, item, inner);
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
    if (name === "length" && this.#dialect.language !== "python") {
      if (of.k === "list" && !of.open) return numberValue(of.items.length);
      if (of.k === "text" && isWhole(of.text)) return numberValue(of.text.length);
    }
    if (of.k === "choice") return anyOf(of.of.map((each) => this.#member(each, name, at)));
    switch (of.k) {
      case "dict": {
        const entry = this.#dialect.language === "python" ? undefined : of.entries.get(name);
        if (entry !== undefined)
          return entry.k === "function" && entry.form.self === "this" ? { ...entry, self: of } : entry;
        return refValue(`dict#${name}`, of);
      }
      case "list":
        return refValue(`list#${name}`, of);
      case "text":
        return refValue(`${of.bytes ? "bytes" : "str"}#${name}`, of);
      case "number":
        return refValue(`number#${name}`, of);
      case "ref":
        return this.#dialect.memberOf(this.#outside(of.name, of, new Arguments([]), at), of, name);
      case "function":
        return refValue(`function#${name}`, of);
      case "class": {
        const found = fromClass(of, name);
        return found ?? refValue(`class#${name}`, of);
      }
      case "instance": {
        const field = of.fields.get(name);
        if (field !== undefined) return field;
        const found = of.of === null ? null : fromClass(of.of, name);
        if (found !== null) return found.k === "function" ? { ...found, self: of } : found;
        return this.#dialect.instanceMember(of, name) ?? refValue(`${of.type}#${name}`, of, of.from);
      }
      case "unknown":
      case "constant":
        return refValue(`?#${name}`, of, of.from);
    }
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
    const where = { host: this.#host, at, frame, endless: this.#endless > 0 };
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
      else this.#declare(target, value, frame);
    }
    this.#active.push(fn.form);
    const unrolled = this.#unrolled;
    const leastLeft = this.#leastLeft;
    this.#unrolled = 0;
    this.#leastLeft = 0;
    try {
      this.#block(fn.form.body, frame);
    } finally {
      this.#active.pop();
      this.#unrolled = unrolled;
      this.#leastLeft = leastLeft;
    }
    entry.last =
      frame.yields.length > 0
        ? listValue(frame.yields, true)
        : frame.returns.length > 0
          ? anyOf(frame.returns)
          : constantValue(null);
    return entry.last;
  }

  /** A parameter always belongs to its function, also where a name around it is the same. */
  #declare(target: Expr, value: Value, frame: Frame): void {
    if (target.op === "name") frame.scope.names.set(target.name, value);
    else this.#assign(target, value, frame);
  }
}
