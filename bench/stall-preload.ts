/**
 * Loaded into a gateway before its own code (`node --import`), for the stall bench only: ballast in the JavaScript heap, and the event loop's
 * delay. The first SIGUSR2 starts a measurement, the second writes it to a file, and so on in turn.
 */
import { writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const megabytes = Number(process.env["BENCH_BALLAST_MB"] ?? 500);
const ballast: unknown[] = [];
// Small objects, not buffers: what a fork would have to copy page tables for, and what the collector has to walk.
while (process.memoryUsage().heapUsed < megabytes * 2 ** 20) {
  ballast.push(Array.from({ length: 20_000 }, (_, n) => ({ n: n + 0.5, next: null })));
}
Object.assign(globalThis, { benchBallast: ballast });

const delay = monitorEventLoopDelay({ resolution: 1 });
let measuring = false;
process.on("SIGUSR2", () => {
  measuring = !measuring;
  if (measuring) {
    delay.reset();
    delay.enable();
    return;
  }
  delay.disable();
  const ms = (ns: number) => Math.round(ns / 1e4) / 100;
  writeFileSync(
    process.env["BENCH_STALL_FILE"] ?? "/dev/null",
    JSON.stringify({
      p50: ms(delay.percentile(50)),
      p99: ms(delay.percentile(99)),
      max: ms(delay.max),
      heapBytes: process.memoryUsage().heapUsed,
    }),
  );
});
