/** As much of JavaScript's lexical grammar as rewriting property names and plain strings needs. */

export interface JavaScriptToken {
  readonly kind: "name" | "string" | "plain" | "template" | "regex" | "number" | "operator" | "space" | "comment";
  readonly text: string;
}

/** Words after which a slash begins a regular expression. */
const beforeExpression = new Set(
  "return typeof instanceof in of new delete void throw case do else await yield".split(" "),
);

const patterns: readonly (readonly [JavaScriptToken["kind"], RegExp])[] = [
  ["space", /\s+/y],
  ["comment", /\/\/[^\n]*|\/\*[\s\S]*?\*\/|^#![^\n]*/y],
  ["name", /[#\p{L}_$][\p{L}\p{N}_$]*/uy],
  ["number", /\d[\w.]*|\.\d[\w.]*/y],
  ["operator", /\?\.(?!\d)|\.\.\.|=>|[=!]==?|&&=?|\|\|=?|\?\?=?|\+\+|--|[-+*/%&|^<>]=?|./sy],
];
const regex = /\/(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

/** Cuts code into tokens that joined give it again. A template with everything in it is one token; a `plain` string has no backslash. */
export function javascriptTokens(code: string): readonly JavaScriptToken[] {
  const tokens: JavaScriptToken[] = [];
  let last: JavaScriptToken | undefined;
  for (let at = 0; at < code.length; ) {
    const token = tokenAt(code, at, last);
    tokens.push(token);
    at += token.text.length;
    if (token.kind !== "space" && token.kind !== "comment") last = token;
  }
  return tokens;
}

function tokenAt(code: string, at: number, last: JavaScriptToken | undefined): JavaScriptToken {
  const letter = code[at] ?? "";
  if (letter === '"' || letter === "'") {
    let end = at + 1;
    while (end < code.length && code[end] !== letter) end += code[end] === "\\" ? 2 : 1;
    const text = code.slice(at, end + 1);
    return { kind: /^.[^\\\n]+.$/.test(text) ? "plain" : "string", text };
  }
  if (letter === "`") return { kind: "template", text: code.slice(at, endOfTemplate(code, at)) };
  const value =
    last !== undefined &&
    (last.kind === "name" ? !beforeExpression.has(last.text) : last.kind !== "operator" || /^[)\]}]$/.test(last.text));
  if (letter === "/" && !value && !/^\/[/*]/.test(code.slice(at, at + 2))) {
    regex.lastIndex = at;
    const found = regex.exec(code);
    if (found) return { kind: "regex", text: found[0] };
  }
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(code);
    if (found) return { kind, text: found[0] };
  }
  return { kind: "operator", text: letter };
}

function endOfTemplate(code: string, from: number): number {
  let depth = 0;
  for (let at = from + 1; at < code.length; at += 1) {
    if (code[at] === "\\") at += 1;
    else if (depth === 0 && code[at] === "`") return at + 1;
    else if (code.startsWith("${", at)) {
      depth += 1;
      at += 1;
    } else if (depth > 0 && code[at] === "`") at = endOfTemplate(code, at) - 1;
    else if (depth > 0 && code[at] === "{") depth += 1;
    else if (depth > 0 && code[at] === "}") depth -= 1;
  }
  return code.length;
}
