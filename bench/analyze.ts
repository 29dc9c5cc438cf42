/**
 * How good and how fast the analyzer is: on the dev snippets (kept beside the checkout; skipped where they are not), on the harmless
 * set, and on hidden variants of both. `node bench/analyze.ts`.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LanguageName, RiskLevel } from "@hsr/contract";
import { riskLevels, riskRank } from "@hsr/contract";
import { type AnalyzedRisk, type AnalyzeInput, analyzeCode, builtinRules, ruleSet } from "@hsr/core";
import { createLog, createMetrics, loadParser, startAnalyzer } from "@hsr/gateway/analyzer";
import { obfuscate } from "../tests/support/obfuscate/index.ts";
import { type Figure, percentile, printFigures, writeReport } from "./harness.ts";

interface Snippet {
  readonly id: string;
  readonly language: LanguageName;
  readonly type: string;
  readonly threat: boolean;
  readonly code: string;
}
interface TypeRow {
  readonly type: string;
  readonly capable: boolean;
  readonly all: readonly string[];
  readonly any?: readonly string[];
  readonly [language: string]: unknown;
}
interface Label {
  readonly id: string;
  readonly language: LanguageName;
  readonly file: string;
  readonly groups: readonly string[];
  readonly capabilities: readonly string[];
}

const root = join(import.meta.dirname, "..");
const snippetsFile = process.env["HSR_REDCODE"] ?? join(root, "../shared/data/redcode-exec-dev.jsonl");
const parse = await loadParser();
const set = ruleSet(builtinRules);

function input(language: LanguageName, code: string): AnalyzeInput {
  return {
    program: { kind: "code", language, code: Buffer.from(code), args: [] },
    files: [],
    environment: {},
    stdin: null,
  };
}
function read(language: LanguageName, code: string): AnalyzedRisk {
  return analyzeCode(input(language, code), { parse, mostBytes: 512 * 1024 }, set);
}
const table = <Row>(path: string): readonly Row[] => JSON.parse(readFileSync(path, "utf8")) as readonly Row[];
const lines = <Row>(path: string): readonly Row[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Row);
const percent = (part: number, whole: number) => (whole === 0 ? 100 : Math.round((part / whole) * 1000) / 10);

function quantiles(timesMs: readonly number[]): { readonly p50: number; readonly p95: number } {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const round = (ms: number) => Math.round(ms * 1000) / 1000;
  return { p50: round(percentile(sorted, 0.5)), p95: round(percentile(sorted, 0.95)) };
}

const figures: Figure[] = [];
const details: Record<string, unknown> = {};

/** Hidden forms of what scored medium or high: how many score at least the level of their original. */
function hiddenForms(
  originals: readonly { readonly language: LanguageName; readonly code: string; readonly risk: AnalyzedRisk }[],
) {
  const methods: Record<string, { n: number; held: number }> = {};
  for (const [index, { language, code, risk }] of originals.entries()) {
    if (risk.level === "low") continue;
    for (const variant of obfuscate(language, code, index + 1)) {
      const row = (methods[`${language} ${variant.method}`] ??= { n: 0, held: 0 });
      row.n += 1;
      if (riskRank(read(language, variant.code).level) >= riskRank(risk.level)) row.held += 1;
    }
  }
  return methods;
}

if (existsSync(snippetsFile)) {
  const types = new Map(
    (JSON.parse(readFileSync(join(root, "tests/data/redcode-types.json"), "utf8")) as TypeRow[]).map((row) => [
      row.type,
      row,
    ]),
  );
  const rows: Record<
    string,
    {
      n: number;
      named: number;
      threats: number;
      raised: number;
      low: number;
      medium: number;
      high: number;
      missed: string[];
    }
  > = {};
  const read_ = lines<Snippet>(snippetsFile).map((one) => ({ ...one, risk: read(one.language, one.code) }));
  let capable = 0;
  let named = 0;
  let worstNaming = 0;
  let threats = 0;
  let raised = 0;
  for (const { id, language, type, threat, risk } of read_) {
    const wanted = types.get(String(type));
    const row = (rows[`${language} ${type}`] ??= {
      n: 0,
      named: 0,
      threats: 0,
      raised: 0,
      low: 0,
      medium: 0,
      high: 0,
      missed: [],
    });
    row.n += 1;
    row[risk.level] += 1;
    if (wanted?.capable === true) {
      const own = wanted[language] as readonly string[] | undefined;
      const has = (name: string) => (risk.capabilities as readonly string[]).includes(name);
      const isNamed =
        (own ?? wanted.all).every(has) && (own !== undefined || wanted.any === undefined || wanted.any.some(has));
      capable += 1;
      if (isNamed) {
        named += 1;
        row.named += 1;
      } else row.missed.push(`${id} (capability)`);
    }
    if (threat) {
      threats += 1;
      row.threats += 1;
      if (risk.level === "low") row.missed.push(`${id} (threat)`);
      else {
        raised += 1;
        row.raised += 1;
      }
    }
  }
  for (const [key, row] of Object.entries(rows)) {
    const isCapable = types.get(key.split(" ")[1] ?? "")?.capable === true;
    worstNaming = Math.max(worstNaming, isCapable ? row.n - row.named : 0);
    console.log(
      `${key.padEnd(12)} ${String(row.n).padStart(3)}  capability ${isCapable ? `${row.named}/${row.n}` : "-"}  threat ${row.threats === 0 ? "-" : `${row.raised}/${row.threats}`}  low ${row.low} medium ${row.medium} high ${row.high}  ${row.missed.join(", ")}`,
    );
  }
  const over = Object.values(rows).filter((row) => row.threats - row.raised > (row.threats < 10 ? 1 : 2)).length;
  figures.push(
    {
      id: "capability_named_percent",
      value: percent(named, capable),
      unit: "percent",
      target: 99,
      atLeast: true,
      detail: `${named} of ${capable} dev snippets; at most ${worstNaming} missed of one type`,
    },
    {
      id: "threat_raised_percent",
      value: percent(raised, threats),
      unit: "percent",
      target: 95,
      atLeast: true,
      detail: `${raised} of ${threats}; ${over} types miss more than they may`,
    },
  );
  const methods = hiddenForms(read_);
  const [n, held] = Object.values(methods).reduce(([a, b], row) => [a + row.n, b + row.held], [0, 0]);
  for (const [name, row] of Object.entries(methods)) console.log(`hidden by ${name.padEnd(28)} ${row.held}/${row.n}`);
  figures.push({
    id: "hidden_held_percent",
    value: percent(held, n),
    unit: "percent",
    target: 85,
    atLeast: true,
    detail: `${held} of ${n} hidden variants score at least as their original`,
  });
  details["types"] = rows;
  details["hidden"] = methods;
} else console.log(`skipped: the dev snippets are not at ${snippetsFile}`);

