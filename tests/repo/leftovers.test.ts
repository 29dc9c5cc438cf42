import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { needs } from "../support/host.ts";
import { leftSince, present, testRun } from "../support/leftovers.ts";
import { root } from "./tree.ts";

const architecture = process.arch === "arm64" ? "aarch64" : "x86_64";

test("a process of ours that stays behind is found, and is gone when it is", async () => {
  const before = present();
  const agent = spawn(join(root, "build/native", architecture, "hsr-agent"), ["--no-control"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  await once(agent, "spawn");
  // Tests beside this one may have agents too, so only this one is looked for.
  const mine = (left: readonly string[]) => left.filter((one) => one.startsWith(`process ${agent.pid}:`));
  expect(mine(await leftSince(before, 0))).toHaveLength(1);
  agent.kill("SIGKILL");
  await once(agent, "exit");
  expect(mine(await leftSince(before, 0))).toEqual([]);
});

const cgroup = needs("root", "cgroup");
test.skipIf(!cgroup.ok)("a control group that stays behind is found, and one of somebody else's is not", async () => {
  const before = present();
  const parent = existsSync("/sys/fs/cgroup/memory") ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
  for (const [name, found] of [
    [`${testRun()}-left`, true],
    [`hsr-somebody-${process.pid}`, false],
  ] as const) {
    mkdirSync(join(parent, name));
    expect((await leftSince(before, 0)).includes(`cgroup ${join(parent, name)}`)).toBe(found);
    rmdirSync(join(parent, name));
  }
});
