/** Risky programs: the confusion matrix of each type, and the shares that are promised. */
import type { AnalyzedRisk } from "@hsr/core";
import { read } from "./read.ts";
import type { Risky } from "./sets.ts";
import { levelColumns, noLevels, percent, printTable, type Row } from "./table.ts";

/** Misses that one type may have; of a type with few threats one. */
const mostMissedThreats = 2;
const mostMissedOfFew = 1;
const few = 10;

export interface RiskySeen {
  readonly read: readonly (Risky & { readonly risk: AnalyzedRisk })[];
  readonly rows: readonly Row[];
  readonly capable: number;
  readonly named: number;
  readonly worstNaming: number;
  readonly threats: number;
  readonly raised: number;
  /** Types that miss more threats than they may. */
  readonly over: number;
}

/** Reads them and prints the matrix: what is a threat and what is not, against the level that was given. */
export function measureRisky(title: string, snippets: readonly Risky[]): RiskySeen {
  const seen = snippets.map((each) => ({ ...each, risk: read(each.language, each.code) }));
  const keys = [...new Set(seen.map(({ language, type }) => `${language} ${type}`))].sort((a, b) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  const types = keys.map((key) => {
    const own = seen.filter(({ language, type }) => `${language} ${type}` === key);
    const threat = noLevels();
    const other = noLevels();
    for (const each of own) (each.threat ? threat : other)[each.risk.level] += 1;
    const naming = own.map((each) => ({ id: each.id, is: each.isNamed(each.risk.capabilities) }));
    const capable = naming.filter(({ is }) => is !== null);
    const unnamed = capable.filter(({ is }) => is === false);
    const missed = own.filter((each) => each.threat && each.risk.level === "low");
    return { key, n: own.length, threat, other, capable: capable.length, unnamed, missed };
  });
  const rows = types.map(({ key, n, threat, other, capable, unnamed, missed }) => ({
    type: key,
    n,
    "capability named": capable === 0 ? "-" : `${capable - unnamed.length}/${capable}`,
    ...levelColumns(threat, "threat "),
    ...levelColumns(other, "other "),
    missed: [...unnamed.map(({ id }) => `${id} (capability)`), ...missed.map(({ id }) => `${id} (threat)`)].join(", "),
  }));
  printTable(title, rows);
  const sum = (of: (type: (typeof types)[number]) => number) => types.reduce((all, each) => all + of(each), 0);
  const threatsOf = ({ threat }: (typeof types)[number]) => threat.low + threat.medium + threat.high;
  return {
    read: seen,
    rows,
    capable: sum(({ capable }) => capable),
    named: sum(({ capable, unnamed }) => capable - unnamed.length),
    worstNaming: Math.max(0, ...types.map(({ unnamed }) => unnamed.length)),
    threats: sum(threatsOf),
    raised: sum(({ threat }) => threat.medium + threat.high),
    over: types.filter((each) => each.missed.length > (threatsOf(each) < few ? mostMissedOfFew : mostMissedThreats))
      .length,
  };
}

/** One line with what the tables add up to. */
export function printRiskyShares({ capable, named, threats, raised }: RiskySeen): void {
  console.log(
    `  capability named ${named}/${capable} (${percent(named, capable)} %), threats medium or high ${raised}/${threats} (${percent(raised, threats)} %)`,
  );
}
