/** How interpreters read their options: what is code, what is a file that they load, and where their script stands. Pure. */

interface Found {
  /** Files that options load. */
  readonly files: readonly string[];
  /** Whether they load what they do not name. */
  readonly computed: boolean;
  /** Whether they look for something to run in the current folder. */
  readonly tree: boolean;
}

/** What the words make an interpreter run. `unknown`: an option that is not known here, so that any of them may be a file. */
export type Reading =
  | (Found & { readonly kind: "code" | "nothing" | "input" })
  | (Found & { readonly kind: "script"; readonly at: number })
  | (Found & { readonly kind: "module"; readonly at: number; readonly module: string })
  | { readonly kind: "unknown" };

const nothing: Found = { files: [], computed: false, tree: false };

export function pythonOptions(words: readonly string[]): Reading {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const [, letter, glued = ""] = /^-[bBdEiIOPqRsSuvx]*([cmWX])(.*)$/s.exec(word) ?? [];
    if (/^(--version|--help|-[VVh?]+)$/.test(word)) return { ...nothing, kind: "nothing" };
    if (letter === "c") return { ...nothing, kind: "code" };
    if (letter === "m")
      return {
        ...nothing,
        kind: "module",
        at: glued === "" ? at + 1 : at,
        module: glued === "" ? (words[at + 1] ?? "") : glued,
      };
    if (letter === "W" || letter === "X" || word === "--check-hash-based-pycs") at += glued === "" ? 1 : 0;
    else if (word === "-") return { ...nothing, kind: "input" };
    else if (word === "--") return { ...nothing, kind: "script", at: at + 1 };
    else if (!word.startsWith("-")) return { ...nothing, kind: "script", at };
    else if (!/^-[bBdEiIOPqRsSuvx]+$/.test(word)) return { kind: "unknown" };
  }
  return { ...nothing, kind: "input" };
}

const nodeFlags =
  /^(-i|-c|--check|--interactive|--watch|--no-[\w-]+|--enable-[\w-]+|--expose-gc|--trace-[\w-]+|--experimental-(strip-types|vm-modules|wasm-modules|transform-types|sqlite)|--(max|stack|title|input-type|unhandled-rejections|disable-warning|conditions|dns|icu|inspect)[\w-]*=.*|--allow-[\w-]+(=.*)?|--permission|--test-[\w-]+=.*)$/;

export function nodeOptions(words: readonly string[]): Reading {
  const files: string[] = [];
  let isCode = false;
  let tree = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const [, loads, value] =
      /^(-r|--require|--import|--(?:experimental-)?loader|--env-file(?:-if-exists)?)(?:=(.*))?$/s.exec(word) ?? [];
    if (/^(--version|-v|--help|-h)$/.test(word)) return { ...nothing, kind: "nothing" };
    if (/^(-e|-p|-pe|--eval|--print)(=|$)/.test(word)) {
      isCode = true;
      at += word.includes("=") ? 0 : 1;
    } else if (loads !== undefined) {
      // One from a package or of data: is not a file by that name.
      files.push(value ?? words[at + 1] ?? "");
      at += value === undefined ? 1 : 0;
    } else if (word === "inspect") return { kind: "unknown" };
    else if (word === "--test") tree = true;
    else if (word === "--" || !word.startsWith("-")) {
      const from = word === "--" ? at + 1 : at;
      if (isCode || tree)
        return { files: tree ? [...files, ...words.slice(from)] : files, computed: false, tree, kind: "code" };
      return { files, computed: false, tree, kind: "script", at: from };
    } else if (word === "-") break;
    else if (/^--run(=|$)/.test(word))
      return { files: [...files, "package.json"], computed: false, tree, kind: "code" };
    else if (!nodeFlags.test(word)) return { kind: "unknown" };
  }
  return { files, computed: false, tree, kind: isCode || tree ? "code" : "input" };
}

export function perlOptions(words: readonly string[]): Reading {
  let isCode = false;
  let computed = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (/^-[wWtTlnpasuUcX\d]*[eE]$/.test(word)) {
      isCode = true;
      at += 1;
    } else if (/^-[vV]/.test(word)) return { ...nothing, kind: "nothing" };
    else if (/^-I/.test(word)) {
      const folder = word === "-I" ? (words[at + 1] ?? "") : word.slice(2);
      computed ||= !/^\/usr\//.test(folder) || folder.includes("..");
      at += word === "-I" ? 1 : 0;
    } else if (/^-[mM]/.test(word)) computed ||= !/^-[mM]-?(?!lib\b)[\w:]+(=[\w,:]+)?$/.test(word);
    else if (word === "--" || !word.startsWith("-")) {
      if (isCode) break;
      return { files: [], computed, tree: false, kind: "script", at: word === "--" ? at + 1 : at };
    } else if (word === "-" || !/^-[wWtTlnpasuUcX\d]*(i.*|0.*|F.+|C\d*)?$/.test(word)) return { kind: "unknown" };
  }
  return { files: [], computed, tree: false, kind: isCode ? "code" : "input" };
}

