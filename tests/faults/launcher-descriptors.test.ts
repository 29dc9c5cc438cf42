/** A launcher that has no descriptor left: it refuses, stays idle, and goes on once there are some again. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { startLauncher, until } from "../support/launcher.ts";

/** Processor time of a process so far, in hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

const openIn = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

describeWith(["bubblewrap", "root", "cgroup"], "a launcher without descriptors", () => {
  test("does not spin over connections that it cannot take, and answers the one that it has", async () => {
    const launcher = await startLauncher({ stems: 0 });
    try {
      const worker = launcher.workerPid();
      const most = openIn(worker) + 6;
      execFileSync("prlimit", ["--pid", String(worker), `--nofile=${most}:${most}`]);
      const many = Array.from({ length: 40 }, () => {
        const socket = createConnection({ path: launcher.socket });
        socket.on("error", () => undefined);
        return socket;
      });
      await until("it has none left", () => openIn(worker) >= most - 1, 2000);
      const before = ticksOf(worker);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(ticksOf(worker) - before).toBeLessThan(10);
      expect(await launcher.client.list()).toEqual([]);
      for (const socket of many) socket.destroy();
      await until("they are gone", () => openIn(worker) < most - 1, 2000);
    } finally {
      await launcher.stop();
    }
  });
});
