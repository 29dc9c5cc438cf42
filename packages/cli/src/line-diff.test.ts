import fc from "fast-check";
import { expect, test } from "vitest";
import { lineDiff } from "./line-diff.ts";

test("only what differs is shown, with the lines around it", () => {
  const diff = lineDiff("a\nb\nc\nd\ne\nf\ng\n", "a\nb\nc\nD\ne\nf\ng\nh\n");
  expect(diff.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    "same b",
    "same c",
    "removed d",
    "added D",
    "same e",
    "same f",
    "same g",
    "added h",
  ]);
  expect(lineDiff("a\nb\n", "a\nb\n")).toEqual([]);
});

test("the first text with the changes is the second", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const diff = lineDiff(a.join("\n"), b.join("\n"));
      if (a.join() === b.join()) return;
      // Texts this short are shown whole but for what is far from every change.
      const shown = diff.filter((line) => line.kind !== "removed" && line.kind !== "gap").map((line) => line.text);
      expect(b.join("\n")).toContain(shown.at(-1) ?? "");
      expect(
        diff.filter((line) => line.kind === "added").length - diff.filter((line) => line.kind === "removed").length,
      ).toBe(b.length - a.length);
    }),
  );
});
