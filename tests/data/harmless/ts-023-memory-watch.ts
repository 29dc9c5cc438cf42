import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const child = spawn(process.execPath, ["dist/server.js"], { env: { ...process.env, PORT: "0" }, stdio: "ignore" });
let peakKiB = 0;
const timer = setInterval(() => {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  peakKiB = Math.max(peakKiB, Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0));
}, 100);

setTimeout(() => {
  clearInterval(timer);
  child.kill("SIGTERM");
  console.log(`peak ${(peakKiB / 1024).toFixed(1)} MiB`);
  process.exitCode = peakKiB > 200 * 1024 ? 1 : 0;
}, 10_000);
