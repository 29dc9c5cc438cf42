/** Tables of counts, printed in columns and kept in the report as they were printed. */
import { type RiskLevel, riskLevels } from "@hsr/contract";

/** A row by its columns. */
export type Row = Readonly<Record<string, string | number>>;

export type Levels = Record<RiskLevel, number>;

export function noLevels(): Levels {
  return { low: 0, medium: 0, high: 0 };
}

/** A share in percent, to a tenth; of nothing it is all. */
export function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.round((part / whole) * 1000) / 10;
}

/** The same where a larger share is worse: of nothing it is none. */
export function wrongPercent(part: number, whole: number): number {
  return whole === 0 ? 0 : percent(part, whole);
}

export function levelColumns(levels: Levels, before = ""): Row {
  return Object.fromEntries(riskLevels.map((level) => [`${before}${level}`, levels[level]]));
}

export function printTable(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  const [first] = rows;
  if (first === undefined) return;
  const names = Object.keys(first);
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => String(row[name] ?? "").length)));
  const line = (cells: readonly string[], row: Row) =>
    cells
      .map((cell, index) => {
        const isNumber = typeof row[names[index] ?? ""] === "number";
        return isNumber ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0);
      })
      .join("  ")
      .trimEnd();
  console.log(`  ${line(names, first)}`);
  for (const row of rows)
    console.log(
      `  ${line(
        names.map((name) => String(row[name] ?? "")),
        row,
      )}`,
    );
}
