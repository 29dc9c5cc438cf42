/**
 * What a variable of the environment makes programs load or run besides what they were told to. Pure, and without a look at any
 * file: the analyzer reads what it names, and whoever judges an execution asks what lies there.
 */
import type { LanguageName } from "@hsr/contract";
import { type Way, wayOf } from "./variables.ts";

export interface LoadedFile {
  readonly path: string;
  /** What it is read as; `null` for a language that the analyzer does not know, `program` for what says itself what it is. */
  readonly language: LanguageName | "program" | null;
}

export interface LoadedText {
  readonly text: string;
  readonly language: LanguageName | null;
  /** A command that some program runs when it needs one, such as an editor: ordinary, as long as the command is. */
  readonly isCommand: boolean;
}

export interface SearchedFolder {
  readonly path: string;
  readonly of: "libraries" | "programs" | "modules" | "python";
}

export interface Loads {
  /** Libraries of machine code, by their paths or bare names. */
  readonly libraries: readonly string[];
  readonly files: readonly LoadedFile[];
  readonly texts: readonly LoadedText[];
  /** Looked into before the places of the system. */
  readonly folders: readonly SearchedFolder[];
  /** What the name of a function or a variable replaces. */
  readonly replaces: string | null;
}

interface Growing {
  libraries: string[];
  files: LoadedFile[];
  texts: LoadedText[];
  folders: SearchedFolder[];
  replaces: string | null;
}

/** So much of a value is looked at, and so many words of it: longer ones are no list of options that somebody wrote. */
const mostWords = 256;

/** `null` for a variable that loads nothing. `all` is the environment that it stands in. */
export function loadsOf(name: string, value: string, all: Readonly<Record<string, string>>): Loads | null {
  const found: Growing = { libraries: [], files: [], texts: [], folders: [], replaces: null };
  // A function of Bash, whatever its variable is called: old shells took it from any.
  const named = /^BASH_FUNC_(.+?)(?:%%|\(\))$/.exec(name);
  if (named !== null || value.startsWith("() {")) {
    const word = named?.[1] ?? name;
    found.replaces = word;
    found.texts.push({ text: `${word.replace(/[^\w.:-]/g, "_")} ${value}`, language: "bash", isCommand: false });
    return found;
  }
  const way = wayOf(name);
  if (way === null || value === "") return null;
  read(way, value, found, all, name);
  return found;
}

function read(way: Way, value: string, into: Growing, all: Readonly<Record<string, string>>, name: string): void {
  switch (way.kind) {
    case "libraries":
      into.libraries.push(...parts(value, /[:\s]+/));
      return;
    case "folders":
      for (const path of parts(value, /[:;]/, way.of === "programs"))
        into.folders.push({ path: path === "" ? "." : path, of: way.of });
      return;
    case "file":
      // Shells expand such a name before they open it.
      if (way.language === "bash" && /[$`]/.test(value))
        into.texts.push({ text: `. "${value.replace(/["\\]/g, "\\$&")}"`, language: "bash", isCommand: false });
      else if (value !== "/dev/null") into.files.push({ path: value, language: way.language });
      return;
    case "text":
      into.texts.push({ text: value, language: way.language, isCommand: false });
      return;
    case "prompt":
      if (/\$\(|`/.test(value))
        into.texts.push({ text: `: "${value.replace(/["\\]/g, "\\$&")}"`, language: "bash", isCommand: false });
      return;
    case "command":
      command(value.replace(/^[|!-]+/, ""), into);
      return;
    case "options":
      options(way.of, parts(value, /\s+/), into, value);
      return;
    case "callable": {
      // Python imports a module for it, and calls what is in it.
      const dotted = way.of === "warnings" ? value.split(",").map((one) => one.split(":")[2] ?? "") : [value];
      for (const each of dotted) {
        const module = /^[\w.]+$/.test(each) ? each.split(".").slice(0, -1).join(".") : "";
        if (module !== "")
          into.texts.push({
            text: way.of === "warnings" ? `import ${module}` : `import ${module}\n${each}()`,
            language: "python",
            isCommand: way.of === "breakpoint" && /pdb|debug/.test(each),
          });
      }
      return;
    }
    case "git":
      gitSettings(name, value, all, into);
      return;
  }
}

