/**
 * Whether an execution can be seen in advance. Pure. What is not understood of the arguments of a program that may run
 * what it reads is taken for the worse: a refusal names what to ask for, and a script that slips by is not seen at all.
 */
import type { Opacity } from "../decide/judge.ts";
import type { ExecAction } from "./actions.ts";

/** How the arguments of a program that may run what it reads are understood. Whatever matches nothing may mean that it does. */
interface Reader {
  /** The code is in the arguments. */
  readonly code: RegExp;
  /** Says nothing about where the program comes from. */
  readonly alone?: RegExp;
  /** The same, with a word behind it. */
  readonly valued?: RegExp;
  /** The word behind it is a module, which is run. */
  readonly module?: RegExp;
  /** Its code starts programs that have the same standard input. */
  readonly isShell?: boolean;
}

const shell: Reader = {
  code: /^-[a-zA-Z]*c$/,
  alone: /^-[abefhklmnpruvxBCEHPT]+$|^--(norc|noprofile|posix|login|restricted|verbose)$/,
  valued: /^(-[a-z]*o|--rcfile|--init-file)$/,
  isShell: true,
};
const python: Reader = {
  code: /^-[bBdEIOPqRsSuvx]*c/,
  alone: /^-[bBdEIOPqRsSuvx]+$/,
  valued: /^(-W|-X|--check-hash-based-pycs)$/,
  module: /^-[bBdEIOPqRsSuvx]*m$/,
};
const node: Reader = {
  code: /^(-e|-p|-pe|--eval|--print)(=|$)/,
  alone:
    /^--[\w-]+=|^--(no-[\w-]+|enable-source-maps|expose-gc|trace-[\w-]+|experimental-(strip-types|vm-modules|wasm-modules))$/,
  valued: /^(-r|--require|--import|--(experimental-)?loader)$/,
};
const readers: ReadonlyMap<string, Reader> = new Map([
  ...named("sh ash bash rbash dash zsh ksh mksh yash csh tcsh fish", shell),
  ...named("python pypy", python),
  ...named("node nodejs", node),
  ...named("perl", { code: /^-[a-zA-Z\d]*[eE]/, alone: /^-[wWtTlnpasuU]+$/ }),
  ...named("ruby lua luajit", { code: /^-e/, alone: /^-[wW]$/ }),
  ...named("php", { code: /^-r$/, alone: /^-[nq]$/ }),
  ...named("tclsh bun deno m", { code: /^$/ }),
]);

function named(names: string, reader: Reader): readonly (readonly [string, Reader])[] {
  return names.split(" ").map((name) => [name, reader]);
}

/** Programs that take commands from their input whatever else they are given, or make command lines of it. */
const always = new Set("xargs parallel gdb lldb irb ipython ed ex at batch ssh".split(" "));
/** Modules of Python that take commands from their input. */
const consoles = new Set("code pdb asyncio trace profile cProfile IPython".split(" "));
/** Programs that start another one, which their arguments name. */
const starters = new Set(
  "env nice nohup setsid stdbuf timeout time ionice taskset chrt flock strace ltrace script unshare chroot setpriv setarch sudo su doas busybox toybox exec command builtin watch find prlimit choom".split(
    " ",
  ),
);
/** Programs with a language of their own, which an option reads from a file. */
const scripted = new Set("awk gawk mawk nawk sed make".split(" "));

/** Names under which a program finds its standard input. */
const input = /^-$|^\/dev\/(stdin|fd\/|tty)|^\/proc\//;
const deepest = 16;

export function opacityOf(action: Pick<ExecAction, "program" | "stdin" | "terminal">): Opacity {
  if (action.terminal !== null) return "terminal";
  // The code is in the request; what such a program reads is its data.
  if (action.stdin === null || action.program.kind === "code") return null;
  return readsItsProgram(action.program.argv, 0) ? "typed_input" : null;
}

function readsItsProgram(argv: readonly string[], depth: number): boolean {
  const [program = "", ...rest] = argv;
  const name = nameOf(program);
  if (depth > deepest || always.has(name)) return true;
  if (starters.has(name) || /^ld(-linux.*)?\.so$/.test(name)) return startsReader(rest, depth);
  // With a command beside the database it reads nothing.
  if (name === "sqlite") return rest.filter((word) => !word.startsWith("-")).length < 2;
  if (scripted.has(name))
    return rest.some(
      (word, at) =>
        /^(-f|--file=?)(.*)/.test(word) && input.test(/^(?:-f|--file=?)(.+)/.exec(word)?.[1] ?? rest[at + 1] ?? "-"),
    );
  const reader = readers.get(name);
  return reader !== undefined && takesInput(reader, rest, depth);
}

function takesInput(reader: Reader, words: readonly string[], depth: number): boolean {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (reader.code.test(word)) return reader.isShell === true && scriptReads(words[at + 1] ?? "", depth);
    if (reader.module?.test(word)) return consoles.has((words[at + 1] ?? "code").split(".")[0] ?? "");
    if (reader.valued?.test(word)) at += 1;
    else if (!reader.alone?.test(word)) return /^[-+]/.test(word) || input.test(word);
  }
  return true;
}

/** Any of the words may be the program: which one it is, each of these programs decides in its own way. */
function startsReader(words: readonly string[], depth: number): boolean {
  const flat = words.flatMap((word) => word.replace(/^(-S|--split-string=?)/, "").split(/\s+/));
  return flat.some((word, at) => isRelevant(nameOf(word)) && readsItsProgram(upToEnd(flat.slice(at)), depth + 1));
}

/** As `find` ends a command. */
function upToEnd(words: readonly string[]): readonly string[] {
  const end = words.findIndex((word) => word === ";" || word === "+");
  return end < 0 ? words : words.slice(0, end);
}

/** Each command of a shell's text. Quotes are taken away, not understood. */
function scriptReads(text: string, depth: number): boolean {
  return text.split(/[;&|\n(){}`]|\$\(/).some((command) => {
    const words = command
      .trim()
      .split(/\s+/)
      .map((word) => word.replaceAll(/["'\\]/g, ""));
    // A file that is read instead of the standard input is another matter, and the sandbox's own.
    return words.some(
      (word, at) => isRelevant(nameOf(word)) && readsItsProgram(beforeRedirection(words, at), depth + 1),
    );
  });
}

function beforeRedirection(words: readonly string[], from: number): readonly string[] {
  const rest = words.slice(from);
  const end = rest.findIndex((word) => /^\d*[<>]/.test(word));
  return end < 0 ? rest : rest.slice(0, end);
}

function isRelevant(name: string): boolean {
  return readers.has(name) || starters.has(name) || always.has(name) || scripted.has(name) || name === "sqlite";
}

/** Without its folder, and without a version, as in python3.11. */
function nameOf(program: string): string {
  return (program.split("/").at(-1) ?? "").replace(/[\d.-]+$/, "");
}
