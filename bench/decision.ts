/**
 * What analysis and policy add to a run over REST: pairs of the same program on two gateways, one as shipped, one from which both
 * are taken out (decision-preload.ts), in turn. And how long both take in the gateway itself, of code that it does not know and of
 * code that it does. `node bench/decision.ts [pairs]`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Figure, median, printFigures, printTimes, summarize, writeReport } from "./harness.ts";
import { pythonPrograms } from "./risk/programs.ts";
import { read } from "./risk/read.ts";
import { startStack } from "./stack.ts";

const pairs = Number(process.argv[2] ?? 300);
const warmUp = 100;
const root = join(import.meta.dirname, "..");
const dir = mkdtempSync(join(tmpdir(), "hsr-bench-"));
const file = join(dir, "times.json");
const gatewayPreload = join(import.meta.dirname, "decision-preload.ts");

/** Programs that end at once, however they are made: what runs is the same on both sides and short. */
function runnable(count: number): readonly string[] {
  const programs = pythonPrograms(2048 - 24, 2 * count).map((text) => `raise SystemExit(0)\n${text}`);
  const check = `
import json, sys
def compiles(text):
    try:
        compile(text, "main.py", "exec")
        return True
    except SyntaxError:
        return False
print(json.dumps([compiles(each) for each in json.load(sys.stdin)]))`;
  const answers = execFileSync("python3", ["-c", check], { input: JSON.stringify(programs), encoding: "utf8" });
  const compiles = JSON.parse(answers) as boolean[];
  // Code of other levels is refused here, since it has no runtime.
  const isLow = (text: string) => read("python", text).level === "low";
  return programs.filter((each, index) => compiles[index] === true && isLow(each)).slice(0, count);
}

/** The times that the gateway took since it was last asked. */
async function timesIn(pid: number): Promise<readonly number[]> {
  rmSync(file, { force: true });
  process.kill(pid, "SIGUSR2");
  for (let tries = 0; tries < 500 && !existsSync(file); tries++) await sleep(10);
  await sleep(20);
  return JSON.parse(readFileSync(file, "utf8")) as number[];
}

const programs = runnable(warmUp + pairs);
// Everything runs where the policy that ships puts harmless code; what scores more has no runtime on every host.
const env = { HSR_POLICY_FILE: join(root, "config/policy.yaml") };
const whole = await startStack({ gatewayPreload, env: { ...env, BENCH_DECISION: "timed", BENCH_DECISION_FILE: file } });
const without = await startStack({
  gatewayPreload,
  env: { ...env, BENCH_DECISION: "left-out" },
  place: 1,
}).catch(async (thrown: unknown) => {
  await whole.stop();
  throw thrown;
});

try {
  const times = { whole: [] as number[], without: [] as number[], added: [] as number[] };
  const timed = async (stack: typeof whole, code: string) => {
    const from = performance.now();
    await stack.run({ code, language: "python" });
    return performance.now() - from;
  };
  // The first decides for all that follow there.
  await timed(without, 'print("ok")\n');
  for (const [index, code] of programs.entries()) {
    if (index === warmUp) await timesIn(whole.gatewayPid);
    const isWholeFirst = index % 2 === 0;
    const one = await timed(isWholeFirst ? whole : without, code);
    const other = await timed(isWholeFirst ? without : whole, code);
    if (index < warmUp) continue;
    const [wholeMs, withoutMs] = isWholeFirst ? [one, other] : [other, one];
    times.whole.push(wholeMs);
    times.without.push(withoutMs);
    times.added.push(wholeMs - withoutMs);
  }
  const unknown = await timesIn(whole.gatewayPid);
  for (const code of programs.slice(-pairs / 2)) await timed(whole, code);
  const known = await timesIn(whole.gatewayPid);

  const inGateway = summarize(unknown, 0);
  const again = summarize(known, 0);
  const rows = {
    "run, as shipped": summarize(times.whole, 0),
    "run, decided once for all": summarize(times.without, 0),
    "added, of each pair": summarize(times.added, 0),
    "in the gateway, new code": inGateway,
    "in the gateway, known code": again,
  };
  const bytes = Math.round(programs.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / programs.length);
  printTimes(`runs of ${bytes} bytes of Python with and without analysis and policy (ms)`, rows);
  const round = (ms: number) => Math.round(ms * 1000) / 1000;
  const figures: Figure[] = [
    {
      id: "decision_added_p50_ms",
      value: round(median(times.added)),
      unit: "ms",
      target: 1.5,
      detail: `median of ${pairs} pairs, ${bytes} bytes each; runs ${round(median(times.whole))} ms with and ${round(median(times.without))} ms without; in the gateway itself ${inGateway.p50Ms} ms`,
    },
    {
      id: "decision_cached_p50_ms",
      value: again.p50Ms,
      unit: "ms",
      target: 0.1,
      detail: `${again.n} runs of code that was analysed before, in the gateway itself`,
    },
  ];
  printFigures(figures);
  if (process.env["HSR_BENCH_REPORT"] !== "0") console.log(`\n${writeReport("decision", figures, rows)}`);
} finally {
  await whole.stop();
  await without.stop();
  rmSync(dir, { recursive: true, force: true });
}