export function rubyOptions(words: readonly string[]): Reading {
  const files: string[] = [];
  let isCode = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "-e") {
      isCode = true;
      at += 1;
    } else if (/^-r/.test(word)) {
      const name = word === "-r" ? (words[at + 1] ?? "") : word.slice(2);
      if (name.includes("/")) files.push(name, `${name}.rb`);
      at += word === "-r" ? 1 : 0;
    } else if (/^(-v|--version|-h|--help)$/.test(word)) return { ...nothing, kind: "nothing" };
    else if (!word.startsWith("-"))
      return isCode ? { ...nothing, files, kind: "code" } : { ...nothing, files, kind: "script", at };
    else if (!/^-[wWsnplaUc\d]+$/.test(word)) return { kind: "unknown" };
  }
  return { ...nothing, files, kind: isCode ? "code" : "input" };
}

export function awkOptions(words: readonly string[]): Reading {
  const files: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const [, file] = /^(?:-f|--file=?|-E|--exec=?|-i|--include=?|-l|--load=?)(.*)$/s.exec(word) ?? [];
    if (/^(--version|--help|-V)$/.test(word)) return { ...nothing, kind: "nothing" };
    if (file !== undefined) {
      files.push(file === "" ? (words[at + 1] ?? "") : file);
      at += file === "" ? 1 : 0;
    } else if (/^-[vF]/.test(word)) at += word.length === 2 ? 1 : 0;
    else if (!word.startsWith("-") || word === "--") {
      const text = files.length > 0 ? "" : (words[word === "--" ? at + 1 : at] ?? "");
      const computed = /system\s*\(|\||getline|@(load|include)/.test(text.replaceAll("||", ""));
      return { files, computed, tree: false, kind: "code" };
    } else return { kind: "unknown" };
  }
  return { ...nothing, files, kind: "code" };
}

/** Whether everything that sed is told is one of the commands that only change or print text. */
export function isPlainSed(words: readonly string[]): boolean {
  const scripts: string[] = [];
  let isNamed = false;
  let plain: string | null = null;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const [, glued] = /^(?:-[nErsuzi]*e|--expression=?)(.*)$/s.exec(word) ?? [];
    if (glued !== undefined) {
      isNamed = true;
      scripts.push(glued === "" ? (words[at + 1] ?? "") : glued);
      at += glued === "" ? 1 : 0;
    } else if (
      /^(-[nErsuz]*i?(\.\w+)?|--(in-place|quiet|silent|regexp-extended|separate|posix|version|help)(=\S*)?)$/.test(word)
    )
      continue;
    else if (word.startsWith("-")) return false;
    else plain ??= word;
  }
  if (!isNamed) scripts.push(plain ?? "");
  return scripts.every((script) => script.length <= sedMax && isPlainScript(script));
}

/** A longer one is not looked at. */
const sedMax = 256;
const address = String.raw`(?:\d+|\$|/(?:\\.|[^/\\\n])*/)`;
const substitution = "/|#,:@_~%!"
  .split("")
  .map((sign) => {
    const part = String.raw`(?:\\.|[^\\\n${sign}])*`;
    return `s${sign === "|" ? "\\|" : sign}${part}${sign === "|" ? "\\|" : sign}${part}${sign === "|" ? "\\|" : sign}[gpiIM\\d]*`;
  })
  .join("|");
/** One command. Nothing in it can be read in two ways, so that no script takes long. */
const sedCommand = new RegExp(
  `(?:${address}(?:,[+~]?${address})? ?)?!? ?(?:[pdqPDNnGghHxl=]|${substitution})? ?(?=[;\\n]|$)`,
  "y",
);

function isPlainScript(script: string): boolean {
  for (let at = 0; at < script.length; ) {
    if (/[\s;]/.test(script[at] ?? "")) at += 1;
    else {
      sedCommand.lastIndex = at;
      const length = sedCommand.exec(script)?.[0].length ?? 0;
      if (length === 0) return false;
      at += length;
    }
  }
  return true;
}
