import { describe, expect, test } from "vitest";
import {
  findEdge,
  findPattern,
  matchesWhole,
  matchSteps,
  regularPattern,
  replacedPattern,
  shellPattern,
} from "./pattern.ts";

function replaced(source: string, text: string, to: string): string | null {
  const pattern = regularPattern(source, "basic");
  return pattern === null
    ? null
    : replacedPattern(pattern, text, { first: 1, all: true }, (found) => to.replace("&", found.groups[0] ?? ""), {
        steps: matchSteps,
      });
}

describe("patterns of the program's own", () => {
  test("one that takes for ever is given up", () => {
    const pattern = regularPattern("(a*)*(a*)*(a*)*b", "extended");
    expect(pattern === null ? null : findPattern(pattern, "a".repeat(5000), 0, { steps: matchSteps })).toBeUndefined();
  });

  test.each([
    ["..", "0a0b", "\\x&", "\\x0a\\x0b"],
    ["[^a-c]*x", "abczzx", "-", "abc-"],
    ["^a\\(b\\)*", "abbb", "", ""],
    ["a\\+", "caat", "o", "cot"],
  ])("%s in %s", (source, text, to, made) => {
    expect(replaced(source, text, to)).toBe(made);
  });

  test.each([
    ["c?t", "cat", true],
    ["c*t", "carrot", true],
    ["[a-c]at", "dat", false],
    ["\\*", "a", false],
  ])("the shell's %s and %s: %s", (source, text, matches) => {
    const pattern = shellPattern(source);
    expect(pattern === null ? null : matchesWhole(pattern, text, { steps: matchSteps })).toBe(matches);
  });

  test.each([
    ["start", "shortest", "*/", "a/b/c", [0, 2]],
    ["start", "longest", "*/", "a/b/c", [0, 4]],
    ["end", "shortest", "/*", "a/b/c", [3, 5]],
    ["end", "longest", "/*", "a/b/c", [1, 5]],
  ] as const)("at the %s the %s", (edge, size, source, text, [start, end]) => {
    expect(findEdge(source, text, edge, size, { steps: matchSteps })).toMatchObject({ start, end });
  });
});
