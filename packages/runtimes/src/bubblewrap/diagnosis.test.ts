import { expect, test } from "vitest";
import type { LauncherFacts } from "../launcher/facts.ts";
import { diagnose } from "./diagnosis.ts";

function facts(host: Record<string, string>): LauncherFacts {
  return { bootId: "b", features: [], unenforced: [], profiles: ["default"], cgroups: [], folders: [], host };
}

test("without bwrap the hint installs it", () => {
  expect(diagnose(facts({ bwrap: "" }), "starting bwrap: No such file or directory").hint).toBe(
    "apt-get install bubblewrap",
  );
});

test("AppArmor's restriction is named with its setting, for ordinary users only", () => {
  const host = { bwrap: "0.9.0", users: "single", apparmor_restrict_unprivileged_userns: "1" };
  const failure = "mapping ids: Operation not permitted";
  expect(diagnose(facts(host), failure).reason).toContain("kernel.apparmor_restrict_unprivileged_userns is 1");
  expect(diagnose(facts({ ...host, users: "range" }), failure).reason).not.toContain("AppArmor");
  expect(diagnose(facts({ ...host, apparmor_restrict_unprivileged_userns: "0" }), failure).hint).toContain(
    "unprivileged_userns_clone",
  );
});

test("bwrap's own complaint about namespaces is understood", () => {
  const host = { bwrap: "0.9.0", users: "single", apparmor_restrict_unprivileged_userns: "1" };
  expect(diagnose(facts(host), "bwrap: setting up uid map: Permission denied").reason).toContain("AppArmor");
  expect(diagnose(facts(host), "bwrap: No permissions to create new namespace").reason).toContain("AppArmor");
});

test("a used-up number of namespaces is told apart", () => {
  expect(diagnose(facts({ bwrap: "0.8.0", users: "range" }), "taking namespaces: No space left on device").hint).toBe(
    "sysctl user.max_user_namespaces=10000",
  );
});

test("anything else is passed on as the launcher said it", () => {
  expect(
    diagnose(facts({ bwrap: "0.8.0", users: "range" }), "joining the control group: No such process").reason,
  ).toContain("joining the control group");
});
