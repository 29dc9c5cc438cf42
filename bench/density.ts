/** What 200 runs that only sleep cost beyond what launcher and gateway use idle. `node bench/density.ts [runs]`. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Figure, median, memAvailableBytes, printFigures, writeReport } from "./harness.ts";
import { startStack } from "./stack.ts";

const count = Number(process.argv[2] ?? 200);
const stack = await startStack({
  env: { HSR_RUNS_CONCURRENCY: String(count + 8), HSR_TENANT_CONCURRENCY: String(count + 8) },
});

/** The middle of several readings: the figure moves by megabytes from one moment to the next. */
async function settledBytes(): Promise<number> {
  const readings: number[] = [];
  await sleep(2000);
  for (let i = 0; i < 15; i++) {
    readings.push(memAvailableBytes());
    await sleep(100);
  }
  return median(readings);
}

try {
  for (let i = 0; i < 10; i++) await stack.run({ argv: ["/bin/true"] });
  const each: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = await settledBytes();
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      ids.push(await stack.startDetached({ argv: ["/usr/bin/sleep", "300"], timeout: 300_000 }));
      if (i % 16 === 15) await stack.waitRunning(ids.slice(-16));
    }
    await stack.waitRunning(ids);
    console.log(`  round ${round + 1}: ${ids.length} run`);
    const during = await settledBytes();
    each.push(Math.round((before - during) / count));
    await Promise.all(ids.map((id) => stack.cancel(id)));
  }
  const figures: Figure[] = [
    {
      id: "sleeper_bytes_each",
      value: median(each),
      unit: "bytes",
      target: 1_000_000,
      detail: `${count} runs of sleep, rounds: ${each.map((b) => Math.round(b / 1000)).join(", ")} kB`,
    },
  ];
  printFigures(figures);
  if (process.env["HSR_BENCH_REPORT"] !== "0") console.log(writeReport("density", figures, { each }));
} finally {
  await stack.stop();
}
