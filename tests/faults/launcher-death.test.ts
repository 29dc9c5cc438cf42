/** What is promised when parts of the launcher are killed: everything dead within two seconds, nothing left, and told. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Guest } from "@hsr/core";
import { BubblewrapRuntime, openAgent } from "@hsr/runtimes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { execSpec, launchSpec } from "../support/launch-spec.ts";
import { alive, type RunningLauncher, startLauncher, until } from "../support/launcher.ts";
import { runInGuest } from "../support/run-in-guest.ts";

/** What SPECIFICATION promises, in ms. */
const deadWithinMs = 2000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A guest that ignores every signal it can and has escaped its session, with its host pids. */
async function stubborn(runtime: BubblewrapRuntime): Promise<Guest> {
  const guest = await runtime.launch(launchSpec());
  const agent = openAgent(await guest.attach());
  const loop = "trap '' TERM HUP INT; (setsid sleep 100 &) ; while :; do sleep 1; done";
  await agent.start(1, execSpec(["bash", "-c", loop])).started;
  await agent.list();
  return guest;
}

function freeze(cgroup: string, frozen: boolean): void {
  for (const leaf of readdirSync(cgroup, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    writeFileSync(join(cgroup, leaf.name, "cgroup.freeze"), frozen ? "1" : "0");
  }
}

/** Both at once: the stopped worker cannot act on the guardian's death in between. */
function killBoth(launcher: RunningLauncher): void {
  const worker = launcher.workerPid();
  process.kill(worker, "SIGSTOP");
  process.kill(launcher.guardianPid(), "SIGKILL");
  process.kill(worker, "SIGKILL");
}

describeWith(["bubblewrap", "root", "cgroup"], "parts of the launcher die", () => {
  let launcher: RunningLauncher;
  let runtime: BubblewrapRuntime;
  beforeEach(async () => {
    launcher = await startLauncher();
    runtime = new BubblewrapRuntime(launcher.client);
  });
  afterEach(() => launcher.stop());

  test("kill -9 of the worker: its sandboxes are dead within two seconds, told as lost, and new ones start", async () => {
    const guest = await stubborn(runtime);
    const pids = launcher.sandboxPids();
    expect(pids.length).toBeGreaterThanOrEqual(3);
    process.kill(launcher.workerPid(), "SIGKILL");
    await until("everything is dead", () => !pids.some(alive), deadWithinMs);
    expect(await guest.ended).toMatchObject({ end: "lost" });
    const next = await runtime.launch(launchSpec());
    expect((await runInGuest(next, ["echo", "again"])).stdout).toBe("again\n");
    await next.destroy();
  });

  test("kill -9 of the guardian: the worker ends everything and goes", async () => {
    const guest = await stubborn(runtime);
    const pids = [...launcher.sandboxPids(), launcher.workerPid()];
    process.kill(launcher.guardianPid(), "SIGKILL");
    await until("everything is dead", () => !pids.some(alive), deadWithinMs);
    expect(await guest.ended).toMatchObject({ end: "lost" });
  });

  test("kill -9 of both: the agents go at the end of file of their control sockets", async () => {
    const guest = await stubborn(runtime);
    const pids = launcher.sandboxPids();
    killBoth(launcher);
    await until("everything is dead", () => !pids.some(alive), deadWithinMs);
    expect(await guest.ended).toMatchObject({ end: "lost" });
  });

  test("a frozen sandbox dies with the worker too", async () => {
    await stubborn(runtime);
    const { cgroups } = await launcher.client.facts();
    const pids = launcher.sandboxPids();
    freeze(cgroups[0] ?? "", true);
    process.kill(launcher.workerPid(), "SIGKILL");
    await until("everything is dead", () => !pids.some(alive), deadWithinMs);
  });

  test("a frozen sandbox whose launcher is dead altogether dies at the next start", async () => {
    await stubborn(runtime);
    const { cgroups } = await launcher.client.facts();
    const pids = launcher.sandboxPids();
    freeze(cgroups[0] ?? "", true);
    const worker = launcher.workerPid();
    killBoth(launcher);
    await until("the worker is dead", () => !alive(worker), deadWithinMs);
    expect(pids.filter(alive).length).toBeGreaterThan(0); // The control: nothing but a sweep helps here.
    const next = await startLauncher({ cgroup: launcher.cgroup });
    expect(pids.filter(alive)).toEqual([]);
    await next.stop();
  });

  test("a worker that lives and does nothing keeps no deadline; the guardian ends it and its sandboxes", async () => {
    const guest = await runtime.launch(launchSpec({ deadlineMs: 2000 }));
    await runInGuest(guest, ["true"]);
    const worker = launcher.workerPid();
    const pids = launcher.sandboxPids();
    process.kill(worker, "SIGSTOP");
    await pause(2500);
    expect(pids.every(alive)).toBe(true); // The control: its deadline is over, and nobody acts on it.
    await until("everything is dead", () => ![...pids, worker].some(alive), 12_000);
    expect(await guest.ended).toMatchObject({ end: "lost" });
    expect(launcher.log()).toContain("the worker does nothing any more");
    const next = await runtime.launch(launchSpec());
    expect((await runInGuest(next, ["echo", "again"])).stdout).toBe("again\n");
    await next.destroy();
  }, 20_000);

  test("SIGTERM stops it and leaves no process, control group, mount or socket", async () => {
    const guest = await stubborn(runtime);
    const { cgroups } = await launcher.client.facts();
    const pids = launcher.sandboxPids();
    launcher.process.kill("SIGTERM");
    await launcher.exited;
    expect(pids.filter(alive)).toEqual([]);
    expect(cgroups.filter((path) => existsSync(path))).toEqual([]);
    expect(existsSync(launcher.socket)).toBe(false);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain("scratch");
    expect(await guest.ended).toMatchObject({ end: "destroyed" });
  });

  test("a second launcher on the same control group is refused, and the first one's sandboxes live on", async () => {
    const guest = await stubborn(runtime);
    await expect(startLauncher({ cgroup: launcher.cgroup })).rejects.toThrow("another launcher");
    expect((await runInGuest(guest, ["echo", "alive"])).stdout).toBe("alive\n");
  });

  test("the sandbox itself cannot end its launcher: killing all it sees ends only itself", async () => {
    const guest = await runtime.launch(launchSpec());
    await runInGuest(guest, ["bash", "-c", "kill -9 -1"]).catch(() => undefined);
    expect(alive(launcher.workerPid())).toBe(true);
    expect((await runInGuest(guest, ["echo", "agent lives"])).stdout).toBe("agent lives\n");
    await guest.destroy();
  });
});

describeWith(["bubblewrap", "userns", "user", "root"], "parts of an ordinary user's launcher die", () => {
  const nobody = 65_534;
  let launcher: RunningLauncher;
  let runtime: BubblewrapRuntime;
  const spec = () => launchSpec({ requiredLimits: ["wall_time", "disk", "pids"] });
  beforeEach(async () => {
    launcher = await startLauncher({ asUid: nobody });
    runtime = new BubblewrapRuntime(launcher.client);
  });
  afterEach(() => launcher.stop());

  /** Without control groups the sandboxes are found by their first process, which descends from this launcher. */
  function pidsOfJails(): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => commandOf(pid).startsWith("/opt/hsr/agent") && descends(pid, launcher.guardianPid()));
  }

  const strikes: Readonly<Record<string, (one: RunningLauncher) => void>> = {
    worker: (one) => {
      process.kill(one.workerPid(), "SIGKILL");
    },
    guardian: (one) => {
      process.kill(one.guardianPid(), "SIGKILL");
    },
    "worker and guardian": killBoth,
  };
  test.each(Object.keys(strikes))("kill -9 of the %s: everything is dead within two seconds", async (victim) => {
    const guest = await runtime.launch(spec());
    await runInGuest(guest, ["true"]);
    const pids = pidsOfJails();
    expect(pids.length).toBeGreaterThan(0);
    strikes[victim]?.(launcher);
    await until("everything is dead", () => !pids.some(alive), deadWithinMs);
    expect(await guest.ended).toMatchObject({ end: "lost" });
  });

  test("the deadline holds", async () => {
    const guest = await runtime.launch({ ...spec(), deadlineMs: 300 });
    expect(await guest.ended).toMatchObject({ end: "deadline" });
  });

  test("memory without a control group: the launch is refused and names the limit", async () => {
    await expect(runtime.launch(launchSpec({ requiredLimits: ["memory"] }))).rejects.toMatchObject({
      code: "limit_unenforceable",
      details: { limit: "memory" },
    });
    const guest = await runtime.launch(spec());
    expect(guest.unenforced).toEqual(["memory", "cpu"]);
    await guest.destroy();
  });
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function descends(pid: number, from: number): boolean {
  for (let at = pid; at > 1; at = parentOf(at)) if (at === from) return true;
  return false;
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return 0; // It is gone.
  }
}
