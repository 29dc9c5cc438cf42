/** Commands that Bash itself has. None of them starts a process. */

import { concatenated } from "../evaluate/operate.ts";
import { unescapeShell } from "../lower/escapes.ts";
import {
  anyOf,
  asText,
  computedText,
  derived,
  disguiseOf,
  hole,
  isComputed,
  isWhole,
  joinDisguise,
  joinOrigins,
  listValue,
  mapValue,
  noOrigins,
  type Origins,
  originsOf,
  textValue,
  unknown,
  unknownFrom,
  type Value,
} from "../value.ts";
import { exactText, testWords } from "./conditions.ts";
import { parseOptions } from "./options.ts";
import { sumIn } from "./parameters.ts";
import { contentOfPipe } from "./pipes.ts";
import type { CommandCall } from "./shell.ts";

const nothing = textValue("");
type Builtin = (call: CommandCall) => Value;

const silent: Builtin = () => nothing;

export function originsOfAll(values: readonly Value[]): Origins {
  return values.reduce<Origins>((from, each) => joinOrigins(from, originsOf(each)), noOrigins);
}

/** Words with blanks between them. */
export function spaced(values: readonly Value[]): Value {
  return concatenated(values.flatMap((each, index) => (index === 0 ? [each] : [textValue(" "), each])));
}

/** Whether a command stands in a function, or names a variable, that is about making objects of text. */
function isReviver(call: CommandCall): boolean {
  const { node, shell } = call;
  const text = node === null ? "" : shell.source.slice(node.start, Math.min(node.end, node.start + 200));
  return revivers.test(text) || shell.activeNames.some((each) => revivers.test(each));
}

/** Text that came from outside, and is run: from where, and that it cannot be read. */
export function evalText(call: CommandCall, text: Value, callee: string, computed: boolean): Value {
  if (text.k === "choice") return anyOf(text.of.map((each) => evalText(call, each, callee, computed)));
  const code = asText(text);
  const from = originsOf(text);
  const isKnown = isWhole(code) && text.k === "text";
  // Where only a part is hidden, reading the text shows whether that part is a command.
  const isHidden = !isKnown && code.trimStart().startsWith(hole);
  if (computed || (isComputed(text) && isHidden))
    call.emit({
      kind: "eval",
      target: code.slice(0, 200),
      from,
      callee,
      disguise: disguiseOf(text).filter((each) => isHidden || each !== "computed"),
      tags: [isKnown ? "known" : "unknown", ...(isReviver(call) ? ["revives"] : [])],
    });
  if (!isKnown && (code === hole || !/[A-Za-z]{2}/.test(code.replaceAll(hole, "")) || code.startsWith(hole)))
    call.emit({ kind: "opaque", from, callee });
  return code === hole ? derived(text) : call.shell.evaluate(text, call.node, call.stdin);
}

const echo: Builtin = ({ args }) => {
  let newline = "\n";
  let escapes = false;
  let first = 0;
  for (; first < args.length; first += 1) {
    const flag = asText(args[first] ?? unknown);
    if (!/^-[neE]+$/.test(flag)) break;
    if (flag.includes("n")) newline = "";
    if (flag.includes("e")) escapes = true;
  }
  const text = spaced(args.slice(first));
  const whole = args.length === first ? nothing : text;
  const shown =
    escapes && whole.k === "text"
      ? {
          ...whole,
          text: unescapeShell(whole.text),
          disguise: /\\[xu0]/.test(whole.text) ? joinDisguise(whole.disguise, ["escapes"]) : whole.disguise,
        }
      : whole;
  return newline === "" ? shown : concatenated([shown, textValue(newline)]);
};

