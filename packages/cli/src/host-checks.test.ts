import { expect, test } from "vitest";
import { controlGroups, examineHost, namespaceHint } from "./host-checks.ts";

const files = (table: Record<string, string>) => (path: string) => table[path] ?? null;

test("what forbids user namespaces is named with the command that allows them", () => {
  expect(namespaceHint(files({ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1" }))).toMatch(/AppArmor/);
  expect(namespaceHint(files({ "/proc/sys/kernel/unprivileged_userns_clone": "0" }))).toMatch(/userns_clone=1/);
  expect(namespaceHint(files({ "/proc/sys/user/max_user_namespaces": "0" }))).toMatch(/max_user_namespaces=/);
  expect(namespaceHint(files({}))).toMatch(/as root/);
});

test("a user without delegated control groups is told that limits are missing", () => {
  const v2 = {
    "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids",
    "/proc/self/cgroup": "0::/user.slice",
  };
  expect(controlGroups(files(v2), false)).toMatchObject({ state: "warn", seen: "v2, not delegated to this user" });
  expect(controlGroups(files(v2), true)).toMatchObject({ state: "ok" });
  const delegated = { ...v2, "/sys/fs/cgroup/user.slice/cgroup.controllers": "memory pids cpu" };
  expect(controlGroups(files(delegated), false)).toMatchObject({ state: "ok" });
  expect(controlGroups(files({ "/sys/fs/cgroup/cgroup.controllers": "cpu pids" }), true).seen).toBe(
    "v2 without memory",
  );
});

test("v1 is seen, and is for root only", () => {
  const v1 = Object.fromEntries(["memory", "pids", "cpu"].map((one) => [`/sys/fs/cgroup/${one}/cgroup.procs`, "1"]));
  expect(controlGroups(files(v1), true)).toMatchObject({ state: "ok" });
  expect(controlGroups(files(v1), false)).toMatchObject({ state: "warn" });
  expect(controlGroups(files({}), true)).toMatchObject({ state: "warn" });
});

test("this host can be examined", () => {
  const findings = examineHost();
  expect(findings.map((one) => one.name)).toContain("bubblewrap");
  for (const one of findings) if (one.state !== "ok") expect(one.hint).toBeTruthy();
});
