/** A sandbox that runs into its processor quota yields to its neighbours: its group gets lighter, and heavier again when it does not. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BubblewrapRuntime, openAgent } from "@hsr/runtimes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { execSpec, launchSpec } from "../support/launch-spec.ts";
import { type RunningLauncher, startLauncher, until } from "../support/launcher.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describeWith(["bubblewrap", "root", "cgroup"], "the weight of a sandbox", () => {
  let launcher: RunningLauncher;
  let parents: readonly string[];
  beforeEach(async () => {
    launcher = await startLauncher();
    parents = (await launcher.client.facts()).cgroups;
  });
  afterEach(() => launcher.stop());

  /** The weight of the lightest leaf, where 1 is the kernel's usual one: version 1 says 1024 for it, version 2 says 100. */
  function lightest(): number {
    const files = parents.flatMap((parent) =>
      globSync("s*/cpu.{shares,weight}", { cwd: parent }).map((file) => join(parent, file)),
    );
    if (files.length === 0) throw new Error("no leaf has a weight");
    return Math.min(
      ...files.map((file) => Number(readFileSync(file, "utf8")) / (file.endsWith("shares") ? 1024 : 100)),
    );
  }

  /** Endless loops in a new sandbox. */
  async function loops(count: number, cpuCores: number) {
    const guest = await new BubblewrapRuntime(launcher.client).launch(launchSpec({ limits: { cpuCores } }));
    const agent = openAgent(await guest.attach());
    const running = Array.from({ length: count }, (_, index) =>
      agent.start(index + 1, execSpec(["sh", "-c", "while :; do :; done"])),
    );
    await Promise.all(running.map((one) => one.started));
    return running;
  }

  test("two loops on half a processor make it light; when they end it is as heavy as before", async () => {
    const running = await loops(2, 0.5);
    await until("it is light", () => lightest() < 0.05, 10_000);
    for (const one of running) await one.signal(9, "process");
    await until("it is heavy again", () => lightest() === 1, 10_000);
  });

  test("one loop that may have a whole processor stays as heavy as it was", async () => {
    await loops(1, 1);
    const seen: number[] = [];
    for (let i = 0; i < 20; i++) {
      await pause(40);
      seen.push(lightest());
    }
    // A busy host may hold it for a moment, which counts as running into the quota; two loops are light all the time.
    expect(seen.filter((weight) => weight === 1).length).toBeGreaterThan(seen.length / 2);
  });
});
