/**
 * How long a run takes over REST, against the raw tool with the same command line: Node spawning it, and C spawning it.
 * Every wall, the store and the audit are on. `node bench/speed.ts [rounds]`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Figure, inTurn, printFigures, printTimes, sustained, writeReport } from "./harness.ts";
import { rawJail } from "./raw-jail.ts";
import { startStack } from "./stack.ts";

const rounds = Number(process.argv[2] ?? 300);
const stack = await startStack();
const jail = rawJail('print("ok")\n');

/** Node starting the raw tool for each request: what a naive product does. */
async function nodeSpawn(line: readonly string[]): Promise<void> {
  const filter = openSync(jail.filter, "r");
  const child = spawn(line[0] as string, line.slice(1), { stdio: ["ignore", "pipe", "pipe", filter], env: {} });
  closeSync(filter);
  let bytes = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  child.stderr?.resume();
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0 || (bytes === 0 && !line.includes("/bin/true"))) throw new Error(`raw line ended with ${code}`);
}

/** C starting it: a helper process that spawns once for each line it reads, and reports the time it took itself. */
class SpawnFromC {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(line: readonly string[]) {
    const child = spawn(stack.spawnHelper, [jail.filter, ...line], { stdio: ["pipe", "pipe", "inherit"], env: {} });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async call(): Promise<void> {
    this.#child.stdin?.write("go\n");
    const answer = await this.#lines.next();
    if (answer.done === true || answer.value.startsWith("error")) throw new Error(`C spawn: ${String(answer.value)}`);
  }

  close(): void {
    this.#child.stdin?.end();
  }
}

const python = { code: 'print("ok")\n', language: "python" };
const truth = { argv: ["/bin/true"] };
const pythonFromC = new SpawnFromC(jail.line(["python3", "-u", "/workspace/main.py"]));
const trueFromC = new SpawnFromC(jail.line(["/bin/true"]));
const rivals = {
  python: {
    "REST run": () => stack.run(python),
    "Node spawns bwrap": () => nodeSpawn(jail.line(["python3", "-u", "/workspace/main.py"])),
    "C spawns bwrap": () => pythonFromC.call(),
  },
  true: {
    "REST run": () => stack.run(truth),
    "Node spawns bwrap": () => nodeSpawn(jail.line(["/bin/true"])),
    "C spawns bwrap": () => trueFromC.call(),
  },
};

try {
  // A gateway has served before: its first hundreds of runs are spent in the compiler.
  for (let i = 0; i < 500; i++) await stack.run(i % 2 === 0 ? python : truth);
  const loop = await inTurn(rivals.python, { rounds, warmUp: 20, pauseMs: 0 });
  printTimes("python3 -u on a one-line file, in a loop (ms)", loop);
  const paced = await inTurn(rivals.python, { rounds: Math.ceil(rounds / 2), warmUp: 5, pauseMs: 50 });
  printTimes("the same, paced at 50 ms (ms)", paced);
  const loopTrue = await inTurn(rivals.true, { rounds, warmUp: 20, pauseMs: 0 });
  printTimes("/bin/true, in a loop (ms)", loopTrue);
  const rates = { rest: [] as number[], node: [] as number[], errors: 0 };
  for (let pair = 0; pair < 3; pair++) {
    const rest = await sustained(4, 4, rivals.python["REST run"]);
    const node = await sustained(4, 4, rivals.python["Node spawns bwrap"]);
    rates.rest.push(rest.perSecond);
    rates.node.push(node.perSecond);
    rates.errors += rest.times.errors + node.times.errors;
  }
  console.log(
    `\nconcurrency 4, runs per second in turn: REST ${rates.rest.join(", ")}; Node ${rates.node.join(", ")}; errors ${rates.errors}`,
  );

  const ratio = (a: number, b: number) => Math.round((a / b) * 1000) / 1000;
  const middle = (values: readonly number[]) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  const rest = loop["REST run"];
  const figures: Figure[] = [
    {
      id: "run_p50_vs_node_spawn",
      value: ratio(rest.p50Ms, loop["Node spawns bwrap"].p50Ms),
      unit: "ratio",
      target: 1.2,
      detail: `${rest.p50Ms} ms against ${loop["Node spawns bwrap"].p50Ms} ms, ${rest.errors} errors`,
    },
    {
      id: "run_p50_vs_c_spawn",
      value: ratio(rest.p50Ms, loop["C spawns bwrap"].p50Ms),
      unit: "ratio",
      target: 1.5,
      detail: `${rest.p50Ms} ms against ${loop["C spawns bwrap"].p50Ms} ms`,
    },
    {
      id: "sustained_c4_vs_node_spawn",
      value: ratio(middle(rates.rest), middle(rates.node)),
      unit: "ratio",
      target: 1,
      atLeast: true,
      detail: `${middle(rates.rest)}/s against ${middle(rates.node)}/s, ${rates.errors} errors`,
    },
    {
      id: "paced_p95_vs_p50",
      value: ratio(paced["REST run"].p95Ms, paced["REST run"].p50Ms),
      unit: "ratio",
      target: 2,
      detail: `p50 ${paced["REST run"].p50Ms} ms, p95 ${paced["REST run"].p95Ms} ms`,
    },
    {
      id: "paced_p50_vs_node_spawn",
      value: ratio(paced["REST run"].p50Ms, paced["Node spawns bwrap"].p50Ms),
      unit: "ratio",
    },
    {
      id: "true_p50_vs_node_spawn",
      value: ratio(loopTrue["REST run"].p50Ms, loopTrue["Node spawns bwrap"].p50Ms),
      unit: "ratio",
      detail: `${loopTrue["REST run"].p50Ms} ms against ${loopTrue["Node spawns bwrap"].p50Ms} ms`,
    },
  ];
  printFigures(figures);
  if (process.env["HSR_BENCH_REPORT"] !== "0")
    console.log(`\n${writeReport("speed", figures, { loop, paced, loopTrue, rates })}`);
} finally {
  pythonFromC.close();
  trueFromC.close();
  jail.remove();
  await stack.stop();
}
