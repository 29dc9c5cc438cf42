/** What hsrctl prints for people. Guest text in it is never trusted with the terminal. */

/** Escapes everything that a terminal would act on, so that text of a guest can only be read. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, (one) => {
    const code = one.codePointAt(0) ?? 0;
    if (one === "\n") return "\\n";
    if (one === "\t") return "\\t";
    if (one === "\r") return "\\r";
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/**
 * A value as JSON that is safe to look at: what a terminal would act on is escaped beyond what JSON asks for (C1 controls
 * move the cursor as well as ESC does), so that it parses to the same value.
 */
export function json(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, (one) =>
    one === "\n" ? one : one.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}

/** As `visible`, for texts of several lines. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

/** Whether text that is written to this stream may have colours. */
export function hasColour(stream: { readonly isTTY?: boolean }, noColor: string | undefined): boolean {
  return stream.isTTY === true && (noColor === undefined || noColor === "");
}

/** Colours, or nothing where there are none. */
export function paints(on: boolean) {
  const paint = (code: number) => (text: string) => (on ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33) };
}
export type Paints = ReturnType<typeof paints>;

/** The columns that a text takes: wide East Asian characters and emoji take two, combining marks none. */
export function width(text: string): number {
  let columns = 0;
  for (const char of text) {
    if (/^\p{Mn}|\p{Me}$/u.test(char)) continue;
    columns +=
      /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]$/u.test(
        char,
      )
        ? 2
        : 1;
  }
  return columns;
}

/** A last cell is not cut below this: a wrapped line is better than nothing to read. */
const LAST_CELL_MIN = 8;

/** A text of at most so many columns, with an ellipsis where something is missing. */
function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = "";
  for (const char of text) {
    if (width(kept) + width(char) > columns - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

/**
 * A table with aligned columns, one line per row, without lines or boxes, so that `grep`, `awk` and eyes can read it.
 * Cells are escaped here: nobody has to remember it. `paint` may colour a cell; it sees the escaped text. On a terminal of
 * `columns` the last cell of a row is cut, so that a row stays a line.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  paint: (text: string, column: number, row: number) => string = (text) => text,
  columns = Number.POSITIVE_INFINITY,
): string {
  const whole = [headings, ...rows.map((row) => row.map((cell) => visible(cell === "" ? "-" : cell)))];
  const widths = headings.map((_, column) => Math.max(...whole.map((row) => width(row[column] ?? ""))));
  const beforeLast = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  const room = Math.max(columns - beforeLast, LAST_CELL_MIN);
  const cells = whole.map((row) => row.map((cell, column) => (column === row.length - 1 ? cut(cell, room) : cell)));
  return cells
    .map((row, rowNumber) =>
      row
        .map((cell, column) => {
          const shown = paint(cell, column, rowNumber - 1);
          const last = column === row.length - 1;
          return last ? shown : shown + " ".repeat((widths[column] ?? 0) - width(cell));
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
    .concat("\n");
}

/** Names with their values, the values aligned. */
export function facts(rows: readonly (readonly [name: string, value: string])[]): string {
  const longest = Math.max(...rows.map(([name]) => width(name)));
  return rows.map(([name, value]) => `${name.padEnd(longest)}  ${visible(value)}\n`).join("");
}
