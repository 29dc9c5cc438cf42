import { expect, test } from "vitest";
import { sumOf } from "./arithmetic.ts";

function sum(source: string, given: Record<string, string> = {}): number | null {
  return sumOf(source, {
    read: (name) => given[name] ?? null,
    write: (name, _index, value) => {
      given[name] = String(value);
    },
  });
}

test("what is not known makes the sum unknown", () => {
  expect(sum("1 + x")).toBeNull();
  expect(sum("1 / 0")).toBeNull();
  expect(sum("(((")).toBeNull();
});

test.each([
  ["1 + 2 * 3", 7],
  ["16#ff ^ 0x0f", 240],
  ["010 + 1", 9],
  ["2 ** 3 ** 2", 512],
  ["(1 < 2) ? 10 : 20", 10],
  ["-7 / 2", -3],
  ["x++ + ++x", 12],
  ["x += 3, x * 2", 16],
])("%s is %d", (source, value) => {
  expect(sum(source, { x: "5" })).toBe(value);
});
