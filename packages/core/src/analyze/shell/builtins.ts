/** Commands that Bash itself has. None of them starts a process. */

import { concatenated } from "../evaluate/operate.ts";
import { unescapeShell } from "../lower/escapes.ts";
import {
  asText,
  hole,
  isWhole,
  joinDisguise,
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
import { parseOptions } from "./options.ts";
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
  const code = asText(text);
  const from = originsOf(text);
  const isKnown = isWhole(code) && text.k === "text";
  if (computed)
    call.emit({
      kind: "eval",
      target: code.slice(0, 200),
      from,
      callee,
      disguise: text.k === "text" ? text.disguise : [],
      tags: [isKnown ? "known" : "unknown", ...(isReviver(call) ? ["revives"] : [])],
    });
  if (!isKnown && (code === hole || !/[A-Za-z]{2}/.test(code.replaceAll(hole, "")) || code.startsWith(hole)))
    call.emit({ kind: "opaque", from, callee });
  return code === hole ? unknownFrom(from) : call.shell.evaluate(text, call.node);
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
  const pattern = asText(format);
  const result: Value[] = [];
  let index = 0;
  // The format is used again while there are arguments left.
  do {
    const before = index;
    let last = 0;
    for (const match of pattern.matchAll(/%(?:[-+ #0]*)(?:\d+)?(?:\.\d+)?([a-zA-Z%])/g)) {
      result.push(literal(pattern.slice(last, match.index)));
      last = match.index + match[0].length;
      const kind = match[1] ?? "s";
      if (kind === "%") result.push(textValue("%"));
      else {
        const value = values[index++] ?? nothing;
        if (kind === "b" && value.k === "text") result.push({ ...literal(value.text), from: value.from });
        else if (kind === "c" && value.k === "text") result.push(textValue(value.text.slice(0, 1), value.from));
        else if (/[xXo]/.test(kind) && value.k === "text" && /^\d+$/.test(value.text))
          result.push(textValue(Number(value.text).toString(kind === "o" ? 8 : 16), value.from));
        else result.push(value);
      }
    }
    result.push(literal(pattern.slice(last)));
    if (index === before) break;
  } while (index < values.length && result.length < 2000);
  const made = concatenated(result);
  if (into === null) return made;
  call.shell.assign(into, made);
  return nothing;
};

function literal(raw: string): Extract<Value, { k: "text" }> {
  const text = unescapeShell(raw);
  return { k: "text", text, bytes: false, disguise: /\\[xuU0-7]/.test(raw) ? ["escapes"] : [], from: noOrigins };
}

const read: Builtin = (call) => {
  const { values, rest } = parseOptions(call.args, "a d i n N p t u");
  const names = [...rest, ...(values.get("a") ?? [])].map(asText);
  const from = call.stdin === null ? [call.emit({ kind: "input", callee: "read" })] : originsOf(call.stdin);
  const words =
    call.stdin?.k === "text" && isWhole(call.stdin.text)
      ? call.stdin.text.split("\n")[0]?.trim().split(/\s+/)
      : undefined;
  names.forEach((name, index) => {
    const value =
      words === undefined
        ? unknownFrom(from)
        : textValue((index === names.length - 1 ? words.slice(index) : words.slice(index, index + 1)).join(" "), from);
    call.shell.assign(name, values.has("a") ? listValue([value], true, from) : value);
  });
  if (names.length === 0) call.shell.assign("REPLY", unknownFrom(from));
  return nothing;
};

const mapfile: Builtin = (call) => {
  const { rest } = parseOptions(call.args, "d n O s u C c");
  const from = call.stdin === null ? noOrigins : originsOf(call.stdin);
  const known =
    call.stdin?.k === "text" && isWhole(call.stdin.text) ? call.stdin.text.replace(/\n$/, "").split("\n") : null;
  const list =
    known === null ? listValue([unknownFrom(from)], true, from) : listValue(known.map((each) => textValue(each, from)));
  call.shell.assign(asText(rest[0] ?? textValue("MAPFILE")), list);
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
  const [action] = call.args;
  if (action?.k === "text" && !/^-|^$|^\d+$/.test(action.text)) call.shell.evaluate(action, call.node);
  return nothing;
};

const again: Builtin = (call) => {
  const { rest, set } = parseOptions(call.args, "", "first");
  if (set.has("v") || set.has("V")) return unknown;
  return call.shell.execute(rest, call.stdin, call.node);
};

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

const shift: Builtin = ({ shell }) => {
  if (shell.positional.k === "list")
    shell.positional = listValue(shell.positional.items.slice(1), shell.positional.open, shell.positional.from);
  return nothing;
};

const set: Builtin = ({ shell, args, emit }) => {
  const words = args.map(asText).join(" ");
  if (/^\+o history/.test(words)) emit({ kind: "environment", target: "HISTFILE", tags: ["write"], callee: "unset" });
  // Without operands it prints every variable.
  if (args.length === 0) return unknownFrom([emit({ kind: "environment", target: null, tags: ["read", "all"] })]);
  const split = args.findIndex((each) => asText(each) === "--");
  if (split >= 0) shell.positional = listValue(args.slice(split + 1));
  return nothing;
};

const alias: Builtin = ({ args, emit }) => {
  for (const each of args)
    if (asText(each).includes("=")) emit({ kind: "input", tags: ["alias"], target: asText(each) });
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
    const found = /^([A-Za-z_]\w*)\s*[-+*/%]?=/.exec(asText(each));
    if (found?.[1] !== undefined) shell.assign(found[1], unknown);
  }
  return nothing;
};

export const builtins: Readonly<Record<string, Builtin>> = {
  ":": silent,
  true: silent,
  false: silent,
  "[": silent,
  "[[": silent,
  test: silent,
  return: silent,
  exit: silent,
  break: silent,
  continue: silent,
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
  type: () => unknown,
  history: (call) => {
    if (call.args.some((each) => /^-\w*c/.test(asText(each)))) call.emit({ kind: "delete", target: "~/.bash_history" });
    return unknown;
  },
  fc: () => unknown,
  bind: silent,
  complete: silent,
  compgen: () => unknown,
  enable: silent,
  logout: silent,
  times: silent,
  unalias: silent,
  caller: () => unknown,
  disown: silent,
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
