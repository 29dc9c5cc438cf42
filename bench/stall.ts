/** How long the gateway's event loop stands still while 16 runs start at once and its heap holds 500 MB. `node bench/stall.ts`. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Figure, median, printFigures, writeReport } from "./harness.ts";
import { startStack } from "./stack.ts";

const dir = mkdtempSync(join(tmpdir(), "hsr-bench-"));
const file = join(dir, "stall.json");
const stack = await startStack({
  gatewayPreload: join(import.meta.dirname, "stall-preload.ts"),
  env: { BENCH_STALL_FILE: file, BENCH_BALLAST_MB: "500" },
});

interface Stall {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly heapBytes: number;
}

async function measure(work: () => Promise<unknown>): Promise<Stall> {
  rmSync(file, { force: true });
  process.kill(stack.gatewayPid, "SIGUSR2");
  await sleep(20);
  await work();
  process.kill(stack.gatewayPid, "SIGUSR2");
  for (let tries = 0; tries < 500 && !existsSync(file); tries++) await sleep(10);
  return JSON.parse(readFileSync(file, "utf8")) as Stall;
}

try {
  const run = () => stack.run({ code: 'print("ok")\n', language: "python" });
  for (let i = 0; i < 20; i++) await run();
  const idle: Stall[] = [];
  const busy: Stall[] = [];
  for (let round = 0; round < 9; round++) {
    idle.push(await measure(() => sleep(600)));
    busy.push(await measure(() => Promise.all(Array.from({ length: 16 }, run))));
  }
  const figures: Figure[] = [
    {
      id: "stall_p99_ms",
      value: median(busy.map((one) => one.p99)),
      unit: "ms",
      target: 10,
      detail: `median of ${busy.length} bursts; worst p99 ${Math.max(...busy.map((one) => one.p99))} ms, idle p99 ${median(idle.map((one) => one.p99))} ms, heap ${Math.round((busy[0]?.heapBytes ?? 0) / 2 ** 20)} MiB`,
    },
  ];
  printFigures(figures);
  if (process.env["HSR_BENCH_REPORT"] !== "0") console.log(writeReport("stall", figures, { idle, busy }));
} finally {
  await stack.stop();
  rmSync(dir, { recursive: true, force: true });
}
