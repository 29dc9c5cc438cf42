/** YAML as a tree that knows where each part stands: scalars, lists and maps, and nothing else that YAML could say. */
import type { Located, LocatedEntry, Problem } from "@hsr/core";
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

/** Larger than any policy, and small enough that a wrong file is refused at once. */
const textCharsMax = 256 * 1024;

export type YamlReading =
  | { readonly kind: "tree"; readonly root: Located }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/** Thrown within this file where the tree has something that is not read. */
class NotRead extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.reason);
    this.problem = problem;
  }
}

/** Reads a text. Never throws, whatever the text is. */
export function readYaml(text: string): YamlReading {
  const first = { line: 1, column: 1 };
  if (text.length > textCharsMax)
    return problem({ ...first, reason: "the text is larger than 256 KiB", hint: "Write fewer rules, with patterns." });
  try {
    return readTree(text);
  } catch (thrown) {
    if (thrown instanceof NotRead) return problem(thrown.problem);
    // The parser recurses: a text that is nested deep enough exhausts the stack.
    return problem({ ...first, reason: "the text cannot be read as YAML", hint: "Write it less deeply nested." });
  }
}

function readTree(text: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, stringKeys: true });
  const wrong = [...document.errors, ...document.warnings].map(
    (error): Problem => ({
      line: error.linePos?.[0].line ?? 1,
      column: error.linePos?.[0].col ?? 1,
      reason: `this is not YAML: ${(error.message.split("\n", 1)[0] ?? "").replace(/ at line \d+, column \d+:?$/, "")}`,
      hint: "Look at the indentation and the quotes of this line and the one before.",
    }),
  );
  if (wrong.length > 0) return { kind: "problems", problems: wrong };
  const at = (node: unknown) => {
    const range = isNode(node) ? node.range : null;
    const { line, col } = lines.linePos(range?.[0] ?? 0);
    return { line, column: Math.max(1, col) };
  };
  const locate = (node: unknown): Located => {
    if (isMap(node)) {
      const entries = node.items.map(
        (item): LocatedEntry => ({
          ...at(item.key),
          key: isScalar(item.key) ? String(item.key.value) : "",
          value: item.value === null ? { ...at(item.key), kind: "scalar", value: null } : locate(item.value),
        }),
      );
      return { ...at(node), kind: "map", entries };
    }
    if (isSeq(node)) return { ...at(node), kind: "list", items: node.items.map(locate) };
    const value = isScalar(node) ? node.value : undefined;
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return { ...at(node), kind: "scalar", value };
    throw new NotRead({
      ...at(node),
      reason: "there is something that is no text, number, list or map",
      hint: "Write the values out; anchors and aliases are not read.",
    });
  };
  return document.contents === null
    ? problem({ line: 1, column: 1, reason: "the text is empty", hint: "Write at least `default: NAME`." })
    : { kind: "tree", root: locate(document.contents) };
}

function problem(one: Problem): YamlReading {
  return { kind: "problems", problems: [one] };
}
