/**
 * Which files of a sandbox a command line runs, as far as it says so, and whether it only says so while it runs. Pure. What
 * lies in the read-only part of a sandbox is its image's; everything else may have been written by anybody.
 */
import { type Loads, loadsOf } from "../analyze/environment/loads.ts";
import {
  awkOptions,
  isPlainSed,
  nodeOptions,
  perlOptions,
  pythonOptions,
  type Reading,
  rubyOptions,
} from "./interpreters.ts";
import {
  composers,
  dataModules,
  dataPrograms,
  gitCommands,
  gitStarts,
  homeFiles,
  isExcepted,
  keywords,
  ofFolder,
  type Starter,
  starters,
  waiting,
} from "./programs.ts";
import { type Command, commandsOf, type Word } from "./shell-text.ts";

export interface Executed {
  /** Absolute paths that would be run or loaded, if they exist. */
  readonly files: readonly string[];
  /** Absolute paths of which anything may be run: a file, or whatever lies in a folder. */
  readonly trees: readonly string[];
  /** Whether what is run depends on what other commands print, or on variables. */
  readonly computed: boolean;
}

export interface Surroundings {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

const readOnly = /^\/(usr|bin|sbin|lib|lib64|opt|etc)(\/|$)/;
/** A variable, or what another command prints. */
const dynamic = /[$`]/;
const stepsMax = 64;
const pathMax = 1024;
const treesMax = 1024;
/** A longer text of a shell is not read. */
const textMax = 64 * 1024;
/** Other names for something else, whose content is not what it seems. */
const elsewhere = /^\/(proc(\/|$)|dev\/(stdin|fd(\/|$)|tcp|udp))/;
const harmless = /^\/dev\/(null|zero|full|u?random|stdout|stderr|tty)$/;
const elsewhereSettings = /^(HOME|ZDOTDIR|XDG_CONFIG_HOME|GIT_DIR|GIT_WORK_TREE|GIT_COMMON_DIR)$/;
/** What shells read before anything else: when they are told to, and always. */
const loginFiles = ".bashrc .profile .bash_profile .bash_login .mkshrc .kshrc .zshrc .zprofile .zlogin".split(" ");
const shellFiles: Readonly<Record<string, readonly string[]>> = {
  zsh: [".zshenv"],
  csh: [".cshrc", ".login"],
  tcsh: [".tcshrc", ".cshrc", ".login"],
  fish: [".config/fish/config.fish"],
};
const isShell = (name: string) => /^(sh|ash|hush|bash|rbash|dash|zsh|ksh|mksh|yash|csh|tcsh|fish)$/.test(name);
const options: ReadonlyMap<string, (words: readonly string[]) => Reading> = new Map([
  ["python", pythonOptions],
  ["pypy", pythonOptions],
  ["node", nodeOptions],
  ["nodejs", nodeOptions],
  ["perl", perlOptions],
  ["ruby", rubyOptions],
  ...["awk", "gawk", "mawk", "nawk"].map((name) => [name, awkOptions] as const),
]);
/** Programs that write files under names which do not stand in their arguments. */
const makers = /^(tar|split|unzip|cpio|7z|patch|wget|gunzip|bunzip|unxz|unzstd|gzip|bzip|xz|zstd|csplit|sed|perl)$/;

/** What a command reads as its input. */
interface Input {
  readonly files: readonly string[];
  readonly documents: readonly string[];
  readonly isPiped: boolean;
  readonly isScript: boolean;
}
const direct: Input = { files: [], documents: [], isPiped: false, isScript: false };

/** A word that no shell has read. */
function given(text: string): Word {
  return { text, isDynamic: false, startsDynamic: false, expands: false };
}

export function executedBy(argv: readonly string[], around: Surroundings): Executed {
  const walk = new Walk(around);
  walk.command(argv.map(given));
  return { files: [...new Set(walk.files)], trees: [...new Set(walk.trees)], computed: walk.computed };
}

class Walk {
  readonly files: string[] = [];
  readonly trees: string[] = [];
  computed = false;
  readonly #environment: Readonly<Record<string, string>>;
  /** Where it may stand: a shell that went somewhere may have come back. */
  readonly #folders: string[];
  #steps = 0;
  /** Whether programs look for their settings where a variable says. */
  #isElsewhere = false;

  constructor({ cwd, environment }: Surroundings) {
    this.#environment = environment;
    this.#folders = [cwd];
    for (const [name, value] of Object.entries(environment)) {
      if (elsewhereSettings.test(name) && name !== "HOME") this.#isElsewhere = true;
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
    for (const { text, language, isCommand } of texts)
      if (language === "bash" && !(isCommand && this.#waits(text))) this.#script(given(text));
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

  /** A program that a person would type into, which another one starts with arguments of its own. */
  #waits(text: string): boolean {
    const [first = "", ...rest] = text.trim().split(/\s+/);
    if (!waiting.has(nameOf(first))) return false;
    this.#program(first);
    this.#anything(rest.map(given));
    return true;
  }

  /** `NAME=value` before a command, or as a shell exports it. */
  #assigned(word: string): void {
    const [name, value = ""] = splitOnce(word);
    if (name === "PATH") {
      const folders = value.split(":").filter((each) => !/^\$(PATH|\{PATH\})$/.test(each));
      if (folders.some((each) => dynamic.test(each) || !isReadOnly(each))) this.computed = true;
      return;
    }
    if (elsewhereSettings.test(name)) this.#isElsewhere = true;
    const loads = loadsOf(name, value, { [name]: value });
    if (loads === null) return;
    if (dynamic.test(value)) this.computed = true;
    else this.#loaded(loads);
  }

  /** One program with its arguments, and what it reads as its input. */
  command(argv: readonly Word[], around: Input = direct): void {
    const [first, ...words] = argv;
    this.#steps += 1;
    if (first === undefined) return;
    const program = first.text;
    if (this.#steps > stepsMax || first.isDynamic || first.expands) {
      this.computed = true;
      return;
    }
    const rest = words.map(({ text }) => text);
    if (program === "." || program === "source") return this.#file(rest.find((word) => word !== "--") ?? "$");
    if (/^(cd|pushd|popd|chdir)$/.test(program)) return this.#goTo(rest.find((word) => !/^-./.test(word)));
    this.#program(program);
    const whole = program.split("/").at(-1) ?? "";
    const name = nameOf(whole);
    const isImages = !program.includes("/") || isReadOnly(program);
    const except = isImages ? dataPrograms.get(whole) : undefined;
    if (waiting.has(name) || composers.has(whole) || composers.has(name)) this.computed = true;
    else if (name === "sed") this.computed ||= !isPlainSed(rest) || words.some(({ isDynamic }) => isDynamic);
    else if (except !== undefined) this.#data(whole, except, words, around);
    else if (isShell(name)) this.#shell(name, words, around);
    else if (options.has(name)) this.#interpreted(name, words, around);
    else if (starters.has(whole)) this.#started(whole, starters.get(whole) ?? { flags: "", valued: "" }, words, around);
    else if (name === "make" || name === "gmake") this.#make(words);
    else if (name === "git") this.#git(words);
    else if (name === "trap" || name === "alias") this.#texts(words);
    else {
      if (ofFolder.has(name)) {
        if (/^(-V|-v|-h|--version|--help|version|help|list|freeze|show|config)$/.test(rest[0] ?? "")) return;
        this.#tree(".");
      }
      // A program that was brought reads what it was made for; one of the image might take commands.
      if (isImages && around.isPiped) this.computed = true;
      this.#anything([...words, ...around.files.map(given)]);
    }
  }

  #data(name: string, except: Parameters<typeof isExcepted>[0], words: readonly Word[], around: Input): void {
    const rest = words.map(({ text }) => text);
    const isSafe = Object.keys(except).length === 0;
    if (!isSafe && (isExcepted(except, rest) || words.some(({ startsDynamic }) => startsDynamic))) this.computed = true;
    const ownFile = homeFiles.get(name);
    if (ownFile !== undefined) this.#ofHome([ownFile]);
    // With a command beside the database it reads nothing.
    if (name === "sqlite3" && around.isScript && rest.filter((word) => !word.startsWith("-")).length < 2)
      this.computed = true;
  }

  /** Where a program is looked for: by its path, or in those folders of PATH that anybody may write to. */
  #program(program: string): void {
    if (program.includes("/")) return this.#file(program);
    const { PATH = "" } = this.#environment;
    for (const folder of PATH.split(":"))
      if (!isReadOnly(folder)) this.#file(`${folder === "" ? "." : folder}/${program}`);
  }

  #started(name: string, starter: Starter, words: readonly Word[], around: Input): void {
    let before = starter.words ?? 0;
    for (let at = 0; at < words.length; at += 1) {
      const { text: word, isDynamic } = words[at] ?? given("");
      const [, long, value] = /^--([\w-]+)(=.*)?$/s.exec(word) ?? [];
      if (name === "env" && /^(-[i0v]*[SC]|--split|--chdir)/.test(word)) {
        this.computed = true;
        return;
      }
      if (name === "flock" && before === 0 && /^(-c|--command)$/.test(word)) return this.#script(words[at + 1]);
      if (long !== undefined) {
        if (value === undefined && (starter.long ?? []).some((each) => each.startsWith(long))) at += 1;
      } else if (/^-./.test(word) && word !== "--") {
        const letters = word.slice(1).split("");
        const ending = letters.findIndex((letter) => starter.valued.includes(letter));
        const flags = ending < 0 ? letters : letters.slice(0, ending);
        if (isDynamic || flags.some((letter) => !starter.flags.includes(letter))) return this.#anything(words);
        if (ending === letters.length - 1) at += 1;
      } else if (name === "env" && /^\w+=/.test(word)) this.#assigned(word);
      else if (word === "--" || word === "-") continue;
      else if (before > 0) before -= 1;
      else return this.command(words.slice(at), around);
    }
  }

  #shell(name: string, words: readonly Word[], around: Input): void {
    let isCode = false;
    let at = 0;
    for (; at < words.length; at += 1) {
      const word = words[at]?.text ?? "";
      if (word === "--" || word === "-") {
        at += 1;
        break;
      }
      if (words[at]?.isDynamic === true) break;
      if (/^(--version|--help)$/.test(word)) return;
      const file = /^--(?:rcfile|init-file)(?:=(.*))?$/s.exec(word);
      if (file !== null) {
        this.#file(file[1] ?? words[at + 1]?.text);
        if (file[1] === undefined) at += 1;
      } else if (/^--/.test(word)) {
        if (word.startsWith("--login")) this.#ofHome(loginFiles);
        else if (!/^--(norc|noprofile|posix|restricted|verbose|debugger|noediting)$/.test(word))
          return this.#anything(words);
      } else if (/^[-+]./.test(word)) {
        if (!/^[-+][a-zA-Z]+$/.test(word)) return this.#anything(words);
        isCode ||= word.startsWith("-") && word.includes("c");
        if (/[il]/.test(word)) this.#ofHome(loginFiles);
        at += word.replaceAll(/[^oO]/g, "").length;
      } else break;
    }
    const ownFiles = shellFiles[name];
    if (ownFiles !== undefined) this.#ofHome(ownFiles);
    if (isCode) this.#script(words[at]);
    else if (words[at] !== undefined) this.#wordAsFile(words[at]);
    else this.#input(around, true);
  }

  /** A program that runs what it reads, if nothing else is named. */
  #input({ files, documents, isScript }: Input, isShellText: boolean): void {
    for (const file of files) this.#file(file);
    for (const text of documents) {
      if (dynamic.test(text)) this.computed = true;
      if (isShellText) this.#script(given(text));
    }
    // In a script it reads what a command before it prints.
    if (isScript && files.length + documents.length === 0) this.computed = true;
  }

  #interpreted(name: string, words: readonly Word[], around: Input): void {
    const read: Reading = (options.get(name) ?? pythonOptions)(words.map(({ text }) => text));
    if (read.kind === "unknown") return this.#anything(words);
    if (read.computed) this.computed = true;
    for (const file of read.files) this.#file(file);
    if (read.tree) this.#tree(".");
    if (read.kind === "input") this.#input(around, false);
    if (read.kind === "script") this.#interpretedFile(words[read.at], name);
    if (read.kind !== "module") return;
    const rest = words.slice(read.at + 1);
    const { module } = read;
    for (const path of modulePaths(module)) this.#file(path);
    const top = module.split(".")[0] ?? "";
    if (!dataModules.has(top)) this.command([given(top), ...rest], { ...around, isPiped: false });
  }

  /** A folder can be run as well, by what it starts with. */
  #interpretedFile(word: Word | undefined, name: string): void {
    this.#wordAsFile(word);
    const path = word?.text ?? "";
    if (/^python|^pypy/.test(name) && !path.endsWith(".py")) this.#file(`${path}/__main__.py`);
    if (/^node/.test(name))
      for (const end of [".js", ".json", ".node", "/package.json", "/index.js"])
        if (!/\.[cm]?[jt]s$/.test(path)) this.#file(`${path}${end}`);
  }

  #make(words: readonly Word[]): void {
    let isNamed = false;
    for (let at = 0; at < words.length; at += 1) {
      const { text: word, isDynamic } = words[at] ?? given("");
      const next = words[at + 1]?.text;
      const [, option, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
      if (isDynamic || (option !== undefined && "eval".startsWith(option)) || /^-[a-zA-Z]*E/.test(word))
        this.computed = true;
      const isFolder = option !== undefined && option.length > 1 && "directory".startsWith(option);
      const isFile =
        option !== undefined && option.length > 1 && ("file".startsWith(option) || "makefile".startsWith(option));
      const [, letter, glued] = /^-[bBdeikLmnpqrRsStvw]*([CfI])(.*)$/s.exec(word) ?? [];
      const target = value ?? (glued === "" || glued === undefined ? next : glued);
      if (isFolder || letter === "C") this.#goTo(target);
      else if (isFile || letter === "f") {
        isNamed = true;
        this.#file(target === "-" ? "$" : target);
      } else if (letter === "I" || (option !== undefined && option.length > 1 && "include-dir".startsWith(option)))
        this.#tree(target ?? "$");
      else if (/^[\w.]+[:+?!]*=/.test(word)) this.#anything([given(word)]);
    }
    if (!isNamed) for (const file of ["Makefile", "makefile", "GNUmakefile"]) this.#file(file);
  }

  /** What git runs stands in its settings and its hooks, wherever the repository begins. */
  #git(words: readonly Word[]): void {
    let at = 0;
    for (; at < words.length; at += 1) {
      const { text: word } = words[at] ?? given("");
      const next = words[at + 1]?.text ?? "";
      if (word === "-C") this.#goTo(next);
      else if (word === "-c")
        this.computed ||=
          !/^(user\.\w+|color\.\w+|advice\.\w+|init\.defaultbranch|core\.(quotepath|autocrlf|eol))=/i.test(next);
      else if (/^(-P|--no-pager|--bare|--no-optional-locks|--version|--help|-v)$/.test(word)) continue;
      else if (word.startsWith("-")) this.computed = true;
      else break;
      at += 1;
    }
    const name = words[at]?.text;
    const rest = words.slice(at + 1);
    if (name === undefined) return;
    const starts = (letter: string) => rest.some(({ text }) => new RegExp(`^-[a-zA-Z]*${letter}`).test(text));
    if (!gitCommands.has(name) || rest.some(({ text, startsDynamic }) => startsDynamic || gitStarts.test(text)))
      this.computed = true;
    if ((name === "clone" && (starts("u") || starts("c"))) || (name === "grep" && starts("O"))) this.computed = true;
    if (/^(clone|fetch|pull|push)$/.test(name)) this.#anything(rest);
    this.#ofHome([".gitconfig", ".config/git/config"]);
    for (const folder of this.#pathsOf("."))
      for (const each of withParents(folder)) {
        const repository = `${each === "/" ? "" : each}/.git`;
        this.files.push(repository, `${repository}/config`);
        this.trees.push(`${repository}/hooks`);
      }
    this.#file("config");
  }

  #texts(words: readonly Word[]): void {
    for (const word of words) this.#script({ ...word, text: word.text.replace(/^\w+=/, "") });
  }

  /** A program that may run any of its arguments, and whatever stands in them. */
  #anything(words: readonly Word[]): void {
    for (const [at, word] of words.entries()) {
      if (this.#steps > stepsMax || this.trees.length > treesMax) {
        this.computed = true;
        return;
      }
      if (word.isDynamic || word.expands) this.computed = true;
      for (const path of pathsWithin(word.text)) this.#tree(path);
      const name = nameOf(word.text);
      if (
        isShell(name) ||
        options.has(name) ||
        starters.has(word.text) ||
        composers.has(name) ||
        /^(make|git|pytest|tox|nox|npm|npx|yarn|pip)$/.test(name)
      )
        this.command(words.slice(at));
      if (/\s/.test(word.text)) this.#script(word, "maybe");
    }
  }

  /** Shell text; `maybe` it is one. */
  #script(word: Word | undefined, is: "surely" | "maybe" = "surely"): void {
    if (word === undefined) return;
    if (word.isDynamic && word.startsDynamic) this.computed = true;
    if (word.text.length > textMax) {
      this.computed = true;
      return;
    }
    const { commands, isBroken } = commandsOf(word.text);
    if (isBroken && is === "surely") this.computed = true;
    const before = this.files.length;
    for (const each of commands) {
      if (this.#steps > stepsMax) break;
      this.#commandOfText(each);
    }
    if (this.files.length > before) this.#writtenBefore(commands, this.files.slice(before));
  }

  #commandOfText({ words, inputs, documents, isPiped }: Command): void {
    const first = words.findIndex(({ text, expands }) =>
      expands && !/^\w+=/.test(text) ? true : !keywords.test(text),
    );
    const isExport = /^(export|declare|typeset|readonly|local)$/.test(words[first]?.text ?? "");
    for (const [at, { text }] of words.entries())
      if (/^\w+=/.test(text) && (first < 0 || at < first || isExport)) this.#assigned(text);
    if (first >= 0) this.command(words.slice(first), { files: inputs, documents, isPiped, isScript: true });
  }

  /** A text that makes the files which it runs: what they will be is seen only where they are copies of others. */
  #writtenBefore(commands: readonly Command[], files: readonly string[]): void {
    const names = new Set(files.map((path) => path.split("/").at(-1)));
    const runs = (path: string) => dynamic.test(path) || names.has(path.split("/").at(-1));
    const links = commands.some(({ words }) => words.some(({ text }) => nameOf(text) === "ln"));
    for (const { words, outputs } of commands) {
      const writes = outputs.filter((path) => !/^(\/dev\/null|&?\d+|-)$/.test(path));
      if (writes.some(runs) || (links && writes.length > 0)) this.computed = true;
      const at = words.findIndex(({ text }) => !keywords.test(text));
      const program = nameOf(words[at]?.text ?? "");
      const rest = words.slice(at + 1);
      if (/^(cp|mv|ln|install|rsync)$/.test(program)) this.#anything(rest.filter(({ text }) => !text.startsWith("-")));
      else if (/^(tee|dd|curl|sort|truncate)$/.test(program))
        this.computed ||= links || rest.some(({ text }) => pathsWithin(text).some(runs));
      else if (
        makers.test(program) ||
        (/^[gmn]?awk$/.test(program) && rest.some(({ text }) => text.includes(">"))) ||
        (program === "git" && /^(clone|checkout|switch|restore|apply|pull)$/.test(rest[0]?.text ?? ""))
      )
        this.computed = true;
    }
  }

  #ofHome(names: readonly string[]): void {
    if (this.#isElsewhere) this.computed = true;
    const { HOME = "/workspace" } = this.#environment;
    for (const name of names) this.#file(`${HOME}/${name}`);
  }

  #wordAsFile(word: Word | undefined): void {
    this.#file(word?.expands === true ? "$" : word?.text);
  }

  #tree(word: string): void {
    if (dynamic.test(word)) this.computed = true;
    else
      for (const path of this.#pathsOf(word)) {
        if (elsewhere.test(path)) this.computed = true;
        else if (!isReadOnly(path) && !harmless.test(path)) this.trees.push(path);
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
      if (elsewhere.test(path)) this.computed = true;
      else if (!isReadOnly(path) && !harmless.test(path)) this.files.push(path);
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

/** A module, and the packages that it is in. Each of them may lie in the current folder. */
function modulePaths(name: string): readonly string[] {
  const parts = name.split(".");
  return parts.flatMap((_, at) => {
    const path = parts.slice(0, at + 1).join("/");
    const isLast = at === parts.length - 1;
    return path === "" ? [] : [`${path}.py`, `${path}/${isLast ? "__main__" : "__init__"}.py`];
  });
}

/** Without its folder, and without a version, as in python3.11. */
function nameOf(program: string): string {
  return (program.split("/").at(-1) ?? "").replace(/[\d.]+$/, "");
}

/** Everything in a word that could be a path: itself, its parts, values behind `=` and those that are glued to an option. */
function pathsWithin(word: string): readonly string[] {
  const parts = word.split(/[\s;&|<>(){}"'`,:=!@]+/);
  const glued = /^-[^-]/.test(word) ? [2, 3, 4].map((from) => word.slice(from)) : [];
  const values = word.includes("=") ? [word.slice(word.indexOf("=") + 1), word.slice(word.lastIndexOf("=") + 1)] : [];
  const all = [word, ...parts, ...glued, ...values];
  return [...new Set(all)].filter((each) => each.length <= pathMax && !each.includes("\0") && !/^\/*$/.test(each));
}

function withParents(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return [...parts.map((_, at) => `/${parts.slice(0, at + 1).join("/")}`), "/"];
}
