import { readFile } from "node:fs/promises";

const pid = process.argv[2] ?? "self";
const status = await readFile(`/proc/${pid}/status`, "utf8");
const fields = new Map(status.split("\n").map((line) => line.split(/:\s+/, 2)));

for (const name of ["Name", "State", "Threads", "VmRSS", "VmHWM", "VmSwap"]) {
  console.log(name.padEnd(8), fields.get(name) ?? "-");
}
