/** The arguments of a call, and what a known function can ask for. */
import type { LanguageName } from "@hsr/contract";
import type { Spot } from "../effects.ts";
import type { Seen } from "../session.ts";
import { joinOrigins, noOrigins, type Origins, originsOf, unknown, type Value } from "../value.ts";

export class Arguments {
  readonly values: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
  /** Whether there are more than is known, of `*args` or `**kwargs`. */
  readonly open: boolean;

  constructor(values: readonly Value[], named: ReadonlyMap<string, Value> = new Map(), open = false) {
    this.values = values;
    this.named = named;
    this.open = open;
  }

  /** The argument at a place or under a name; `null` if it was not given. */
  get(place: number, ...names: readonly string[]): Value | null {
    for (const name of names) {
      const found = this.named.get(name);
      if (found !== undefined) return found;
    }
    return this.values[place] ?? null;
  }

  /** The same, unknown where it was not given. */
  at(place: number, ...names: readonly string[]): Value {
    return this.get(place, ...names) ?? unknown;
  }

  /** The same with one more before all others. */
  withFirst(value: Value): Arguments {
    return new Arguments([value, ...this.values], this.named, this.open);
  }

  /** The same without the first. */
  get rest(): Arguments {
    return new Arguments(this.values.slice(1), this.named, this.open);
  }

  /** One argument and nothing else. */
  only(value: Value): Arguments {
    return new Arguments([value]);
  }

  /** Where all of them come from. */
  get origins(): Origins {
    let from = noOrigins;
    for (const value of this.values) from = joinOrigins(from, originsOf(value));
    for (const value of this.named.values()) from = joinOrigins(from, originsOf(value));
    return from;
  }
}

/** A call of something outside of the program. */
export interface OutsideCall {
  /** The full name, as `os.path.join` or `str#join`. */
  readonly name: string;
  readonly self: Value | null;
  readonly args: Arguments;
  readonly isNew: boolean;
  /** How the name was hidden. */
  readonly disguise: readonly string[];
  readonly place: Spot;
  /** Whether it stands in a loop that never ends by itself. */
  readonly endless: boolean;
  /** The same call under another name, on something else, or with other arguments. */
  but(changes: Partial<Pick<OutsideCall, "name" | "self" | "args">>): OutsideCall;
  /** Writes an effect down and gives its index. */
  emit(seen: Omit<Seen, "callee"> & { readonly callee?: string }): number;
  /** Calls a function of the program, or anything else. */
  call(fn: Value, values: readonly Value[], named?: ReadonlyMap<string, Value>): Value;
  /** `of[key]`. */
  item(of: Value, key: Value): Value;
  /** Sets a member of something. */
  set(of: Value, name: string, value: Value): void;
  /** Sets a name of the program. */
  define(name: string, value: Value): void;
  /** What was written to a file before; `null` if nothing was. */
  written(path: string): Value | null;
  /** A member of a value. */
  member(of: Value, name: string): Value;
  /** Reads a text as code of this program's language, in its scope, and gives what it evaluates to. */
  evaluate(text: string): Value;
  /** A variable out of a value that holds the whole environment: what it comes from is no longer all of it. */
  partOf(value: Value): Value;
  /** Goes to a folder; gives the one before. */
  enter(path: string | null): string | null;
  /** The name of the function of the program that the call stands in. */
  readonly inside: string | null;
  /** Looks a name up where the call stands. */
  lookup(name: string): Value | null;
  /** Reads a text as Bash and gives what it prints. */
  shellText(text: string, from: Origins): Value;
  /** Reads a command line given as words and gives what it prints. */
  command(words: readonly Value[], stdin: Value | null): Value;
  /** What a file's content is known to be, when it is read as the effect `index`. */
  reading(path: string, index: number): Value;
  /** What a variable of the environment holds, when it is read as the effect `index`. */
  variable(name: string, index: number): Value;
  /** The program's arguments as a list, with so many words before them, when they are read as the effect `index`. */
  words(index: number, before: number): Value;
  /** Notes what is written to a file. */
  wrote(path: string, content: Value | null, index: number): void;
  /** Reads a text as code of another language of the program. */
  readText(language: LanguageName, text: string): boolean;
}

/** Computes a call without an effect; `null` when it cannot. */
export type Fold = (call: OutsideCall) => Value | null;
