/** The processes of this host, as /proc shows them. */
import { readdirSync, readFileSync } from "node:fs";

/** The command line of every process, words separated by spaces. */
export function commandLines(): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      } catch {
        return ""; // It ended while we looked.
      }
    });
}
