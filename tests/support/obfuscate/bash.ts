/** Ways to hide Bash code that still does the same. */
import { gzipSync } from "node:zlib";
import { type BashPart, bashParts } from "./bash-parts.ts";
import { between, type Chance, freshName, halves, pick, pieces, rot13 } from "./random.ts";

type Rewrite = (code: string, next: Chance) => string;

const single = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
const bytes = (text: string): readonly number[] => [...Buffer.from(text, "utf8")];
const hex = (text: string): string =>
  bytes(text)
    .map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`)
    .join("");
const octal = (text: string): string =>
  bytes(text)
    .map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
    .join("");
const reversed = (text: string): string =>
  text
    .split("\n")
    .map((line) => Array.from(line).reverse().join(""))
    .join("\n");

/** Shell text that prints the code, and a way to run what is printed. A first line that names the interpreter is only a comment then. */
const printers: Record<string, (code: string, next: Chance) => string> = {
  base64: (code, next) => {
    const text = base64(code);
    return pick(next, [
      `echo ${text} | base64 -d`,
      `base64 --decode <<< "${text}"`,
      `printf '%s' '${text}' | base64 -d`,
    ]);
  },
  gzip: (code) => `echo ${gzipSync(code).toString("base64")} | base64 -d | gzip -dc`,
  "printf-hex": (code) => `printf '${hex(code)}'`,
  "printf-octal": (code) => `printf '${octal(code)}'`,
  xxd: (code) => `echo ${Buffer.from(code, "utf8").toString("hex")} | xxd -r -p`,
  rev: (code) => `rev <<< ${single(reversed(code))}`,
  rot13: (code) => `tr 'A-Za-z' 'N-ZA-Mn-za-m' <<< ${single(rot13(code))}`,
};

function evaluated(printer: (code: string, next: Chance) => string): Rewrite {
  return (code, next) => {
    // What turns lines round counts bytes where the locale knows no better.
    if (printer === printers["rev"] && /[^\0-\x7f]/.test(code)) return code;
    const command = printer(code, next);
    const name = freshName(next);
    return pick(next, [`eval "$(${command})"\n`, `${name}=$(${command})\neval "$${name}"\n`, `source <(${command})\n`]);
  };
}

/** Commands that are found at the start of a command and may be spelled in any way; keywords and declarations may not. */
const commands =
  "cat|rm|ls|curl|wget|kill|pkill|killall|ps|grep|egrep|awk|sed|find|cp|mv|chmod|chown|nc|ncat|base64|head|tail|echo|printf|xargs|python3|python|bash|sh|tee|mkdir|touch|ln|eval|cut|sort|uniq|wc|tr|dd|id|whoami|uname|hostname|tar|ssh|scp|git|crontab|date|seq|rev|stat|df|du|env|unlink|shred|rmdir";
const command = new RegExp(
  `(^|[|;&(\`]|\\b(?:then|do|else|if|while|until)\\b|!)([ \\t]*)(${commands})(?=[ \\t\\n;|)&]|$)`,
  "gm",
);

function onCode(code: string, rewrite: (part: BashPart, at: number, parts: readonly BashPart[]) => string): string {
  return bashParts(code)
    .map((part, at, parts) => rewrite(part, at, parts))
    .join("");
}

/** Spells the first word of every known command in another way. */
function commandWords(spell: (word: string, next: Chance) => string): Rewrite {
  return (code, next) =>
    onCode(code, (part, at, parts) => {
      if (part.kind !== "code") return part.text;
      // A part that follows a quotation on its line does not begin with a command.
      const begins = at === 0 || /[\n(]$/.test(parts[at - 1]?.text ?? "") || parts[at - 1]?.kind === "comment";
      return part.text.replace(
        command,
        (whole: string, before: string, space: string, word: string, offset: number) => {
          if (offset === 0 && before === "" && !begins) return whole;
          return before + space + spell(word, next);
        },
      );
    });
}

/** A command that is printed changes `$?`, so a script that asks for it stays. */
function printedWords(spell: (word: string, next: Chance) => string): Rewrite {
  const rewrite = commandWords(spell);
  return (code, next) => (/\$\?|PIPESTATUS/.test(code) ? code : rewrite(code, next));
}

/** Letters of a word taken out of a longer text, one by one. */
function slicing(code: string, next: Chance): string {
  const name = freshName(next);
  const letters = Array.from("abcdefghijklmnopqrstuvwxyz0123456789");
  for (let at = letters.length - 1; at > 0; at -= 1) {
    const other = between(next, 0, at);
    [letters[at], letters[other]] = [letters[other] ?? "", letters[at] ?? ""];
  }
  const text = letters.join("");
  const spelled = commandWords((word) =>
    Array.from(word)
      .map((letter) => `\${${name}:${text.indexOf(letter)}:1}`)
      .join(""),
  )(code, next);
  return spelled === code ? code : prologue(spelled, `${name}=${text}`);
}

/** Puts a line after the one that names the interpreter. */
function prologue(code: string, line: string): string {
  const shebang = /^#!.*\n/.exec(code)?.[0] ?? "";
  return `${shebang}${line}\n${code.slice(shebang.length)}`;
}

/** Words of commands kept in variables that hold pieces. */
function variables(code: string, next: Chance): string {
  const held = new Map<string, string>();
  const spelled = commandWords((word) => {
    const parts = halves(next, word).map((part) => {
      const name = held.get(part) ?? freshName(next);
      held.set(part, name);
      return `\${${name}}`;
    });
    return parts.join("");
  })(code, next);
  return spelled === code ? code : prologue(spelled, [...held].map(([part, name]) => `${name}=${part}`).join(" "));
}

const safeText = /^[A-Za-z0-9_./:@%+ -]{2,}$/;

/** Quoted constants spelled in another way; what holds anything but letters and the like stays. */
function constants(spell: (text: string, next: Chance) => string): Rewrite {
  return (code, next) =>
    onCode(code, (part) => {
      if (part.kind !== "single" && part.kind !== "double") return part.text;
      const text = part.text.slice(1, -1);
      return safeText.test(text) ? spell(text, next) : part.text;
    });
}

/** Absolute paths in bare words, with quotes and backslashes inside of them. */
function paths(code: string, next: Chance): string {
  return onCode(code, (part) => {
    if (part.kind !== "code") return part.text;
    return part.text.replace(/(?<=[ \t=<>])((?:\/[a-z][a-z0-9_.-]*)+)(?=[ \t\n;|)&]|$)/g, (path: string) =>
      halves(next, path)
        .map((piece) => pick(next, [piece, `"${piece}"`, `'${piece}'`, `\\${piece}`, `""${piece}`]))
        .join(""),
    );
  });
}

/** Spaces of plain lines written as `$IFS`. Nothing is done where the script sets IFS itself. */
function ifs(code: string): string {
  if (/\bIFS\b/.test(code)) return code;
  const line = new RegExp(`(?<!\\\\\n)^([ \\t]*)((?:${commands})(?:[ \\t]+[A-Za-z0-9_./:@%+,-]+)+)[ \\t]*$`, "gm");
  return onCode(code, (part, at, parts) => {
    if (part.kind !== "code") return part.text;
    return part.text.replace(line, (whole: string, indent: string, words: string, offset: number) => {
      const starts = offset > 0 || at === 0 || /\n$/.test(parts[at - 1]?.text ?? "");
      const following = parts[at + 1];
      const ends = offset + whole.length < part.text.length || following === undefined || following.kind === "comment";
      return starts && ends ? indent + words.split(/[ \t]+/).join(`\${IFS}`) : whole;
    });
  });
}

/** Every way for Bash, by name. */
export const bash: Readonly<Record<string, Rewrite>> = {
  ...Object.fromEntries(Object.entries(printers).map(([name, printer]) => [`eval-${name}`, evaluated(printer)])),
  "pipe-base64": (code) => `echo ${base64(code)} | base64 -d | bash -s -- "$@"\n`,
  "eval-ansi": (code) => `eval $'${hex(code)}'\n`,
  "eval-joined": (code, next) => {
    const held = pieces(next, code, 3, Math.max(8, Math.ceil(code.length / 10))).map(
      (part) => [freshName(next), part] as const,
    );
    return `${held.map(([name, part]) => `${name}=${single(part)}`).join("\n")}\neval "${held.map(([name]) => `\${${name}}`).join("")}"\n`;
  },
  quotes: commandWords((word, next) =>
    halves(next, word)
      .map((part) => pick(next, [`'${part}'`, `"${part}"`, `${part}""`, `${part}''`]))
      .join(""),
  ),
  backslashes: commandWords((word) =>
    Array.from(word)
      .map((letter) => `\\${letter}`)
      .join(""),
  ),
  "printf-word": printedWords(
    (word, next) => `$(printf ${pick(next, [`'${hex(word)}'`, `'${octal(word)}'`, halves(next, word).join('""')])})`,
  ),
  "ansi-word": commandWords((word) => `$'${hex(word)}'`),
  "rev-word": printedWords((word) => `$(rev <<< ${Array.from(word).reverse().join("")})`),
  "base64-word": printedWords((word) => `$(base64 -d <<< ${base64(word)})`),
  slicing,
  variables,
  "constant-split": constants((text, next) =>
    halves(next, text)
      .map((part) => pick(next, [`'${part}'`, `"${part}"`]))
      .join(""),
  ),
  "constant-ansi": constants((text) => `$'${hex(text)}'`),
  "path-quotes": paths,
  ifs,
  layered: (code, next) => {
    const hidden = paths(variables(constants((text) => `$'${hex(text)}'`)(code, next), next), next);
    return next() < 0.5 ? hidden : evaluated(printers["base64"] as (text: string) => string)(hidden, next);
  },
};
