/**
 * The launcher's request parser under libFuzzer with AddressSanitizer and UBSan. It reads bytes and touches nothing else, so it
 * needs no jail. The control is the same program with a planted bug, which has to be found in the same time.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { testWith } from "../support/host.ts";
import { checkout } from "../support/native.ts";
import { fuzzSeconds, fuzzSeed, fuzzTimeoutMs } from "./support/settings.ts";

function fuzz(build: "fuzz" | "planted"): { readonly status: number | null; readonly log: string } {
  const program = join(checkout, "build/native", build, "fuzz-launcher");
  if (!existsSync(program)) throw new Error(`${program} is not built: run make -C native/launcher fuzz`);
  const folder = mkdtempSync(join(tmpdir(), "hsr-fuzz-"));
  const fresh = join(folder, "new");
  mkdirSync(fresh);
  try {
    const limits = [`-max_total_time=${fuzzSeconds}`, "-timeout=10", "-max_len=4096", `-seed=${fuzzSeed}`];
    const corpus = join(checkout, "tests/fuzz/corpus/launcher");
    const done = spawnSync(program, [...limits, `-artifact_prefix=${folder}/`, fresh, corpus], {
      encoding: "utf8",
      maxBuffer: 64 << 20,
      timeout: (fuzzSeconds + 45) * 1000,
    });
    // What was found is kept where the next person looks.
    if (build === "fuzz" && done.status !== 0) {
      cpSync(folder, join(checkout, "build/fuzz/found"), { recursive: true });
    }
    return { status: done.status, log: done.stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

testWith(
  ["clang"],
  "the launcher: its planted bug is found",
  () => {
    const { status, log } = fuzz("planted");
    expect(status).not.toBe(0);
    expect(log).toContain("heap-buffer-overflow");
  },
  fuzzTimeoutMs,
);

testWith(
  ["clang"],
  `the launcher: ${fuzzSeconds} s find nothing, seed ${fuzzSeed}`,
  () => {
    const { status, log } = fuzz("fuzz");
    expect(status, log.split("\n").slice(-80).join("\n")).toBe(0);
    const runs = Number(/Done (\d+) runs/.exec(log)?.[1]);
    expect(runs).toBeGreaterThan(fuzzSeconds * 1000);
    process.stdout.write(`fuzzed the launcher: ${runs} runs in ${fuzzSeconds} s, seed ${fuzzSeed}\n`);
  },
  fuzzTimeoutMs,
);
