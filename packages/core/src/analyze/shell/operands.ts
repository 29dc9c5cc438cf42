/** What tools have in common: how they are called, and their operands. */
import { asText, joinOrigins, noOrigins, type Origins, originsOf, type Value } from "../value.ts";
import type { CommandCall } from "./shell.ts";

/** Runs one tool and gives what it prints. */
export type Tool = (call: CommandCall) => Value;

/** Every operand as a path, with its value. */
export function paths(values: readonly Value[]): readonly { readonly path: string; readonly value: Value }[] {
  return values
    .flatMap((value) => (value.k === "choice" ? value.of : [value]))
    .map((value) => ({ path: asText(value), value }));
}

/** Where the words and standard input of a command come from. */
export function originsOfCall(call: CommandCall): Origins {
  return [...call.args, ...(call.stdin === null ? [] : [call.stdin])].reduce<Origins>(
    (from, each) => joinOrigins(from, originsOf(each)),
    noOrigins,
  );
}
