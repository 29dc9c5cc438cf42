/** What programs of others take of the processors meanwhile: a figure taken beside them says nothing about the product. */
import { readdirSync, readFileSync } from "node:fs";

/** The kernel's clock ticks for a second, on every current Linux. */
const ticksPerSecond = 100;

interface Seen {
  readonly parent: number;
  readonly ticks: number;
  readonly kernel: boolean;
}

function processes(): Map<number, Seen> {
  const seen = new Map<number, Seen>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      // state, ppid, …, flags (the 7th), …, utime, stime (the 12th and 13th), and those of children that were waited for.
      const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
      seen.set(Number(name), { parent: Number(fields[1]), ticks, kernel: (Number(fields[6]) & 0x0020_0000) !== 0 });
    } catch {
      // It ended between the two calls.
    }
  }
  return seen;
}

/** A program of another: no thread of the kernel, whose work may be the attack's, and nobody whom this process started. */
function isForeign(pid: number, all: ReadonlyMap<number, Seen>, ours: ReadonlySet<number>): boolean {
  for (let at = pid; at > 1; at = all.get(at)?.parent ?? 0) {
    if (ours.has(at) || all.get(at)?.kernel === true) return false;
  }
  // The first process collects what others leave behind, sandboxes of ours too.
  return pid > 1;
}

/** Begins to watch; the returned function says how many ms of processor time others took since. */
export function watchForeign(ours: readonly number[]): () => number {
  const known = new Set([process.pid, ...ours]);
  const before = processes();
  return () => {
    const after = processes();
    let ticks = 0;
    for (const [pid, now] of after)
      if (isForeign(pid, after, known)) ticks += Math.max(0, now.ticks - (before.get(pid)?.ticks ?? 0));
    return (ticks * 1000) / ticksPerSecond;
  };
}
