/** An ordinary user's launcher in a control group that was given to this user: every limit holds, without root. */
import { BubblewrapRuntime } from "@hsr/runtimes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DelegatedGroup, delegateTo } from "../support/delegated.ts";
import { describeWith } from "../support/host.ts";
import { launchSpec } from "../support/launch-spec.ts";
import { type RunningLauncher, startLauncher } from "../support/launcher.ts";
import { runInGuest } from "../support/run-in-guest.ts";

const nobody = 65_534;

describeWith(
  ["bubblewrap", "userns", "user", "root", "cgroup"],
  "a launcher without root, in a delegated control group",
  () => {
    let group: DelegatedGroup;
    let launcher: RunningLauncher;
    let runtime: BubblewrapRuntime;
    beforeAll(async () => {
      group = delegateTo(nobody);
      launcher = await startLauncher({ asUid: nobody, wrapper: group.wrapper });
      runtime = new BubblewrapRuntime(launcher.client);
    });
    afterAll(async () => {
      await launcher.stop();
      group.remove();
    });

    test("the probe finds every limit enforceable", async () => {
      expect(await runtime.probe()).toMatchObject({ available: true, version: expect.stringMatching(/^\d/) });
      expect(runtime.capabilities).toMatchObject({ users: "single" });
      expect(runtime.capabilities.enforces).toEqual(expect.arrayContaining(["memory", "pids", "cpu"]));
    });

    test("memory is bounded: a bomb dies, its sandbox tells, and the agent lives", async () => {
      const guest = await runtime.launch(launchSpec({ limits: { memoryBytes: 64 << 20, diskBytes: 4 << 20 } }));
      expect(guest.unenforced).toEqual([]);
      const ran = await runInGuest(guest, ["python3", "-c", "x = bytearray(200 << 20); print(len(x))"]);
      expect(ran).toMatchObject({ stdout: "", signal: 9 });
      const usage = await guest.destroy();
      expect(usage.oomKills).toBeGreaterThan(0);
      expect(usage.memoryPeakBytes).toBeLessThanOrEqual(64 << 20);
    });

    test("processes are bounded", async () => {
      const guest = await runtime.launch(launchSpec({ limits: { pids: 20 } }));
      const count =
        "import os,time\nn=0\ntry:\n  while True:\n    if os.fork()==0: time.sleep(9)\n    n+=1\nexcept OSError as e: print(n, e.errno)";
      const { stdout } = await runInGuest(guest, ["python3", "-c", count]);
      expect(stdout).toMatch(/^1\d 11\n$/);
      await guest.destroy();
    });

    test("the guest has the user's id outside and nothing of it inside", async () => {
      const guest = await runtime.launch(launchSpec());
      const { stdout } = await runInGuest(guest, [
        "sh",
        "-c",
        "id -u; grep CapBnd /proc/self/status; cat /proc/self/cgroup",
      ]);
      expect(stdout).toMatch(/^1000\nCapBnd:\t0+\n/);
      expect(stdout).not.toContain("hsr");
      await guest.destroy();
    });
  },
);
