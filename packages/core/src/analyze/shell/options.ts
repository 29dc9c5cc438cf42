/** Options of a command line: which are set, what values they take, and what is left. */
import { asText, type Value } from "../value.ts";

export interface Parsed {
  /** Set options, without their dashes. */
  readonly set: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, readonly Value[]>;
  readonly rest: readonly Value[];
}

/** `takes` are the options that take a value, separated by blanks: `o output d data`. With `first` the first operand ends them. */
export function parseOptions(args: readonly Value[], takes: string, first: "anywhere" | "first" = "anywhere"): Parsed {
  const withValue = new Set(takes.split(" "));
  const set = new Set<string>();
  const values = new Map<string, Value[]>();
  const rest: Value[] = [];
  const put = (name: string, value: Value) => {
    set.add(name);
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index];
    if (arg === undefined) break;
    const text = asText(arg);
    if (text === "--") {
      rest.push(...args.slice(index + 1));
      break;
    }
    if (text === "-" || !text.startsWith("-") || (rest.length > 0 && first === "first")) {
      if (first === "first") {
        rest.push(...args.slice(index));
        break;
      }
      rest.push(arg);
      continue;
    }
    const long = /^--?([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(text);
    if (text.startsWith("--") || (long?.[1] !== undefined && long[1].length > 1 && withValue.has(long[1]))) {
      const name = long?.[1] ?? text.slice(2);
      const next = args[index + 1];
      if (long?.[2] !== undefined) put(name, arg.k === "text" ? { ...arg, text: long[2] } : arg);
      else if (withValue.has(name) && next !== undefined) {
        put(name, next);
        index += 1;
      } else set.add(name);
      continue;
    }
    for (let at = 1; at < text.length; at += 1) {
      const letter = text[at] ?? "";
      if (!withValue.has(letter)) {
        set.add(letter);
        continue;
      }
      const glued = text.slice(at + 1);
      const next = args[index + 1];
      if (glued !== "") put(letter, arg.k === "text" ? { ...arg, text: glued } : arg);
      else if (next !== undefined) {
        put(letter, next);
        index += 1;
      } else set.add(letter);
      break;
    }
  }
  return { set, values, rest };
}
