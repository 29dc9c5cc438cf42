/** Hidden forms of programs, made by the generator in `tests/support/obfuscate`. */
import { type LanguageName, riskRank } from "@hsr/contract";
import type { AnalyzedRisk } from "@hsr/core";
import { obfuscate } from "../../tests/support/obfuscate/index.ts";
import { read } from "./read.ts";
import { levelColumns, noLevels, percent, printTable, type Row } from "./table.ts";

interface Original {
  readonly language: LanguageName;
  readonly code: string;
  readonly risk: AnalyzedRisk;
}

export interface HiddenSeen {
  readonly rows: readonly Row[];
  readonly n: number;
  readonly held: number;
}

/** How many variants of what scores medium or high score at least the level of their original. */
export function measureHidden(title: string, originals: readonly Original[]): HiddenSeen {
  const methods = new Map<string, { n: number; held: number; readonly levels: ReturnType<typeof noLevels> }>();
  for (const [index, { language, code, risk }] of originals.entries()) {
    if (risk.level === "low") continue;
    for (const { method, code: hidden } of obfuscate(language, code, index + 1)) {
      const key = `${language} ${method}`;
      const row = methods.get(key) ?? { n: 0, held: 0, levels: noLevels() };
      methods.set(key, row);
      const { level } = read(language, hidden);
      row.n += 1;
      row.levels[level] += 1;
      if (riskRank(level) >= riskRank(risk.level)) row.held += 1;
    }
  }
  const rows = [...methods].map(([method, { n, held, levels }]) => ({
    method,
    n,
    held,
    percent: percent(held, n),
    ...levelColumns(levels),
  }));
  printTable(title, rows);
  const sum = (name: "n" | "held") => [...methods.values()].reduce((all, row) => all + row[name], 0);
  return { rows, n: sum("n"), held: sum("held") };
}
