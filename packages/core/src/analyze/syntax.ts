/** Syntax trees as plain data. Parsing itself happens behind a port: the core knows neither tree-sitter nor processes. */
import type { LanguageName } from "@hsr/contract";

/** One node. `type` is the grammar's own word. */
export interface Syntax {
  readonly type: string;
  /** The role that it has for its parent, or `null`. */
  readonly field: string | null;
  readonly named: boolean;
  /** Positions in the text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly children: readonly Syntax[];
}

/** A parsed text. A grammar always gives a tree; what it could not read is counted. */
export interface SyntaxTree {
  readonly root: Syntax;
  readonly text: string;
  /** Characters that belong to no construct of the language. */
  readonly wrongChars: number;
  /** Whether nodes were left out because they nest too deep or are too many. */
  readonly cut: boolean;
}

/** Parses a text. Synchronous and pure; throws only when the parser itself breaks. */
export type Parse = (language: LanguageName, text: string) => SyntaxTree;

/** The same, but that the last text is not parsed again: who asks for its language and who reads it ask one after the other. */
export function rememberingLast(parse: Parse): Parse {
  let last: { readonly language: LanguageName; readonly tree: SyntaxTree } | null = null;
  return (language, text) => {
    if (last === null || last.language !== language || last.tree.text !== text)
      last = { language, tree: parse(language, text) };
    return last.tree;
  };
}

/** The child in a role. */
export function child(node: Syntax, field: string): Syntax | null {
  for (const each of node.children) if (each.field === field) return each;
  return null;
}

/** All children in a role. */
export function childrenOf(node: Syntax, field: string): readonly Syntax[] {
  return node.children.filter((each) => each.field === field && each.named);
}

/** Children that are constructs and no comments. */
export function named(node: Syntax): readonly Syntax[] {
  return node.children.filter((each) => each.named && each.type !== "comment");
}

/** The first child of a type. */
export function ofType(node: Syntax, type: string): Syntax | null {
  for (const each of node.children) if (each.type === type) return each;
  return null;
}
