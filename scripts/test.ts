/**
 * `make test`: every kind of test in turn, one sum over all of them, and proof that nothing was left behind.
 * `make test KINDS="unit e2e"` runs only those. The last line is always `N passed, N failed, N skipped`.
 */
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FeatureName, features, probe } from "../tests/support/features.ts";
import { leftSince, present } from "../tests/support/leftovers.ts";
import { checkout, inCheckout, toolEnvironment } from "./support/checkout.ts";
import { bold, dim, green, print, red } from "./support/print.ts";

/** In the order of a failure's worth: the quick ones first. Kinds of one row run side by side. */
const rows = [["unit", "sanitizer", "repo"], ["conformance"], ["security"], ["faults"], ["e2e"], ["fuzz"]] as const;
/** How long the last test's processes may take to vanish. */
const PATIENCE_MS = 5_000;

/**
 * Where Node keeps what it compiled. The tests start some hundred gateways and hsrctls, and half of the work of each start is
 * reading TypeScript. Emptied at every beginning, since it only ever grows.
 */
const compileCache = inCheckout("build/test/compile-cache");

/** The part of vitest's JSON report that is summed. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

interface Sum {
  passed: number;
  failed: number;
  skipped: number;
}

const wanted = process.argv.slice(2);
const known: readonly string[] = rows.flat();
const unknown = wanted.filter((kind) => !known.includes(kind));
if (unknown.length > 0) {
  print(`error: no such kind of test: ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exit(2);
}

/** Whether a kind has any tests; vitest would say at length that it has none. */
function hasFiles(kind: string): boolean {
  if (kind === "sanitizer") return true;
  const pattern = kind === "unit" ? "packages/*/src/**/*.test.ts" : `tests/${kind}/**/*.test.ts`;
  return globSync(pattern, { cwd: checkout }).length > 0;
}

/** Runs vitest on some projects and resolves with its report, or null when it died without one. */
async function vitest(kinds: readonly string[], scratch: string): Promise<{ report: Report | null; status: number }> {
  const file = inCheckout(`build/test/${kinds.join("-")}.json`);
  rmSync(file, { force: true });
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const child = spawn("vitest", [...args, ...kinds.flatMap((kind) => ["--project", kind])], {
    cwd: checkout,
    env: toolEnvironment({ TMPDIR: scratch, NODE_COMPILE_CACHE: compileCache }),
    stdio: ["ignore", "inherit", "inherit"],
  });
  const status = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
  try {
    return { report: JSON.parse(readFileSync(file, "utf8")) as Report, status };
  } catch {
    return { report: null, status: status === 0 ? 1 : status };
  }
}

/** Fills the cache. A gateway that is killed, as those of most tests are, stores nothing; one with a wrong flag ends by itself. */
function compileOnce(): void {
  rmSync(compileCache, { recursive: true, force: true });
  for (const [program, word] of [
    ["packages/gateway/src/main.ts", "--no-such-flag"],
    ["packages/cli/src/main.ts", "help"],
  ] as const)
    spawnSync(process.execPath, [inCheckout(program), word], {
      env: toolEnvironment({ NODE_COMPILE_CACHE: compileCache }),
      stdio: "ignore",
    });
}

/** Adds a report to the sum. A file that could not even be loaded counts as one failure. */
function add(sum: Sum, report: Report | null, status: number): void {
  const failedBefore = sum.failed;
  if (report) {
    sum.passed += report.numPassedTests;
    sum.failed += report.numFailedTests;
    sum.skipped += report.numPendingTests + report.numTodoTests;
    for (const { status: outcome, assertionResults } of report.testResults) {
      if (outcome === "failed" && assertionResults.every((one) => one.status !== "failed")) sum.failed += 1;
    }
  }
  if (status !== 0 && sum.failed === failedBefore) sum.failed += 1;
}

print(bold("This host"));
for (const name of Object.keys(features) as FeatureName[]) {
  const found = probe(name);
  print(`  ${found.ok ? green("yes") : dim("no ")} ${name.padEnd(12)} ${dim(found.reason)}`);
}

const began = performance.now();
const sum: Sum = { passed: 0, failed: 0, skipped: 0 };
const timings: string[] = [];
// Names what these tests make, so that another run of them on this host is not taken for a leak, nor a running HSR.
const run = randomBytes(3).toString("hex");
process.env["HSR_TEST_RUN"] = run;
const before = present();
// Everything that a test puts into the temporary folder has to be gone from it in the end.
const scratch = mkdtempSync(join(tmpdir(), "hsr-test-"));
// Some tests become another user first, who has to get through.
chmodSync(scratch, 0o1777);
mkdirSync(inCheckout("build/test"), { recursive: true });
try {
  compileOnce();
  for (const row of rows) {
    const kinds = row.filter((kind) => (wanted.length === 0 || wanted.includes(kind)) && hasFiles(kind));
    if (kinds.length === 0) continue;
    const start = performance.now();
    const { report, status } = await vitest(kinds, scratch);
    add(sum, report, status);
    timings.push(`${kinds.join("+")} ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }
  const left = [
    ...(await leftSince(before, PATIENCE_MS)),
    ...readdirSync(scratch)
      .filter((name) => name.startsWith("hsr"))
      .map((name) => `file ${join(scratch, name)}`),
  ];
  if (left.length > 0) {
    sum.failed += 1;
    print(red("FAIL  the tests left something behind:"), ...left.map((one) => `  ${one}`));
  } else {
    sum.passed += 1;
    print(`${green("ok")}    nothing was left behind: no process, control group, mount or file`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
print(dim(`${timings.join(", ")}; ${((performance.now() - began) / 1000).toFixed(0)} s in all`));
print(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed > 0 ? 1 : 0;
