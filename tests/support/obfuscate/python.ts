/** Ways to hide Python code that still does the same. */
import { deflateSync } from "node:zlib";
import { type PythonToken, pythonTokens } from "./python-tokens.ts";
import { between, type Chance, freshName, halves, pick, pieces, rot13 } from "./random.ts";

type Rewrite = (code: string, next: Chance) => string;
type Expression = (text: string, next: Chance) => string;

const literal = (text: string): string => JSON.stringify(text).replaceAll("\u007f", "\\u007f");
const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
const codes = (text: string): readonly number[] => Array.from(text).map((point) => point.codePointAt(0) ?? 0);

/** Expressions that give the text when Python evaluates them; they need no import. */
const expressions = {
  split: (text, next) => `(${halves(next, text).map(literal).join(" + ")})`,
  chr: (text) => `"".join(map(chr, [${codes(text).join(", ")}]))`,
  "chr-sum": (text, next) =>
    `(${
      codes(text)
        .map((code) => {
          const part = between(next, 1, 60);
          return `chr(${code + part} - ${part})`;
        })
        .join(" + ") || '""'
    })`,
  hex: (text) => `"${Array.from(text).map(escaped).join("")}"`,
  reversed: (text) => `${literal(Array.from(text).reverse().join(""))}[::-1]`,
  base64: (text) => `__import__("base64").b64decode("${base64(text)}").decode()`,
  "bytes-hex": (text) => `bytes.fromhex("${Buffer.from(text, "utf8").toString("hex")}").decode()`,
  format: (text, next) => {
    const parts = halves(next, text);
    const order = parts.map((_, at) => at).reverse();
    return `"${parts.map((_, at) => `{${parts.length - 1 - at}}`).join("")}".format(${order.map((at) => literal(parts[at] ?? "")).join(", ")})`;
  },
  rot13: (text) => `__import__("codecs").decode(${literal(rot13(text))}, "rot13")`,
  slices: (text, next) => {
    // Every second character is noise.
    const mixed = Array.from(text)
      .map((point) => point + pick(next, Array.from("qzxjkv")))
      .join("");
    return `${literal(mixed)}[::2]`;
  },
} satisfies Record<string, Expression>;

