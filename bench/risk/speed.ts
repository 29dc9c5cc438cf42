/** How long an analysis takes, as the gateway has it made: in a process beside it, one program after the other. */
import { builtinRules } from "@hsr/core";
import { createLog, createMetrics, startAnalyzer } from "@hsr/gateway/analyzer";
import { type Figure, percentile } from "../harness.ts";
import { pythonPrograms } from "./programs.ts";
import { codeInput, read } from "./read.ts";

/** Programs before those that count: until then the process compiles its own code. */
const warmUp = 200;
const counted = 400;

/** Python of 4 kB, each program another one. */
export async function measureSpeed(): Promise<readonly Figure[]> {
  const programs = pythonPrograms(4096, warmUp + counted);
  const bytes = Math.round(programs.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / programs.length);
  const analyzer = startAnalyzer({
    rules: builtinRules,
    processes: 1,
    deadlineMs: 5000,
    mostBytes: 512 * 1024,
    cacheEntries: 4096,
    log: createLog({ level: "silent", version: "bench" }),
    metrics: createMetrics({ version: "bench" }),
  });
  const through: number[] = [];
  const alone: number[] = [];
  for (const text of programs) {
    const from = performance.now();
    await analyzer.analyze(codeInput("python", text), "bench");
    through.push(performance.now() - from);
  }
  // Not in turn with the above: this process would take the caches from the other one.
  for (const text of programs) {
    const from = performance.now();
    read("python", text);
    alone.push(performance.now() - from);
  }
  const fresh: number[] = [];
  const known: number[] = [];
  for (const text of pythonPrograms(2048, counted)) {
    for (const times of [fresh, known]) {
      const from = performance.now();
      await analyzer.analyze(codeInput("python", text), "bench");
      times.push(performance.now() - from);
    }
  }
  await analyzer.close();
  const [p50, p95] = quantiles(through.slice(warmUp));
  const [aloneP50, aloneP95] = quantiles(alone.slice(warmUp));
  const [freshP50, freshP95] = quantiles(fresh);
  const [knownP50] = quantiles(known);
  return [
    {
      id: "analyze_4kb_p95_ms",
      value: p95,
      unit: "ms",
      target: 5,
      detail: `${counted} programs of ${bytes} bytes on average, to the process and back; p50 ${p50} ms; the analysis alone p50 ${aloneP50} ms, p95 ${aloneP95} ms`,
    },
    {
      id: "analyze_added_p50_ms",
      value: freshP50,
      unit: "ms",
      target: 1.5,
      detail: `${counted} programs of 2 kB, to the process and back; p95 ${freshP95} ms`,
    },
    { id: "analyze_cached_p50_ms", value: knownP50, unit: "ms", target: 0.1, detail: "the same again" },
  ];
}

function quantiles(timesMs: readonly number[]): readonly [number, number] {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const round = (ms: number) => Math.round(ms * 1000) / 1000;
  return [round(percentile(sorted, 0.5)), round(percentile(sorted, 0.95))];
}
