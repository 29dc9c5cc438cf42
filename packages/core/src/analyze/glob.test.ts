import fc from "fast-check";
import { expect, test } from "vitest";
import { globSource, pathSigns } from "./glob.ts";

const matches = (pattern: string, text: string): boolean => {
  const source = globSource(pattern, pathSigns, 3);
  return source !== null && new RegExp(`^${source}$`).test(text);
};

test.each([
  ["/etc/p?sswd", "/etc/passwd", true],
  ["/e*/pa*wd", "/etc/passwd", true],
  ["/*/passwd", "/etc/x/passwd", false],
  ["/etc/[op]asswd", "/etc/passwd", true],
  ["/etc/[!o]asswd", "/etc/passwd", true],
  ["/etc/[^p]asswd", "/etc/passwd", false],
  ["/etc/[[:lower:]]asswd", "/etc/passwd", true],
  ["/etc/[a-z]asswd", "/etc/passwd", true],
  ["a.c", "abc", false],
  ["[$", "[$", true],
  ["[z-a]x", "[z-a]x", true],
  ["[]]", "]", true],
  ["a]b", "a]b", true],
])("%s and %s: %s", (pattern, text, expected) => {
  expect(matches(pattern, text)).toBe(expected);
});

test("a pattern that could take for ever is not tried", () => {
  expect(globSource("*a*a*a*a", pathSigns, 3)).toBeNull();
  expect(globSource("x".repeat(300), pathSigns, 3)).toBeNull();
});

test("no text makes a regular expression that is none", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."[]!^-:a\\*?$(){}|+./z".split("")), maxLength: 30 }),
      (pattern) => {
        const source = globSource(pattern, pathSigns, 30);
        if (source !== null) new RegExp(`^${source}$`);
      },
    ),
    { numRuns: 3000 },
  );
});
