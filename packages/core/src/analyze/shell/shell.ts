/**
 * Reads Bash approximately: every branch is taken, words are expanded as far as they are known, functions are followed into, and
 * what each command does is looked up in the table of tools. Output flows through pipes and substitutions as values.
 */

import { concatenated } from "../evaluate/operate.ts";
import type { Seen, Session, Unit } from "../session.ts";
import { child, childrenOf, named, ofType, type Syntax } from "../syntax.ts";
import {
  anyOf,
  asText,
  hole,
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
import { builtins } from "./builtins.ts";
import { contentOfPipe, pipeOf } from "./pipes.ts";
import { runTool } from "./tools.ts";
import { assignment, expand, expandWhole, type Surroundings } from "./words.ts";

/** Variables that Bash gives by itself; expanding them reads no environment. */
const given =
  /^(PWD|OLDPWD|RANDOM|SRANDOM|SECONDS|LINENO|UID|EUID|PPID|HOSTNAME|HOSTTYPE|MACHTYPE|OSTYPE|IFS|REPLY|OPTARG|OPTIND|OPTERR|PIPESTATUS|FUNCNAME|GROUPS|DIRSTACK|EPOCHSECONDS|EPOCHREALTIME|BASH.*|MAPFILE|COPROC|COLUMNS|LINES|SHLVL|_|[0-9]+|[@*?#$!-])$/;

const mostCallDepth = 12;
const mostCallsOfOne = 16;
const mostRounds = 128;
/** From so many numbers in a row a loop goes through a range of addresses or ports. */
const leastOfRange = 32;

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
  readonly variables = new Map<string, Value>();
  readonly exported = new Set<string>();
  readonly functions = new Map<string, Syntax>();
  readonly #called = new Map<Syntax, number>();
  readonly #active: Syntax[] = [];
  readonly #names: string[] = [];
  /** `$0`: the file that is read, or the word behind the text of `-c`. */
  zero: Value;
  /** The shell that another language started: starting a plain tool is a process there. */
  readonly fromOutside: boolean;
  positional: Value = listValue([], true);
  /** The shell that this one's text was evaluated in: its functions are known here too. */
  outer: Shell | null = null;
  /** Whether the command that is run has streams of its own that are descriptors opened before. */
  isTied = false;
  /** Descriptors that `exec` opened, by their numbers. */
  #descriptors = new Map<string, { readonly path: string; readonly content: Value }>();
  #node: Syntax | null = null;
  #depth = 0;

  constructor(session: Session, unit: Unit, fromOutside: boolean) {
    this.session = session;
    this.unit = unit;
    this.source = unit.text;
    this.fromOutside = fromOutside;
    this.zero = textValue(unit.file ?? "bash");
  }

  /** Reads the whole text, then every function that is never called. */
  program(root: Syntax, stdin: Value | null = null): Value {
    this.#collect(root, 0);
    const output = this.block(named(root), stdin);
    for (const [name, body] of this.functions) if (!this.#called.has(body)) this.callFunction(name, [], null, true);
    return output;
  }

  /** Functions may be called before the line that defines them is reached. */
  #collect(node: Syntax, depth: number): void {
    for (const each of node.children) {
      if (each.type === "function_definition") {
        const name = child(each, "name");
        const body = child(each, "body");
        if (name !== null && body !== null) this.functions.set(this.source.slice(name.start, name.end), body);
      }
      if (each.children.length > 0 && depth < 40) this.#collect(each, depth + 1);
    }
  }

  emit(seen: Seen, node: Syntax | null = this.#node): number {
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
    const found = this.variables.get(name);
    if (found !== undefined) return found;
    if (name === "IFS") return textValue(" \t\n", noOrigins, ["separator"]);
    if (name === "0") return this.zero;
    if (name === "BASH_SOURCE" && this.unit.file !== null) return textValue(this.unit.file);
    if (given.test(name)) return name === "PWD" ? textValue(".") : unknown;
    const index = this.emit({ kind: "environment", target: name, tags: ["read"], callee: "$" });
    return this.session.variable(name, index);
  }

  assign(name: string, value: Value): void {
    // How much of what is typed is kept counts at once, exported or not.
    if (/^HIST(FILE|SIZE|FILESIZE)$/.test(name) && !this.exported.has(name))
      this.emit({ kind: "environment", target: name, tags: ["write"], callee: name, data: asText(value) });
    if (this.exported.has(name)) this.emit({ kind: "environment", target: name, tags: ["write"], callee: "export" });
    this.variables.set(name, value);
  }

  substitute(node: Syntax): Value {
    const inner = named(node);
    const redirect = inner[0];
    // `$(< file)` reads a file.
    if (node.type === "command_substitution" && inner.length === 1 && redirect?.type === "file_redirect") {
      const target = child(redirect, "destination");
      if (target !== null) return this.readFile(expandWhole(target, this), "<");
    }
    const before = this.session.folder;
    const output = this.block(inner, null);
    this.session.folder = before;
    return node.type === "process_substitution" ? pipeOf(output) : output;
  }

  /** What reading a file gives: what was written there before, or something from outside. */
  readFile(path: Value, callee: string): Value {
    const piped = contentOfPipe(path);
    if (piped !== null) return piped;
    const name = asText(path);
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
    for (const node of nodes) {
      const one = this.statement(node, stdin);
      output =
        one.k === "text" && one.text === ""
          ? output
          : output.k === "text" && output.text === ""
            ? one
            : concatenated([output, one]);
    }
    return output;
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
        return this.#redirected(node, stdin);
      case "pipeline": {
        let flow = stdin;
        for (const each of named(node)) flow = this.statement(each, flow);
        return flow ?? unknown;
      }
      case "subshell": {
        const before = this.session.folder;
        const output = this.#sequence(node, stdin);
        this.session.folder = before;
        return output;
      }
      case "list":
      case "program":
      case "compound_statement":
      case "do_group":
      case "negated_command":
      case "ERROR":
        return this.#sequence(node, stdin);
      case "variable_assignment":
        this.#assignment(node);
        return textValue("");
      case "variable_assignments":
        for (const each of named(node)) this.#assignment(each);
        return textValue("");
      case "declaration_command":
        return this.#declaration(node);
      case "unset_command":
        for (const each of named(node)) {
          const name = asText(expandWhole(each, this));
          if (this.exported.has(name) || !this.variables.has(name))
            this.emit({ kind: "environment", target: name, tags: ["write"], callee: "unset" });
          this.variables.delete(name);
        }
        return textValue("");
      case "function_definition":
      case "comment":
      case "heredoc_start":
      case "heredoc_end":
      case "heredoc_body":
        return textValue("");
      case "if_statement":
      case "elif_clause":
      case "else_clause":
        return this.#branches(node, stdin);
      case "case_statement":
        return this.#branches(node, stdin);
      case "case_item":
        return this.block(
          named(node).filter((each) => each.field !== "value"),
          stdin,
        );
      case "for_statement":
        return this.#for(node, stdin);
      case "c_style_for_statement": {
        for (const each of named(node)) if (each.type === "variable_assignment") this.#assignment(each);
        const body = child(node, "body");
        return body === null ? textValue("") : this.statement(body, stdin);
      }
      case "while_statement": {
        const body = child(node, "body");
        this.block(childrenOf(node, "condition"), stdin);
        return body === null ? textValue("") : this.statement(body, stdin);
      }
      case "test_command":
        this.#testOf(node);
        return textValue("");
      default:
        this.#testOf(node);
        return textValue("");
    }
  }

  /** Expansions in tests and the like happen, whatever becomes of them. */
  #testOf(node: Syntax): void {
    for (const each of named(node)) {
      if (/expansion|substitution|^string$|^concatenation$/.test(each.type)) expandWhole(each, this);
      else if (each.children.length > 0) this.#testOf(each);
    }
  }

  #sequence(node: Syntax, stdin: Value | null): Value {
    const isBackground = node.children.some((each) => each.type === "&" && each.field === null);
    if (isBackground) this.emit({ kind: "spawn", tags: ["background"], callee: "&" });
    return this.block(named(node), stdin);
  }

  #branches(node: Syntax, stdin: Value | null): Value {
    const outputs: Value[] = [];
    const before = new Map(this.variables);
    const ends: Map<string, Value>[] = [];
    let straight: Syntax[] = [];
    const flush = () => {
      if (straight.length > 0) outputs.push(this.block(straight, stdin));
      straight = [];
    };
    for (const each of named(node)) {
      if (["elif_clause", "else_clause", "case_item"].includes(each.type)) {
        flush();
        ends.push(new Map(this.variables));
        for (const [name, value] of before) this.variables.set(name, value);
        outputs.push(this.statement(each, stdin));
      } else if (each.field === "value" && node.type === "case_statement") expandWhole(each, this);
      else straight.push(each);
    }
    flush();
    ends.push(new Map(this.variables), before);
    const names = new Set(ends.flatMap((each) => [...each.keys()]));
    for (const name of names) {
      const values = ends.map((each) => each.get(name)).filter((each) => each !== undefined);
      const distinct = [...new Set(values)];
      const [only] = distinct;
      if (only !== undefined) this.variables.set(name, distinct.length === 1 ? only : anyOf(distinct));
    }
    const printed = outputs.filter((each) => each.k !== "text" || each.text !== "");
    return printed.length === 0 ? textValue("") : anyOf(printed);
  }

  #for(node: Syntax, stdin: Value | null): Value {
    const variable = child(node, "variable");
    const body = child(node, "body");
    if (variable === null || body === null) return textValue("");
    const name = this.source.slice(variable.start, variable.end);
    const values = childrenOf(node, "value");
    const words =
      values.length === 0
        ? this.positional.k === "list"
          ? this.positional.items
          : []
        : values.flatMap((each) => expand(each, this));
    for (const word of words) {
      const text = asText(word);
      if (/[*?[]/.test(text)) this.emit({ kind: "list", target: text, callee: "for" });
    }
    if (words.length === 0) {
      this.variables.set(name, unknown);
      return this.statement(body, stdin);
    }
    // What goes through many numbers goes through addresses or ports, or only counts: whoever connects with them shows which.
    const counted =
      words.length >= leastOfRange && words.every((word) => /^\d+$/.test(asText(word)))
        ? [this.emit({ kind: "input", target: "numbers", tags: ["range"], callee: "for" })]
        : noOrigins;
    const outputs = words.slice(0, mostRounds).map((each) => {
      const word = counted.length === 0 ? each : textValue(asText(each), joinOrigins(originsOf(each), counted));
      this.variables.set(name, word);
      return this.statement(body, stdin);
    });
    return outputs.length === 1 && outputs[0] !== undefined ? outputs[0] : concatenated(outputs);
  }

  #assignment(node: Syntax): { readonly name: string; readonly value: Value } | null {
    const found = assignment(node, this);
    if (found === null) return null;
    const { name, index, value, adds } = found;
    const before = this.variables.get(name);
    if (index !== null) {
      const list = before?.k === "list" ? before : listValue([]);
      const at = Number(asText(index));
      if (Number.isInteger(at) && at >= 0 && at < 4096) list.items[at] = value;
      else {
        list.open = true;
        list.from = joinOrigins(list.from, originsOf(value));
      }
      for (let each = 0; each < list.items.length; each += 1) list.items[each] ??= textValue("");
      this.variables.set(name, list);
      return { name, value: list };
    }
    const whole =
      !adds || before === undefined
        ? value
        : before.k === "list" && value.k === "list"
          ? listValue([...before.items, ...value.items], before.open || value.open, before.from)
          : concatenated([before, value]);
    this.assign(name, whole);
    return { name, value: whole };
  }

  #declaration(node: Syntax): Value {
    const [keyword] = node.children;
    if (
      /^(export|declare|typeset|readonly)\s+-[xp]+\s*$|^(export|declare)\s*$/.test(
        this.source.slice(node.start, node.end),
      )
    )
      return unknownFrom([this.emit({ kind: "environment", target: null, tags: ["read", "all"], callee: "export" })]);
    const word = keyword === undefined ? "" : this.source.slice(keyword.start, keyword.end);
    const exports = word === "export" || /^(declare|typeset)\b.*\s-\w*x/.test(this.source.slice(node.start, node.end));
    for (const each of named(node)) {
      const made = each.type === "variable_assignment" ? this.#assignment(each) : null;
      const name = made?.name ?? (each.type === "variable_name" ? this.source.slice(each.start, each.end) : null);
      if (name === null) {
        if (each.type !== "word") expandWhole(each, this);
        continue;
      }
      if (made === null && word === "local") this.variables.set(name, textValue(""));
      else if (made === null && word !== "export" && !this.variables.has(name)) this.variables.set(name, textValue(""));
      if (exports) {
        this.exported.add(name);
        this.emit(
          {
            kind: "environment",
            target: name,
            tags: ["write"],
            callee: "export",
            data: made === null ? null : asText(made.value),
            from: made === null ? noOrigins : originsOf(made.value),
          },
          node,
        );
      }
    }
    return textValue("");
  }

  #redirected(node: Syntax, stdin: Value | null): Value {
    let input = stdin;
    let isTied = false;
    const outputs: { readonly path: Value; readonly tags: readonly string[] }[] = [];
    const after: Syntax[] = [];
    const redirects = named(node).filter((each) => each.field === "redirect" || each.type.endsWith("_redirect"));
    const visit = (each: Syntax): void => {
      if (each.type === "heredoc_redirect") {
        const body = ofType(each, "heredoc_body");
        const start = ofType(each, "heredoc_start");
        const isRaw = start !== null && /["'\\]/.test(this.source.slice(start.start, start.end));
        if (body !== null) input = isRaw ? textValue(this.source.slice(body.start, body.end)) : expandWhole(body, this);
        for (const inner of named(each)) {
          if (inner.type === "pipeline" || inner.type === "command" || inner.type === "list") after.push(inner);
          else if (inner.type === "file_redirect") visit(inner);
        }
      } else if (each.type === "herestring_redirect") {
        const word = named(each)[0];
        if (word !== undefined) input = expandWhole(word, this);
      } else if (each.type === "file_redirect") {
        const target = child(each, "destination");
        if (target === null) return;
        const sign = each.children.find((one) => !one.named && one.field !== "descriptor");
        const text = sign === undefined ? ">" : this.source.slice(sign.start, sign.end);
        const path = expandWhole(target, this);
        if (text.startsWith("<")) {
          const name = asText(path);
          const opened = text === "<&" ? this.#descriptors.get(name) : undefined;
          if (text === "<&" && !/^[012-]$/.test(name)) isTied = true;
          if (opened !== undefined) input = opened.content;
          else if (target.type === "process_substitution") input = contentOfPipe(path) ?? path;
          else if (/^\/dev\/(tcp|udp)\//.test(name))
            input = unknownFrom([this.emit({ kind: "connect", target: name, tags: ["raw"], callee: "<" })]);
          else if (text !== "<&") input = this.readFile(path, "<");
          if (each.children.some((one) => one.type === "ERROR") && /^\/dev\/(tcp|udp)\//.test(name))
            this.emit({ kind: "connect", target: name, tags: ["raw"], callee: "<>" });
          const descriptor = child(each, "descriptor");
          if (descriptor !== null && input !== null)
            this.#descriptors.set(this.source.slice(descriptor.start, descriptor.end), { path: name, content: input });
        } else if (text === ">&" && this.#descriptors.has(asText(path))) {
          isTied = true;
          outputs.push({ path: textValue(this.#descriptors.get(asText(path))?.path ?? ""), tags: [] });
        } else if (text !== ">&" || !/^(\d+|-)$/.test(asText(path))) {
          const descriptor = child(each, "descriptor");
          const number = descriptor === null ? "1" : this.source.slice(descriptor.start, descriptor.end);
          if (number === "1" || text === "&>" || text === ">&" || text === "&>>")
            outputs.push({ path, tags: text.includes(">>") ? ["append"] : [] });
          else this.writeFile(path, null, text, []);
        }
      }
    };
    for (const each of redirects) visit(each);
    const body = child(node, "body") ?? named(node).find((each) => !redirects.includes(each)) ?? null;
    const before = this.isTied;
    if (isTied) this.isTied = true;
    let output: Value =
      body === null
        ? (input ?? textValue(""))
        : this.#interactive(
            body,
            input,
            outputs.map(({ path }) => asText(path)),
          );
    this.isTied = before;
    for (const { path, tags } of outputs) this.writeFile(path, output, ">", tags);
    if (outputs.length > 0) output = textValue("");
    for (const each of after) output = this.statement(each, output);
    return output;
  }

  /** A shell whose streams are a connection is somebody else's. */
  #interactive(body: Syntax, input: Value | null, outputs: readonly string[]): Value {
    const raw = outputs.find((each) => /^\/dev\/(tcp|udp)\//.test(each));
    const text = this.source.slice(body.start, body.end);
    if (raw !== undefined && /(^|[\s/])(ba|z|da|k|c)?sh\b/.test(text)) {
      const index = this.emit({ kind: "connect", target: raw, tags: ["raw", "shell"], callee: "/dev/tcp" });
      return this.statement(body, unknownFrom([index]));
    }
    return this.statement(body, input);
  }

  #command(node: Syntax, stdin: Value | null): Value {
    const words: Value[] = [];
    let input = stdin;
    const made: { name: string; value: Value; at: Syntax; isOwn: boolean }[] = [];
    for (const each of node.children) {
      if (!each.named || each.type === "comment") continue;
      if (each.type === "variable_assignment") {
        for (const { name, value } of made) this.variables.set(name, value);
        const one = assignment(each, this);
        if (one !== null) {
          // It holds for this command; a line's end after it means that it is a statement of its own.
          const next = node.children[node.children.indexOf(each) + 1];
          const isOwn = next === undefined || this.source.slice(each.end, next.start).includes("\n");
          made.push({ ...one, at: each, isOwn });
        }
      } else if (each.type === "herestring_redirect") {
        const word = named(each)[0];
        if (word !== undefined) input = expandWhole(word, this);
      } else if (each.type === "file_redirect" || each.type === "heredoc_redirect") {
        return this.#redirected(
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
        for (const { name, value } of made) this.variables.set(name, value);
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
    return this.execute(words, input, node);
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
    const defined = this.functions.get(name);
    if (defined !== undefined) return this.callFunction(name, args, stdin, false);
    for (let outer = this.outer; outer !== null; outer = outer.outer)
      if (outer.functions.has(name)) return outer.callFunction(name, args, stdin, false);
    const builtin = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
    if (builtin !== undefined) return builtin(call);
    if (name.includes(hole) && !isWhole(name) && !name.replaceAll(hole, "").includes("/")) {
      call.emit({ kind: "run", target: name, from: originsOf(first), tags: ["unknown"] });
      call.emit({ kind: "opaque", target: null, from: originsOf(first) });
      return unknownFrom(joinOrigins(originsOf(first), ...[noOrigins]));
    }
    return runTool(call, first);
  }

  /** Names of the functions that are being followed, the outermost first. */
  get activeNames(): readonly string[] {
    return [...(this.outer?.activeNames ?? []), ...this.#names];
  }

  callFunction(name: string, args: readonly Value[], stdin: Value | null, isUncalled: boolean): Value {
    const body = this.functions.get(name);
    if (body === undefined) return unknown;
    const count = this.#called.get(body) ?? 0;
    if (this.#active.includes(body) && isBomb(this.source.slice(body.start, body.end), name))
      this.emit({ kind: "spawn", tags: ["bomb"], callee: name });
    if (
      this.#active.length >= mostCallDepth ||
      this.#active.filter((each) => each === body).length > 1 ||
      count >= mostCallsOfOne
    )
      return unknownFrom(args.reduce<Origins>((from, each) => joinOrigins(from, originsOf(each)), noOrigins));
    this.#called.set(body, count + 1);
    const before = this.positional;
    this.positional = listValue(args, isUncalled);
    this.#active.push(body);
    this.#names.push(name);
    try {
      return this.statement(body, stdin);
    } finally {
      this.#active.pop();
      this.#names.pop();
      this.positional = before;
    }
  }

  /** Reads a text as Bash in this shell, as `eval` does. */
  evaluate(text: Value, place: Syntax | null): Value {
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
    const inner = new Shell(this.session, unit, this.fromOutside);
    for (const [name, value] of this.variables) inner.variables.set(name, value);
    inner.positional = this.positional;
    inner.zero = this.zero;
    inner.outer = this;
    const output = inner.program(this.session.tree(unit).root);
    for (const [name, value] of inner.variables) this.variables.set(name, value);
    return output;
  }
}

/** A function that starts itself twice, or in the background, each time that it runs. */
function isBomb(body: string, name: string): boolean {
  const calls = body.split(/[\s|&;{}()]+/).filter((each) => each === name).length;
  return body.includes("&") && (calls > 1 || /\|/.test(body)) && calls > 0;
}
