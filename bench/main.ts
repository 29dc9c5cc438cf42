/**
 * `make bench`: measures, prints, and writes the reports in `bench/reports/`. Names as arguments choose: speed, stall, density, files,
 * living, leaks, neighbours, analyze, decision. Each runs in a process of its own, so that none warms up another.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const benches: Readonly<Record<string, readonly string[]>> = {
  speed: ["400"],
  stall: [],
  density: ["200"],
  files: ["256", "3"],
  living: ["1000"],
  leaks: ["10000"],
  neighbours: ["15"],
  analyze: [],
  decision: ["300"],
};
/** What `make bench` measures; the long ones belong to the soak. */
const everyday = ["speed", "stall", "density", "living", "analyze", "decision"];

const chosen = process.argv.length > 2 ? process.argv.slice(2) : everyday;
let failed = 0;
for (const name of chosen) {
  const args = benches[name];
  if (args === undefined) {
    console.error(`no bench is named ${name}; there are: ${Object.keys(benches).join(", ")}`);
    process.exit(2);
  }
  console.log(`\n== ${name}`);
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...args], { stdio: "inherit" });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
