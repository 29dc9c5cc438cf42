/**
 * Which files of a sandbox a command line runs, as far as it says so, and whether it only says so while it runs. Pure. What
 * lies in the read-only part of a sandbox is its image's; everything else may have been written by anybody.
 */
import { type Loads, loadsOf } from "../analyze/environment/loads.ts";

export interface Executed {
  /** Absolute paths that would be run or loaded, if they exist. */
  readonly files: readonly string[];
  /** Whether what is run depends on what other commands print, or on variables. */
  readonly computed: boolean;
}

export interface Surroundings {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** How an interpreter's options are read. */
interface Interpreter {
  /** The next word is code. */
  readonly code: RegExp;
  /** The next word, or what follows `=`, is a file that is loaded. */
  readonly file?: RegExp;
  /** The next word is a module, which may lie in the current folder. */
  readonly module?: RegExp;
  /** The next word is a value of no interest here. */
  readonly valued?: RegExp;
}

const shell: Interpreter = {
  code: /^-[a-z]*c$/,
  file: /^--(rcfile|init-file)$/,
  valued: /^[-+][oO]$/,
};
const interpreters: Readonly<Record<string, Interpreter>> = {
  ...Object.fromEntries("sh bash dash zsh ksh fish".split(" ").map((name) => [name, shell])),
  python: { code: /^-[a-zA-Z]*c$/, module: /^-[a-zA-Z]*m$/, valued: /^(-W|-X|--check-hash-based-pycs)$/ },
  node: { code: /^(-e|-p|-pe|--eval|--print)$/, file: /^(-r|--require|--import|--(experimental-)?loader)$/ },
  nodejs: { code: /^(-e|-p|-pe|--eval|--print)$/, file: /^(-r|--require|--import|--(experimental-)?loader)$/ },
  perl: { code: /^-[a-zA-Z]*[eE]$/ },
  ruby: { code: /^-[a-zA-Z]*e$/, file: /^-r$/ },
  lua: { code: /^-e$/, file: /^-l$/ },
  php: { code: /^-r$/, file: /^-f$/ },
  awk: { code: /^$/, file: /^(-f|--file)$/ },
};
/** Programs that start another one, which their arguments name after options of their own. */
const starters = new Set("env nice nohup setsid stdbuf timeout time ionice busybox exec command builtin".split(" "));
/** Programs that make a command line from what they read or find. */
const composers = new Set("xargs parallel eval watch".split(" "));
/** Options of starters whose next word is a value. */
const starterValues = /^(-n|-s|-k|-u|-i|-o|-e|-c|-a|--signal|--kill-after|--adjustment|--unset)$/;

const readOnly = /^\/(usr|bin|sbin|lib|lib64|opt|etc)(\/|$)/;
/** A variable, or what another command prints. */
const dynamic = /[$`]/;
const stepsMax = 64;

export function executedBy(argv: readonly string[], around: Surroundings): Executed {
  const walk = new Walk(around);
  walk.command(argv);
  return { files: [...new Set(walk.files)], computed: walk.computed };
}

class Walk {
  readonly files: string[] = [];
  computed = false;
  readonly #environment: Readonly<Record<string, string>>;
  /** Where it may stand: a shell that went somewhere may have come back. */
  readonly #folders: string[];
  #steps = 0;
  #isScript = false;

  constructor({ cwd, environment }: Surroundings) {
    this.#environment = environment;
    this.#folders = [cwd];
    for (const [name, value] of Object.entries(environment)) {
      const loads = loadsOf(name, value, environment);
      // In PATH each program is looked for by its name.
      if (loads !== null && name !== "PATH") this.#loaded(loads);
    }
  }

  /** What a variable makes programs run besides what they were told to. */
  #loaded({ libraries, files, texts, folders }: Loads): void {
    // A bare name is a library of the system, unless its folder was changed: that is another variable.
    for (const path of libraries) if (path.includes("/")) this.#file(path);
    for (const { path } of files) this.#file(path);
    // Code in another language than a shell's is in the request itself.
    for (const { text, language } of texts) if (language === "bash") this.#script(text);
    for (const { path, of } of folders) {
      const isWritable = this.#pathsOf(path).some((each) => !isReadOnly(each));
      // Anything that is put there later is run, and what its name would be is not known.
      if (isWritable && (of === "libraries" || of === "programs")) this.computed = true;
      else if (isWritable && of === "python")
        for (const name of [
          "",
          "/sitecustomize.py",
          "/usercustomize.py",
          "/sitecustomize/__init__.py",
          "/usercustomize/__init__.py",
        ])
          this.#file(`${path}${name}`);
    }
  }

  /** `NAME=value` before a command, or as a shell exports it. */
  #assigned(word: string): void {
    const [name, value = ""] = splitOnce(word);
    if (name === "PATH") {
      const folders = value.split(":").filter((each) => !/^\$(PATH|\{PATH\})$/.test(each));
      if (folders.some((each) => dynamic.test(each) || !isReadOnly(each))) this.computed = true;
      return;
    }
    const loads = loadsOf(name, value, { [name]: value });
    if (loads === null) return;
    if (dynamic.test(value)) this.computed = true;
    else this.#loaded(loads);
  }

  /** One program with its arguments. */
  command(argv: readonly string[]): void {
    const [program, ...rest] = argv;
    this.#steps += 1;
    if (program === undefined) return;
    if (this.#steps > stepsMax || dynamic.test(program)) {
      this.computed = true;
      return;
    }
    if (program === "." || program === "source") {
      if (rest[0] === undefined) this.computed = true;
      return this.#file(rest[0]);
    }
    if (/^(cd|pushd|popd|chdir)$/.test(program)) return this.#goTo(rest.find((word) => !word.startsWith("-")));
    this.#program(program);
    const name = (program.split("/").at(-1) ?? "").replace(/[\d.]+$/, "");
    if (composers.has(name)) this.computed = true;
    else if (starters.has(name)) this.#started(rest);
    else if (name === "find" && rest.some((word) => /^-(exec|ok)/.test(word))) this.computed = true;
    else {
      const interpreter = interpreters[name];
      if (interpreter !== undefined) this.#interpreted(interpreter, rest);
    }
  }

  /** Where a program is looked for: by its path, or in those folders of PATH that anybody may write to. */
  #program(program: string): void {
    if (program.includes("/")) return this.#file(program);
    const { PATH = "" } = this.#environment;
    for (const folder of PATH.split(":"))
      if (!isReadOnly(folder)) this.#file(`${folder === "" ? "." : folder}/${program}`);
  }

  #started(words: readonly string[]): void {
    for (let at = 0; at < words.length; at += 1) {
      const word = words[at] ?? "";
      if (/^(-S|--split-string|-C|--chdir)/.test(word)) {
        this.computed = true;
        return;
      }
      if (/^\w+=/.test(word)) this.#assigned(word);
      if (starterValues.test(word)) at += 1;
      else if (!/^-|^\w+=|^[\d.]+[smhd]?$/.test(word)) return this.command(words.slice(at));
    }
  }

  #interpreted(interpreter: Interpreter, words: readonly string[]): void {
    for (let at = 0; at < words.length; at += 1) {
      const word = words[at] ?? "";
      const next = words[at + 1];
      const [option = "", value] = word.startsWith("--") ? splitOnce(word) : [word];
      const from = /^0?<(.*)$/.exec(word)?.[1];
      if (from !== undefined) {
        // A text that stands there is seen with the rest; a file is run as if it had been named.
        if (!from.startsWith("<")) this.#file(from === "" ? next : from);
        else if (dynamic.test(`${word}${next ?? ""}`)) this.computed = true;
        return;
      }
      if (/^(--version|--help|-V)$/.test(word)) return;
      if (interpreter.code.test(word)) {
        if (interpreter === shell && next !== undefined) this.#script(next);
        return;
      }
      if (interpreter.module?.test(word)) {
        for (const path of modulePaths(next ?? "")) this.#file(path);
        return;
      }
      if (interpreter.file?.test(option)) {
        this.#file(value ?? next);
        if (value === undefined) at += 1;
      } else if (interpreter.valued?.test(word)) at += 1;
      else if (!/^[-+]/.test(word)) return word.startsWith(">") ? undefined : this.#file(word);
    }
    // In a script it reads what a command before it prints.
    if (this.#isScript && interpreter !== interpreters["awk"]) this.computed = true;
  }

  /** Shell text: the first word of each command, however deep it stands. Quotes are taken away, not understood. */
  #script(text: string): void {
    if (/(^|[\s;&|(])(eval|\$\(|`)/.test(text) || /(^|[;&|\n(])\s*["']?[$`]/.test(text)) this.computed = true;
    for (const command of text.split(/[;&|\n(){}`]|\$\(/)) {
      const words = command
        .trim()
        .split(/\s+/)
        .map((word) => word.replaceAll(/["'\\]/g, ""))
        .filter((word) => word !== "");
      const keywords = /^(if|then|else|elif|while|until|do|time|!|\w+=.*)$/;
      const first = words.findIndex((word) => !keywords.test(word));
      const isExport = /^(export|declare|typeset|readonly|local)$/.test(words[first] ?? "");
      for (const [at, word] of words.entries())
        if (/^\w+=/.test(word) && (first < 0 || at < first || isExport)) this.#assigned(word);
      this.#isScript = true;
      if (first >= 0) this.command(words.slice(first));
      this.#isScript = false;
    }
  }

  #file(word: string | undefined): void {
    if (word === undefined) return;
    if (dynamic.test(word)) {
      this.computed = true;
      return;
    }
    for (const path of this.#pathsOf(word)) {
      // Another name for something else, whose content is not what it seems.
      if (/^\/proc\//.test(path)) this.computed = true;
      else if (!isReadOnly(path)) this.files.push(path);
    }
  }

  #goTo(folder: string | undefined): void {
    if (folder === undefined || dynamic.test(folder) || folder.startsWith("~") || this.#folders.length > stepsMax)
      this.computed = true;
    else this.#folders.push(...this.#pathsOf(folder));
  }

  #pathsOf(word: string): readonly string[] {
    return word.startsWith("/") ? [word] : [...new Set(this.#folders)].map((folder) => `${folder}/${word}`);
  }
}

/** Steps up may lead anywhere once a link is on the way. */
function isReadOnly(path: string): boolean {
  return readOnly.test(path) && !path.split("/").includes("..");
}

function splitOnce(word: string): readonly [string, string | undefined] {
  const equals = word.indexOf("=");
  return equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function modulePaths(name: string): readonly string[] {
  const path = name.replaceAll(".", "/");
  return path === "" ? [] : [`${path}.py`, `${path}/__main__.py`];
}
