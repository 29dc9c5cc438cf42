/** The client's side of the protocol under a seeded fuzzer. The control is a copy of the client with one check taken away. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { OpenAgent } from "@hsr/core";
import { openAgent } from "@hsr/runtimes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkout } from "../support/native.ts";
import { fuzzOnce } from "./support/fuzz-client.ts";
import { fuzzSeconds, fuzzSeed, fuzzTimeoutMs } from "./support/settings.ts";

/** Failures that no promise carries: each of them would have ended a gateway. */
const escaped: unknown[] = [];
const escape = (error: unknown): void => void escaped.push(error);
beforeEach(() => {
  escaped.length = 0;
  process.on("uncaughtException", escape).on("unhandledRejection", escape);
});
afterEach(() => {
  process.off("uncaughtException", escape).off("unhandledRejection", escape);
});

/** Fuzzes until time is up or something does not hold; answers how far it came. */
async function fuzz(open: OpenAgent, seconds: number): Promise<{ rounds: number; failure: unknown; seed: number }> {
  const until = performance.now() + seconds * 1000;
  let rounds = 0;
  for (let seed = fuzzSeed; performance.now() < until; seed = (seed + 1) % 2 ** 31, rounds++) {
    try {
      await fuzzOnce(open, seed);
      if (escaped.length > 0) throw escaped[0];
    } catch (failure) {
      return { rounds, failure, seed };
    }
  }
  return { rounds, failure: null, seed: fuzzSeed };
}

test(
  "the client: its planted bug is found",
  async () => {
    const planted = mkdtempSync(join(checkout, "build/planted-client-"));
    try {
      cpSync(join(checkout, "packages/runtimes/src/agent"), planted, { recursive: true });
      const file = join(planted, "output-queue.ts");
      const source = readFileSync(file, "utf8");
      const without = source.replace("if (offset < expected)", "if (offset < expected - 8)");
      expect(without).not.toBe(source);
      writeFileSync(file, without);
      const { openAgent: open } = (await import(pathToFileURL(join(planted, "open-agent.ts")).href)) as {
        openAgent: OpenAgent;
      };
      const { failure, rounds } = await fuzz(open, fuzzSeconds);
      expect(String(failure)).toContain("output went back");
      process.stdout.write(`found the client's planted bug after ${rounds} rounds\n`);
    } finally {
      rmSync(planted, { recursive: true, force: true });
    }
  },
  fuzzTimeoutMs,
);

test(
  `the client: ${fuzzSeconds} s find nothing, seed ${fuzzSeed}`,
  async () => {
    const { rounds, failure, seed } = await fuzz(openAgent, fuzzSeconds);
    if (failure !== null) throw new Error(`HSR_FUZZ_SEED=${seed} shows it`, { cause: failure });
    expect(rounds).toBeGreaterThan(fuzzSeconds * 20);
    process.stdout.write(`fuzzed the client: ${rounds} rounds in ${fuzzSeconds} s, seed ${fuzzSeed}\n`);
  },
  fuzzTimeoutMs,
);
