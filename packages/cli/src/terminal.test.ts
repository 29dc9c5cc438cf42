import { expect, test } from "vitest";
import { facts, hasColour, json, paints, table, visible, width } from "./terminal.ts";

test("a guest's text cannot move the cursor, set the title, or reverse the writing direction", () => {
  expect(visible("\u001b[2J\u001b]0;owned\u0007")).toBe("\\x1b[2J\\x1b]0;owned\\x07");
  expect(visible("a\u202eb\u200bc")).toBe("a\\u{202e}b\\u{200b}c");
  expect(visible("one\ntwo\r\tthree\u0000\u009b")).toBe("one\\ntwo\\r\\tthree\\x00\\x9b");
  expect(visible("grüße 世界 👋")).toBe("grüße 世界 👋");
});

test("JSON for programs is as harmless on a terminal, and means the same", () => {
  const run = { stdout: "\u009b2J\u007f\u202e\u001b[2J\u{e0041}\ud800 grüße 世界 👋\n", labels: { a: "b" } };
  for (const text of [json(run), json(run, 2)]) {
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Co}]/u);
    expect(text).toContain("grüße 世界 👋\\n");
    expect(JSON.parse(text)).toEqual(run);
  }
});

test("a table is aligned, has one line per row, and shows empty cells", () => {
  const text = table(
    ["ID", "NAME", "NOTE"],
    [
      ["1", "世界", ""],
      ["200", "line\nbreak", "x"],
    ],
  );
  expect(text).toBe("ID   NAME         NOTE\n1    世界         -\n200  line\\nbreak  x\n");
});

test("colours do not disturb the alignment, and are only for terminals", () => {
  const { red } = paints(true);
  const text = table(["A", "B"], [["no", "x"]], (cell, column, row) => (row >= 0 && column === 0 ? red(cell) : cell));
  expect(text).toBe("A   B\n\u001b[31mno\u001b[0m  x\n");
  expect(hasColour({ isTTY: true }, undefined)).toBe(true);
  expect(hasColour({ isTTY: true }, "1")).toBe(false);
  expect(hasColour({}, undefined)).toBe(false);
});

test("on a terminal the last cell is cut, and nothing else", () => {
  const rows = [["1", "a long text that does not fit"]];
  expect(table(["A", "B"], rows, undefined, 14)).toBe("A  B\n1  a long tex…\n");
  expect(table(["A", "B"], rows, undefined, 4)).toBe("A  B\n1  a long …\n");
  expect(table(["A", "B"], [["1", "世界世界世界世界"]], undefined, 13)).toBe("A  B\n1  世界世界…\n");
});

test("facts are aligned and widths count columns", () => {
  expect(
    facts([
      ["id", "x"],
      ["longer", "y\u001b"],
    ]),
  ).toBe("id      x\nlonger  y\\x1b\n");
  expect(width("世")).toBe(2);
});
