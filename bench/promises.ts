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
  readonly group: "Speed" | "Density" | "Bad input" | "Faults" | "Walls" | "Limits" | "Risk";
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
    id: "file_up_vs_bare",
    group: "Speed",
    text: "1 GiB into a living sandbox over REST: at least 60 % of what a bare Node HTTP server reaches that hashes the same bytes and pipes them into a Unix socket.",
    proof: { report: "files" },
  },
  {
    id: "file_down_vs_bare",
    group: "Speed",
    text: "The same file back: at least 60 % of the same server the other way round.",
    proof: { report: "files" },
  },
  {
    id: "file_gateway_growth_bytes",
    group: "Density",
    text: "A file of 1 GiB, up or down, does not gather in the gateway: at most 48 MiB beyond what it had after the first.",
    proof: { report: "files" },
  },
  {
    id: "file_agent_growth_bytes",
    group: "Density",
    text: "Nor in the sandbox's agent: at most 2 MiB.",
    proof: { report: "files" },
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
    id: "exec_true_p50_ms",
    group: "Speed",
    text: "An exec of `true` in a running sandbox over REST: p50 at most 3 ms.",
    proof: { report: "living" },
  },
  {
    id: "terminal_echo_p50_ms",
    group: "Speed",
    text: "The echo of a character typed into a shell's terminal over WebSocket: p50 at most 3 ms.",
    proof: { report: "living" },
  },
  {
    id: "streams_at_once",
    group: "Density",
    text: "500 streams of one program's output flow at once.",
    proof: { report: "living" },
  },
  {
    id: "idle_sandbox_bytes_each",
    group: "Density",
    text: "1,000 idle sandboxes: the gateway's own memory grows by at most 60 kB each.",
    proof: { report: "living" },
  },
  {
    id: "sandbox_page_p95_ms",
    group: "Density",
    text: "With 1,000 sandboxes alive, a page of 200 of them takes at most 50 ms (p95).",
    proof: { report: "living" },
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
    id: "bad_requests_broken_promises",
    group: "Bad input",
    text: "20,000 requests fuzzed from the OpenAPI, half of them valid by schema: no 500, no hang over 5 s, no leak.",
    proof: { report: "soak" },
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
  {
    id: "walls",
    group: "Walls",
    text: "Each attack of the table in docs/walls.md fails behind all walls, succeeds without those marked for it, and fails behind each of them alone.",
    proof: { tests: ["tests/security/walls.test.ts"] },
  },
  {
    id: "probe",
    group: "Walls",
    text: "Every door that the probe tries from inside is as its committed table says, with runsc beside it in the same run.",
    proof: { tests: ["tests/security/probe.test.ts"] },
  },
  {
    id: "filter",
    group: "Walls",
    text: "The compiled system-call filter gives libseccomp's verdict for every call, on x86-64 and aarch64, and the kernel's answers agree.",
    proof: { tests: ["tests/security/seccomp-libseccomp.test.ts", "tests/security/seccomp-kernel.test.ts"] },
  },
  {
    id: "doors",
    group: "Walls",
    text: "Every restriction that the API accepts holds inside the sandbox, through every door.",
    proof: { tests: ["tests/security/every-door.test.ts"] },
  },
  {
    id: "fuzzers",
    group: "Walls",
    text: "Fuzzers of agent, client and launcher run clean on sanitizer builds, and each finds a planted bug.",
    proof: { tests: ["tests/fuzz/agent.test.ts", "tests/fuzz/client.test.ts", "tests/fuzz/launcher.test.ts"] },
  },
  {
    id: "gateway_killed",
    group: "Faults",
    text: "After `kill -9` of the gateway a new one takes running runs up again; no result is lost and nothing runs twice.",
    proof: { tests: ["tests/faults/gateway-restart.test.ts", "tests/faults/store.test.ts"] },
  },
  {
    id: "launcher_killed",
    group: "Faults",
    text: "After `kill -9` of the launcher's worker, of its guardian, or of both everything is dead within two seconds; a frozen sandbox whose launcher is wholly dead dies at the next start.",
    proof: { tests: ["tests/faults/launcher-death.test.ts"] },
  },
  {
    id: "soak_cgroup2_guest_failed",
    group: "Faults",
    text: "The suites of runtime and launcher hold on a host with nothing but cgroup v2 (seen in a QEMU guest).",
    proof: { report: "soak" },
  },
  {
    id: "soak_tests_failed",
    group: "Faults",
    text: "Every test holds with the soak's numbers: 60 s a fuzzer, 20,000 requests, 200 kills of the store.",
    proof: { report: "soak" },
  },
  {
    id: "capability_named_percent",
    group: "Risk",
    text: "On the dev snippets of risky code the report names the right capability for at least 99 %.",
    proof: { report: "analyze" },
  },
  {
    id: "threat_raised_percent",
    group: "Risk",
    text: "Of the snippets that are a threat at least 95 % score medium or high.",
    proof: { report: "analyze" },
  },
  {
    id: "hidden_held_percent",
    group: "Risk",
    text: "Of hidden variants of what scores medium or high at least 85 % score at least the level of their original.",
    proof: { report: "analyze" },
  },
  {
    id: "harmless_high_percent",
    group: "Risk",
    text: "At most 5 % of the harmless programs score high.",
    proof: { report: "analyze" },
  },
  {
    id: "harmless_medium_percent",
    group: "Risk",
    text: "At most 15 % of the harmless programs score medium.",
    proof: { report: "analyze" },
  },
  {
    id: "capability_wrong_percent",
    group: "Risk",
    text: "At most 5 % of the capabilities that are named on the harmless programs are wrong.",
    proof: { report: "analyze" },
  },
  {
    id: "base64_high_percent",
    group: "Risk",
    text: "Of programs that decode plain base64 and use it as data at most 5 % score high.",
    proof: { report: "analyze" },
  },
  {
    id: "base64_medium_percent",
    group: "Risk",
    text: "Of the same at most 15 % score medium.",
    proof: { report: "analyze" },
  },
  {
    id: "blind_threat_raised_percent",
    group: "Risk",
    text: "Of threats written without a look at the rules, most of kinds that the dev snippets lack, so many score medium or high (reported; [67 to 83 % before the rules were tuned on half of them](tests/data/blind/README.md)).",
    proof: { report: "analyze" },
  },
  {
    id: "blind_hidden_held_percent",
    group: "Risk",
    text: "So many of their hidden variants score at least the level of their original (reported).",
    proof: { report: "analyze" },
  },
  {
    id: "blind_harmless_high_percent",
    group: "Risk",
    text: "Of harmless programs written without a look at the rules so many score high (reported).",
    proof: { report: "analyze" },
  },
  {
    id: "analyze_4kb_p95_ms",
    group: "Risk",
    text: "4 kB of Python, each time another program, are analysed in at most 5 ms (p95, warm, to the analyzer's process and back).",
    proof: { report: "analyze" },
  },
  {
    id: "analyze_added_p50_ms",
    group: "Risk",
    text: "The analysis of 2 kB of new Python takes at most 1.5 ms (p50, to the analyzer's process and back; the policy's share is not in it).",
    proof: { report: "analyze" },
  },
  {
    id: "analyze_cached_p50_ms",
    group: "Risk",
    text: "The same of code that was analysed before: at most 0.1 ms.",
    proof: { report: "analyze" },
  },
  {
    id: "decision_added_p50_ms",
    group: "Risk",
    text: "Analysis and policy together add at most 1.5 ms (p50) to a run over REST with 2 kB of new code, against a gateway from which both are taken out.",
    proof: { report: "decision" },
  },
  {
    id: "decision_cached_p50_ms",
    group: "Risk",
    text: "Of code that was analysed before both together take at most 0.1 ms (p50), as timed in the gateway.",
    proof: { report: "decision" },
  },
  {
    id: "analyzer_hostile",
    group: "Risk",
    text: "No input hangs or crashes it: nesting, size, bad UTF-8, a reader that dies or is late.",
    proof: { tests: ["packages/gateway/src/workers/analyzer.test.ts"] },
  },
];
