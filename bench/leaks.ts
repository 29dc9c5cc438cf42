/** Many runs, and whether anything of them is left. `node bench/leaks.ts [runs]`, 10,000 in the soak. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Figure, printFigures, writeReport } from "./harness.ts";
import { type Inventory, inventory } from "./inventory.ts";
import { startStack } from "./stack.ts";

const total = Number(process.argv[2] ?? 10_000);
const stack = await startStack();

const kinds = [
  { argv: ["/bin/true"] },
  { argv: ["/bin/sh", "-c", "setsid sleep 100 & echo left"] },
  { argv: ["/bin/sh", "-c", "kill -9 $$"] },
  { argv: ["/nonexistent"] },
  { argv: ["/bin/sh", "-c", "head -c 3000000 /dev/zero; exit 3"] },
  {
    argv: [
      "/bin/sh",
      "-c",
      "i=0; while [ $i -lt 50 ]; do : > /tmp/f$i; i=$((i+1)); done; sleep 100 < /dev/null & exit 0",
    ],
  },
  { argv: ["/usr/bin/sleep", "10"], timeout: 30 },
];

try {
  let next = 0;
  let failures = 0;
  const loop = async (until: number) => {
    while (next < until) {
      const body = kinds[next++ % kinds.length] as { argv: string[] };
      // A refusal for want of a place is an answer, an exception is not.
      if ((await stack.post(body)).status >= 500) failures++;
      if (next % 1000 === 0) console.log(`  ${next} of ${total} runs`);
    }
  };
  await Promise.all(Array.from({ length: 4 }, () => loop(200)));
  await sleep(1500);
  const before = inventory(stack.pids);
  await Promise.all(Array.from({ length: 4 }, () => loop(200 + total)));
  await sleep(2500);
  const after = inventory(stack.pids);
  const grown = (Object.keys(before) as (keyof Inventory)[]).map((key) => [key, after[key] - before[key]] as const);
  const left = grown.filter(([key]) => key !== "residentBytes").reduce((sum, [, by]) => sum + Math.max(0, by), 0);
  const figures: Figure[] = [
    {
      id: "left_behind",
      value: left + failures,
      unit: "count",
      target: 0,
      detail: `${total} runs, ${failures} answers of 500 or more; growth: ${grown.map(([key, by]) => `${key} ${by}`).join(", ")}`,
    },
  ];
  printFigures(figures);
  if (process.env["HSR_BENCH_REPORT"] !== "0") console.log(writeReport("leaks", figures, { before, after }));
  process.exitCode = left + failures > 0 ? 1 : 0;
} finally {
  await stack.stop();
}
