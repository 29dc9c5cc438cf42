/**
 * What tests may leave behind on a host: processes, control groups, mounts. A list is taken before and after, and what is
 * new in the second one is a leak. Our programs are told from others by their inode, since a path inside a sandbox says
 * nothing about the host; control groups by the name of the test run, since others may run HSR on this host meanwhile.
 */
import { globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const built = fileURLToPath(new URL("../../build/native/", import.meta.url));

/** The name with which control groups of this run of the tests begin: `make test` chooses one, a single test has another. */
export function testRun(): string {
  return `hsr-test-${process.env["HSR_TEST_RUN"] ?? "alone"}`;
}

/** Reads a file of /proc, or gives "" when its process is gone by now. */
function proc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function inode(path: string): string {
  try {
    const found = statSync(path);
    return `${found.dev}:${found.ino}`;
  } catch {
    return "";
  }
}

/** Processes that run a program from this checkout's build folder, or a jail's program in a control group of ours. */
function processes(): string[] {
  const ours = new Set(
    globSync("*/hsr-*", { cwd: built })
      .map((name) => inode(join(built, name)))
      .filter((id) => id !== ""),
  );
  const run = `/${testRun()}`;
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    const command = proc(`/proc/${pid}/cmdline`).split("\0").slice(0, 4).join(" ").trim();
    if (command === "") return []; // A kernel thread, a zombie, or gone.
    const mine = ours.has(inode(`/proc/${pid}/exe`));
    const jailed = proc(`/proc/${pid}/cgroup`).includes(run);
    return mine || jailed ? [`process ${pid}: ${command}`] : [];
  });
}

function controlGroups(): string[] {
  const name = `${testRun()}*`;
  const patterns = [name, `*/${name}`, `*/${name}/*`];
  return globSync(patterns, { cwd: "/sys/fs/cgroup", withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `cgroup ${join(entry.parentPath, entry.name)}`);
}

function mounts(): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .flatMap((line) => {
      const point = line.split(" ")[4];
      return point?.includes("hsr-") ? [`mount ${point}`] : [];
    });
}

/** Everything of ours that exists now, as sentences that are compared and shown. */
export function present(): ReadonlySet<string> {
  return new Set([...processes(), ...controlGroups(), ...mounts()]);
}

/** What is there now and was not before, after waiting up to `patienceMs` for it to go away. */
export async function leftSince(before: ReadonlySet<string>, patienceMs: number): Promise<readonly string[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const left = [...present()].filter((one) => !before.has(one));
    if (left.length === 0 || performance.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
