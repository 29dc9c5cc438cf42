/**
 * A launcher of the first release with today's gateway, as it is while a host is updated: it works for what the old one can,
 * and what it cannot is refused with a reason. The old one is built from this repository's history.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BubblewrapRuntime, LauncherVolumes } from "@hsr/runtimes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { launchSpec } from "../support/launch-spec.ts";
import { type RunningLauncher, startLauncher } from "../support/launcher.ts";
import { checkout } from "../support/native.ts";
import { runInGuest } from "../support/run-in-guest.ts";

/** The last commit before launchers had owners, renewals, metrics, mounts and a memory of ends. */
const firstRelease = "700ae72";

const isInHistory =
  spawnSync("git", ["cat-file", "-e", `${firstRelease}:native/launcher`], { cwd: checkout }).status === 0;

if (!isInHistory) test.skip(`an old launcher (${firstRelease} is not in this copy of the repository)`, () => undefined);
else
  describeWith(["bubblewrap", "root", "cgroup", "gcc"], "an old launcher", () => {
    let folder: string;
    let launcher: RunningLauncher;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "hsr-old-launcher-"));
      const build = `git archive ${firstRelease} native | tar -x -C ${folder} && make -s -C ${folder}/native/launcher OUT=${folder}`;
      const done = spawnSync("sh", ["-c", build], { cwd: checkout, encoding: "utf8" });
      if (done.status !== 0) throw new Error(done.stderr);
      const program = spawnSync("find", [folder, "-name", "hsr-launcher", "-type", "f"], { encoding: "utf8" }).stdout;
      launcher = await startLauncher({ program: program.trim() });
    }, 60_000);
    afterAll(async () => {
      await launcher?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test("runs programs, and says what it cannot do", async () => {
      expect((await launcher.client.facts()).features).toEqual(["prepare", "claim", "sweep"]);
      const runtime = new BubblewrapRuntime(launcher.client);
      expect(await runtime.probe()).toMatchObject({ available: true });
      const guest = await runtime.launch(launchSpec());
      expect((await runInGuest(guest, ["echo", "old"])).stdout).toBe("old\n");
      expect((await guest.usage()).wallMs).toBeGreaterThan(0);
      await expect(guest.renew(10_000)).rejects.toMatchObject({ code: "unsupported" });
      await expect(guest.metrics()).rejects.toMatchObject({ code: "unsupported" });
      const mounts = [{ kind: "folder", name: "x", subPath: "", target: "/x", access: "ro" }] as const;
      await expect(runtime.launch(launchSpec({ mounts }))).rejects.toMatchObject({ code: "unsupported" });
      await expect(new LauncherVolumes(launcher.client).list()).rejects.toMatchObject({ code: "unsupported" });
      // None of that made it hang up.
      expect(await launcher.client.list()).toEqual([guest.id]);
      await guest.destroy();
      await guest.ended;
      expect(await runtime.adopt(guest.id)).toBeNull();
      // It has no memory of ends, so nothing is certain, and nothing is run a second time.
      expect(await runtime.mayHaveLaunched(guest.id, Date.now())).toBe(true);
    });

    test("keeps a run over the death of its gateway", async () => {
      const gateway = await startGateway({ launcher });
      try {
        const { id } = (await gateway.run({ argv: ["sh", "-c", "sleep 1; echo kept"], wait_ms: 0 })).body;
        await new Promise((resolve) => setTimeout(resolve, 300));
        await gateway.kill9();
        await gateway.restart();
        const { body } = await gateway.call("GET", `/v1/runs/${id}?wait_ms=9000`);
        expect(body).toMatchObject({ reason: "exited", stdout: "kept\n" });
      } finally {
        await gateway.stop();
      }
    });
  });