{
  const folder = join(root, "tests/data/harmless");
  const levels: Record<RiskLevel, number> = { low: 0, medium: 0, high: 0 };
  const groups: Record<string, Record<RiskLevel, number>> = {};
  let named = 0;
  let wrong = 0;
  const alarms: string[] = [];
  const labels = table<Label>(join(folder, "labels.json"));
  for (const label of labels) {
    const risk = read(label.language, readFileSync(join(folder, label.file), "utf8"));
    levels[risk.level] += 1;
    for (const group of label.groups) (groups[group] ??= { low: 0, medium: 0, high: 0 })[risk.level] += 1;
    if (risk.level !== "low") alarms.push(`${label.id} ${risk.score}: ${risk.findings[0]?.id ?? "capabilities"}`);
    named += risk.capabilities.length;
    wrong += risk.capabilities.filter((each) => !label.capabilities.includes(each)).length;
  }
  for (const alarm of alarms) console.log(`harmless but ${alarm}`);
  for (const [group, row] of Object.entries(groups))
    console.log(`harmless ${group.padEnd(12)} ${riskLevels.map((level) => `${level} ${row[level]}`).join("  ")}`);
  figures.push(
    {
      id: "harmless_high_percent",
      value: percent(levels.high, labels.length),
      unit: "percent",
      target: 5,
      detail: `${levels.high} of ${labels.length} harmless programs`,
    },
    {
      id: "harmless_medium_percent",
      value: percent(levels.medium, labels.length),
      unit: "percent",
      target: 15,
      detail: `${levels.medium} of ${labels.length} harmless programs`,
    },
    {
      id: "capability_wrong_percent",
      value: percent(wrong, named),
      unit: "percent",
      target: 5,
      detail: `${wrong} of ${named} capabilities that were named on the harmless set`,
    },
  );
  details["harmless"] = { levels, groups, alarms };
}

/** Python of about so many bytes, of what harmless programs are made of; each text differs, so that nothing is known already. */
function programs(bytes: number, count: number): readonly string[] {
  const folder = join(root, "tests/data/harmless");
  const sources = table<Label>(join(folder, "labels.json"))
    .filter(({ language }) => language === "python")
    .map(({ file }) => readFileSync(join(folder, file), "utf8"));
  return Array.from({ length: count }, (_each, index) => {
    let text = `# ${index}\n`;
    for (let next = index; text.length < bytes; next += 1) text += `${sources[next % sources.length] ?? ""}\n`;
    return text.slice(0, text.lastIndexOf("\n", bytes) + 1);
  });
}

{
  const times = programs(4096, 400).map((text) => {
    const from = performance.now();
    read("python", text);
    return performance.now() - from;
  });
  const { p50, p95 } = quantiles(times.slice(100));
  figures.push({
    id: "analyze_4kb_p95_ms",
    value: p95,
    unit: "ms",
    target: 5,
    detail: `4 kB of Python, warm; p50 ${p50.toFixed(2)} ms`,
  });
  const analyzer = startAnalyzer({
    rules: builtinRules,
    processes: 1,
    deadlineMs: 5000,
    mostBytes: 512 * 1024,
    cacheEntries: 4096,
    log: createLog({ level: "silent", version: "bench" }),
    metrics: createMetrics({ version: "bench" }),
  });
  const added: number[] = [];
  const cached: number[] = [];
  for (const text of programs(2048, 400)) {
    const from = performance.now();
    await analyzer.analyze(input("python", text));
    added.push(performance.now() - from);
    const again = performance.now();
    await analyzer.analyze(input("python", text));
    cached.push(performance.now() - again);
  }
  await analyzer.close();
  const through = quantiles(added.slice(100));
  const known = quantiles(cached.slice(100));
  figures.push(
    {
      id: "analyze_added_p50_ms",
      value: through.p50,
      unit: "ms",
      target: 1.5,
      detail: `2 kB of Python through a process; p95 ${through.p95.toFixed(2)} ms`,
    },
    { id: "analyze_cached_p50_ms", value: known.p50, unit: "ms", target: 0.1, detail: "the same again" },
  );
}

printFigures(figures);
if (process.env["HSR_BENCH_REPORT"] !== "0") console.log(writeReport("analyze", figures, details));