function command(text: string, into: Growing): void {
  into.texts.push({ text, language: "bash", isCommand: true });
  const [first = ""] = text.trim().split(/\s+/);
  if (first.includes("/") && !/["'$`\\]/.test(first)) into.files.push({ path: first, language: "program" });
}

function parts(value: string, between: RegExp, keepsEmpty = false): readonly string[] {
  return value
    .split(between)
    .slice(0, mostWords)
    .filter((each) => keepsEmpty || each !== "");
}

/** Options that name something to load, with what follows `=`, the word itself, or the next one. */
function options(
  of: "node" | "perl" | "ruby" | "java" | "tar" | "make" | "go",
  words: readonly string[],
  into: Growing,
  value: string,
): void {
  if (of === "perl" && /[;(){}`|]/.test(value)) into.texts.push({ text: value, language: null, isCommand: false });
  if (of === "make" && /--eval|\$\(/.test(value))
    into.texts.push({ text: shellOfMake(value), language: "bash", isCommand: false });
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const next = words[at + 1] ?? "";
    if (of === "node") {
      const [, flag = "", given] =
        /^(-r|--require|--import|--(?:experimental-)?loader|--experimental-config-file|--openssl-config|--env-file(?:-if-exists)?)(?:=(.*))?$/.exec(
          word,
        ) ?? [];
      if (flag !== "") nodeModule(unquoted(given ?? next), into);
    } else if (of === "perl" || of === "ruby") {
      const [, flag = "", given = ""] = /^-([rIM])(.*)$/.exec(word) ?? [];
      const path = given === "" ? next : given;
      if (flag === "I") into.folders.push({ path, of: "modules" });
      else if (flag === "r" && path.includes("/")) into.files.push({ path, language: null });
    } else if (of === "java") {
      const [, flag = "", path = ""] =
        /^(-javaagent|-agentpath|-Xbootclasspath\/[ap]|@|-XX:Flags|-XX:OnError|-XX:OnOutOfMemoryError)[:=]?([^=,]*)/.exec(
          word,
        ) ?? [];
      if (flag === "-agentpath") into.libraries.push(path);
      else if (flag.startsWith("-XX:On")) command(unquoted(path), into);
      else if (flag !== "") into.files.push({ path, language: null });
    } else if (of === "tar") {
      const [, given = ""] =
        /^--(?:to-command|use-compress-program|rmt-command|rsh-command|checkpoint-action=exec|new-volume-script)=(.+)$/.exec(
          word,
        ) ?? [];
      if (given !== "") command(unquoted(given), into);
      else if (/^(-I|-F)$/.test(word)) command(unquoted(next), into);
    } else if (of === "go") {
      const [, given = ""] = /^-(?:toolexec|exec|vettool|overlay)=(.+)$/.exec(word) ?? [];
      if (given !== "") command(unquoted(given), into);
    }
  }
}

function unquoted(word: string): string {
  return word.replace(/^["']|["']$/g, "");
}

function nodeModule(word: string, into: Growing): void {
  const inline = /^data:[^,]*?(;base64)?,(.*)$/is.exec(word);
  if (inline !== null) {
    const body = inline[2] ?? "";
    const text = inline[1] === undefined ? percentDecoded(body) : Buffer.from(body, "base64").toString("utf8");
    into.texts.push({ text, language: "javascript", isCommand: false });
  } else if (/^(\.|\/|file:)/.test(word))
    into.files.push({ path: word.replace(/^file:\/\//, ""), language: "javascript" });
}

function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"));
}

/** What `$(shell …)` of make runs. */
function shellOfMake(value: string): string {
  return [...value.matchAll(/\$\(shell ([^)]*)\)/g)].map((each) => each[1] ?? "").join("\n");
}

/** Settings of git whose value is a command, or a folder of commands. */
const gitCommands =
  /^(core\.(sshcommand|pager|editor|askpass|gitproxy|fsmonitor|alternaterefscommand)|sequence\.editor|pager\..+|credential\..*helper|diff\.external|(diff|merge|filter|difftool|mergetool|browser|man|guitool|trailer)\..+\.(textconv|command|driver|clean|smudge|process|cmd|path)|gpg(\..+)?\.program|alias\..+|uploadpack\.packobjectshook|interactive\.difffilter|remote\..+\.(vcs|uploadpack|receivepack|proxy)|ssh\.variant|sendemail\.(smtpserver|.*cmd)|imap\.tunnel|tar\..+\.command|web\.browser|help\.browser)$/i;

function gitSettings(name: string, value: string, all: Readonly<Record<string, string>>, into: Growing): void {
  const number = /^GIT_CONFIG_VALUE_(\d+)$/.exec(name)?.[1];
  const pairs: readonly (readonly [string, string])[] =
    number !== undefined
      ? [[all[`GIT_CONFIG_KEY_${number}`] ?? "", value]]
      : [...value.slice(0, 65_536).matchAll(/'([^'=]+)'?='?([^']*)'/g)].map((each) => [each[1] ?? "", each[2] ?? ""]);
  for (const [key, text] of pairs) {
    if (/^core\.hookspath$/i.test(key)) into.folders.push({ path: text, of: "programs" });
    else if (/^include(if\..*)?\.path$/i.test(key)) into.files.push({ path: text, language: null });
    // An alias is a command of git unless it says that it is one of the shell.
    else if (gitCommands.test(key) && (!/^alias\./i.test(key) || text.startsWith("!")))
      command(text.replace(/^!/, ""), into);
  }
}
