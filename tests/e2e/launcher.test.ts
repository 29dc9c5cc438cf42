import { BubblewrapRuntime, openAgent } from "@hsr/runtimes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { launchSpec } from "../support/launch-spec.ts";
import { type RunningLauncher, startLauncher } from "../support/launcher.ts";
import { run, runInGuest } from "../support/run-in-guest.ts";

describeWith(["bubblewrap", "root", "cgroup", "python3"], "one sandbox through launcher, bwrap and agent", () => {
  let launcher: RunningLauncher;
  let runtime: BubblewrapRuntime;
  beforeAll(async () => {
    launcher = await startLauncher();
    runtime = new BubblewrapRuntime(launcher.client);
  });
  afterAll(() => launcher.stop());

  test("python3 prints, and the figures come from outside", async () => {
    const guest = await runtime.launch(launchSpec());
    expect(await runInGuest(guest, ["python3", "-c", "print(1)"])).toEqual({
      stdout: "1\n",
      stderr: "",
      exitCode: 0,
      signal: null,
    });
    const usage = await guest.destroy();
    expect(usage.cpuMs).toBeGreaterThan(1);
    expect(usage.memoryPeakBytes).toBeGreaterThan(1 << 20);
    expect(await guest.ended).toMatchObject({ end: "destroyed" });
  });

  test("calls are pipelined behind the launch, before the agent exists", async () => {
    const guest = await runtime.launch(launchSpec());
    const agent = openAgent(await guest.attach());
    const written = agent.writeFile(
      "/workspace/main.py",
      Buffer.from("import os; print(os.getuid(), os.getcwd())\n"),
      0o644,
    );
    const ran = run(agent, ["python3", "-u", "/workspace/main.py"]);
    await written;
    expect((await ran).stdout).toBe("1000 /workspace\n");
    agent.close();
    await guest.destroy();
  });

  test("a second stream replaces the first, and the sandbox goes on", async () => {
    const guest = await runtime.launch(launchSpec());
    await runInGuest(guest, ["sh", "-c", "echo kept > /tmp/here"]);
    expect((await runInGuest(guest, ["cat", "/tmp/here"])).stdout).toBe("kept\n");
    await guest.destroy();
  });

  test("the project's own Node runs TypeScript", async () => {
    const guest = await runtime.launch(launchSpec());
    const ran = await runInGuest(guest, ["/opt/hsr/bin/node", "-p", "process.version.split('.')[0]"]);
    expect(ran).toMatchObject({ stdout: "v24\n", exitCode: 0 });
    await guest.destroy();
  });

  test("the guest goes first when memory runs out, and cannot change that", async () => {
    const guest = await runtime.launch(launchSpec());
    const lower = "cat /proc/self/oom_score_adj; echo -1 > /proc/self/oom_score_adj || echo refused";
    expect((await runInGuest(guest, ["sh", "-c", lower])).stdout).toBe("1000\nrefused\n");
    await guest.destroy();
  });

  test("at its deadline a sandbox dies, whoever is connected", async () => {
    const guest = await runtime.launch(launchSpec({ deadlineMs: 300 }));
    const { end, usage } = await guest.ended;
    expect(end).toBe("deadline");
    expect(usage.wallMs).toBeGreaterThanOrEqual(300);
    expect(usage.wallMs).toBeLessThan(500);
  });
});
