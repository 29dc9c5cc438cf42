/**
 * Patterns of the program's own, matched in bounded time: the regular expressions of `sed`, `grep`, `awk` and `[[ =~ ]]`, and the
 * shell's own patterns. JavaScript's would take for ever on some of them.
 */

type Node =
  | { readonly k: "one"; readonly is: (letter: string) => boolean }
  | { readonly k: "edge"; readonly at: "start" | "end" | "word" }
  | { readonly k: "group"; readonly index: number; readonly arms: readonly (readonly Node[])[] }
  | { readonly k: "again"; readonly index: number }
  | { readonly k: "repeat"; readonly of: Node; readonly min: number; readonly max: number; readonly lazy: boolean };

export interface Pattern {
  readonly nodes: readonly Node[];
  readonly groups: number;
  readonly caseless: boolean;
}

export interface Found {
  readonly start: number;
  readonly end: number;
  /** The whole match, then what each group matched. */
  readonly groups: readonly string[];
}

/** Steps that are left for matching: shared by all matches of one operation. */
export interface MatchBudget {
  steps: number;
}

export const matchSteps = 300_000;
const mostPatternChars = 2_000;
const mostDepth = 1_500;

/** What is thrown inside when the steps are used up. */
class UsedUp extends Error {}

/** A POSIX regular expression; `null` for what is none, or too long. */
export function regularPattern(source: string, kind: "basic" | "extended", caseless = false): Pattern | null {
  if (source.length > mostPatternChars) return null;
  const extended = kind === "extended";
  let at = 0;
  let groups = 0;
  const isOperator = (sign: string) => (extended ? source.startsWith(sign, at) : source.startsWith(`\\${sign}`, at));
  const signSize = extended ? 1 : 2;
  const arms = (depth: number): (readonly Node[])[] | null => {
    if (depth > 40) return null;
    const found: Node[][] = [];
    let current: Node[] = [];
    while (at < source.length) {
      if (isOperator("|")) {
        at += signSize;
        found.push(current);
        current = [];
        continue;
      }
      if (isOperator(")") && depth > 0) break;
      const one = atom(depth, current.length === 0);
      if (one === null) return null;
      current.push(repeated(one, current.length === 0 && !extended));
    }
    found.push(current);
    return found;
  };
  const atom = (depth: number, isFirst: boolean): Node | null => {
    if (isOperator("(")) {
      at += signSize;
      if (source.startsWith("?:", at)) at += 2;
      groups += 1;
      const index = groups;
      const inner = arms(depth + 1);
      if (inner === null || !isOperator(")")) return null;
      at += signSize;
      return { k: "group", index, arms: inner };
    }
    const sign = source[at] ?? "";
    at += 1;
    if (sign === ".") return { k: "one", is: (letter) => letter !== "" };
    if (sign === "^" && (extended || isFirst)) return { k: "edge", at: "start" };
    if (sign === "$" && (extended || at === source.length || source.startsWith("\\)", at)))
      return { k: "edge", at: "end" };
    if (sign === "[") {
      const set = setAt(source, at - 1, "^");
      if (set === null) return letterOf("[");
      at = set.end;
      return { k: "one", is: set.is };
    }
    if (sign !== "\\") return letterOf(sign);
    const escaped = source[at] ?? "\\";
    at += 1;
    if (/[1-9]/.test(escaped)) return { k: "again", index: Number(escaped) };
    if ("bB<>".includes(escaped)) return { k: "edge", at: "word" };
    const named = escapedSets[escaped];
    if (named !== undefined) return { k: "one", is: (letter) => letter !== "" && named.test(letter) };
    if (escaped === "x") {
      const hex = /^[0-9a-fA-F]{1,2}/.exec(source.slice(at));
      if (hex !== null) {
        at += hex[0].length;
        return letterOf(String.fromCharCode(Number.parseInt(hex[0], 16)));
      }
    }
    return letterOf(escaped === "n" ? "\n" : escaped === "t" ? "\t" : escaped);
  };
  const repeated = (one: Node, starIsLetter: boolean): Node => {
    let node = one;
    for (let rounds = 0; rounds < 3; rounds += 1) {
      const rest = source.slice(at);
      const braces = (extended ? /^\{(\d*)(,?)(\d*)\}/ : /^\\\{(\d*)(,?)(\d*)\\\}/).exec(rest);
      const simple = (extended ? /^[*+?]/ : /^(?:\*|\\[+?])/).exec(rest);
      if (braces !== null) {
        at += braces[0].length;
        const min = Number(braces[1] === "" ? 0 : braces[1]);
        const max = braces[2] === "" ? min : braces[3] === "" ? Number.POSITIVE_INFINITY : Number(braces[3]);
        node = { k: "repeat", of: node, min, max, lazy: false };
      } else if (simple !== null && !(starIsLetter && node.k === "edge" && simple[0] === "*")) {
        at += simple[0].length;
        const sign = simple[0].at(-1);
        // Perl's patterns have a sign for the shortest match.
        const lazy = extended && source[at] === "?";
        if (lazy) at += 1;
        node = {
          k: "repeat",
          of: node,
          min: sign === "+" ? 1 : 0,
          max: sign === "?" ? 1 : Number.POSITIVE_INFINITY,
          lazy,
        };
      } else break;
    }
    return node;
  };
  const found = arms(0);
  if (found === null || at < source.length) return null;
  return { nodes: [{ k: "group", index: 0, arms: found }], groups, caseless };
}