function escaped(point: string): string {
  const code = point.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

const executors: readonly ((text: string, next: Chance) => string)[] = [
  (text) => `exec(${text})`,
  (text) => `eval(compile(${text}, "<string>", "exec"))`,
  (text, next) => `getattr(__import__("builtins"), ${expressions.split("exec", next)})(${text})`,
  (text, next) =>
    `vars(__import__(${expressions.reversed("builtins")}))[${expressions.chr("exec")}](${text}${next() < 0.5 ? ", globals()" : ""})`,
];

function wrapped(expression: Expression): Rewrite {
  return (code, next) => {
    const name = freshName(next);
    const text = expression(code, next);
    return next() < 0.5
      ? `${pick(next, executors)(text, next)}\n`
      : `${name} = ${text}\n${pick(next, executors)(name, next)}\n`;
  };
}

const wraps: Record<string, Rewrite> = {
  "exec-base64": (code, next) => {
    const name = freshName(next);
    return `import base64 as ${name}\n${pick(next, executors)(`${name}.b64decode("${base64(code)}").decode("utf-8")`, next)}\n`;
  },
  "exec-base64-pieces": (code, next) => {
    const name = freshName(next);
    const lines = pieces(next, base64(code), 30, 60).map((part) => `${name} += "${part}"`);
    return `from base64 import b64decode\n${name} = ""\n${lines.join("\n")}\n${pick(next, executors)(`b64decode(${name}).decode()`, next)}\n`;
  },
  "exec-zlib": (code, next) =>
    `import base64, zlib\n${pick(next, executors)(`zlib.decompress(base64.b64decode("${deflateSync(code).toString("base64")}")).decode()`, next)}\n`,
  "exec-rot13": (code, next) =>
    `import codecs\n${pick(next, executors)(`codecs.decode(${literal(rot13(code))}, "rot_13")`, next)}\n`,
  "exec-xor": (code, next) => {
    const key = between(next, 1, 255);
    const bytes = [...Buffer.from(code, "utf8")].map((byte) => byte ^ key);
    return `${pick(next, executors)(`bytes(b ^ ${key} for b in [${bytes.join(", ")}]).decode()`, next)}\n`;
  },
  "exec-chr": wrapped(expressions.chr),
  "exec-hex": wrapped(expressions.hex),
  "exec-bytes-hex": wrapped(expressions["bytes-hex"]),
  "exec-reversed": wrapped(expressions.reversed),
  "exec-joined": wrapped((code, next) => `"".join([${pieces(next, code, 3, 12).map(literal).join(", ")}])`),
};

/** What stands before and after a token, spaces and comments left out. A line end inside of brackets does not count. */
function neighbours(
  tokens: readonly PythonToken[],
  at: number,
): readonly [PythonToken | undefined, PythonToken | undefined] {
  const skip = (from: number, step: number): PythonToken | undefined => {
    let index = from + step;
    while (["space", "comment", "newline"].includes(tokens[index]?.kind ?? "")) index += step;
    return tokens[index];
  };
  return [skip(at, -1), skip(at, 1)];
}

/** True for tokens of logical lines that may not hold expressions where strings stand: imports and patterns. */
function untouchable(tokens: readonly PythonToken[]): readonly boolean[] {
  let first: string | undefined;
  let depth = 0;
  return tokens.map(({ kind, text }) => {
    if (kind === "operator" && "([{".includes(text)) depth += 1;
    if (kind === "operator" && ")]}".includes(text)) depth -= 1;
    if (kind === "newline" && depth === 0) first = undefined;
    else if (first === undefined && kind !== "space" && kind !== "comment" && kind !== "newline") first = text;
    return first === "import" || first === "from" || first === "case" || first === "global" || first === "nonlocal";
  });
}

function strings(expression: Expression): Rewrite {
  return (code, next) => {
    const tokens = pythonTokens(code);
    const closed = untouchable(tokens);
    return tokens
      .map((token, at) => {
        if (token.kind !== "plain" || closed[at]) return token.text;
        const [before, after] = neighbours(tokens, at);
        // Two literals side by side are one; a rewritten one would not join.
        if ([before, after].some((one) => one?.kind === "plain" || one?.kind === "string")) return token.text;
        const space = before?.kind === "name" && tokens[at - 1]?.kind === "name" ? " " : "";
        return space + expression(token.text.slice(1, -1), next);
      })
      .join("");
  };
}

/** Names that `import x` or `import x, y` bind, outside of parentheses and without dots or `as`. */
function importedModules(code: string): ReadonlySet<string> {
  const lines = [...code.matchAll(/^[ \t]*import[ \t]+([\w, \t]+)$/gm)].map((match) => match[1] ?? "");
  const plain = lines
    .filter((line) => !/\bas\b/.test(line))
    .flatMap((line) => line.split(",").map((name) => name.trim()));
  const dotted = [...code.matchAll(/^[ \t]*import[ \t]+(\w+)\.[\w.]+[ \t]*$/gm)].map((match) => match[1] ?? "");
  return new Set([...plain, ...dotted].filter((name) => /^\w+$/.test(name)));
}

const assigns = /^(=|[-+*/%&|^@]=|\*\*=|\/\/=|>>=|<<=)$/;
const hideable = new Set(["open", "eval", "exec", "compile", "__import__"]);

/** `module.name` becomes `getattr(module, "na" + "me")`, and `open(…)` is fetched from the builtins. */
function attributes(expression: Expression): Rewrite {
  return (code, next) => {
    const modules = importedModules(code);
    const tokens = pythonTokens(code);
    const closed = untouchable(tokens);
    const out: string[] = [];
    for (let at = 0; at < tokens.length; at += 1) {
      const token = tokens[at] as PythonToken;
      const [before, after] = neighbours(tokens, at);
      const free =
        token.kind === "name" &&
        !closed[at] &&
        before?.text !== "." &&
        before?.text !== "def" &&
        before?.text !== "del";
      const name = tokens[at + 2];
      if (free && modules.has(token.text) && tokens[at + 1]?.text === "." && name?.kind === "name") {
        const [, beyond] = neighbours(tokens, at + 2);
        if (beyond === undefined || !assigns.test(beyond.text)) {
          out.push(`getattr(${token.text}, ${expression(name.text, next)})`);
          at += 2;
          continue;
        }
      }
      if (free && hideable.has(token.text) && after?.text === "(" && before?.text !== "@")
        out.push(`getattr(__import__("builtins"), ${expression(token.text, next)})`);
      else out.push(token.text);
    }
    return out.join("");
  };
}

/** True when a second import binds the name too, or something else may be called like it: a keyword argument, a global. */
function boundTwice(code: string, name: string): boolean {
  const imports = code.match(new RegExp(`^[ \\t]*(import|from)\\b.*\\b${name}\\b`, "gm")) ?? [];
  return imports.length > 1 || new RegExp(`\\bglobal\\b.*\\b${name}\\b|[(,]\\s*${name}\\s*=(?!=)`).test(code);
}

/** `import os` becomes another name for the module, fetched by `hidden`; an f-string that uses the old name keeps it. */
function modules(hidden: (name: string, fresh: string, next: Chance) => string): Rewrite {
  return (code, next) => {
    let text = code;
    // An import that is only text has to stay text.
    if (pythonTokens(code).some((token) => token.kind === "string" && /\n[ \t]*import /.test(token.text))) return code;
    for (const [line, list = ""] of code.matchAll(/^import[ \t]+(\w+(?:[ \t]*,[ \t]*\w+)*)[ \t]*$/gm)) {
      const names = list.split(",").map((name) => name.trim());
      if (names.some((name) => boundTwice(code, name))) continue;
      const binds: string[] = [];
      const renames = new Map<string, string>();
      for (const name of names) {
        const fresh = freshName(next);
        renames.set(name, fresh);
        binds.push(hidden(name, fresh, next));
      }
      const tokens = pythonTokens(text);
      const closed = untouchable(tokens);
      const inStrings = names.filter((name) =>
        tokens.some(
          (token) =>
            token.kind === "string" && /^[rR]?[fF]/.test(token.text) && new RegExp(`\\b${name}\\b`).test(token.text),
        ),
      );
      text = tokens
        .map((token, at) => {
          const fresh = token.kind === "name" && !closed[at] ? renames.get(token.text) : undefined;
          return fresh !== undefined && neighbours(tokens, at)[0]?.text !== "." ? fresh : token.text;
        })
        .join("");
      const kept = inStrings.map((name) => `${name} = ${renames.get(name)}`);
      text = text.replace(line, () => [...binds, ...kept].join("\n"));
    }
    return text;
  };
}

/** Every way for Python, by name. */
export const python: Readonly<Record<string, Rewrite>> = {
  ...wraps,
  "string-split": strings(expressions.split),
  "string-chr": strings(expressions.chr),
  "string-chr-sum": strings(expressions["chr-sum"]),
  "string-hex": strings(expressions.hex),
  "string-reversed": strings(expressions.reversed),
  "string-base64": strings(expressions.base64),
  "string-format": strings(expressions.format),
  "string-rot13": strings(expressions.rot13),
  "string-slices": strings(expressions.slices),
  getattr: attributes(expressions.split),
  "getattr-chr": attributes(expressions.chr),
  "getattr-reversed": attributes(expressions.reversed),
  "import-alias": modules((name, fresh) => `import ${name} as ${fresh}`),
  "dunder-import": modules((name, fresh, next) => `${fresh} = __import__(${expressions.split(name, next)})`),
  "import-module": modules(
    (name, fresh) => `${fresh} = __import__("importlib").import_module(${expressions.reversed(name)})`,
  ),
  layered: (code, next) => {
    const hidden = attributes(expressions.split)(
      modules((name, fresh, inner) => `${fresh} = __import__(${expressions.split(name, inner)})`)(code, next),
      next,
    );
    return strings(pick(next, [expressions.chr, expressions.reversed, expressions.base64]))(hidden, next);
  },
};
