/** What a guest leaves behind, and what it does to the kernel when it calls it at random. */
import { readFileSync } from "node:fs";
import { BubblewrapRuntime, openAgent } from "@hsr/runtimes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { execSpec, launchSpec } from "../support/launch-spec.ts";
import { type RunningLauncher, startLauncher } from "../support/launcher.ts";
import { testProgram } from "../support/native.ts";
import { commandLines } from "../support/processes.ts";
import { run } from "../support/run-in-guest.ts";

const soak = process.env["HSR_SOAK"] === "1";
const fuzzMs = soak ? 60_000 : 3_000;

describeWith(["bubblewrap", "root", "cgroup", "python3", "gcc"], "a guest", () => {
  let launcher: RunningLauncher;
  let runtime: BubblewrapRuntime;
  beforeAll(async () => {
    launcher = await startLauncher();
    runtime = new BubblewrapRuntime(launcher.client);
  });
  afterAll(() => launcher.stop());

  test("that hides a daemon by double fork and setsid loses it with the sandbox, and not before", async () => {
    const mark = `7${Date.now()}`;
    const daemon = () => commandLines().filter((line) => line.includes(mark));
    const guest = await runtime.launch(launchSpec());
    const agent = openAgent(await guest.attach());
    const hide = `import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in (0, 1, 2): os.close(fd)
        os.execvp("sleep", ["sleep", "${mark}"])
    os._exit(0)
os.wait()
print("parent is done")`;
    expect((await run(agent, ["python3", "-c", hide])).stdout).toBe("parent is done\n");
    // Control: its execution is over and it runs on; what ends it is the end of the sandbox.
    await expect.poll(daemon).toHaveLength(1);
    agent.close();
    await guest.destroy();
    await guest.ended;
    expect(daemon()).toEqual([]);
  });

  test("that makes orphans and never waits leaves no zombie; control: a parent that lives keeps its own", async () => {
    const guest = await runtime.launch(launchSpec());
    const agent = openAgent(await guest.attach());
    const zombies = `import os, time
def states():
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try: found.append(open(f"/proc/{name}/stat").read().rsplit(")", 1)[1].split()[0])
            except OSError: pass
    return found.count("Z")
for _ in range(50):
    if os.fork() == 0:
        os.fork()
        os._exit(0)
time.sleep(0.3)
print("own", states())
while True:
    try: os.waitpid(-1, 0)
    except ChildProcessError: break
time.sleep(0.1)
print("left", states())`;
    const { stdout } = await run(agent, ["python3", "-c", zombies]);
    const own = Number(/own (\d+)/.exec(stdout)?.[1]);
    expect(own).toBeGreaterThanOrEqual(50);
    expect(stdout).toContain("left 0");
    agent.close();
    await guest.destroy();
  });

  test(
    `that calls the kernel at random for ${fuzzMs / 1000} s taints nothing, hangs nothing and is reaped`,
    async () => {
      const tainted = (): string => readFileSync("/proc/sys/kernel/tainted", "utf8").trim();
      const before = tainted();
      const seed = Math.floor(Math.random() * 2 ** 31);
      const guest = await runtime.launch(launchSpec({ deadlineMs: fuzzMs + 30_000 }));
      const agent = openAgent(await guest.attach());
      await agent.writeFile("/workspace/fuzz", readFileSync(testProgram("fuzz-calls", "-static")), 0o755);
      const until = Date.now() + fuzzMs;
      let calls = 0;
      let round = 0;
      // A call that kills its own parent ends one round; the next one has another seed.
      // One that stops itself says nothing of its calls, so a few more rounds are allowed until there were enough.
      while (Date.now() < until || (calls <= 1000 && Date.now() < until + 5 * fuzzMs)) {
        const lasts = Math.min(1000, Math.max(100, until - Date.now()));
        const execution = agent.start(100 + round, execSpec(["/workspace/fuzz", String(seed + round), String(lasts)]));
        let said = "";
        for await (const chunk of execution.output) said += Buffer.from(chunk.bytes).toString("latin1");
        await execution.exit;
        execution.forget();
        calls += Number(/(\d+) calls in/.exec(said)?.[1] ?? 0);
        round++;
      }
      console.log(`random calls: seed ${seed}, ${calls} calls in ${round} rounds`);
      expect(calls, `seed ${seed}`).toBeGreaterThan(1000);
      // The agent still serves, and everything of the guest dies at once.
      expect((await run(agent, ["echo", "still here"])).stdout).toBe("still here\n");
      agent.close();
      const begin = Date.now();
      await guest.destroy();
      await guest.ended;
      expect(Date.now() - begin).toBeLessThan(2000);
      expect(tainted()).toBe(before);
      const next = await runtime.launch(launchSpec());
      await next.destroy();
    },
    fuzzMs + 60_000,
  );
});