const printf: Builtin = (call) => {
  let { args } = call;
  let into: string | null = null;
  if (asText(args[0] ?? unknown) === "-v") {
    into = asText(args[1] ?? unknown);
    args = args.slice(2);
  }
  if (asText(args[0] ?? unknown) === "--") args = args.slice(1);
  const [format, ...values] = args;
  if (format === undefined) return nothing;
  if (!isWhole(asText(format)))
    return into === null ? derived(format) : (call.shell.assign(into, derived(format)), nothing);
  const pattern = asText(format);
  const result: Value[] = [];
  let index = 0;
  // The format is used again while there are arguments left.
  do {
    const before = index;
    let last = 0;
    for (const match of pattern.matchAll(/%([-+ #0]*)(\d+|\*)?(?:\.(\d+|\*)?)?(\([^)]*\)T|[a-zA-Z%])/g)) {
      result.push(literal(pattern.slice(last, match.index)));
      last = match.index + match[0].length;
      const [, flags = "", width, precision, kind = "s"] = match;
      if (kind === "%") {
        result.push(textValue("%"));
        continue;
      }
      if (width === "*") index += 1;
      if (precision === "*") index += 1;
      const value = values[index++] ?? nothing;
      const made = mapValue(value, (one) => formatted(one, kind, flags));
      const size = width === undefined || width === "*" ? 0 : Math.min(Number(width), 4096);
      const most = precision === undefined || precision === "*" ? null : Number(precision);
      result.push(
        made.k === "text" && isWhole(made.text) ? { ...made, text: sized(made.text, kind, flags, size, most) } : made,
      );
    }
    result.push(literal(pattern.slice(last)));
    if (index === before) break;
  } while (index < values.length && result.length < 20_000);
  const isCut = index < values.length && result.length >= 20_000;
  const made = isCut ? computedText(originsOfAll(values)) : concatenated(result);
  if (into === null) return made;
  const element = /^(\w+)\[(.+)\]$/.exec(into);
  if (element?.[1] !== undefined && element[2] !== undefined) call.shell.assignAt(element[1], element[2], made);
  else call.shell.assign(into, made);
  return nothing;
};

/** One value as a conversion of `printf` shows it. */
function formatted(value: Value, kind: string, flags: string): Value {
  if (value.k !== "text") return value;
  if (!isWhole(value.text)) return value;
  const { text, from, disguise } = value;
  if (kind === "b") {
    const made = literal(text);
    return { ...made, from, disguise: joinDisguise(disguise, made.disguise) };
  }
  if (kind === "c") return textValue(text.slice(0, 1), from, disguise);
  if (/[diuxXo]/.test(kind)) {
    // `'A` is the number of the letter.
    const letter = /^["']([\s\S])/.exec(text)?.[1];
    const plain = text.trim() === "" ? "0" : text.trim();
    const n =
      letter !== undefined
        ? (letter.codePointAt(0) ?? 0)
        : /^[-+]?0\d+$/.test(plain)
          ? Number.parseInt(plain, 8)
          : Number(plain);
    if (!Number.isInteger(n)) return value;
    const base = kind === "o" ? 8 : /[xX]/.test(kind) ? 16 : 10;
    const shown = (n < 0 && base !== 10 ? BigInt.asUintN(64, BigInt(n)) : n).toString(base);
    const marked = flags.includes("#") && base !== 10 ? (base === 8 ? `0${shown}` : `0x${shown}`) : shown;
    return textValue(kind === "X" ? marked.toUpperCase() : marked, from, disguise);
  }
  return value;
}

function sized(text: string, kind: string, flags: string, width: number, most: number | null): string {
  const isNumber = /[diuxXo]/.test(kind);
  const cut = most === null ? text : isNumber ? text.padStart(most, "0") : text.slice(0, most);
  if (flags.includes("-")) return cut.padEnd(width);
  return cut.padStart(width, flags.includes("0") && isNumber ? "0" : " ");
}

function literal(raw: string): Extract<Value, { k: "text" }> {
  const text = unescapeShell(raw);
  return { k: "text", text, bytes: false, disguise: /\\[xuU0-7]/.test(raw) ? ["escapes"] : [], from: noOrigins };
}

/** What an input still has, and that so much of it is read now. */
function rest(call: CommandCall, input: Value): string | null {
  if (input.k !== "text" || !isWhole(input.text)) return null;
  return input.text.slice(call.shell.consumed.get(input) ?? 0);
}

const read: Builtin = (call) => {
  const { shell } = call;
  const { values, rest: operands, set } = parseOptions(call.args, "a d i n N p t u");
  const names = [...operands, ...(values.get("a") ?? [])].map(asText);
  const descriptor = values.get("u")?.[0];
  const input = descriptor === undefined ? call.stdin : (shell.descriptors.get(asText(descriptor)) ?? null);
  if (input === null || (input.k === "unknown" && input.from.length === 0)) {
    const from = [call.emit({ kind: "input", callee: "read" })];
    for (const name of names.length === 0 ? ["REPLY"] : names)
      shell.assign(name, values.has("a") ? listValue([unknownFrom(from)], true, from) : unknownFrom(from));
    return nothing;
  }
  const from = originsOf(input);
  const left = rest(call, input);
  if (left === null) {
    const value = derived(input);
    for (const name of names.length === 0 ? ["REPLY"] : names)
      shell.assign(name, values.has("a") ? listValue([value], true, from) : value);
    return nothing;
  }
  const ends = values.get("d")?.[0];
  const end = ends === undefined ? "\n" : asText(ends).slice(0, 1) || "\0";
  const count = Number(asText(values.get("n")?.[0] ?? values.get("N")?.[0] ?? textValue("0")));
  const at = left.indexOf(end);
  const size = at < 0 ? left.length : at;
  const isCounted = count > 0 && (count <= size || values.has("N"));
  let line = isCounted ? left.slice(0, count) : left.slice(0, size);
  if (input.k === "text")
    shell.consumed.set(input, input.text.length - left.length + (isCounted ? count : Math.min(left.length, size + 1)));
  shell.changes += 1;
  shell.status = isCounted ? left.length > 0 : at >= 0;
  if (!set.has("r")) line = line.replace(/\\(?:\n|([^]))/g, "$1");
  const disguise = disguiseOf(input);
  const made = (text: string) => textValue(text, from, disguise);
  const ifs = asText(shell.variable("IFS"));
  const blanks = !isWhole(ifs) || /[ \t]/.test(ifs);
  const signs = isWhole(ifs) ? ifs.replace(/\s/g, "") : "";
  const trim = (text: string) => (blanks ? text.replace(/^[ \t\n]+|[ \t\n]+$/g, "") : text);
  if (names.length === 0) {
    shell.assign("REPLY", made(line));
    return nothing;
  }
  const between =
    signs === ""
      ? blanks
        ? /[ \t\n]+/
        : null
      : new RegExp(`[${signs.replace(/[\]\\^-]/g, "\\$&")}${blanks ? " \\t" : ""}]`);
  if (values.has("a")) {
    shell.assign(names[0] ?? "REPLY", listValue((between === null ? [line] : trim(line).split(between)).map(made)));
    return nothing;
  }
  let open = trim(line);
  names.forEach((name, index) => {
    const stop = between === null || index === names.length - 1 ? null : between.exec(open);
    shell.assign(name, made(stop === null ? open : open.slice(0, stop.index)));
    open = stop === null ? "" : open.slice(stop.index + stop[0].length);
  });
  return nothing;
};

const mapfile: Builtin = (call) => {
  const { rest: operands, values, set } = parseOptions(call.args, "d n O s u C c");
  const descriptor = values.get("u")?.[0];
  const input = (descriptor === undefined ? call.stdin : call.shell.descriptors.get(asText(descriptor))) ?? unknown;
  const from = originsOf(input);
  const known = rest(call, input);
  const end = values.has("d") ? asText(values.get("d")?.[0] ?? unknown).slice(0, 1) || "\0" : "\n";
  const lines = known === null ? [] : known.split(end);
  if (lines.at(-1) === "") lines.pop();
  const skipped = Number(asText(values.get("s")?.[0] ?? textValue("0")));
  const most = Number(asText(values.get("n")?.[0] ?? textValue("0")));
  const kept = lines.slice(skipped, most > 0 ? skipped + most : undefined);
  const list =
    known === null
      ? listValue([derived(input)], true, from)
      : listValue(kept.map((each) => textValue(set.has("t") ? each : `${each}${end}`, from, disguiseOf(input))));
  call.shell.assign(asText(operands[0] ?? textValue("MAPFILE")), list);
  return nothing;
};

const source: Builtin = (call) => {
  const [path, ...args] = call.args;
  if (path === undefined) return nothing;
  const piped = contentOfPipe(path);
  if (piped !== null) return evalText(call, piped, "source", true);
  const name = asText(path);
  const content = call.shell.readFile(path, "source");
  const { session } = call.shell;
  const given = session.filesNamed(name);
  // What writes it may not come to it, and of several files any may be meant.
  if (session.writtenTo(name) !== null || given.length > 1)
    for (const [file, bytes] of given)
      if (session.visit(file, "bash")) call.shell.evaluate(textValue(new TextDecoder().decode(bytes)), call.node);
  if (isReviver(call) || (/^\/(tmp|var\/tmp|dev\/shm)\//.test(name) && content.k !== "text"))
    call.emit({
      kind: "eval",
      target: name,
      from: originsOf(content),
      callee: "source",
      tags: ["file", "unknown", isReviver(call) ? "revives" : "passing"],
    });
  if (content.k === "text") {
    if (!session.visit(`${name} (read)`, "bash")) return nothing;
    const before = call.shell.positional;
    if (args.length > 0) call.shell.positional = listValue(args);
    const output = call.shell.evaluate(content, call.node);
    call.shell.positional = before;
    return output;
  }
  if (!isWhole(name)) {
    call.emit({ kind: "eval", target: name, from: originsOf(path), callee: "source", tags: ["file", "unknown"] });
    call.emit({ kind: "opaque", from: originsOf(path), callee: "source" });
  } else if (originsOf(content).length > 1 || /^\/(proc|dev)\//.test(name)) {
    call.emit({ kind: "eval", target: name, from: originsOf(content), callee: "source", tags: ["file", "unknown"] });
  }
  return unknownFrom(originsOf(content));
};

const evaluate: Builtin = (call) => {
  if (call.args.length === 0) return nothing;
  return evalText(call, spaced(call.args), "eval", true);
};

const exec: Builtin = (call) => {
  const { rest } = parseOptions(call.args, "a", "first");
  if (rest.length === 0) return nothing;
  if (!call.shell.fromOutside)
    call.emit({ kind: "run", target: asText(rest[0] ?? unknown), callee: "exec", from: noOrigins });
  return call.shell.execute(rest, call.stdin, call.node);
};

const trap: Builtin = (call) => {
  const { rest: operands } = parseOptions(call.args, "", "first");
  const [action] = operands;
  if (action !== undefined && operands.length > 1 && !/^-?$|^\d+$/.test(asText(action)))
    evalText(call, action, "trap", false);
  return nothing;
};

const again: Builtin = (call) => {
  const { rest, set } = parseOptions(call.args, "", "first");
  if (set.has("v") || set.has("V")) return whereIs(call, rest);
  return call.shell.execute(rest, call.stdin, call.node);
};

/** Where a program is found: a known tool in the folder of the system. */
export function whereIs(call: CommandCall, words: readonly Value[]): Value {
  const [first] = words;
  if (first === undefined || first.k !== "text" || !isWhole(first.text)) return unknownFrom(originsOfAll(words));
  const isTool = !first.text.includes("/") && call.shell.session.isKnownTool(first.text);
  return isTool
    ? {
        ...textValue(
          Object.hasOwn(builtins, first.text) && first.text !== "echo" ? first.text : `/usr/bin/${first.text}`,
        ),
        from: first.from,
      }
    : first.text.includes("/")
      ? first
      : unknown;
}

const signal: Builtin = (call) => {
  // The first word with a dash names the signal; a later one is a group of processes, or all of them.
  const words = call.args.map(asText);
  if (/^-[lL]/.test(words[0] ?? "")) return nothing;
  const first = words[0] === "-s" || words[0] === "-n" ? 2 : /^-/.test(words[0] ?? "") ? 1 : 0;
  const rest = call.args.slice(words[first] === "--" ? first + 1 : first);
  const targets = rest.length === 0 ? [unknown] : rest;
  for (const target of targets)
    call.emit({
      kind: "signal",
      target: asText(target),
      from: originsOf(target),
      tags: ["pid", ...(asText(target).startsWith("-") ? ["group"] : [])],
    });
  return nothing;
};

const shift: Builtin = ({ shell, args }) => {
  const count = Number(asText(args[0] ?? textValue("1")));
  const { positional } = shell;
  shell.changes += 1;
  if (positional.k !== "list") return nothing;
  shell.status = positional.open ? null : positional.items.length >= count;
  shell.positional = listValue(
    positional.items.slice(Number.isInteger(count) ? count : 1),
    positional.open,
    positional.from,
  );
  return nothing;
};

const set: Builtin = ({ shell, args, emit }) => {
  const words = args.map(asText).join(" ");
  if (/^\+o history/.test(words)) emit({ kind: "environment", target: "HISTFILE", tags: ["write"], callee: "unset" });
  // Without operands it prints every variable.
  if (args.length === 0) return unknownFrom([emit({ kind: "environment", target: null, tags: ["read", "all"] })]);
  const first = args.findIndex((each) => asText(each) === "--" || !/^[-+]/.test(asText(each)));
  if (first < 0 || asText(args[0] ?? unknown) === "-o" || asText(args[0] ?? unknown) === "+o") return nothing;
  // `set -euo pipefail`: the word belongs to the option.
  const isOption = /^[-+]\w*o$/.test(asText(args[first - 1] ?? unknown));
  const start = isOption ? first + 1 : first;
  if (start >= args.length) return nothing;
  shell.positional = listValue(args.slice(asText(args[start] ?? unknown) === "--" ? start + 1 : start));
  return nothing;
};

const alias: Builtin = ({ shell, args, emit }) => {
  for (const each of args) {
    const text = asText(each);
    const at = text.indexOf("=");
    if (at < 0) continue;
    emit({ kind: "input", tags: ["alias"], target: text });
    if (each.k === "text") shell.aliases.set(text.slice(0, at), { ...each, text: text.slice(at + 1) });
  }
  return nothing;
};

const goes: Builtin = (call) => {
  const [path] = call.args.filter((each) => !/^-[LPe@]+$/.test(asText(each)));
  call.shell.session.enter(path === undefined ? "~" : asText(path));
  return nothing;
};

/** Names of what makes objects of text. */
const revivers =
  /(de|un)_?seriali[sz]|unpickle|unmarshal|rehydrate|(?<!de)hydrate|revive|(load|restore|parse|decode|read)_?(object|obj|session|instance|pickle)\b|seriali[sz]ed|\.(ser|pkl|pickle)\b/i;

const getopts: Builtin = ({ shell, args }) => {
  const name = asText(args[1] ?? unknown);
  if (isWhole(name)) shell.assign(name, unknown);
  return nothing;
};

const limits: Builtin = ({ emit }) => {
  emit({ kind: "system", target: "limits" });
  return unknown;
};

const waiting: Builtin = ({ emit, name }) => {
  emit({ kind: "spawn", tags: ["wait"], callee: name });
  return nothing;
};

const letIn: Builtin = ({ shell, args }) => {
  for (const each of args) {
    const found = exactText(sumIn(asText(each), shell));
    shell.status = found === null ? null : found !== "0";
    const name = /^([A-Za-z_]\w*)\s*[-+*/%]?=/.exec(asText(each))?.[1];
    if (found === null && name !== undefined) shell.assign(name, derived(each));
  }
  return nothing;
};

const test: Builtin = ({ shell, args, name }) => {
  const words = name === "[" ? args.slice(0, -1) : args;
  shell.status = testWords(words, shell);
  return nothing;
};

function ends(status: boolean): Builtin {
  return ({ shell }) => {
    shell.status = status;
    return nothing;
  };
}

function leaves(jump: "break" | "continue"): Builtin {
  return ({ shell }) => {
    shell.leave(jump);
    return nothing;
  };
}

/** Lists what the shell could complete a word to: of known words something that is not followed. */
const compgen: Builtin = ({ args }) => (args.every((each) => exactText(each) !== null) ? computedText() : unknown);

export const builtins: Readonly<Record<string, Builtin>> = {
  ":": ends(true),
  true: ends(true),
  false: ends(false),
  "[": test,
  "[[": test,
  test,
  return: silent,
  exit: silent,
  break: leaves("break"),
  continue: leaves("continue"),
  cd: goes,
  pushd: goes,
  popd: (call) => {
    call.shell.session.enter(null);
    return nothing;
  },
  dirs: () => unknown,
  pwd: () => textValue("/workspace"),
  umask: silent,
  shopt: silent,
  hash: silent,
  type: (call) => {
    const { rest, set } = parseOptions(call.args, "");
    return set.has("p") || set.has("P") ? whereIs(call, rest) : unknown;
  },
  history: (call) => {
    if (call.args.some((each) => /^-\w*c/.test(asText(each)))) call.emit({ kind: "delete", target: "~/.bash_history" });
    return unknown;
  },
  fc: () => unknown,
  bind: silent,
  complete: silent,
  compgen,
  enable: silent,
  logout: silent,
  times: silent,
  unalias: silent,
  caller: () => unknown,
  disown: silent,
  coproc: again,
  fg: waiting,
  bg: waiting,
  wait: waiting,
  jobs: waiting,
  kill: signal,
  ulimit: limits,
  let: letIn,
  getopts,
  alias,
  set,
  shift,
  echo,
  printf,
  read,
  mapfile,
  readarray: mapfile,
  source,
  ".": source,
  eval: evaluate,
  exec,
  trap,
  command: again,
  builtin: again,
  suspend: silent,
};
