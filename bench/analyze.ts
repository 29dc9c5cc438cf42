/**
 * How good and how fast the analyzer is: on the dev snippets (kept beside the checkout; skipped where they are not), on the harmless
 * set, on hidden variants, on base64 in honest use, and on an operator's own programs. docs/benchmarks.md tells what each table
 * says. `node bench/analyze.ts`.
 */
import { type Figure, printFigures, writeReport } from "./harness.ts";
import { measureBase64 } from "./risk/base64.ts";
import { measureHarmless } from "./risk/harmless.ts";
import { measureHidden } from "./risk/hidden.ts";
import { measureRisky, printRiskyShares } from "./risk/risky.ts";
import { blindPrograms, devSnippets, extraPrograms, harmlessPrograms } from "./risk/sets.ts";
import { measureSpeed } from "./risk/speed.ts";
import { percent, wrongPercent } from "./risk/table.ts";

const figures: Figure[] = [];
const tables: Record<string, unknown> = {};

const dev = devSnippets();
if (dev === null) console.log("skipped: the dev snippets are not there; HSR_REDCODE names their file");
else {
  const seen = measureRisky("dev snippets: each type's threats and others against the level given", dev);
  printRiskyShares(seen);
  const hidden = measureHidden("hidden variants of dev snippets that score medium or high", seen.read);
  tables["types"] = seen.rows;
  tables["hidden"] = hidden.rows;
  figures.push(
    {
      id: "capability_named_percent",
      value: percent(seen.named, seen.capable),
      unit: "percent",
      target: 99,
      atLeast: true,
      detail: `${seen.named} of ${seen.capable} dev snippets; at most ${seen.worstNaming} missed of one type`,
    },
    {
      id: "threat_raised_percent",
      value: percent(seen.raised, seen.threats),
      unit: "percent",
      target: 95,
      atLeast: true,
      detail: `${seen.raised} of ${seen.threats}; ${seen.over} types miss more than they may`,
    },
    {
      id: "hidden_held_percent",
      value: percent(hidden.held, hidden.n),
      unit: "percent",
      target: 85,
      atLeast: true,
      detail: `${hidden.held} of ${hidden.n} hidden variants score at least as their original`,
    },
  );
}

const programs = harmlessPrograms();
const harmless = measureHarmless("harmless programs", programs);
const base64 = measureBase64(programs);
tables["harmless"] = harmless;
tables["base64"] = base64;
figures.push(
  {
    id: "harmless_high_percent",
    value: wrongPercent(harmless.levels.high, harmless.n),
    unit: "percent",
    target: 5,
    detail: `${harmless.levels.high} of ${harmless.n} harmless programs`,
  },
  {
    id: "harmless_medium_percent",
    value: wrongPercent(harmless.levels.medium, harmless.n),
    unit: "percent",
    target: 15,
    detail: `${harmless.levels.medium} of ${harmless.n} harmless programs`,
  },
  {
    id: "capability_wrong_percent",
    value: wrongPercent(harmless.wrong, harmless.named),
    unit: "percent",
    target: 5,
    detail: `${harmless.wrong} of ${harmless.named} capabilities that were named on the harmless set`,
  },
  {
    id: "base64_high_percent",
    value: wrongPercent(base64.levels.high, base64.n),
    unit: "percent",
    target: 5,
    detail: `${base64.levels.high} of ${base64.n} programs that decode base64 and use it as data`,
  },
  {
    id: "base64_medium_percent",
    value: wrongPercent(base64.levels.medium, base64.n),
    unit: "percent",
    target: 15,
    detail: `${base64.levels.medium} of ${base64.n} programs that decode base64 and use it as data`,
  },
);

const blind = blindPrograms();
const blindRisky = measureRisky("risky programs written without a look at the rules", blind.risky);
printRiskyShares(blindRisky);
const blindHidden = measureHidden("hidden variants of those that score medium or high", blindRisky.read);
const blindHarmless = measureHarmless("harmless programs written without a look at the rules", blind.harmless);
tables["blind"] = { risky: blindRisky.rows, hidden: blindHidden.rows, harmless: blindHarmless };
figures.push(
  {
    id: "blind_threat_raised_percent",
    value: percent(blindRisky.raised, blindRisky.threats),
    unit: "percent",
    detail: `${blindRisky.raised} of ${blindRisky.threats}, in four languages`,
  },
  {
    id: "blind_hidden_held_percent",
    value: percent(blindHidden.held, blindHidden.n),
    unit: "percent",
    detail: `${blindHidden.held} of ${blindHidden.n} hidden variants`,
  },
  {
    id: "blind_harmless_high_percent",
    value: wrongPercent(blindHarmless.levels.high, blindHarmless.n),
    unit: "percent",
    detail: `${blindHarmless.levels.high} of ${blindHarmless.n}; medium ${blindHarmless.levels.medium}`,
  },
);

for (const extra of extraPrograms()) {
  console.log(`\n${extra.path}`);
  if (extra.risky.length > 0) {
    const seen = measureRisky("risky programs", extra.risky);
    printRiskyShares(seen);
    const { held, n } = measureHidden("hidden variants of those that score medium or high", seen.read);
    console.log(`  held ${held}/${n} (${percent(held, n)} %)`);
  }
  if (extra.harmless.length > 0) {
    const { named, wrong } = measureHarmless("harmless programs", extra.harmless);
    console.log(`  wrong ${wrong}/${named} (${wrongPercent(wrong, named)} %)`);
  }
}

figures.push(...(await measureSpeed()));
printFigures(figures);
if (process.env["HSR_BENCH_REPORT"] !== "0") console.log(writeReport("analyze", figures, tables));
