/** Loaded into a gateway before its own code (`node --import`): its wall clock is off by as many ms as a file says. */
import { readFileSync } from "node:fs";

const file = process.env["TEST_CLOCK_FILE"] ?? "";
const real = Date.now.bind(Date);
const offset = (): number => Number(readFileSync(file, "utf8"));
let offMs = offset();
Date.now = () => real() + offMs;
process.on("SIGUSR2", () => {
  offMs = offset();
});