const escapedSets: Readonly<Record<string, RegExp>> = {
  w: /\w/,
  W: /\W/,
  s: /\s/,
  S: /\S/,
  d: /\d/,
  D: /\D/,
};

function letterOf(letter: string): Node {
  return { k: "one", is: (other) => other === letter };
}

/** A pattern of the shell. `shortest`: its stars match as little as they can. `inPath`: they stop at a slash. */
export function shellPattern(source: string, shortest = false, inPath = false): Pattern | null {
  if (source.length > mostPatternChars) return null;
  const nodes: Node[] = [];
  const letter: Node = { k: "one", is: (one) => one !== "" && !(inPath && one === "/") };
  for (let at = 0; at < source.length; at += 1) {
    const sign = source[at] ?? "";
    if (sign === "\\" && at + 1 < source.length) {
      at += 1;
      nodes.push(letterOf(source[at] ?? ""));
    } else if (sign === "*") {
      if (source[at - 1] !== "*" || nodes.length === 0)
        nodes.push({ k: "repeat", of: letter, min: 0, max: Number.POSITIVE_INFINITY, lazy: shortest });
    } else if (sign === "?") nodes.push(letter);
    else if (sign === "[") {
      const set = setAt(source, at, "!^");
      if (set === null) nodes.push(letterOf("["));
      else {
        nodes.push({ k: "one", is: set.is });
        at = set.end - 1;
      }
    } else nodes.push(letterOf(sign));
  }
  return { nodes: [{ k: "group", index: 0, arms: [nodes] }], groups: 0, caseless: false };
}

