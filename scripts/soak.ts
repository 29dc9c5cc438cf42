/**
 * `make soak`: the benches while the machine is quiet, the tests with the full numbers, the suites on a pure cgroup v2 guest, and a report of
 * each in bench/reports/; SPECIFICATION.md is written anew from them.
 * It takes most of an hour; `make test` shows the same promises in small.
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { type Figure, writeReport } from "../bench/harness.ts";
import { checkout, inCheckout, toolEnvironment } from "./support/checkout.ts";
import { bold, print } from "./support/print.ts";

/** What tests read to know how much to do; a number that is set outside is kept. */
const numbers = {
  /** Seconds of each fuzzer. */
  HSR_FUZZ_SECONDS: "80",
  /** Requests made from the OpenAPI description. */
  HSR_FUZZ_REQUESTS: "20000",
  /** Moments at which the store's process is killed. */
  HSR_TEST_KILLS: "200",
  /** Says that slow tests are welcome. */
  HSR_SOAK: "1",
} as const;

/** What vitest's report says of one test. */
interface Outcome {
  readonly fullName: string;
  readonly status: string;
  readonly duration?: number | null;
}

function outcomes(): readonly (Outcome & { readonly file: string })[] {
  return globSync("build/test/*.json", { cwd: checkout }).flatMap((path) => {
    const report = JSON.parse(readFileSync(inCheckout(path), "utf8")) as {
      testResults: { name: string; assertionResults: Outcome[] }[];
    };
    return report.testResults.flatMap((file) => file.assertionResults.map((one) => ({ ...one, file: file.name })));
  });
}

const set: Record<string, string> = { ...numbers };
for (const name of Object.keys(set)) set[name] = process.env[name] ?? set[name] ?? "";

/**
 * `node scripts/soak.ts --tests [kinds]` leaves the benches out, and the kinds that are not named: their last reports stay as they are and
 * count as they were.
 */
const measures = !process.argv.includes("--tests");
/** `--no-guest` leaves the guest out; the report then says nothing of it. */
const asksGuest = !process.argv.includes("--no-guest");
const kinds = process.argv.slice(2).filter((word) => !word.startsWith("--"));
if (measures) print(bold("Measured while nothing else runs"));
const benches = measures
  ? spawnSync(process.execPath, ["bench/main.ts", "speed", "stall", "density", "leaks", "neighbours"], {
      cwd: checkout,
      env: toolEnvironment({}),
      stdio: "inherit",
    })
  : { status: 0 };

print("", bold("Every test, with the full numbers"));
const began = performance.now();
const tests = spawnSync(process.execPath, ["scripts/test.ts", ...kinds], {
  cwd: checkout,
  env: toolEnvironment(set),
  stdio: "inherit",
});
const seen = outcomes();

/** The script's own code for "this host lacks something". */
const GUEST_SKIPPED = 125;
if (asksGuest) print("", bold("The suites on a guest with nothing but cgroup v2"));
const guest = asksGuest
  ? spawnSync("sh", ["scripts/cgroup2-guest.sh"], { cwd: checkout, env: toolEnvironment(set), stdio: "inherit" })
  : { status: GUEST_SKIPPED };
const cgroup2 = guest.status === 0 ? "passed" : guest.status === GUEST_SKIPPED ? "skipped" : "failed";

const count = (status: string): number => seen.filter((one) => one.status === status).length;
const fuzzed = seen.filter((one) => one.file.endsWith("tests/e2e/bad-input.test.ts"));
const figures: readonly Figure[] = [
  {
    id: "bad_requests_broken_promises",
    // No outcome at all is no proof.
    value: fuzzed.length === 0 ? 1 : fuzzed.filter((one) => one.status !== "passed").length,
    unit: "count",
    target: 0,
    detail: `${set["HSR_FUZZ_REQUESTS"]} requests, ${fuzzed.length} tests of the fuzzer`,
  },
  { id: "soak_tests_passed", value: count("passed"), unit: "count" },
  { id: "soak_tests_failed", value: count("failed"), unit: "count", target: 0 },
  ...(asksGuest
    ? [
        {
          id: "soak_cgroup2_guest_failed",
          value: cgroup2 === "failed" ? 1 : 0,
          unit: "count" as const,
          target: 0,
          detail: cgroup2,
        },
      ]
    : []),
];
const path = writeReport("soak", figures, {
  numbers: set,
  seconds: Math.round((performance.now() - began) / 1000),
  cgroup2_guest: cgroup2,
  not_passed: seen.filter((one) => one.status !== "passed").map((one) => `${one.status}: ${one.fullName}`),
  slowest_ms: Object.fromEntries(
    [...seen]
      .sort((a, b) => (b.duration ?? 0) - (a.duration ?? 0))
      .slice(0, 20)
      .map((one) => [one.fullName, Math.round(one.duration ?? 0)]),
  ),
});
print(`the cgroup v2 guest: ${cgroup2}; report: ${path.replace(checkout, "")}`);
spawnSync(process.execPath, ["scripts/specification.ts"], {
  cwd: checkout,
  env: toolEnvironment({}),
  stdio: "inherit",
});
process.exitCode = benches.status === 0 && tests.status === 0 && cgroup2 !== "failed" ? 0 : 1;
