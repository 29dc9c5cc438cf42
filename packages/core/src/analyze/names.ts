/** The names of a scope, and how they stand after branches that met again. */
import { anyOf, type Value } from "./value.ts";

/** What names were set to, by something that was tried. */
export type Changes = ReadonlyMap<string, Value>;

/** Where nothing was changed. */
export const noChanges: Changes = new Map();

/**
 * Names and their values. Each arm of a branch starts from the same names: what an arm sets is noted and undone, since copying all
 * names for each arm takes longer than reading it.
 */
export class Names {
  readonly #values = new Map<string, Value>();
  /** What was before, of the names that were set since the innermost trial began. */
  #before: Map<string, Value | undefined> | null = null;

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  entries(): readonly (readonly [string, Value])[] {
    return [...this.#values];
  }

  set(name: string, value: Value): void {
    const before = this.#before;
    if (before !== null && !before.has(name)) before.set(name, this.#values.get(name));
    this.#values.set(name, value);
  }

  /** Runs something that may set names, tells what it set, and leaves the names as they were. */
  tried<Result>(run: () => Result): { readonly result: Result; readonly changes: Changes } {
    const outer = this.#before;
    const before = new Map<string, Value | undefined>();
    this.#before = before;
    try {
      const result = run();
      const changes = new Map<string, Value>();
      for (const name of before.keys()) {
        const value = this.#values.get(name);
        if (value !== undefined) changes.set(name, value);
      }
      return { result, changes };
    } finally {
      this.#before = outer;
      for (const [name, value] of before) {
        if (value === undefined) this.#values.delete(name);
        else this.#values.set(name, value);
      }
    }
  }

  /** After one of several ways: a name is what any of them made it, or what it was where one left it alone. */
  meet(ways: readonly Changes[]): void {
    const all = new Set<string>();
    for (const way of ways) for (const name of way.keys()) all.add(name);
    for (const name of all) {
      const was = this.#values.get(name);
      const values: Value[] = [];
      for (const way of ways) {
        const value = way.get(name) ?? was;
        if (value !== undefined && !values.includes(value)) values.push(value);
      }
      this.set(name, anyOf(values));
    }
  }
}
