/** A deadline that passes while no gateway lives: nothing goes on running, and no result that was there is lost. */
import { BubblewrapRuntime, openAgent } from "@hsr/runtimes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { execSpec, launchSpec } from "../support/launch-spec.ts";
import { type RunningLauncher, startLauncher } from "../support/launcher.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describeWith(["bubblewrap", "root", "cgroup"], "a deadline without a gateway", () => {
  let launcher: RunningLauncher;
  beforeEach(async () => {
    launcher = await startLauncher();
  });
  afterEach(() => launcher.stop());

  test("the sandbox is stopped, not killed; the next gateway fetches what was done, and the time is over", async () => {
    const before = new BubblewrapRuntime(launcher.client);
    const guest = await before.launch(launchSpec({ deadlineMs: 300 }));
    const agent = openAgent(await guest.attach());
    const ticking = "echo done; i=0; while :; do i=$((i+1)); echo $i > /tmp/ticks; done";
    await agent.start(1, execSpec(["bash", "-c", ticking])).started;
    await agent.start(2, execSpec(["sh", "-c", "exit 7"])).exit;
    launcher.client.close();
    await pause(600);

    const client = launcher.connect();
    const after = new BubblewrapRuntime(client);
    const stopped = await client.usage(guest.id);
    await pause(200);
    expect(await client.usage(guest.id)).toMatchObject({ cpuMs: stopped.cpuMs });
    const adopted = await after.adopt(guest.id);
    if (adopted === null) throw new Error("the sandbox is gone");
    const again = openAgent(await adopted.attach());
    await again.ready;
    const finished = again.follow(2, { stdout: 0, stderr: 0 });
    expect(await finished.exit).toMatchObject({ exitCode: 7 });
    // What it may still do after that is bounded: the launcher kills it, and says why.
    expect(await adopted.ended).toMatchObject({ end: "deadline" });
  });

  test("an expiry that came first wins over a renewal by the next gateway", async () => {
    const guest = await new BubblewrapRuntime(launcher.client).launch(launchSpec({ deadlineMs: 200 }));
    await openAgent(await guest.attach()).ready;
    launcher.client.close();
    await pause(400);
    const adopted = await new BubblewrapRuntime(launcher.connect()).adopt(guest.id);
    expect(await adopted?.renew(60_000)).toBe("gone");
    await adopted?.attach();
    expect(await adopted?.ended).toMatchObject({ end: "deadline" });
  });

  test("a renewal that races an expiry: the answer and the end agree, for each of 40 sandboxes", async () => {
    const runtime = new BubblewrapRuntime(launcher.client);
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const guest = await runtime.launch(launchSpec({ deadlineMs: 400 }));
        // From clearly before to clearly after, a millisecond apart in the middle.
        await pause(380 + index);
        const answer = await guest.renew(60_000);
        const state = await Promise.race([guest.ended.then(({ end }) => end), pause(600).then(() => "lives")]);
        await guest.destroy();
        return `${answer} ${state}`;
      }),
    );
    expect(new Set(outcomes)).toEqual(new Set(["renewed lives", "gone deadline"]));
  });

  test("an end while no gateway lives is told to the next one", async () => {
    const before = new BubblewrapRuntime(launcher.client);
    const guest = await before.launch(launchSpec());
    const agent = openAgent(await guest.attach());
    await agent.ready;
    launcher.client.close();
    for (const one of launcher.sandboxPids()) process.kill(one, "SIGKILL");
    await pause(100);
    const adopted = await new BubblewrapRuntime(launcher.connect()).adopt(guest.id);
    expect(await adopted?.ended).toMatchObject({ end: "exited" });
  });
});
