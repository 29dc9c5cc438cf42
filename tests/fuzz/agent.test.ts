/**
 * The agent's handling of its stream under libFuzzer with AddressSanitizer and UBSan: native/agent/fuzz. It runs in a jail whose
 * only writable folder is a small tmpfs, since requests about files are really carried out. The control is the same program
 * with a planted bug, which has to be found in the same time.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { testWith } from "../support/host.ts";
import { checkout } from "../support/native.ts";
import { fuzzSeconds, fuzzSeed, fuzzTimeoutMs } from "./support/settings.ts";

interface Fuzzed {
  readonly status: number | null;
  readonly log: string;
}

function fuzz(build: "fuzz" | "planted"): Fuzzed {
  const program = join(checkout, "build/native", build, "fuzz-agent");
  if (!existsSync(program)) throw new Error(`${program} is not built: run make -C native/agent fuzz`);
  const found = mkdtempSync(join(tmpdir(), "hsr-fuzz-"));
  chmodSync(found, 0o777);
  try {
    const jail = [
      "--unshare-all",
      "--die-with-parent",
      "--as-pid-1",
      "--ro-bind",
      "/",
      "/",
      "--dev",
      "/dev",
      "--proc",
      "/proc",
    ];
    const folders = [
      "--size",
      String(64 << 20),
      "--tmpfs",
      "/tmp",
      "--ro-bind",
      join(program, ".."),
      "/tmp/bin",
      "--dir",
      "/tmp/new",
    ];
    const corpus = [
      "--ro-bind",
      join(checkout, "tests/fuzz/corpus/agent"),
      "/tmp/corpus",
      "--bind",
      found,
      "/tmp/found",
    ];
    const identity = ["--cap-drop", "ALL", "--uid", "65534", "--gid", "65534"];
    const limits = [
      `-max_total_time=${fuzzSeconds}`,
      "-timeout=10",
      "-rss_limit_mb=1500",
      "-max_len=16384",
      `-seed=${fuzzSeed}`,
    ];
    const args = [...jail, ...folders, ...corpus, ...identity, "--", "/tmp/bin/fuzz-agent", ...limits];
    const done = spawnSync("bwrap", [...args, "-artifact_prefix=/tmp/found/", "/tmp/new", "/tmp/corpus"], {
      encoding: "utf8",
      maxBuffer: 64 << 20,
      timeout: (fuzzSeconds + 45) * 1000,
    });
    if (build === "fuzz" && done.status !== 0) {
      /* What was found is kept where the next person looks. */
      cpSync(found, join(checkout, "build/fuzz/found"), { recursive: true });
    }
    return { status: done.status, log: `${done.stderr}\n${readdirSync(found).join("\n")}` };
  } finally {
    rmSync(found, { recursive: true, force: true });
  }
}

testWith(
  ["clang", "bubblewrap"],
  "the agent: its planted bug is found",
  () => {
    const { status, log } = fuzz("planted");
    expect(status).not.toBe(0);
    expect(log).toContain("heap-buffer-overflow");
    expect(log).toContain("crash-");
  },
  fuzzTimeoutMs,
);

testWith(
  ["clang", "bubblewrap"],
  `the agent: ${fuzzSeconds} s find nothing, seed ${fuzzSeed}`,
  () => {
    const { status, log } = fuzz("fuzz");
    expect(status, log.split("\n").slice(-80).join("\n")).toBe(0);
    const runs = Number(/Done (\d+) runs/.exec(log)?.[1]);
    expect(runs).toBeGreaterThan(fuzzSeconds * 20);
    process.stdout.write(`fuzzed the agent: ${runs} runs in ${fuzzSeconds} s, seed ${fuzzSeed}\n`);
  },
  fuzzTimeoutMs,
);
