/** As much of Bash's lexical grammar as telling code from quotations, comments and here-documents needs. */

export interface BashPart {
  readonly kind: "code" | "single" | "double" | "comment" | "document" | "opaque";
  readonly text: string;
}

/**
 * Cuts a script into parts that joined give it again. `single` and `double` are whole quotations without expansions; a double quotation with an
 * expansion, an expansion in braces, arithmetic and `$'…'` are `opaque`: nothing in them is rewritten.
 */
export function bashParts(code: string): readonly BashPart[] {
  const parts: BashPart[] = [];
  const documents: { word: string; tabs: boolean }[] = [];
  let plain = 0;
  let at = 0;

  const put = (kind: BashPart["kind"], end: number): void => {
    if (plain < at) parts.push({ kind: "code", text: code.slice(plain, at) });
    if (end > at) parts.push({ kind, text: code.slice(at, end) });
    at = end;
    plain = end;
  };

  while (at < code.length) {
    const rest = code.slice(at, at + 200);
    const before = code[at - 1] ?? "\n";
    const document = /^<<(-?)[ \t]*(["'\\]?)(\w+)\2?/.exec(rest);
    if (rest[0] === "\\") at += 2;
    else if (rest[0] === "'") put("single", closing(code, at, "'"));
    else if (rest[0] === '"') {
      const end = endOfDouble(code, at);
      put(/[$`\\!]/.test(code.slice(at, end)) ? "opaque" : "double", end);
    } else if (rest.startsWith("$'")) put("opaque", endOfAnsi(code, at));
    else if (rest.startsWith("${")) put("opaque", endOfBraces(code, at));
    else if (rest.startsWith("((") || rest.startsWith("$((")) put("opaque", endOfArithmetic(code, at));
    else if (/^\[\[\s/.test(rest)) put("opaque", endOfTest(code, at));
    else if (rest[0] === "#" && /[\s;(&|]/.test(before)) put("comment", lineEnd(code, at));
    else if (document && before !== "<" && !rest.startsWith("<<<")) {
      documents.push({ word: document[3] ?? "", tabs: document[1] === "-" });
      put("opaque", at + document[0].length);
    } else if (rest.startsWith("<<<")) at += 3;
    else if (rest[0] === "\n" && documents.length > 0) {
      at += 1;
      put("document", endOfDocuments(code, at, documents.splice(0)));
    } else at += 1;
  }
  at = code.length;
  put("code", code.length);
  return parts;
}

function lineEnd(code: string, from: number): number {
  const end = code.indexOf("\n", from);
  return end < 0 ? code.length : end;
}

function closing(code: string, from: number, quote: string): number {
  const end = code.indexOf(quote, from + 1);
  return end < 0 ? code.length : end + 1;
}

function endOfAnsi(code: string, from: number): number {
  for (let at = from + 2; at < code.length; at += 1) {
    if (code[at] === "\\") at += 1;
    else if (code[at] === "'") return at + 1;
  }
  return code.length;
}

function endOfDouble(code: string, from: number): number {
  for (let at = from + 1; at < code.length; at += 1) {
    if (code[at] === "\\") at += 1;
    else if (code.startsWith("$(", at)) at = endOfSubstitution(code, at) - 1;
    else if (code.startsWith("${", at)) at = endOfBraces(code, at) - 1;
    else if (code[at] === '"') return at + 1;
  }
  return code.length;
}

/** The end of something that brackets enclose, quotations inside of it left out of the count. */
function enclosed(code: string, from: number, open: string, close: string): number {
  let depth = 0;
  for (let at = from; at < code.length; at += 1) {
    const letter = code[at];
    if (letter === "\\") at += 1;
    else if (letter === "'") at = closing(code, at, "'") - 1;
    else if (letter === '"') at = endOfDouble(code, at) - 1;
    else if (letter === open) depth += 1;
    else if (letter === close) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return code.length;
}

const endOfSubstitution = (code: string, from: number): number => enclosed(code, from, "(", ")");
const endOfBraces = (code: string, from: number): number => enclosed(code, from, "{", "}");
const endOfArithmetic = (code: string, from: number): number => enclosed(code, from, "(", ")");

function endOfTest(code: string, from: number): number {
  const end = code.indexOf("]]", from);
  return end < 0 ? code.length : end + 2;
}

function endOfDocuments(code: string, from: number, documents: readonly { word: string; tabs: boolean }[]): number {
  let at = from;
  for (const { word, tabs } of documents) {
    while (at < code.length) {
      const end = lineEnd(code, at);
      const line = code.slice(at, end);
      at = Math.min(code.length, end + 1);
      if ((tabs ? line.replace(/^\t+/, "") : line) === word) break;
    }
  }
  return at;
}
