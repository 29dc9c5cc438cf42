/** As much of Python's lexical grammar as rewriting names and plain strings needs. */

export interface PythonToken {
  readonly kind: "name" | "string" | "plain" | "number" | "operator" | "space" | "newline" | "comment";
  readonly text: string;
}

const quoted = /^([a-z]{0,2})("""|'''|"|')/i;

function endOfString(code: string, from: number, quote: string): number {
  for (let at = from; at < code.length; at += 1) {
    if (code[at] === "\\") at += 1;
    else if (code.startsWith(quote, at)) return at + quote.length;
  }
  return code.length;
}

/**
 * Cuts code into tokens that joined give it again. A string is `plain` when it has neither prefix nor backslash nor line end and is quoted
 * once: only those are ever rewritten.
 */
export function pythonTokens(code: string): readonly PythonToken[] {
  const tokens: PythonToken[] = [];
  for (let at = 0; at < code.length; ) {
    const rest = code.slice(at, at + 400);
    const string = quoted.exec(rest);
    let kind: PythonToken["kind"];
    let end: number;
    if (string && (string[1] === "" || /^(r|u|b|f|br|rb|fr|rf)$/i.test(string[1] ?? ""))) {
      end = endOfString(code, at + string[0].length, string[2] ?? "");
      const body = code.slice(at, end);
      kind = string[1] === "" && string[2]?.length === 1 && /^.[^\\\n]+.$/.test(body) ? "plain" : "string";
    } else {
      const [text, which] = simple(rest);
      kind = which;
      end =
        at + (which === "name" || which === "space" || which === "comment" ? longest(code, at, which) : text.length);
    }
    tokens.push({ kind, text: code.slice(at, end) });
    at = end;
  }
  return tokens;
}

const wide = { name: /[\p{L}\p{N}_]*/uy, space: /(?:[ \t]|\\\n)*/y, comment: /[^\n]*/y };

function longest(code: string, at: number, kind: keyof typeof wide): number {
  const pattern = wide[kind];
  pattern.lastIndex = at;
  return Math.max(1, pattern.exec(code)?.[0].length ?? 1);
}

function simple(rest: string): readonly [string, PythonToken["kind"]] {
  const first = rest[0] ?? "";
  if (first === "\n") return ["\n", "newline"];
  if (first === "#") return ["#", "comment"];
  if (/[ \t]/.test(first) || rest.startsWith("\\\n")) return [first, "space"];
  const number = /^(\d[\w.]*|\.\d[\w.]*)/.exec(rest);
  if (number) return [number[0], "number"];
  if (/^[\p{L}_]/u.test(rest)) return [first, "name"];
  const operator = /^(\*\*=|\/\/=|>>=|<<=|:=|[-+*/%&|^@=<>!]=|->|\*\*|\/\/|<<|>>|.)/s.exec(rest);
  return [operator?.[0] ?? first, "operator"];
}
