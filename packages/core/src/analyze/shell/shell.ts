/**
 * Reads Bash approximately: every branch is taken, words are expanded as far as they are known, functions are followed into, and
 * what each command does is looked up in the table of tools. Output flows through pipes and substitutions as values.
 */

import { concatenated } from "../evaluate/operate.ts";
import type { Seen, Session, Unit } from "../session.ts";
import { child, named, type Syntax } from "../syntax.ts";
import {
  anyOf,
  asText,
  computedText,
  hole,
  isComputed,
  isWhole,
  joinOrigins,
  listValue,
  noOrigins,
  type Origins,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { builtins, evalText } from "./builtins.ts";
import { assigned, declared } from "./declarations.ts";
import { branches, chosen, counted, eachWord, repeated, tested } from "./flow.ts";
import { readableShell } from "./mask.ts";
import { rawText, type Surroundings, sumIn } from "./parameters.ts";
import { contentOfPipe, pipeOf } from "./pipes.ts";
import { redirected, withNewline } from "./redirects.ts";
import { newState, type ShellState } from "./state.ts";
import { runTool } from "./tools.ts";
import { assignment, expand, expandWhole } from "./words.ts";

/** Variables that Bash gives by itself; expanding them reads no environment. */
const given =
  /^(PWD|OLDPWD|RANDOM|SRANDOM|SECONDS|LINENO|UID|EUID|PPID|HOSTNAME|HOSTTYPE|MACHTYPE|OSTYPE|IFS|REPLY|OPTARG|OPTIND|OPTERR|PIPESTATUS|FUNCNAME|GROUPS|DIRSTACK|EPOCHSECONDS|EPOCHREALTIME|BASH.*|MAPFILE|COPROC|COLUMNS|LINES|SHLVL|_|[0-9]+|[@*?#$!-])$/;

const mostCallDepth = 12;
const mostCallsOfOne = 64;

/** Variables of the environment as they usually are. */
const usually: Readonly<Record<string, string>> = {
  SHELL: "/bin/bash",
  PATH: "/usr/local/bin:/usr/bin:/bin",
};

/** One command with its words expanded. */
export interface CommandCall {
  readonly shell: Shell;
  readonly name: string;
  readonly args: readonly Value[];
  /** What it can read from standard input; `null` when that is not known to be anything. */
  readonly stdin: Value | null;
  /** How its name was hidden. */
  readonly disguise: readonly string[];
  readonly node: Syntax | null;
  emit(seen: Omit<Seen, "callee"> & { readonly callee?: string }): number;
}

export class Shell implements Surroundings {
  readonly session: Session;
  readonly unit: Unit;
  readonly source: string;
  /** What it has in common with shells whose text it evaluates. */
  readonly state: ShellState;
  /** `$0`: the file that is read, or the word behind the text of `-c`. */
  zero: Value;
  /** The shell that another language started: starting a plain tool is a process there. */
  readonly fromOutside: boolean;
  positional: Value = listValue([], true);
  #node: Syntax | null = null;
  #depth = 0;
  /** Whether the command that is run has streams of its own that are descriptors opened before. */
  isTied = false;
  /** What the command that runs can read. */
  #input: Value | null = null;
  /** Whether the parts of its text that nobody can read were made by the script from constants. */
  #isMade = false;

  constructor(session: Session, unit: Unit, fromOutside: boolean, outer: Shell | null = null) {
    this.session = session;
    this.unit = unit;
    this.source = unit.text;
    this.fromOutside = fromOutside;
    this.zero = textValue(unit.file ?? "bash");
    this.state = outer === null ? newState() : outer.state;
  }

  get variables(): Map<string, Value> {
    return this.state.variables;
  }
  get exported(): Set<string> {
    return this.state.exported;
  }
  get aliases(): Map<string, Value> {
    return this.state.aliases;
  }
  get descriptors(): Map<string, Value> {
    return this.state.descriptors;
  }
  get consumed(): WeakMap<Value, number> {
    return this.state.consumed;
  }
  get changes(): number {
    return this.state.changes;
  }
  set changes(count: number) {
    this.state.changes = count;
  }
  get changed(): Set<string> {
    return this.state.changed;
  }
  set changed(names: Set<string>) {
    this.state.changed = names;
  }
  get tried(): number {
    return this.state.tried;
  }
  get status(): boolean | null {
    return this.state.status;
  }
  set status(status: boolean | null) {
    this.state.status = status;
  }
  forgetStatus(): void {
    this.state.status = null;
  }
  get jump(): "break" | "continue" | null {
    return this.state.jump;
  }
  set jump(jump: "break" | "continue" | null) {
    this.state.jump = jump;
  }

  /** Reads the whole text, then every function that is never called. */
  program(root: Syntax, stdin: Value | null = null): Value {
    this.#collect(root, 0);
    const output = this.block(named(root), stdin);
    for (const [name, { body, shell }] of this.state.functions)
      if (shell === this && !this.state.called.has(body)) this.callFunction(name, [], null, true);
    return output;
  }

  /** Functions may be called before the line that defines them is reached. */
  #collect(node: Syntax, depth: number): void {
    for (const each of node.children) {
      if (each.type === "function_definition") {
        const name = child(each, "name");
        const body = child(each, "body");
        if (name !== null && body !== null)
          this.state.functions.set(this.source.slice(name.start, name.end), { body, shell: this });
      }
      if (each.children.length > 0 && depth < 40) this.#collect(each, depth + 1);
    }
  }

  emit(seen: Seen, node: Syntax | null = this.#node): number {
    this.state.tried += 1;
    const at = node ?? { start: 0, end: this.source.length };
    return this.session.add(seen, this.session.place(this.unit, at.start, at.end), this.unit.layer);
  }

  variable(name: string): Value {
    if (name === "@" || name === "*") return this.positional;
    if (/^[1-9][0-9]*$/.test(name)) {
      const { positional } = this;
      if (positional.k !== "list") return unknown;
      return positional.items[Number(name) - 1] ?? (positional.open ? unknownFrom(positional.from) : textValue(""));
    }
    const found = this.variables.get(this.target(name));
    if (found !== undefined) return found;
    if (name === "IFS") return textValue(" \t\n", noOrigins, ["separator"]);
    if (name === "0") return this.zero;
    if (name === "BASH_SOURCE" && this.unit.file !== null) return textValue(this.unit.file);
    if (name === "PWD" || name === "OLDPWD") return textValue("/workspace");
    if (name === "BASH") return textValue("/bin/bash");
    if (given.test(name)) return unknown;
    const index = this.emit({ kind: "environment", target: name, tags: ["read"], callee: "$" });
    const held = this.session.variable(name, index);
    const usual = usually[name];
    return held.k !== "unknown" || usual === undefined ? held : textValue(usual, [index]);
  }

  names(): Iterable<string> {
    return this.variables.keys();
  }

  /** The name that a name stands for. */
  target(name: string): string {
    return this.state.references.get(name) ?? name;
  }

  /** Makes a name stand for another. */
  refer(name: string, to: string): void {
    this.state.references.set(name, to);
  }

  /** Sets a variable, and notes whether that changes it. */
  put(name: string, value: Value): void {
    const target = this.target(name);
    const before = this.variables.get(target);
    if (before !== undefined && before.k === "text" && value.k === "text" && before.text === value.text) {
      this.variables.set(target, value);
      return;
    }
    this.changes += 1;
    this.changed.add(target);
    this.variables.set(target, value);
  }

  assign(name: string, value: Value): void {
    // How much of what is typed is kept counts at once, exported or not.
    if (/^HIST(FILE|SIZE|FILESIZE)$/.test(name) && !this.exported.has(name))
      this.emit({ kind: "environment", target: name, tags: ["write"], callee: name, data: asText(value) });
    if (this.exported.has(name)) this.emit({ kind: "environment", target: name, tags: ["write"], callee: "export" });
    this.put(name, value);
  }

  /** Sets an element of an array. */
  assignAt(name: string, index: string, value: Value): void {
    const before = this.variables.get(this.target(name));
    if (before?.k === "dict") {
      before.entries.set(asText(rawText(index, this, null, false)), value);
      this.put(name, before);
      return;
    }
    const list = before?.k === "list" ? before : listValue(before === undefined ? [] : [before]);
    const at = Number(asText(/^\d+$/.test(index) ? textValue(index) : sumIn(index, this)));
    if (Number.isInteger(at) && at >= 0 && at < 65_536) list.items[at] = value;
    else {
      list.open = true;
      list.from = joinOrigins(list.from, originsOf(value));
    }
    for (let each = list.items.length - 1; each >= 0 && list.items[each] === undefined; each -= 1)
      list.items.length = each;
    for (let each = 0; each < list.items.length; each += 1) list.items[each] ??= textValue("");
    this.put(name, list);
  }

  substituteText(text: string): Value {
    const { length } = text;
    if (length > 4096) return unknown;
    return this.apart(() => this.evaluate(textValue(text), this.#node, null));
  }

  substitute(node: Syntax): Value {
    return this.apart(() => this.#substituted(node));
  }

  #substituted(node: Syntax): Value {
    const inner = named(node);
    const redirect = inner[0];
    // `$(< file)` reads a file.
    if (node.type === "command_substitution" && inner.length === 1 && redirect?.type === "file_redirect") {
      const target = child(redirect, "destination");
      if (target !== null) return this.readFile(expandWhole(target, this), "<");
    }
    const output = this.block(inner, null);
    return node.type === "process_substitution" ? pipeOf(output) : output;
  }

  /** What reading a file gives: what was written there before, or something from outside. */
  readFile(path: Value, callee: string): Value {
    const piped = contentOfPipe(path);
    if (piped !== null) return piped;
    const name = asText(path);
    const number = name === "/dev/stdin" ? "0" : /^\/(?:dev|proc\/(?:self|\$\$|\d+))\/fd\/(\d+)$/.exec(name)?.[1];
    if (number !== undefined) {
      const given = number === "0" ? this.#input : this.descriptors.get(number);
      if (given !== undefined && given !== null) return given;
    }
    const index = this.emit({ kind: "read", target: name, from: originsOf(path), callee });
    return this.session.reading(name, index);
  }

  writeFile(path: Value, content: Value | null, callee: string, tags: readonly string[] = []): void {
    if (contentOfPipe(path) !== null) return;
    for (const each of path.k === "choice" ? path.of : [path]) {
      const name = asText(each);
      if (/^\/dev\/(null|stdout|stderr|tty|fd\/\d)$/.test(name)) continue;
      if (/^\/dev\/(tcp|udp)\//.test(name)) {
        this.emit({
          kind: "send",
          target: name,
          tags: ["raw"],
          from: content === null ? noOrigins : originsOf(content),
          callee,
        });
        continue;
      }
      this.session.wrote(
        name,
        content,
        this.emit({
          kind: "write",
          target: name,
          tags,
          from: content === null ? noOrigins : originsOf(content),
          data: content?.k === "text" ? content.text.slice(0, 400) : null,
          callee,
        }),
      );
    }
  }

  block(nodes: readonly Syntax[], stdin: Value | null): Value {
    let output: Value = textValue("");
    for (const [index, node] of nodes.entries()) {
      const one = this.statement(node, stdin);
      if (this.jump !== null) {
        this.skim(nodes.slice(index + 1));
        return output.k === "text" && output.text === "" ? one : concatenated([output, one]);
      }
      output =
        one.k === "text" && one.text === ""
          ? output
          : output.k === "text" && output.text === ""
            ? one
            : concatenated([output, one]);
    }
    return output;
  }

  /** `a && b || c`: what is known not to run is read, and changes nothing. */
  #list(node: Syntax, stdin: Value | null): Value {
    if (node.children.some((each) => each.type === "&" && each.field === null)) return this.#sequence(node, stdin);
    const outputs: Value[] = [];
    let sign = "";
    for (const each of node.children) {
      if (!each.named) sign = each.type;
      else if (each.type !== "comment") {
        const { status } = this;
        if (status !== null && ((sign === "&&" && !status) || (sign === "||" && status))) this.skim([each]);
        else if (status === null && (sign === "&&" || sign === "||")) {
          outputs.push(this.unsure(() => this.statement(each, stdin)));
          this.status = null;
        } else {
          this.status = null;
          outputs.push(this.statement(each, stdin));
        }
      }
    }
    const printed = outputs.filter((each) => each.k !== "text" || each.text !== "");
    return printed.length === 1 && printed[0] !== undefined ? printed[0] : concatenated(outputs);
  }

  /** Reads what does not run here, where nothing else has read it: what it does counts, what it changes does not. */
  skim(nodes: readonly Syntax[]): void {
    const unread = nodes.filter((each) => !this.state.read.has(each));
    if (unread.length === 0) return;
    const { status, jump } = this;
    this.apart(() => this.unsure(() => this.block(unread, null)));
    this.status = status;
    this.jump = jump;
  }

  /** Runs something of which it is not known whether it happens: it ends no loop. */
  unsure<Result>(run: () => Result): Result {
    const { jump } = this;
    this.state.unsure += 1;
    try {
      return run();
    } finally {
      this.state.unsure -= 1;
      this.jump = jump;
    }
  }

  /** Runs something in a shell of its own: variables stay as they were. */
  apart<Result>(run: () => Result): Result {
    const before = new Map(this.variables);
    const { changes } = this;
    const { folder } = this.session;
    try {
      return run();
    } finally {
      this.session.folder = folder;
      if (changes !== this.changes) this.restore(before);
    }
  }

  restore(before: ReadonlyMap<string, Value>): void {
    this.variables.clear();
    for (const [name, value] of before) this.variables.set(name, value);
    this.changes += 1;
  }

  /** Ends a round or a loop, where it is sure that this is reached. */
  leave(jump: "break" | "continue"): void {
    if (this.state.unsure === 0) this.jump = jump;
  }

  /** Runs one statement and gives what it prints. */
  statement(node: Syntax, stdin: Value | null): Value {
    if (!this.session.step()) return unknown;
    if (this.#depth > 200) {
      this.session.cut = true;
      return unknown;
    }
    const before = this.#node;
    this.#depth += 1;
    this.#node = node;
    this.state.read.add(node);
    try {
      return this.#perform(node, stdin);
    } finally {
      this.#depth -= 1;
      this.#node = before;
    }
  }

  #perform(node: Syntax, stdin: Value | null): Value {
    switch (node.type) {
      case "command":
        return this.#command(node, stdin);
      case "redirected_statement":
        return redirected(this, node, stdin);
      case "pipeline": {
        let flow = stdin;
        for (const each of named(node)) flow = this.statement(each, flow);
        this.status = null;
        return flow ?? unknown;
      }
      case "list":
        return this.#list(node, stdin);
      case "compound_statement":
        if (node.children[0]?.type === "((") return tested(this, node);
        return this.#sequence(node, stdin);
      case "subshell":
        return this.apart(() => this.#sequence(node, stdin));
      case "negated_command": {
        const output = this.#sequence(node, stdin);
        this.status = this.status === null ? null : !this.status;
        return output;
      }
      case "program":
      case "do_group":
      case "ERROR":
        return this.#sequence(node, stdin);
      case "variable_assignment":
        this.status = true;
        assigned(this, node);
        return textValue("");
      case "variable_assignments":
        for (const each of named(node)) assigned(this, each);
        return textValue("");
      case "declaration_command":
        return declared(this, node);
      case "unset_command":
        for (const each of named(node)) {
          const name = asText(expandWhole(each, this));
          if (this.exported.has(name) || !this.variables.has(name))
            this.emit({ kind: "environment", target: name, tags: ["write"], callee: "unset" });
          this.variables.delete(name);
          this.changes += 1;
        }
        return textValue("");
      case "function_definition":
      case "comment":
      case "heredoc_start":
      case "heredoc_end":
      case "heredoc_body":
        return textValue("");
      case "if_statement":
        return branches(this, node, stdin);
      case "case_statement":
        return chosen(this, node, stdin);
      case "for_statement":
        return eachWord(this, node, stdin);
      case "c_style_for_statement":
        return counted(this, node, stdin);
      case "while_statement":
        return repeated(this, node, stdin);
      default:
        return tested(this, node);
    }
  }

  #sequence(node: Syntax, stdin: Value | null): Value {
    const isBackground = node.children.some((each) => each.type === "&" && each.field === null);
    if (isBackground) this.emit({ kind: "spawn", tags: ["background"], callee: "&" });
    return this.block(named(node), stdin);
  }

  #command(node: Syntax, stdin: Value | null): Value {
    const words: Value[] = [];
    let input = stdin;
    const made: { name: string; value: Value; at: Syntax; isOwn: boolean }[] = [];
    const held = new Map<string, Value | undefined>();
    for (const each of node.children) {
      if (!each.named || each.type === "comment") continue;
      if (each.type === "variable_assignment") {
        for (const { name, value } of made) this.put(name, value);
        const one = assignment(each, this);
        if (one !== null) {
          held.set(one.name, this.variables.get(one.name));
          // It holds for this command; a line's end after it means that it is a statement of its own.
          const next = node.children[node.children.indexOf(each) + 1];
          const isOwn = next === undefined || this.source.slice(each.end, next.start).includes("\n");
          made.push({ ...one, at: each, isOwn });
        }
      } else if (each.type === "herestring_redirect") {
        const word = named(each).at(-1);
        if (word !== undefined) input = withNewline(expandWhole(word, this));
      } else if (each.type === "file_redirect" || each.type === "heredoc_redirect") {
        return redirected(
          this,
          {
            ...node,
            type: "redirected_statement",
            children: [
              { ...node, children: node.children.filter((one) => one !== each) },
              { ...each, field: "redirect" },
            ],
          },
          stdin,
        );
      } else {
        // The grammar joins a line of assignments and the command on the next one.
        for (const { name, value, isOwn } of made) if (isOwn) this.put(name, value);
        words.push(...expand(each, this));
      }
    }
    const lastOwn = made.findLastIndex((each) => each.isOwn);
    for (const [index, { name, value, at }] of made.entries()) {
      if (words.length === 0 || index <= lastOwn) this.assign(name, value);
      else
        this.emit(
          {
            kind: "environment",
            target: name,
            tags: ["write"],
            callee: name,
            data: asText(value),
            from: originsOf(value),
          },
          at,
        );
    }
    if (words.length === 0) return textValue("");
    const own = made.slice(lastOwn + 1);
    for (const { name, value } of own) this.put(name, value);
    const output = this.execute(words, input, node);
    for (const { name } of own) {
      const value = held.get(name);
      if (value === undefined) this.variables.delete(name);
      else this.put(name, value);
    }
    return output;
  }

  /** Runs a command whose words are known as far as they are. */
  execute(words: readonly Value[], stdin: Value | null, node: Syntax | null = this.#node): Value {
    const [first, ...args] = words;
    if (first === undefined) return textValue("");
    if (first.k === "choice") return anyOf(first.of.map((one) => this.execute([one, ...args], stdin, node)));
    if (first.k === "list") return this.execute([...first.items, ...args], stdin, node);
    const name = asText(first);
    const call: CommandCall = {
      shell: this,
      name,
      args,
      stdin,
      disguise: first.k === "text" ? first.disguise : [],
      node,
      emit: (seen) => this.emit({ callee: name, disguise: first.k === "text" ? first.disguise : [], ...seen }, node),
    };
    const alias = this.aliases.get(name);
    if (alias !== undefined) return this.#alias(name, alias, args, call);
    const defined = this.state.functions.get(name);
    if (defined !== undefined) return defined.shell.callFunction(name, args, stdin, false);
    const before = this.#input;
    this.#input = stdin;
    this.status = null;
    try {
      const builtin = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
      if (builtin !== undefined) return builtin(call);
      const isMade = isComputed(first) || this.#isMade;
      if (!isWhole(name) && (isMade || !name.replaceAll(hole, "").includes("/"))) {
        const from = originsOf(first);
        const disguise = isMade ? computedText(from, call.disguise).disguise : call.disguise;
        call.emit({ kind: "run", target: name, from, tags: ["unknown"], disguise });
        call.emit({ kind: "opaque", target: null, from });
        return isMade ? computedText(from) : unknownFrom(from);
      }
      return runTool(call, first);
    } finally {
      this.#input = before;
    }
  }

  /** An alias is text in place of a word: read as it stands when it is only words. */
  #alias(name: string, alias: Value, args: readonly Value[], call: CommandCall): Value {
    const text = asText(alias);
    this.aliases.delete(name);
    try {
      if (/^[\w./ :=+-]*$/.test(text)) {
        const words = text.split(/\s+/).filter((each) => each !== "");
        const made = words.map((each) => textValue(each, originsOf(alias), alias.k === "text" ? alias.disguise : []));
        return this.execute([...made, ...args], call.stdin, call.node);
      }
      const rest = args.map((each) =>
        /^[\w./:=+-]+$/.test(asText(each)) ? asText(each) : `'${asText(each).replaceAll("'", "'\\''")}'`,
      );
      return evalText(call, concatenated([alias, textValue(["", ...rest].join(" "))]), "alias", false);
    } finally {
      this.aliases.set(name, alias);
    }
  }

  /** Names of the functions that are being followed, the outermost first. */
  get activeNames(): readonly string[] {
    return this.state.names;
  }

  callFunction(name: string, args: readonly Value[], stdin: Value | null, isUncalled: boolean): Value {
    const body = this.state.functions.get(name)?.body;
    if (body === undefined) return unknown;
    const { called, active } = this.state;
    const count = called.get(body) ?? 0;
    if (active.includes(body) && isBomb(this.source.slice(body.start, body.end), name))
      this.emit({ kind: "spawn", tags: ["bomb"], callee: name });
    if (
      active.length >= mostCallDepth ||
      active.filter((each) => each === body).length > 1 ||
      count >= mostCallsOfOne
    ) {
      const from = args.reduce<Origins>((all, each) => joinOrigins(all, originsOf(each)), noOrigins);
      return args.length > 0 && args.every((each) => each.k === "text" && (isWhole(each.text) || isComputed(each)))
        ? computedText(from)
        : unknownFrom(from);
    }
    called.set(body, count + 1);
    const before = this.positional;
    this.positional = listValue(args, isUncalled);
    active.push(body);
    this.state.names.push(name);
    try {
      return this.statement(body, stdin);
    } finally {
      active.pop();
      this.state.names.pop();
      this.positional = before;
      this.jump = null;
    }
  }

  /** Reads a text as Bash in this shell, as `eval` does. */
  evaluate(text: Value, place: Syntax | null, stdin: Value | null = null): Value {
    const code = asText(text);
    if (!this.session.mayRead(code, this.unit.layer)) return unknownFrom(originsOf(text));
    const at = place ?? { start: 0, end: this.source.length };
    const unit = this.session.inner(
      "bash",
      code,
      this.unit.file,
      this.unit.layer,
      this.session.place(this.unit, at.start, at.end),
    );
    const inner = new Shell(this.session, unit, this.fromOutside, this);
    inner.positional = this.positional;
    inner.zero = this.zero;
    inner.#isMade = isComputed(text);
    const output = inner.program(treeOf(this.session, unit), stdin);
    this.positional = inner.positional;
    return output;
  }
}

/** The tree of a text, with what the grammar stumbles over hidden from it. */
export function treeOf(session: Session, unit: Unit): Syntax {
  return session.tree({ ...unit, text: readableShell(unit.text) }).root;
}

/** A function that starts itself twice, or in the background, each time that it runs. */
function isBomb(body: string, name: string): boolean {
  const calls = body.split(/[\s|&;{}()]+/).filter((each) => each === name).length;
  return body.includes("&") && (calls > 1 || /\|/.test(body)) && calls > 0;
}
