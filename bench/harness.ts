/**
 * Measuring: times of single calls as percentiles, rivals in turn within one run, and the report that is kept.
 * These machines are noisy, so nothing here compares with another day: only ratios of medians of one run count.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Times of one way to do a thing. */
export interface Times {
  readonly n: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** One figure with what it is held against. `target` absent: reported without one. */
export interface Figure {
  /** Names the promise in `bench/promises.ts`. */
  readonly id: string;
  readonly value: number;
  readonly unit: "ratio" | "ms" | "bytes" | "per_second" | "count" | "percent";
  /** The most (or, with `atLeast`, the least) that was promised. */
  readonly target?: number;
  readonly atLeast?: boolean;
  readonly detail?: string;
}

/** A report as it is committed to `bench/reports/`. */
export interface Report {
  readonly version: 1;
  readonly kind: string;
  readonly date: string;
  readonly commit: string;
  readonly host: {
    readonly cpus: number;
    readonly model: string;
    readonly memoryBytes: number;
    readonly kernel: string;
    readonly arch: string;
    readonly node: string;
    readonly cgroup: string;
  };
  readonly figures: readonly Figure[];
  readonly tables: Readonly<Record<string, unknown>>;
}

/** The value below which the given share of the sorted values lies. */
export function percentile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle of the values. */
export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** Percentiles of times in ms. */
export function summarize(timesMs: readonly number[], errors: number): Times {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const round = (value: number) => Math.round(value * 1000) / 1000;
  return {
    n: sorted.length,
    errors,
    p50Ms: round(percentile(sorted, 0.5)),
    p95Ms: round(percentile(sorted, 0.95)),
    p99Ms: round(percentile(sorted, 0.99)),
    maxMs: round(sorted.at(-1) ?? Number.NaN),
  };
}

/**
 * Runs the rivals in turn, each once a round, in an order that rotates, so that drift of the machine hits all alike.
 * A call that throws counts as an error and not as a time.
 */
export async function inTurn<Name extends string>(
  rivals: Readonly<Record<Name, () => Promise<unknown>>>,
  options: { readonly rounds: number; readonly warmUp: number; readonly pauseMs: number },
): Promise<Record<Name, Times>> {
  const names = Object.keys(rivals) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  const errors = new Map<Name, number>(names.map((name) => [name, 0]));
  for (let round = -options.warmUp; round < options.rounds; round++) {
    for (let index = 0; index < names.length; index++) {
      const name = names[(index + Math.max(round, 0)) % names.length] as Name;
      if (options.pauseMs > 0) await sleep(options.pauseMs);
      const start = performance.now();
      try {
        await rivals[name]();
        if (round >= 0) times.get(name)?.push(performance.now() - start);
      } catch (error) {
        if (round < 0) throw error;
        errors.set(name, (errors.get(name) ?? 0) + 1);
      }
    }
  }
  return Object.fromEntries(
    names.map((name) => [name, summarize(times.get(name) ?? [], errors.get(name) ?? 0)]),
  ) as Record<Name, Times>;
}

/** Calls per second that `width` loops sustain together over the given time. */
export async function sustained(
  width: number,
  seconds: number,
  call: () => Promise<unknown>,
): Promise<{ perSecond: number; times: Times }> {
  const times: number[] = [];
  let errors = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (performance.now() < end) {
        const begin = performance.now();
        try {
          await call();
          times.push(performance.now() - begin);
        } catch {
          // Counted: the report shows errors beside the rate.
          errors++;
        }
      }
    }),
  );
  const perSecond = Math.round((times.length / (performance.now() - start)) * 10_000) / 10;
  return { perSecond, times: summarize(times, errors) };
}

/** The bytes that the kernel could still hand out. */
export function memAvailableBytes(): number {
  const match = /MemAvailable:\s+(\d+) kB/.exec(readFileSync("/proc/meminfo", "utf8"));
  return Number(match?.[1] ?? 0) * 1024;
}

/** Prints a table of times, a row a rival. */
export function printTimes(title: string, rows: Readonly<Record<string, Times>>): void {
  console.log(`\n${title}`);
  console.log(
    `  ${"".padEnd(28)}${["n", "errors", "p50", "p95", "p99", "max"].map((word) => word.padStart(9)).join("")}`,
  );
  for (const [name, t] of Object.entries(rows)) {
    const cells = [String(t.n), String(t.errors), ...[t.p50Ms, t.p95Ms, t.p99Ms, t.maxMs].map((ms) => ms.toFixed(2))];
    console.log(`  ${name.padEnd(28)}${cells.map((cell) => cell.padStart(9)).join("")}`);
  }
}

/** Whether a figure keeps its promise; `null` where there is none. */
export function kept(figure: Figure): boolean | null {
  if (figure.target === undefined) return null;
  return figure.atLeast === true ? figure.value >= figure.target : figure.value <= figure.target;
}

/** Prints the figures with their targets. */
export function printFigures(figures: readonly Figure[]): void {
  console.log("");
  for (const figure of figures) {
    const verdict = { true: "kept", false: "MISSED", null: "no target" }[
      String(kept(figure)) as "true" | "false" | "null"
    ];
    const target =
      figure.target === undefined ? "" : ` (${figure.atLeast === true ? "at least" : "at most"} ${figure.target})`;
    console.log(
      `  ${figure.id.padEnd(34)} ${String(figure.value).padStart(10)} ${figure.unit.padEnd(10)} ${verdict}${target}`,
    );
  }
}

function cgroupLayout(): string {
  const mounts = readFileSync("/proc/mounts", "utf8");
  if (/ cgroup .*memory/.test(mounts)) return "v1 controllers";
  return / \/sys\/fs\/cgroup cgroup2 /.test(mounts) ? "v2" : "none";
}

/** Keeps the report of this run in `bench/reports/<kind>.json`. */
export function writeReport(
  kind: string,
  figures: readonly Figure[],
  tables: Readonly<Record<string, unknown>>,
): string {
  const root = join(import.meta.dirname, "..");
  const commit = execFileSync("git", ["-C", root, "rev-parse", "--short=12", "HEAD"], { encoding: "utf8" }).trim();
  const report: Report = {
    version: 1,
    kind,
    date: new Date().toISOString(),
    commit,
    host: {
      cpus: cpus().length,
      model: cpus()[0]?.model ?? "unknown",
      memoryBytes: totalmem(),
      kernel: release(),
      arch: arch(),
      node: process.version,
      cgroup: cgroupLayout(),
    },
    figures,
    tables,
  };
  mkdirSync(join(root, "bench/reports"), { recursive: true });
  const path = join(root, "bench/reports", `${kind}.json`);
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}
