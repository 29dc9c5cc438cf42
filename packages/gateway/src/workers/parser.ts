/** Parsing by tree-sitter: its trees as plain data. Runs in the analyzer's processes, and nowhere else in the gateway. */
import { createRequire } from "node:module";
import type { LanguageName } from "@hsr/contract";
import type { Parse, Syntax, SyntaxTree } from "@hsr/core";
import { Language, Parser, type TreeCursor } from "web-tree-sitter";

const grammars: Readonly<Record<LanguageName, string>> = {
  python: "tree-sitter-python/tree-sitter-python.wasm",
  javascript: "tree-sitter-javascript/tree-sitter-javascript.wasm",
  typescript: "tree-sitter-typescript/tree-sitter-typescript.wasm",
  bash: "tree-sitter-bash/tree-sitter-bash.wasm",
};

/** Deeper nodes are left out: whoever walks the tree may recurse. Honest code stays under 100. */
const mostDepth = 250;
/** More nodes are left out: about what 1 MB of dense code has. */
const mostNodes = 400_000;

interface Growing {
  readonly type: string;
  readonly field: string | null;
  readonly named: boolean;
  readonly start: number;
  readonly end: number;
  readonly children: Growing[];
}

/** A grammar's tables: what the numbers of fields and types mean. */
interface Words {
  readonly fields: readonly (string | null)[];
  readonly types: readonly (string | null)[];
  readonly isNamed: readonly boolean[];
}

const none: Growing[] = [];

/** Loads the grammars. Afterwards parsing is synchronous. */
export async function loadParser(): Promise<Parse> {
  await Parser.init();
  const require = createRequire(import.meta.url);
  const parsers = new Map<LanguageName, { readonly parser: Parser; readonly words: Words }>();
  for (const [name, file] of Object.entries(grammars) as [LanguageName, string][]) {
    const language = await Language.load(require.resolve(file));
    const parser = new Parser();
    parser.setLanguage(language);
    const isNamed = language.types.map((_type, id) => language.nodeTypeIsNamed(id));
    parsers.set(name, { parser, words: { fields: language.fields, types: language.types, isNamed } });
  }
  return (language, text) => {
    const found = parsers.get(language);
    const tree = found?.parser.parse(text) ?? null;
    if (found === undefined || tree === null) throw new Error(`no tree of ${language}`);
    const cursor = tree.walk();
    try {
      return plainTree(cursor, text, found.words);
    } finally {
      cursor.delete();
      tree.delete();
    }
  };
}

/**
 * Walks without recursion: a text may nest as deep as it is long. Each question to the cursor crosses into WebAssembly and costs
 * as much as the rest of a node, so that only what the tables do not tell is asked.
 */
function plainTree(cursor: TreeCursor, text: string, { fields, types, isNamed }: Words): SyntaxTree {
  const stack: Growing[] = [];
  let root: Growing | null = null;
  let count = 0;
  let cut = false;
  let wrongChars = 0;
  let wrongUntil = -1;
  for (;;) {
    const start = cursor.startIndex;
    const end = cursor.endIndex;
    const typeId = cursor.nodeTypeId;
    // The one type that no table has is that of errors.
    const type = types[typeId] ?? "ERROR";
    const named = isNamed[typeId] ?? true;
    const node: Growing = {
      type,
      field: fields[cursor.currentFieldId] ?? null,
      named,
      start,
      end,
      children: none,
    };
    if (type === "ERROR" && start >= wrongUntil) {
      wrongChars += end - start;
      wrongUntil = end;
    } else if (start === end && cursor.nodeIsMissing) wrongChars += 1;
    count += 1;
    const parent = stack.at(-1);
    if (parent === undefined) root = node;
    else if (parent.children === none) (parent as { children: Growing[] }).children = [node];
    else parent.children.push(node);
    if (count >= mostNodes) {
      cut = true;
      break;
    }
    if (stack.length + 1 >= mostDepth) {
      if (cursor.gotoFirstChild()) {
        cut = true;
        cursor.gotoParent();
      }
    } else if (cursor.gotoFirstChild()) {
      stack.push(node);
      continue;
    }
    while (!cursor.gotoNextSibling()) {
      if (!cursor.gotoParent() || stack.pop() === undefined) {
        return { root: root as Syntax, text, wrongChars, cut };
      }
    }
  }
  return { root: root as Syntax, text, wrongChars, cut };
}
