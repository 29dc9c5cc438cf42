/**
 * Every promised number and property, once. `SPECIFICATION.md` is generated from this table and the reports in `bench/reports/`;
 * a promise names the report with its figure, or the tests that hold it. What has neither is printed as pending.
 */
export type Proof =
  /** The figure with the promise's id in `bench/reports/<report>.json`. */
  | { readonly report: string }
  /** Test files that fail when the promise is broken. */
  | { readonly tests: readonly string[] };

/** One promise, as a sentence with its bound. */
export interface Promised {
  readonly id: string;
  readonly group: "Speed" | "Density" | "Bad input" | "Faults" | "Walls" | "Limits";
  readonly text: string;
  readonly proof: Proof;
}

export const promises: readonly Promised[] = [
  {
    id: "run_p50_vs_node_spawn",
    group: "Speed",
    text: "A REST run of a one-line Python file in a fresh sandbox, in a loop: p50 at most 1.2 × Node spawning the same bwrap line.",
    proof: { report: "speed" },
  },
  {
    id: "run_p50_vs_c_spawn",
    group: "Speed",
    text: "The same: p50 at most 1.5 × the same line spawned from C.",
    proof: { report: "speed" },
  },
  {
    id: "sustained_c4_vs_node_spawn",
    group: "Speed",
    text: "At concurrency 4 it sustains at least what Node spawning the same line reaches.",
    proof: { report: "speed" },
  },
  {
    id: "paced_p95_vs_p50",
    group: "Speed",
    text: "Paced at one run every 50 ms, p95 is at most 2 × p50.",
    proof: { report: "speed" },
  },
  {
    id: "paced_p50_vs_node_spawn",
    group: "Speed",
    text: "Paced at one run every 50 ms: p50 against Node spawning the same line (reported, no target).",
    proof: { report: "speed" },
  },
  {
    id: "true_p50_vs_node_spawn",
    group: "Speed",
    text: "`/bin/true` instead of Python, in a loop: p50 against Node spawning the same line (reported, no target).",
    proof: { report: "speed" },
  },
  {
    id: "stall_p99_ms",
    group: "Speed",
    text: "p99 event-loop stall of the gateway under 10 ms while 16 runs start with 500 MB of ballast in its heap.",
    proof: { report: "stall" },
  },
  {
    id: "sleeper_bytes_each",
    group: "Density",
    text: "200 runs that only sleep add at most 1 MB each to what launcher and gateway use idle (MemAvailable).",
    proof: { report: "density" },
  },
  {
    id: "left_behind",
    group: "Density",
    text: "10,000 runs leave no process, mount, cgroup, namespace, descriptor or file.",
    proof: { report: "leaks" },
  },
  {
    id: "bad_requests_500s",
    group: "Bad input",
    text: "20,000 requests fuzzed from the OpenAPI, half of them valid by schema: no 500, no hang over 5 s, no leak.",
    proof: { report: "bad-input" },
  },
  {
    id: "herd",
    group: "Bad input",
    text: "1,000 simultaneous requests at a cold start: bounded concurrency, 503 or 429 with Retry-After and nothing else, nothing left behind.",
    proof: { tests: ["tests/e2e/herd.test.ts"] },
  },
  {
    id: "neighbour_slowdown_percent",
    group: "Walls",
    text: "A neighbour of an attack is less than 10 % slower (median of pairs).",
    proof: { report: "neighbours" },
  },
];
