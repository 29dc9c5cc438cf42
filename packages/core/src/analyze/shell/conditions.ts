/** What tests of Bash come to, where that is known: `[ … ]`, `[[ … ]]`, `test`, `(( … ))`. */

import { findPattern, matchesWhole, matchSteps, regularPattern, shellPattern } from "../pattern.ts";
import { child, named, type Syntax } from "../syntax.ts";
import { asText, isWhole, type Value } from "../value.ts";
import { type Surroundings, sumIn } from "./parameters.ts";
import { expandPattern, expandWhole } from "./words.ts";

/** A text that is exactly known and comes from nowhere but the script. */
export function exactText(value: Value): string | null {
  return value.k === "text" && value.from.length === 0 && isWhole(value.text) ? value.text : null;
}

/** What a test comes to; `null` where that is not known. Everything in it is expanded, whatever becomes of it. */
export function conditionOf(node: Syntax, around: Surroundings): boolean | null {
  const first = node.children[0];
  if (first?.type === "((" || node.children.some((each) => each.type === "((")) {
    const inner = named(node);
    const [start, end] = [inner[0]?.start, inner.at(-1)?.end];
    if (start === undefined || end === undefined) return null;
    const value = exactText(sumIn(around.source.slice(start, end), around, { node, offset: start }));
    return value === null ? null : value !== "0";
  }
  const parts = named(node);
  const inner = parts[0];
  return parts.length === 1 && inner !== undefined ? testOf(inner, around) : expandedOnly(parts, around);
}

function expandedOnly(parts: readonly Syntax[], around: Surroundings): null {
  for (const each of parts) testOf(each, around);
  return null;
}

function testOf(node: Syntax, around: Surroundings): boolean | null {
  const parts = named(node);
  switch (node.type) {
    case "parenthesized_expression":
      return parts.length === 1 && parts[0] !== undefined ? testOf(parts[0], around) : expandedOnly(parts, around);
    case "negated_command":
    case "unary_expression": {
      const operator = child(node, "operator");
      const sign = operator === null ? "!" : around.source.slice(operator.start, operator.end);
      const operand = parts.filter((each) => each !== operator).at(-1);
      if (operand === undefined) return null;
      if (sign === "!") {
        const inner = testOf(operand, around);
        return inner === null ? null : !inner;
      }
      return unaryTest(sign, exactText(expandWhole(operand, around)));
    }
    case "binary_expression": {
      const [left, right, operator] = [child(node, "left"), child(node, "right"), child(node, "operator")];
      if (left === null || right === null || operator === null) return expandedOnly(parts, around);
      const sign = around.source.slice(operator.start, operator.end);
      if (sign === "&&" || sign === "||" || sign === "-a" || sign === "-o") {
        const [a, b] = [testOf(left, around), testOf(right, around)];
        const isAnd = sign === "&&" || sign === "-a";
        if (a === !isAnd || b === !isAnd) return !isAnd;
        return a === null || b === null ? null : isAnd;
      }
      const a = exactText(expandWhole(left, around));
      const isPattern = /^(?:==?|!=|=~)$/.test(sign);
      const b = exactText(isPattern && sign !== "=~" ? expandPattern(right, around) : expandWhole(right, around));
      return binaryTest(sign, a, b, around);
    }
    case "word":
    case "string":
    case "raw_string":
    case "concatenation":
    case "simple_expansion":
    case "expansion":
    case "command_substitution":
    case "number": {
      const text = exactText(expandWhole(node, around));
      return text === null ? null : text !== "";
    }
    default:
      return expandedOnly(parts, around);
  }
}

/** `test` and `[` as commands, with their words. */
export function testWords(words: readonly Value[], around: Surroundings): boolean | null {
  const [a, b, c] = words;
  if (a === undefined) return false;
  if (asText(a) === "!" && words.length > 1) {
    const inner = testWords(words.slice(1), around);
    return inner === null ? null : !inner;
  }
  if (b === undefined) return exactText(a) === null ? null : exactText(a) !== "";
  if (c === undefined) return unaryTest(asText(a), exactText(b));
  return words.length === 3 ? binaryTest(asText(b), exactText(a), exactText(c), around) : null;
}

function unaryTest(sign: string, text: string | null): boolean | null {
  if (text === null) return null;
  return sign === "-n" ? text !== "" : sign === "-z" ? text === "" : null;
}

function binaryTest(sign: string, a: string | null, b: string | null, around: Surroundings): boolean | null {
  if (a === null || b === null) return null;
  switch (sign) {
    case "=":
    case "==":
    case "!=": {
      const pattern = shellPattern(b);
      const same = pattern === null ? null : matchesWhole(pattern, a, { steps: matchSteps });
      return same === null ? null : same === (sign !== "!=");
    }
    case "=~": {
      const pattern = regularPattern(b, "extended");
      const found = pattern === null ? undefined : findPattern(pattern, a, 0, { steps: matchSteps });
      if (found === undefined) return null;
      if (found !== null)
        for (const [index, text] of found.groups.entries())
          around.assignAt("BASH_REMATCH", String(index), { k: "text", text, bytes: false, disguise: [], from: [] });
      return found !== null;
    }
    case "<":
      return a < b;
    case ">":
      return a > b;
    default: {
      const [x, y] = [a, b].map((each) => exactText(sumIn(each, around)));
      if (x === null || y === null || x === undefined || y === undefined) return null;
      return compared(sign, Number(x), Number(y));
    }
  }
}

function compared(sign: string, a: number, b: number): boolean | null {
  switch (sign) {
    case "-eq":
      return a === b;
    case "-ne":
      return a !== b;
    case "-lt":
      return a < b;
    case "-le":
      return a <= b;
    case "-gt":
      return a > b;
    case "-ge":
      return a >= b;
    default:
      return null;
  }
}
