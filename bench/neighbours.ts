/**
 * How much slower a neighbour gets while an attack runs in another sandbox: medians of pairs, quiet and attacked in turn.
 * `node bench/neighbours.ts [pairs]`.
 */
import { watchForeign } from "./foreign.ts";
import { type Figure, median, printFigures, writeReport } from "./harness.ts";
import { startStack } from "./stack.ts";

const pairs = Number(process.argv[2] ?? 15);
const stack = await startStack();

/** Half a second or so of one core: the neighbour. */
const work = { code: "n = 0\nfor i in range(6_000_000):\n    n += i * i\nprint(n)\n", language: "python" };

const attacks: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "endless loop": { code: "while True: pass\n", language: "python" },
  "fork bomb": { code: "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n", language: "python" },
  "memory bomb": { code: "a = []\nwhile True: a.append(bytearray(1 << 20))\n", language: "python" },
  "disk bomb": {
    code: "n = 0\nwhile True:\n    try:\n        open(f'/tmp/{n}', 'wb').write(b'x' * 65536)\n        n += 1\n    except OSError: n = 0\n",
    language: "python",
  },
  "output flood": { code: "import sys\nwhile True: sys.stdout.write('x' * 65536)\n", language: "python" },
  "thread bomb": {
    code: "import threading, time\nwhile True:\n    try: threading.Thread(target=time.sleep, args=(60,)).start()\n    except RuntimeError: pass\n",
    language: "python",
  },
};

/** Of a pair's time, the part that programs of others may take; with more the pair is taken again. */
const foreignMost = 0.03;

async function neighbourMs(): Promise<number> {
  const run = await stack.run(work);
  return run.usage?.wall_ms ?? Number.NaN;
}

try {
  for (let i = 0; i < 5; i++) await neighbourMs();
  const table: Record<string, { readonly percent: number; readonly quietMs: number; readonly attackedMs: number }> = {};
  let disturbedPairs = 0;
  for (const [name, attack] of Object.entries(attacks)) {
    const ratios: number[] = [];
    const quiet: number[] = [];
    const attacked: number[] = [];
    for (let tries = 0; ratios.length < pairs && tries < 4 * pairs; tries++) {
      const foreignMs = watchForeign(stack.pids);
      const calm = await neighbourMs();
      const id = await stack.startDetached({ ...attack, timeout: 20_000 });
      await stack.waitRunning([id]);
      const troubled = await neighbourMs();
      const disturbed = foreignMs() > foreignMost * (calm + troubled);
      await stack.cancel(id);
      if (disturbed) {
        disturbedPairs++;
        continue;
      }
      quiet.push(calm);
      attacked.push(troubled);
      ratios.push(troubled / calm);
    }
    if (ratios.length < pairs) throw new Error("other programs keep this machine busy");
    table[name] = {
      percent: Math.round((median(ratios) - 1) * 1000) / 10,
      quietMs: Math.round(median(quiet)),
      attackedMs: Math.round(median(attacked)),
    };
    console.log(
      `  ${name.padEnd(16)} ${String(table[name].percent).padStart(6)} % slower (${table[name].quietMs} ms quiet, ${table[name].attackedMs} ms attacked)`,
    );
  }
  const worst = Object.entries(table).reduce((a, b) => (b[1].percent > a[1].percent ? b : a));
  const figures: Figure[] = [
    {
      id: "neighbour_slowdown_percent",
      value: worst[1].percent,
      unit: "percent",
      target: 10,
      detail: `the worst of ${Object.keys(table).length} attacks: ${worst[0]}; medians of ${pairs} pairs; ${disturbedPairs} pairs taken again, since other programs ran`,
    },
  ];
  printFigures(figures);
  if (process.env["HSR_BENCH_REPORT"] !== "0") console.log(writeReport("neighbours", figures, table));
} finally {
  await stack.stop();
}
