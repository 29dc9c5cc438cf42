/** What a gateway holds at a moment, seen from outside and from its own figures. */
import { readdirSync, readFileSync } from "node:fs";
import type { RunningGateway } from "./gateway.ts";

/** Open descriptors of the process. */
export function descriptorsOf(gateway: RunningGateway): number {
  return readdirSync(`/proc/${gateway.process().pid}/fd`).length;
}

/** Resident memory in MiB. */
export function residentMiB(gateway: RunningGateway): number {
  const status = readFileSync(`/proc/${gateway.process().pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}

/** Sandboxes and runs that are not finished. */
export interface Unsettled {
  readonly sandboxes: number;
  readonly queued: number;
  readonly starting: number;
  readonly running: number;
}

export const nothingUnsettled: Unsettled = { sandboxes: 0, queued: 0, starting: 0, running: 0 };

/** Waits up to ten seconds until nothing is under way, and says what is. */
export async function settled(gateway: RunningGateway): Promise<Unsettled> {
  const until = performance.now() + 10_000;
  for (;;) {
    const { status, body } = await gateway.call<string>("GET", "/metrics");
    // A gateway that is short of something says so, and may have it a moment later.
    if (status !== 200 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    const read = (name: string): number => {
      const line = body.split("\n").find((one) => one.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1) ?? Number.NaN);
    };
    const left = {
      sandboxes: (await gateway.launcher.client.list()).length,
      queued: read("hsr_queue_length"),
      starting: read('hsr_store_runs{state="starting"}'),
      running: read('hsr_store_runs{state="running"}'),
    };
    if (Object.values(left).every((count) => count === 0) || performance.now() > until) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
