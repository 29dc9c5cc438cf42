/**
 * What stands in the pipeline's place for analysis and decision in the gateways of the decision bench, put there by
 * decision-preload.ts: either nothing but one decision that is made once and given again, or the real thing with its times taken.
 */
import { writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { type DecideInput, consider as realConsider, decide as realDecide, type Verdict } from "@hsr/core";

const isLeftOut = process.env["BENCH_DECISION"] === "left-out";
let first: DecideInput | null = null;
let verdict: Verdict | null = null;
const times: number[] = [];
let consideredMs = 0;

if (!isLeftOut)
  process.on("SIGUSR2", () => {
    writeFileSync(process.env["BENCH_DECISION_FILE"] ?? "/dev/null", JSON.stringify(times.splice(0)));
  });

/** Gathers what a decision depends on; left out, it is what the first request had. */
export const consider: typeof realConsider = async (action, ports) => {
  if (isLeftOut && first !== null) return first;
  const from = performance.now();
  const considered = await realConsider(action, ports);
  consideredMs = performance.now() - from;
  first = considered;
  return considered;
};

/** Decides; left out, it is what was decided first. */
export const decide: typeof realDecide = (input, strategy) => {
  if (isLeftOut && verdict !== null) return verdict;
  const from = performance.now();
  verdict = realDecide(input, strategy);
  times.push(consideredMs + performance.now() - from);
  return verdict;
};
