/** Counts what a leak would leave on the host. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** Counts at one moment. */
export interface Inventory {
  readonly processes: number;
  readonly mounts: number;
  readonly cgroups: number;
  readonly namespaces: number;
  readonly descriptors: number;
  readonly files: number;
  readonly residentBytes: number;
}

function folders(path: string): number {
  let count = 0;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) count += 1 + folders(join(path, entry.name));
  }
  return count;
}

function safe<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    // A process that ended while it was looked at counts as gone.
    return otherwise;
  }
}

/** Counts processes, mounts, cgroups and namespaces of the whole host, and descriptors and memory of the given processes. */
export function inventory(ours: readonly number[]): Inventory {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const namespaces = new Set<string>();
  let processes = 0;
  for (const pid of pids) {
    if (safe(() => readFileSync(`/proc/${pid}/cmdline`).length, 0) === 0) continue; // Kernel threads come and go.
    processes++;
    for (const kind of ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"]) {
      namespaces.add(safe(() => readlinkSync(`/proc/${pid}/ns/${kind}`), ""));
    }
  }
  const trees = ["memory", "pids", "cpu", "cpuacct", "freezer", "unified", ""]
    .map((name) => join("/sys/fs/cgroup", name))
    .filter((path) => existsSync(path));
  const status = (pid: number) => safe(() => readFileSync(`/proc/${pid}/status`, "utf8"), "");
  return {
    processes,
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length - 1,
    cgroups: trees.reduce((sum, path) => sum + safe(() => folders(path), 0), 0),
    namespaces: namespaces.size,
    descriptors: ours.reduce((sum, pid) => sum + safe(() => readdirSync(`/proc/${pid}/fd`).length, 0), 0),
    files: readdirSync("/tmp").length,
    residentBytes: ours.reduce((sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(status(pid))?.[1] ?? 0) * 1024, 0),
  };
}
