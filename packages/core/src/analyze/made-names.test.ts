import { expect, test } from "vitest";
import { madeName } from "./made-names.ts";

test.each([
  ["var _0x1a2b=1,_0x2b3c=2,_0x3c4d=3,_0x4d5e=4,_0x5e6f=5,_0x6f70=6;", "_0x1a2b"],
  ["IlllI1=1\nlI1lIl=2\nllIIl1=3\nOOIIl0=4\n", "IlllI1"],
  ["ooOO0O=1\nOoO0oO=2\nOO0oOo=3\noOoOo0=4\n", "ooOO0O"],
  ["___=1\n____=2\n_____=3\n______=4\n", "___"],
])("%s", (text, name) => {
  expect(madeName(text)).toEqual({ name, at: text.indexOf(name) });
});

test.each([
  ["for _ in range(3): __ = gettext; print(__('x'), __name__, __file__)"],
  ["a.___ = 1; // ___________ a line _____________"],
  ["# ___ ____ \n### _____ tables | ___ | ____ |"],
  ["const mask = 0x1a2b, _0x1a2b = 1; // one alone"],
  ["const illegal = lookup, IO = 1, ll = 2, OOO = 3, l10n = 4, i18n = 5;"],
])("%s is a person's", (text) => {
  expect(madeName(text)).toBeNull();
});

test("a text of nothing else is looked through at once", () => {
  for (const text of ["_".repeat(500_000), "_0x".repeat(200_000), "Il1O0".repeat(100_000)]) {
    const begin = performance.now();
    madeName(text);
    expect(performance.now() - begin).toBeLessThan(2000);
  }
});
