/** Harmless programs: how many raise an alarm, and which capabilities are named that they do not use. */
import { riskCapabilityNames } from "@hsr/contract";
import { read } from "./read.ts";
import type { Harmless } from "./sets.ts";
import { type Levels, levelColumns, noLevels, printTable, type Row } from "./table.ts";

export interface HarmlessSeen {
  readonly n: number;
  readonly levels: Levels;
  readonly named: number;
  readonly wrong: number;
  readonly groups: readonly Row[];
  readonly capabilities: readonly Row[];
  readonly alarms: readonly string[];
}

export function measureHarmless(title: string, programs: readonly Harmless[]): HarmlessSeen {
  const seen = programs.map((each) => ({ ...each, risk: read(each.language, each.code) }));
  const counted = (of: typeof seen) => {
    const levels = noLevels();
    for (const { risk } of of) levels[risk.level] += 1;
    return levels;
  };
  const all = counted(seen);
  const names = (keys: readonly string[]) => [...new Set(keys)].sort();
  const groups: Row[] = [
    ...names(seen.flatMap((each) => each.groups)).map((group) => ({
      programs: group,
      of: seen.filter((each) => each.groups.includes(group)),
    })),
    ...names(seen.map((each) => each.language)).map((language) => ({
      programs: language,
      of: seen.filter((each) => each.language === language),
    })),
    { programs: "all", of: seen },
  ].map(({ programs: name, of }) => ({ programs: name, n: of.length, ...levelColumns(counted(of)) }));
  printTable(`${title}: levels by what they use and by language`, groups);
  const alarms = seen
    .filter(({ risk }) => risk.level !== "low")
    .map(({ id, risk }) => `${id} ${risk.score}: ${risk.findings[0]?.id ?? "capabilities"}`);
  for (const alarm of alarms) console.log(`  harmless but ${alarm}`);
  const capabilities = riskCapabilityNames.map((capability) => {
    const named = seen.filter(({ risk }) => risk.capabilities.includes(capability));
    const labelled = seen.filter((each) => each.capabilities.includes(capability));
    const right = named.filter((each) => labelled.includes(each)).length;
    return {
      capability,
      labelled: labelled.length,
      named: named.length,
      right,
      wrong: named.length - right,
      missed: labelled.length - right,
    };
  });
  printTable(`${title}: capabilities against the labels`, capabilities);
  const sum = (name: "named" | "wrong") => capabilities.reduce((total, row) => total + row[name], 0);
  return { n: seen.length, levels: all, named: sum("named"), wrong: sum("wrong"), groups, capabilities, alarms };
}
