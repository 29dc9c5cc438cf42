/** Which language a text is in: by its name, by its first line, and by how it looks. */
import { type LanguageName, languageNames } from "@hsr/contract";
import type { Parse } from "./syntax.ts";

const endings: Readonly<Record<string, LanguageName>> = {
  py: "python",
  pyw: "python",
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  jsx: "javascript",
  ts: "typescript",
  mts: "typescript",
  cts: "typescript",
  sh: "bash",
  bash: "bash",
  zsh: "bash",
  // Lines of these that begin with `import` are run whenever Python starts.
  pth: "python",
};

const interpreters: readonly (readonly [RegExp, LanguageName])[] = [
  [/\b(python|pypy)[\d.]*\b/, "python"],
  [/\b(node|nodejs|bun)\b/, "javascript"],
  [/\b(deno|ts-node|tsx)\b/, "typescript"],
  [/\b(ba|da|z|k|a)?sh\b/, "bash"],
];

/** A file's language by its name or first line; `null` if neither says. */
export function languageOfFile(path: string, text: string): LanguageName | null {
  const first =
    text
      .slice(0, 200)
      .replace(/^\ufeff/, "")
      .split(/[\r\n]/)[0] ?? "";
  if (first.startsWith("#!")) return interpreters.find(([pattern]) => pattern.test(first))?.[1] ?? null;
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  return endings[ending] ?? null;
}

/** Lines that are of one language and of no other; more of them make it more likely. */
const marks: readonly (readonly [LanguageName, RegExp])[] = [
  [
    "python",
    /^\s*(?:def \w+\(.*\).*:|class \w+.*:|elif .*:|except\b.*:|from [\w.]+ import |import [\w.]+(?: as \w+)?\s*$|if __name__ ==|with .* as \w+:|for \w+(?:, ?\w+)* in .*:|print\()/gm,
  ],
  [
    "javascript",
    /^\s*(?:const |let |var |function[ *]|import .* from ['"]|export |async function|module\.exports|\}\)?;?\s*$|.*=>|console\.\w+\(|.*\brequire\()/gm,
  ],
  [
    "typescript",
    /^\s*(?:interface \w+|type \w+ =|enum \w+|(?:export )?(?:const|let|function) .*\)?: ?[A-Za-z<>[\]{}|]+|import type )/gm,
  ],
  [
    "bash",
    /^\s*(?:#!.*sh\b|fi\s*$|done\b|esac\s*$|then\s*$|if \[|elif \[|\w+=\$?["'(\w/]|echo |export \w+=|\w+\(\) *\{|local \w+|set -[a-z]|for \w+ in .*(?:;|$)|case .* in\s*$|sudo |apt-get |curl |cd )/gm,
  ],
];

const sampleChars = 20_000;
/** So much is tried in each grammar. */
const triedChars = 2_000;
/** So little may belong to no construct where a grammar reads a text without a fault: none, but for what a parser counts oddly. */
const faultless = 0.001;
/** A text of which this part belongs to no construct is in another language. */
const unreadable = 0.3;

/**
 * The language that a text reads as. The declared one is tried first: only where its grammar stumbles, or the looks speak
 * against it, are the others asked. `null`: it reads as none of them.
 */
export function languageOfText(text: string, declared: LanguageName | null, parse: Parse): LanguageName | null {
  const sample = text.slice(0, sampleChars);
  if (sample.trim() === "") return declared;
  const byFirstLine = sample.startsWith("#!") ? languageOfFile("", sample) : null;
  const isContradicted = byFirstLine !== null && declared !== null && !isSame(byFirstLine, declared);
  // What its own grammar reads without a fault is in its language, whatever it looks like. Bash reads nearly everything.
  if (declared !== null && declared !== "bash" && !isContradicted && share(declared, text, parse) < faultless)
    return declared;
  const looks = likeness(sample);
  if (declared !== null) {
    const others = Math.max(0, ...languageNames.filter((each) => !isSame(each, declared)).map((each) => looks[each]));
    const own = Math.max(...languageNames.filter((each) => isSame(each, declared)).map((each) => looks[each]));
    // Parsing in a foreign grammar is slow where nothing fits: only the looks of the text make it worth while.
    if (!isContradicted && (own > others || others < 3) && (own > 0 || share(declared, sample, parse) < unreadable))
      return declared;
  }
  const start = sample.slice(0, triedChars);
  // Foreign text is slow to parse: only grammars that something speaks for are tried.
  const tried = languageNames
    .filter((each) => looks[each] > 0 || each === declared || each === byFirstLine)
    .map((language) => ({ language, wrong: share(language, start, parse), looks: looks[language] }));
  if (byFirstLine !== null && tried.some((each) => each.language === byFirstLine && each.wrong < 0.05))
    return byFirstLine;
  const [best] = tried
    .filter((each) => each.wrong < 0.02 && each.looks > 0)
    .sort((a, b) => b.looks - a.looks || a.wrong - b.wrong);
  if (declared === null) return best?.language ?? null;
  const own = tried.find((each) => each.language === declared);
  // Another language only where it is the clear one: a stumble alone is a fault, not another language.
  if (
    own !== undefined &&
    best !== undefined &&
    !isSame(best.language, declared) &&
    (best.wrong < own.wrong || best.looks > own.looks)
  )
    return best.language;
  return own === undefined || own.wrong < unreadable || best !== undefined ? declared : null;
}

/** The part of a text that a grammar cannot read. */
function share(language: LanguageName, text: string, parse: Parse): number {
  return parse(language, text).wrongChars / text.length;
}

/** TypeScript is JavaScript with types: one is not a mistake for the other. */
export function isSame(a: LanguageName, b: LanguageName): boolean {
  const family = (name: LanguageName) => (name === "typescript" ? "javascript" : name);
  return family(a) === family(b);
}

function likeness(text: string): Readonly<Record<LanguageName, number>> {
  const found: Record<LanguageName, number> = { python: 0, javascript: 0, typescript: 0, bash: 0 };
  for (const [language, pattern] of marks) found[language] += (text.match(pattern) ?? []).length;
  return found;
}
