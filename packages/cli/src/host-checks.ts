/** What `doctor` looks at on this machine. Each check does the thing, with a deadline, and says how to get what is missing. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** One line of the doctor's. `warn` is what HSR works without, only with less. */
export interface Finding {
  readonly name: string;
  readonly state: "ok" | "warn" | "fail";
  readonly seen: string;
  readonly hint?: string;
}

const DEADLINE_MS = 10_000;

/** The content of a one-line file of /proc or /sys; null when there is none. */
function readSetting(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null; // Not every kernel has every setting.
  }
}

function bubblewrap(): Finding {
  const name = "bubblewrap";
  const done = spawnSync("bwrap", ["--unshare-all", "--ro-bind", "/", "/", "/bin/true"], {
    timeout: DEADLINE_MS,
    encoding: "utf8",
  });
  if (done.error) {
    const hint = "apt-get install bubblewrap";
    return { name, state: "fail", seen: `bwrap cannot be run: ${done.error.message}`, hint };
  }
  if (done.status === 0) return { name, state: "ok", seen: "a jail was started and ended" };
  return { name, state: "fail", seen: done.stderr.trim().split("\n")[0] ?? "it failed", hint: namespaceHint() };
}

/** Why user namespaces may be refused, from the settings that do it. */
export function namespaceHint(read: (path: string) => string | null = readSetting): string {
  if (read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === "1") {
    return "AppArmor forbids user namespaces to unprivileged programs; give bwrap a profile, or: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  }
  if (read("/proc/sys/kernel/unprivileged_userns_clone") === "0") return "sysctl -w kernel.unprivileged_userns_clone=1";
  if (read("/proc/sys/user/max_user_namespaces") === "0") return "sysctl -w user.max_user_namespaces=15000";
  return "run `make up` as root, or allow user namespaces on this host";
}

/** Where limits on memory and processes come from. */
export function controlGroups(
  read: (path: string) => string | null = readSetting,
  asRoot = process.getuid?.() === 0,
): Finding {
  const name = "control groups";
  const v2 = read("/sys/fs/cgroup/cgroup.controllers");
  if (v2 !== null) {
    const lacks = ["memory", "pids", "cpu"].filter((one) => !v2.split(" ").includes(one));
    if (lacks.length > 0)
      return {
        name,
        state: "warn",
        seen: `v2 without ${lacks.join(", ")}`,
        hint: "enable these controllers on the kernel's command line",
      };
    if (asRoot) return { name, state: "ok", seen: "v2 with memory, pids and cpu" };
    const own = read("/proc/self/cgroup")?.match(/^0::(\/.*)$/m)?.[1];
    const delegated = own === undefined ? null : read(`/sys/fs/cgroup${own}/cgroup.controllers`);
    if (delegated?.includes("memory")) return { name, state: "ok", seen: "v2, delegated to this user" };
    const hint = "run `make up` as root, or in a systemd session that delegates memory, pids and cpu";
    return { name, state: "warn", seen: "v2, not delegated to this user", hint };
  }
  const v1 = ["memory", "pids", "cpu"].filter((one) => read(`/sys/fs/cgroup/${one}/cgroup.procs`) !== null);
  if (v1.length < 3)
    return {
      name,
      state: "warn",
      seen: "memory, pids or cpu cannot be limited",
      hint: "mount the control groups' controllers",
    };
  if (asRoot) return { name, state: "ok", seen: "v1 with memory, pids and cpu" };
  return {
    name,
    state: "warn",
    seen: "v1, for root only",
    hint: "run `make up` as root: a user cannot limit memory and processes here",
  };
}

function python(): Finding {
  const name = "python";
  const done = spawnSync("/usr/bin/python3", ["--version"], { timeout: DEADLINE_MS, encoding: "utf8" });
  if (done.status === 0) return { name, state: "ok", seen: done.stdout.trim() };
  return {
    name,
    state: "warn",
    seen: "there is no /usr/bin/python3, so guests have no Python",
    hint: "apt-get install python3",
  };
}

function processor(): Finding {
  const known: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };
  const found = known[process.arch];
  if (process.platform === "linux" && found) return { name: "machine", state: "ok", seen: `Linux on ${found}` };
  return {
    name: "machine",
    state: "fail",
    seen: `${process.platform} on ${process.arch}`,
    hint: "sandboxes run on Linux on x86_64 and aarch64",
  };
}

function privileges(): Finding {
  const asRoot = process.getuid?.() === 0;
  if (asRoot) return { name: "user", state: "ok", seen: "root: each sandbox gets a range of ids of its own" };
  return {
    name: "user",
    state: "warn",
    seen: "not root: one id per sandbox, and limits only where control groups are delegated",
    hint: "sudo make up",
  };
}

/** Everything about this machine. */
export function examineHost(): readonly Finding[] {
  if (!existsSync("/proc/self")) return [processor()];
  return [processor(), privileges(), bubblewrap(), controlGroups(), python()];
}