const classes: Readonly<Record<string, RegExp>> = {
  alpha: /[A-Za-z]/,
  digit: /[0-9]/,
  alnum: /[A-Za-z0-9]/,
  lower: /[a-z]/,
  upper: /[A-Z]/,
  space: /\s/,
  blank: /[ \t]/,
  punct: /[!-/:-@[-`{-~]/,
  xdigit: /[0-9a-fA-F]/,
  cntrl: /\p{Cc}/u,
  print: /[ -~]/,
  graph: /[!-~]/,
};

/** A set in brackets that begins at `start`; `null` when nothing closes it. */
function setAt(
  source: string,
  start: number,
  negations: string,
): { readonly is: (letter: string) => boolean; readonly end: number } | null {
  let at = start + 1;
  const negated = at < source.length && negations.includes(source[at] ?? "-");
  if (negated) at += 1;
  const tests: ((letter: string) => boolean)[] = [];
  for (let first = true; at < source.length; first = false) {
    const sign = source[at] ?? "";
    if (sign === "]" && !first)
      return { is: (letter) => letter !== "" && tests.some((each) => each(letter)) !== negated, end: at + 1 };
    const named = /^\[:(\w+):\]/.exec(source.slice(at, at + 12));
    const known = named?.[1] === undefined ? undefined : classes[named[1]];
    if (named !== null && known !== undefined) {
      tests.push((letter) => known.test(letter));
      at += named[0].length;
      continue;
    }
    const next = source[at + 1];
    const to = source[at + 2];
    if (next === "-" && to !== undefined && to !== "]") {
      tests.push((letter) => letter >= sign && letter <= to);
      at += 3;
    } else {
      const escaped = sign === "\\" && (next === "n" || next === "t") ? (next === "n" ? "\n" : "\t") : null;
      tests.push((letter) => letter === (escaped ?? sign));
      at += escaped === null ? 1 : 2;
    }
  }
  return null;
}

/** The first match from `from` on (with `only`: at `from`); `null` for none; `undefined` when the steps are used up. */
export function findPattern(
  pattern: Pattern,
  text: string,
  from: number,
  budget: MatchBudget,
  only = false,
): Found | null | undefined {
  const groups: string[] = [];
  const same = (a: string, is: (letter: string) => boolean): boolean =>
    is(a) || (pattern.caseless && (is(a.toLowerCase()) || is(a.toUpperCase())));
  const spend = (depth: number): void => {
    budget.steps -= 1;
    if (budget.steps < 0 || depth > mostDepth) throw new UsedUp();
  };
  type Next = (at: number, depth: number) => number;
  const sequence = (nodes: readonly Node[], index: number, at: number, depth: number, next: Next): number => {
    spend(depth);
    const node = nodes[index];
    if (node === undefined) return next(at, depth + 1);
    return one(node, at, depth + 1, (end, deeper) => sequence(nodes, index + 1, end, deeper, next));
  };
  const one = (node: Node, at: number, depth: number, next: Next): number => {
    spend(depth);
    switch (node.k) {
      case "one":
        return at < text.length && same(text[at] ?? "", node.is) ? next(at + 1, depth) : -1;
      case "edge": {
        const before = /\w/.test(text[at - 1] ?? "");
        const after = /\w/.test(text[at] ?? "");
        const holds = node.at === "start" ? at === 0 : node.at === "end" ? at === text.length : before !== after;
        return holds ? next(at, depth) : -1;
      }
      case "again": {
        const before = groups[node.index] ?? "";
        return text.startsWith(before, at) ? next(at + before.length, depth) : -1;
      }
      case "group":
        for (const arm of node.arms) {
          const before = groups[node.index];
          const end = sequence(arm, 0, at, depth + 1, (stop, deeper) => {
            const inner = groups[node.index];
            groups[node.index] = text.slice(at, stop);
            const found = next(stop, deeper);
            if (found < 0) groups[node.index] = inner ?? "";
            return found;
          });
          if (end >= 0) return end;
          groups[node.index] = before ?? "";
        }
        return -1;
      case "repeat":
        return node.of.k === "one" ? letters(node, node.of.is, at, depth, next) : rounds(node, 0, at, depth, next);
    }
  };
  const letters = (
    node: Extract<Node, { k: "repeat" }>,
    is: (letter: string) => boolean,
    at: number,
    depth: number,
    next: Next,
  ): number => {
    let most = 0;
    while (most < node.max && at + most < text.length && same(text[at + most] ?? "", is)) {
      most += 1;
      budget.steps -= 0.05;
    }
    if (most < node.min) return -1;
    for (let tried = 0; tried <= most - node.min; tried += 1) {
      spend(depth);
      const end = next(at + (node.lazy ? node.min + tried : most - tried), depth + 1);
      if (end >= 0) return end;
    }
    return -1;
  };
  const rounds = (
    node: Extract<Node, { k: "repeat" }>,
    count: number,
    at: number,
    depth: number,
    next: Next,
  ): number => {
    spend(depth);
    const more = (): number =>
      count >= node.max
        ? -1
        : one(node.of, at, depth + 1, (end, deeper) =>
            end === at && count >= node.min ? -1 : rounds(node, count + 1, end, deeper, next),
          );
    const stop = (): number => (count >= node.min ? next(at, depth + 1) : -1);
    const first = node.lazy ? stop() : more();
    return first >= 0 ? first : node.lazy ? more() : stop();
  };
  try {
    for (let start = from; start <= (only ? from : text.length); start += 1) {
      groups.length = 0;
      const end = sequence(pattern.nodes, 0, start, 0, (at) => at);
      if (end >= 0) {
        const found = Array.from({ length: pattern.groups + 1 }, (_each, index) => groups[index] ?? "");
        found[0] = text.slice(start, end);
        return { start, end, groups: found };
      }
    }
  } catch (error) {
    if (error instanceof UsedUp) return undefined;
    throw error;
  }
  return null;
}

/** Whether the pattern matches the whole text; `null` when the steps are used up. */
export function matchesWhole(pattern: Pattern, text: string, budget: MatchBudget): boolean | null {
  const found = findPattern(endingAtEnd(pattern), text, 0, budget, true);
  return found === undefined ? null : found !== null;
}

function endingAtEnd(pattern: Pattern): Pattern {
  return { ...pattern, nodes: [...pattern.nodes, { k: "edge", at: "end" }] };
}

/** The longest or shortest beginning or end that a pattern of the shell matches; `null` for none. */
export function findEdge(
  source: string,
  text: string,
  edge: "start" | "end",
  size: "longest" | "shortest",
  budget: MatchBudget,
): { readonly start: number; readonly end: number } | null | undefined {
  const pattern = shellPattern(source, edge === "start" && size === "shortest");
  if (pattern === null) return undefined;
  if (edge === "start") return findPattern(pattern, text, 0, budget, true);
  const closed = endingAtEnd(pattern);
  if (size === "longest") return findPattern(closed, text, 0, budget);
  for (let start = text.length; start >= 0; start -= 1) {
    const found = findPattern(closed, text, start, budget, true);
    if (found !== null) return found;
  }
  return null;
}

/** Every match replaced, or the first, or the n-th and those after it; `null` when the steps are used up. */
export function replacedPattern(
  pattern: Pattern,
  text: string,
  which: { readonly first: number; readonly all: boolean },
  replace: (found: Found) => string,
  budget: MatchBudget,
): string | null {
  let made = "";
  let at = 0;
  let done = 0;
  for (let from = 0, count = 1; from <= text.length; count += 1) {
    const found = findPattern(pattern, text, from, budget);
    if (found === undefined) return null;
    if (found === null) break;
    if (count >= which.first && (which.all || done === 0)) {
      made += text.slice(at, found.start) + replace(found);
      at = found.end;
      done += 1;
      if (!which.all || made.length > 4 * 1024 * 1024) break;
    }
    from = found.end > found.start ? found.end : found.end + 1;
  }
  return made + text.slice(at);
}
