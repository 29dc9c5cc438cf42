/** What is known while a script is read. */
import type { Syntax } from "../syntax.ts";
import type { Value } from "../value.ts";
import type { Shell } from "./shell.ts";

/** What a shell and those whose texts it evaluates have in common. */
export interface ShellState {
  readonly variables: Map<string, Value>;
  readonly exported: Set<string>;
  readonly functions: Map<string, { readonly body: Syntax; readonly shell: Shell }>;
  readonly aliases: Map<string, Value>;
  /** How names were declared: `A` for arrays with keys, `i`, `u`, `l`. */
  readonly kinds: Map<string, string>;
  /** Names that stand for other names (`declare -n`). */
  readonly references: Map<string, string>;
  /** What can be read from descriptors, by their number. */
  readonly descriptors: Map<string, Value>;
  /** How far an input was read, line by line. */
  readonly consumed: WeakMap<Value, number>;
  readonly called: Map<Syntax, number>;
  readonly active: Syntax[];
  /** The names of the functions that are being followed. */
  readonly names: string[];
  /** The files that descriptors stand for, by their number. */
  readonly opened: Map<string, string>;
  readonly read: WeakSet<Syntax>;
  /** Counts changes of variables; their names since the innermost loop began its round. */
  changes: number;
  changed: Set<string>;
  /** Counts effects, also those that were known before. */
  tried: number;
  /** How the last command ended; `null` where that is not known. */
  status: boolean | null;
  jump: "break" | "continue" | null;
  unsure: number;
}

/** A shell that knows nothing yet. */
export function newState(): ShellState {
  return {
    variables: new Map(),
    exported: new Set(),
    functions: new Map(),
    aliases: new Map(),
    kinds: new Map(),
    references: new Map(),
    descriptors: new Map(),
    consumed: new WeakMap(),
    called: new Map(),
    active: [],
    names: [],
    opened: new Map(),
    read: new WeakSet(),
    changes: 0,
    changed: new Set(),
    tried: 0,
    status: null,
    jump: null,
    unsure: 0,
  };
}
