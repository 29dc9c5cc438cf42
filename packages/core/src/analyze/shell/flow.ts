/** Control flow of Bash: where it is known which way a script goes, values are those of that way; every other way is read too. */

import { concatenated } from "../evaluate/operate.ts";
import { matchesWhole, matchSteps, shellPattern } from "../pattern.ts";
import { child, childrenOf, named, type Syntax } from "../syntax.ts";
import {
  anyOf,
  asText,
  computedText,
  isComputed,
  isWhole,
  joinOrigins,
  listValue,
  noOrigins,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { conditionOf, exactText } from "./conditions.ts";
import { sumIn } from "./parameters.ts";
import type { Shell } from "./shell.ts";
import { expand, expandPattern, expandWhole } from "./words.ts";

const nothing = textValue("");
/** Rounds of a loop that computes, of one that does something, and of one that nothing but itself ends. */
const mostRounds = 4096;
const mostDoing = 128;
const mostEndless = 16;
/** From so many numbers in a row a loop goes through a range of addresses or ports. */
const leastOfRange = 32;

/** `if` with its arms, which are read in order until one is known to be taken. */
export function branches(shell: Shell, node: Syntax, stdin: Value | null): Value {
  const arms: { readonly test: readonly Syntax[]; readonly body: readonly Syntax[] }[] = [];
  const armOf = (each: Syntax) => {
    const parts = each.children;
    const then = parts.findIndex((one) => one.type === "then");
    const isArm = (one: Syntax) => one.named && one.type !== "comment" && !/^el(?:if|se)_clause$/.test(one.type);
    arms.push({ test: parts.slice(0, Math.max(0, then)).filter(isArm), body: parts.slice(then + 1).filter(isArm) });
  };
  armOf(node);
  for (const each of named(node)) if (/^el(?:if|se)_clause$/.test(each.type)) armOf(each);
  const before = new Map(shell.variables);
  const ends: Map<string, Value>[] = [];
  const outputs: Value[] = [];
  let isSure = true;
  let taken = false;
  for (const { test, body } of arms) {
    if (taken) {
      shell.skim([...test, ...body]);
      continue;
    }
    shell.forgetStatus();
    if (test.length > 0) outputs.push(shell.block(test, stdin));
    const holds = test.length === 0 ? true : shell.status;
    if (holds === false) {
      shell.skim(body);
      continue;
    }
    taken = holds === true;
    if (taken && isSure) {
      outputs.push(shell.block(body, stdin));
      continue;
    }
    isSure = false;
    const start = new Map(shell.variables);
    outputs.push(shell.unsure(() => shell.block(body, stdin)));
    ends.push(new Map(shell.variables));
    shell.restore(start);
  }
  if (!isSure) merge(shell, taken ? ends : [...ends, before]);
  shell.forgetStatus();
  return anyPrinted(outputs);
}

/** After several ways: each variable is any of what it was at their ends. */
function merge(shell: Shell, ends: readonly ReadonlyMap<string, Value>[]): void {
  for (const name of new Set(ends.flatMap((each) => [...each.keys()]))) {
    const values = [...new Set(ends.map((each) => each.get(name)).filter((each) => each !== undefined))];
    const [only] = values;
    if (only !== undefined) shell.put(name, values.length === 1 ? only : anyOf(values));
  }
}

function anyPrinted(outputs: readonly Value[]): Value {
  const printed = outputs.filter((each) => each.k !== "text" || each.text !== "");
  return printed.length === 0 ? nothing : anyOf(printed);
}

/** `case`: the first item whose pattern matches, where the word is known. */
export function chosen(shell: Shell, node: Syntax, stdin: Value | null): Value {
  const word = child(node, "value");
  const value = word === null ? unknown : expandWhole(word, shell);
  const text = exactText(value);
  const items = named(node).filter((each) => each.type === "case_item");
  const bodyOf = (item: Syntax) => named(item).filter((each) => each.field !== "value");
  if (text !== null) {
    const known = items.map((item) => matches(shell, item, text));
    const at = known.findIndex((each) => each !== false);
    if (at < 0 || known[at] === true) {
      const found = items[at];
      const output = found === undefined ? nothing : shell.block(bodyOf(found), stdin);
      for (const item of items) if (item !== found) shell.skim(bodyOf(item));
      return output;
    }
  }
  const before = new Map(shell.variables);
  const ends: Map<string, Value>[] = [];
  const outputs = items.map((item) => {
    for (const each of childrenOf(item, "value")) expandWhole(each, shell);
    shell.restore(before);
    const output = shell.unsure(() => shell.block(bodyOf(item), stdin));
    ends.push(new Map(shell.variables));
    return output;
  });
  merge(shell, [...ends, before]);
  return anyPrinted(outputs);
}

function matches(shell: Shell, item: Syntax, text: string): boolean | null {
  let isSure = true;
  for (const each of childrenOf(item, "value")) {
    const source = asText(expandPattern(each, shell));
    const pattern = isWhole(source) ? shellPattern(source) : null;
    const found = pattern === null ? null : matchesWhole(pattern, text, { steps: matchSteps });
    if (found === true) return true;
    if (found === null) isSure = false;
  }
  return isSure ? false : null;
}

/** Counts the rounds of a loop and says when to end it. */
class Rounds {
  readonly #shell: Shell;
  readonly #start: number;
  readonly #changedBefore: ReadonlySet<string>;
  readonly #outputs: Value[] = [];
  #count = 0;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.#start = shell.session.left;
    this.#changedBefore = shell.changed;
    shell.changed = new Set();
  }

  /** Runs the body once: whether the loop is over then, or nothing changed. `most`: more rounds are not read. */
  run(body: readonly Syntax[], stdin: Value | null, most: number): "over" | "same" | "more" {
    const shell = this.#shell;
    const { changes } = shell;
    for (const each of shell.changed) this.#all.add(each);
    shell.changed = new Set();
    const tried = shell.tried;
    this.#outputs.push(shell.block(body, stdin));
    const { jump } = shell;
    if (jump === "continue" || jump === "break") shell.jump = null;
    this.#count += 1;
    if (jump === "break") return "over";
    const isDoing = shell.tried > tried;
    const limit = isDoing ? Math.min(most, mostDoing) : most;
    if (this.#count >= limit || shell.session.left < this.#start / 2) {
      // A single round is a loop of which nobody knows how often it runs: what it makes is as after that round.
      if (most > 1) this.#cutOff(most === mostEndless);
      return "over";
    }
    return changes === shell.changes ? "same" : "more";
  }

  readonly #all = new Set<string>();

  /** What a loop that is not followed to its end makes is not known. */
  #cutOff(isEndless: boolean): void {
    for (const name of this.#shell.changed) {
      const value = this.#shell.variables.get(name);
      if (value?.k === "text" && isEndless && !isComputed(value)) this.#shell.put(name, unknownFrom(value.from));
      else if (value?.k === "text") this.#shell.put(name, isComputed(value) ? value : computedText(value.from));
      else if (value?.k === "list") this.#shell.put(name, listValue(value.items, true, value.from));
    }
  }

  end(): Value {
    const shell = this.#shell;
    shell.changed = new Set([...this.#changedBefore, ...this.#all, ...shell.changed]);
    const [only] = this.#outputs;
    return this.#outputs.length === 0 || only === undefined
      ? nothing
      : this.#outputs.length === 1
        ? only
        : concatenated(this.#outputs);
  }
}

/** `while` and `until`: round after round while the test is known, else one. */
export function repeated(shell: Shell, node: Syntax, stdin: Value | null): Value {
  const body = child(node, "body");
  const test = childrenOf(node, "condition");
  const until = node.children[0]?.type === "until";
  const isConstant = test.every((each) =>
    /^\s*(?:true|false|:|\[\s*1\s*\]|\(\(\s*1\s*\)\))\s*$/.test(shell.source.slice(each.start, each.end)),
  );
  if (body === null) return nothing;
  const rounds = new Rounds(shell);
  for (let first = true; ; first = false) {
    shell.forgetStatus();
    const { changes } = shell;
    shell.block(test, stdin);
    const holds = shell.status === null ? null : shell.status !== until;
    if (holds === false) {
      if (first) shell.skim([body]);
      break;
    }
    if (holds === null) {
      if (first) shell.unsure(() => rounds.run([body], stdin, 1));
      break;
    }
    const isReading = shell.changes !== changes;
    const after = rounds.run([body], stdin, isConstant ? mostEndless : mostRounds);
    if (after === "over" || (after === "same" && !isReading)) break;
    if (!shell.session.step()) break;
  }
  shell.forgetStatus();
  return rounds.end();
}

/** `for ((a; b; c))`. */
export function counted(shell: Shell, node: Syntax, stdin: Value | null): Value {
  const body = child(node, "body");
  const open = node.children.find((each) => each.type === "((");
  const close = node.children.findLast((each) => each.type === "))");
  if (body === null || open === undefined || close === undefined) return nothing;
  const parts = shell.source.slice(open.end, close.start).split(";");
  const sum = (at: number): Value => {
    const text = parts[at]?.trim() ?? "";
    return text === ""
      ? textValue("1")
      : sumIn(text, shell, { node, offset: open.end + shell.source.slice(open.end).indexOf(text) });
  };
  sum(0);
  const rounds = new Rounds(shell);
  for (let first = true; ; first = false) {
    const holds = exactText(sum(1));
    if (holds === "0") {
      if (first) shell.skim([body]);
      break;
    }
    if (holds === null) {
      if (first) shell.unsure(() => rounds.run([body], stdin, 1));
      break;
    }
    if (rounds.run([body], stdin, mostRounds) === "over") break;
    sum(2);
  }
  return rounds.end();
}

/** `for name in words`. */
export function eachWord(shell: Shell, node: Syntax, stdin: Value | null): Value {
  const variable = child(node, "variable");
  const body = child(node, "body");
  if (variable === null || body === null) return nothing;
  const name = shell.source.slice(variable.start, variable.end);
  const values = childrenOf(node, "value");
  const { positional } = shell;
  const words =
    values.length > 0 ? values.flatMap((each) => expand(each, shell)) : positional.k === "list" ? positional.items : [];
  for (const word of words) {
    const text = asText(word);
    if (/[*?[]/.test(text) && /[*?]|\[.*\]/.test(text)) shell.emit({ kind: "list", target: text, callee: "for" });
  }
  if (words.length === 0) {
    shell.put(name, unknown);
    return shell.statement(body, stdin);
  }
  // What goes through many numbers goes through addresses or ports, or only counts: whoever connects with them shows which.
  const numbers =
    words.length >= leastOfRange && words.every((word) => /^\d+$/.test(asText(word)))
      ? [shell.emit({ kind: "input", target: "numbers", tags: ["range"], callee: "for" })]
      : noOrigins;
  const rounds = new Rounds(shell);
  for (const each of words) {
    const word = numbers.length === 0 ? each : textValue(asText(each), joinOrigins(originsOf(each), numbers));
    shell.put(name, word);
    if (rounds.run([body], stdin, mostRounds) === "over") break;
  }
  return rounds.end();
}

/** Tests, for whoever asks what they came to. */
export function tested(shell: Shell, node: Syntax): Value {
  shell.status = conditionOf(node, shell);
  return nothing;
}
