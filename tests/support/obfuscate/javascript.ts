/** Ways to hide JavaScript code that still does the same. */
import { type JavaScriptToken, javascriptTokens } from "./javascript-tokens.ts";
import { between, type Chance, freshName, halves, pick, pieces } from "./random.ts";

type Rewrite = (code: string, next: Chance) => string;
type Expression = (text: string, next: Chance) => string;

const literal = (text: string): string => JSON.stringify(text);
const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
const units = (text: string): readonly number[] => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
const escaped = (text: string): string =>
  `"${units(text)
    .map((code) =>
      code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`,
    )
    .join("")}"`;

/** Expressions that give the text when JavaScript evaluates them. */
const expressions = {
  split: (text, next) => `(${halves(next, text).map(literal).join(" + ")})`,
  codes: (text) => `String.fromCharCode(${units(text).join(", ")})`,
  hex: escaped,
  reversed: (text) => `${literal(text.split("").reverse().join(""))}.split("").reverse().join("")`,
  atob: (text) =>
    /^[\0-\xff]*$/.test(text) ? `atob("${btoa(text)}")` : `Buffer.from("${base64(text)}", "base64").toString()`,
  joined: (text, next) => `[${halves(next, text).map(literal).join(", ")}].join("")`,
  percent: (text) =>
    `decodeURIComponent("${[...Buffer.from(text, "utf8")].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")}")`,
} satisfies Record<string, Expression>;

/** True for code that can only be a module. */
function isModule(code: string): boolean {
  const tokens = javascriptTokens(code).filter((token) => token.kind !== "space" && token.kind !== "comment");
  return tokens.some(
    ({ kind, text }, at) =>
      kind === "name" &&
      ((text === "export" && tokens[at - 1]?.text !== ".") ||
        (text === "import" && tokens[at - 1]?.text !== "." && tokens[at + 1]?.text !== "(")),
  );
}

const awaits = (code: string): boolean =>
  javascriptTokens(code).some((token) => token.kind === "name" && token.text === "await");

/** Evaluates text of a script; a module is imported from a data address, unless it imports its neighbours or asks where it lies. */
function evaluated(expression: Expression): Rewrite {
  return (code, next) => {
    const script = code.replace(/^#!.*/, "");
    if (isModule(script) || awaits(script)) {
      if (/\bimport\.meta\b|["']\.\.?\//.test(script) || /^export\b/m.test(script)) return code;
      return `await import(${expressions.split("data:text/javascript;base64,", next)} + ${expression(base64(script), next)});\n`;
    }
    const text = expression(script, next);
    const name = freshName(next);
    return pick(next, [
      `eval(${text});\n`,
      `const ${name} = ${text};\neval(${name});\n`,
      ...(/\b(require|module|exports|__dirname|__filename)\b/.test(script)
        ? []
        : [
            `new Function(${text})();\n`,
            `Function(${text})();\n`,
            `(() => {})["const" + "ructor"](${text})();\n`,
            `[]["filter"]["constructor"](${text})();\n`,
          ]),
    ]);
  };
}

function significant(tokens: readonly JavaScriptToken[], at: number, step: number): JavaScriptToken | undefined {
  let index = at + step;
  while (["space", "comment"].includes(tokens[index]?.kind ?? "")) index += step;
  return tokens[index];
}

/** Where a string is neither a key, a directive nor the name of a module in a declaration. */
function isValue(before: JavaScriptToken | undefined, after: JavaScriptToken | undefined): boolean {
  if (before === undefined || ["from", "import", "export", "as", "static", "get", "set", "async"].includes(before.text))
    return false;
  if (after?.text === ":" && before.text !== "?" && before.text !== ":") return before.text === "case";
  // A string as a statement may be a directive; a key may stand before a method's parenthesis.
  if ([";", "{", "}"].includes(before.text)) return false;
  return after?.text !== "(";
}

function strings(expression: Expression): Rewrite {
  return (code, next) => {
    const tokens = javascriptTokens(code);
    return tokens
      .map((token, at) => {
        if (token.kind !== "plain") return token.text;
        const before = significant(tokens, at, -1);
        if (!isValue(before, significant(tokens, at, 1)))
          // Names of modules and the like have to stay strings, but not readable ones.
          return before?.text === "from" || before?.text === "import" ? escaped(token.text.slice(1, -1)) : token.text;
        const spaced = tokens[at - 1]?.kind === "name" ? " " : "";
        return spaced + expression(token.text.slice(1, -1), next);
      })
      .join("");
  };
}

const globals = new Set(["fetch", "process", "Buffer"]);

/** `a.name` becomes `a["na" + "me"]`, and a few globals are taken from `globalThis`. */
function brackets(expression: Expression): Rewrite {
  return (code, next) => {
    const tokens = javascriptTokens(code);
    const declared = (name: string): boolean =>
      new RegExp(`\\b(const|let|var|function|import|class)\\b[^;=]*\\b${name}\\b`).test(code);
    const out: string[] = [];
    for (let at = 0; at < tokens.length; at += 1) {
      const token = tokens[at] as JavaScriptToken;
      const name = tokens[at + 1];
      const before = significant(tokens, at, -1);
      if (
        token.text === "." &&
        name?.kind === "name" &&
        !name.text.startsWith("#") &&
        before?.kind !== "number" &&
        !["import", "new"].includes(before?.text ?? "")
      ) {
        out.push(`[${expression(name.text, next)}]`);
        at += 1;
      } else if (
        token.kind === "name" &&
        globals.has(token.text) &&
        !declared(token.text) &&
        before?.text !== "." &&
        before?.text !== "?." &&
        !["{", ",", "function"].includes(before?.text ?? "") &&
        ["(", "."].includes(significant(tokens, at, 1)?.text ?? "")
      )
        out.push(`globalThis[${expression(token.text, next)}]`);
      else out.push(token.text);
    }
    return out.join("");
  };
}

/** Every way for JavaScript, by name. */
export const javascript: Readonly<Record<string, Rewrite>> = {
  "eval-base64": evaluated(expressions.atob),
  "eval-codes": evaluated(expressions.codes),
  "eval-hex": evaluated(expressions.hex),
  "eval-reversed": evaluated(expressions.reversed),
  "eval-percent": evaluated(expressions.percent),
  "eval-joined": evaluated((text, next) => `[${pieces(next, text, 3, 14).map(literal).join(", ")}].join("")`),
  "eval-xor": evaluated((text, next) => {
    const key = between(next, 1, 250);
    return `[${units(text)
      .map((code) => code ^ key)
      .join(", ")}].map((c) => String.fromCharCode(c ^ ${key})).join("")`;
  }),
  "string-split": strings(expressions.split),
  "string-codes": strings(expressions.codes),
  "string-hex": strings(expressions.hex),
  "string-reversed": strings(expressions.reversed),
  "string-atob": strings(expressions.atob),
  "string-joined": strings(expressions.joined),
  "string-percent": strings(expressions.percent),
  brackets: brackets(literal),
  "brackets-split": brackets(expressions.split),
  "brackets-codes": brackets(expressions.codes),
  "brackets-hex": brackets(expressions.hex),
  layered: (code, next) =>
    strings(pick(next, [expressions.atob, expressions.codes]))(brackets(expressions.split)(code, next), next),
};
