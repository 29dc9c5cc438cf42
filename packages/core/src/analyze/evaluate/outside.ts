/** A call of something outside of the program, made by an evaluation. Most calls only compute: this object is all that they cost. */
import type { LanguageName } from "@hsr/contract";
import type { Spot } from "../effects.ts";
import type { Span } from "../ir.ts";
import type { Seen, Session, Unit } from "../session.ts";
import { readCommand, readShellText } from "../shell/index.ts";
import { type Disguise, joinDisguise, type Origins, unknownFrom, type Value } from "../value.ts";
import { Arguments, type OutsideCall } from "./call.ts";
import type { Frame } from "./frame.ts";

/** What an evaluation does for the calls that it makes. */
export interface Host {
  readonly session: Session;
  readonly unit: Unit;
  call(fn: Value, args: Arguments, at: Span, frame: Frame | null): Value;
  member(of: Value, name: string, at: Span): Value;
  item(of: Value, key: Value, at: Span): Value;
  set(of: Value, name: string, value: Value, at: Span): void;
  evaluate(text: string, frame: Frame | null, at: Span): Value;
  lookup(name: string, frame: Frame | null): Value | null;
}

const plain: Disguise = [];

/** Where a call stands. */
export interface Where {
  readonly host: Host;
  readonly at: Span;
  readonly frame: Frame | null;
  readonly endless: boolean;
  readonly inside: string | null;
}

export class Outside implements OutsideCall {
  readonly name: string;
  readonly self: Value | null;
  readonly args: Arguments;
  readonly isNew: boolean;
  readonly disguise: Disguise;
  readonly #where: Where;
  #place: Spot | null = null;

  constructor(
    where: Where,
    name: string,
    self: Value | null,
    args: Arguments,
    isNew = false,
    disguise: Disguise = plain,
  ) {
    this.#where = where;
    this.name = name;
    this.self = self;
    this.args = args;
    this.isNew = isNew;
    this.disguise = disguise;
  }

  but(changes: Partial<Pick<OutsideCall, "name" | "self" | "args">>): Outside {
    const { name = this.name, self = this.self, args = this.args } = changes;
    return new Outside(this.#where, name, self, args, this.isNew, this.disguise);
  }

  /** All that it is computed of. */
  get inputs(): readonly Value[] {
    const given = [...this.args.values, ...this.args.named.values()];
    return this.self === null ? given : [this.self, ...given];
  }

  /** Nobody asks of most calls where they stand. */
  get place(): Spot {
    const { host, at } = this.#where;
    this.#place ??= host.session.place(host.unit, at.start, at.end);
    return this.#place;
  }

  get endless(): boolean {
    return this.#where.endless;
  }

  emit(seen: Omit<Seen, "callee"> & { readonly callee?: string }): number {
    const { session, unit } = this.#where.host;
    const disguise = joinDisguise(this.disguise, seen.disguise ?? plain);
    const inline = seen.kind === "deserialize" && unit.layer > 0 ? ["inline"] : [];
    const tags = inline.length === 0 ? seen.tags : [...(seen.tags ?? []), ...inline];
    return session.add(
      { callee: this.name, ...seen, ...(tags === undefined ? {} : { tags }), disguise },
      this.place,
      unit.layer,
    );
  }

  call(fn: Value, values: readonly Value[], named?: ReadonlyMap<string, Value>): Value {
    const { host, at, frame } = this.#where;
    return host.call(fn, new Arguments(values, named), at, frame);
  }

  item(of: Value, key: Value): Value {
    return this.#where.host.item(of, key, this.#where.at);
  }

  set(of: Value, name: string, value: Value): void {
    if (of.k === "ref" && (of.name === "scope" || of.name === "globalThis")) this.define(name, value);
    else this.#where.host.set(of, name, value, this.#where.at);
  }

  define(name: string, value: Value): void {
    let scope = this.#where.frame?.scope ?? null;
    while (scope !== null && scope.outer !== null) scope = scope.outer;
    scope?.names.set(name, value);
  }

  written(path: string): Value | null {
    const found = this.#where.host.session.writtenTo(path);
    return found === null ? null : (found.content ?? unknownFrom(found.from));
  }

  member(of: Value, name: string): Value {
    return this.#where.host.member(of, name, this.#where.at);
  }

  evaluate(text: string): Value {
    return this.#where.host.evaluate(text, this.#where.frame, this.#where.at);
  }

  get inside(): string | null {
    return this.#where.inside;
  }

  enter(path: string | null): string | null {
    return this.#where.host.session.enter(path);
  }

  partOf(value: Value): Value {
    if (value.k !== "unknown" || value.from.length === 0) return value;
    const { effects } = this.#where.host.session;
    const own = value.from.filter((index) => {
      const effect = effects[index];
      return effect?.kind !== "environment" || !effect.tags.includes("all");
    });
    return own.length === value.from.length ? value : unknownFrom(own);
  }

  lookup(name: string): Value | null {
    return this.#where.host.lookup(name, this.#where.frame);
  }

  shellText(text: string, from: Origins): Value {
    const { session, unit } = this.#where.host;
    return readShellText(session, unit, this.place, text) ?? unknownFrom(from);
  }

  command(words: readonly Value[], stdin: Value | null): Value {
    const { session, unit } = this.#where.host;
    return readCommand(session, unit, this.place, words, stdin);
  }

  reading(path: string, index: number): Value {
    return this.#where.host.session.reading(path, index);
  }

  variable(name: string, index: number): Value {
    return this.#where.host.session.variable(name, index);
  }

  words(index: number, before: number): Value {
    return this.#where.host.session.words(index, before);
  }

  wrote(path: string, content: Value | null, index: number): void {
    this.#where.host.session.wrote(path, content, index);
  }

  readText(language: LanguageName, text: string): boolean {
    const { session, unit } = this.#where.host;
    return session.readText(language, text, unit, this.place);
  }
}
