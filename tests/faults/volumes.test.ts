/** Volumes: their bounds hold, they outlive sandboxes and launchers, and nothing of them is left when they are gone. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Guest, MountSpec } from "@hsr/core";
import { BubblewrapRuntime, LauncherVolumes } from "@hsr/runtimes";
import { encode, Launcher, messageTypes } from "@hsr/runtimes/launcher";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { launchSpec } from "../support/launch-spec.ts";
import { type RunningLauncher, startLauncher, until } from "../support/launcher.ts";
import { runInGuest } from "../support/run-in-guest.ts";

const mib = 1 << 20;
const volume = (access: "ro" | "rw", name = "vol-a"): MountSpec => ({
  kind: "volume",
  name,
  subPath: "",
  target: "/vol",
  access,
});

describeWith(["bubblewrap", "root", "cgroup", "loop"], "volumes", () => {
  let folder: string;
  let launcher: RunningLauncher;
  let volumes: LauncherVolumes;
  let runtime: BubblewrapRuntime;
  const start = async () => {
    launcher = await startLauncher({ extraArgs: ["--volumes-dir", join(folder, "volumes")] });
    volumes = new LauncherVolumes(launcher.client);
    runtime = new BubblewrapRuntime(launcher.client);
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "hsr-volumes-"));
    await start();
  });
  afterEach(async () => {
    await launcher.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const mine = () => execFileSync("losetup", ["-a"], { encoding: "utf8" }).includes(folder);
  const withVolume = (access: "ro" | "rw", name?: string): Promise<Guest> =>
    runtime.launch(launchSpec({ mounts: [volume(access, name)] }));
  const say = async (guest: Guest, line: string) => (await runInGuest(guest, ["bash", "-c", line])).stdout;
  const end = async (guest: Guest) => {
    await guest.destroy();
    await guest.ended;
  };

  test("a quota of bytes holds to the block, one of inodes to the group, and both are there to be used", async () => {
    await volumes.create("vol-a", { bytes: 16 * mib, inodes: 200 });
    const guest = await withVolume("rw");
    const used = Number(await say(guest, "head -c 40000000 /dev/zero > /vol/big; stat -c %s /vol/big; rm /vol/big"));
    expect(used).toBeLessThanOrEqual(16 * mib);
    expect(used).toBeGreaterThan(16 * mib - 64 * 1024);
    const files = Number(
      await say(guest, "i=0; while : > /vol/f$i; do i=$((i+1)); done 2>/dev/null; echo $i; rm /vol/f*"),
    );
    expect(files).toBeGreaterThanOrEqual(200);
    expect(files).toBeLessThan(200 + 32);
    // Its space is taken from the disk already, so that a full disk cannot take it back.
    expect(statSync(join(folder, "volumes/vol-a/image")).blocks * 512).toBeGreaterThanOrEqual(16 * mib);
    await end(guest);
  });

  test("a file may be as long as the volume, not only as the scratch space", async () => {
    await volumes.create("vol-a", { bytes: 24 * mib, inodes: 64 });
    const guest = await runtime.launch(launchSpec({ limits: { diskBytes: mib }, mounts: [volume("rw")] }));
    expect(await say(guest, "head -c 20000000 /dev/zero > /vol/big; stat -c %s /vol/big")).toBe("20000000\n");
    await end(guest);
  });

  test("what is in it outlives sandboxes, the worker, the mounter and the launcher", async () => {
    await volumes.create("vol-a", { bytes: 2 * mib, inodes: 64 });
    const first = await withVolume("rw");
    await say(first, "echo one > /vol/log; sync /vol/log");
    await end(first);
    const second = await withVolume("rw");
    expect(await say(second, "cat /vol/log; echo two >> /vol/log; sync /vol/log; id -u; stat -c %u /vol/log")).toBe(
      "one\n1000\n1000\n",
    );
    process.kill(launcher.workerPid(), "SIGKILL");
    expect((await second.ended).end).toBe("lost");
    await launcher.client.connected();
    const third = await withVolume("rw");
    expect(await say(third, "cat /vol/log; echo three >> /vol/log; sync /vol/log")).toBe("one\ntwo\n");
    const mounter = readdirSync("/proc").find(
      (pid) => nameOf(pid) === "hsr-mounter" && parentOf(pid) === launcher.workerPid(),
    );
    process.kill(Number(mounter), "SIGKILL");
    expect((await third.ended).end).toBe("lost");
    await launcher.stop();
    await start();
    const fourth = await withVolume("ro");
    expect(await say(fourth, "cat /vol/log; echo no 2>/dev/null > /vol/log")).toBe("one\ntwo\nthree\n");
    expect(await volumes.list()).toEqual([{ id: "vol-a", bytes: 2 * mib, inodes: 64 }]);
    await end(fourth);
  }, 20_000);

  test("one writer or many readers, and no removal meanwhile", async () => {
    await volumes.create("vol-a", { bytes: mib, inodes: 64 });
    const writer = await withVolume("rw");
    for (const access of ["ro", "rw"] as const)
      await expect(withVolume(access)).rejects.toMatchObject({ code: "volume_in_use" });
    await expect(volumes.remove("vol-a")).rejects.toMatchObject({ code: "volume_in_use" });
    await say(writer, "echo x > /vol/x");
    await end(writer);
    const readers = await Promise.all([withVolume("ro"), withVolume("ro"), withVolume("ro")]);
    for (const reader of readers)
      expect(await say(reader, "cat /vol/x; touch /vol/y 2>/dev/null || echo no")).toBe("x\nno\n");
    await expect(withVolume("rw")).rejects.toMatchObject({ code: "volume_in_use" });
    await Promise.all(readers.map(end));
    await end(await withVolume("rw"));
    const twice = [volume("rw"), { ...volume("ro"), target: "/other" }];
    await expect(runtime.launch(launchSpec({ mounts: twice }))).rejects.toMatchObject({ code: "volume_in_use" });
  });

  test("nothing is left of a removed volume, of an unused one only its file, and of a stopped launcher no device", async () => {
    await volumes.create("vol-a", { bytes: mib, inodes: 64 });
    await volumes.create("vol-b", { bytes: mib, inodes: 64 });
    await end(await withVolume("rw"));
    await until("no device", () => !mine(), 3000);
    await volumes.remove("vol-a");
    expect(readdirSync(join(folder, "volumes"))).toEqual(["vol-b"]);
    await expect(volumes.remove("vol-a")).rejects.toMatchObject({ code: "not_found" });
    await expect(withVolume("rw")).rejects.toMatchObject({ code: "not_found" });
    await withVolume("rw", "vol-b");
    expect(mine()).toBe(true);
    await launcher.stop();
    await until("no device", () => !mine(), 3000);
    await start();
  });

  test("what a launcher left half made is swept, and a second launcher does not get the folder", async () => {
    await launcher.stop();
    mkdirSync(join(folder, "volumes/.vol-half"));
    writeFileSync(join(folder, "volumes/.vol-half/image"), "x");
    await start();
    expect(readdirSync(join(folder, "volumes"))).toEqual([]);
    const second = await startLauncher({ extraArgs: ["--volumes-dir", join(folder, "volumes")] });
    expect(await new LauncherVolumes(second.client).supported()).toBe(false);
    await expect(new LauncherVolumes(second.client).list()).rejects.toMatchObject({ code: "unsupported" });
    expect(second.log()).toContain("no volumes: another launcher has the folder");
    await second.stop();
  });

  test("bounds that cannot be are refused, a volume that the disk has no room for too, and leave nothing", async () => {
    for (const quota of [
      { bytes: 0, inodes: 64 },
      { bytes: mib, inodes: 0 },
      { bytes: 2 ** 50, inodes: 64 },
      { bytes: mib, inodes: 2 ** 40 },
    ])
      await expect(volumes.create("vol-a", quota)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(volumes.create("vol-a", { bytes: 2 ** 41, inodes: 64 })).rejects.toMatchObject({
      code: "storage_full",
    });
    await expect(volumes.create("../x", { bytes: mib, inodes: 64 })).rejects.toThrow();
    await volumes.create("vol-a", { bytes: mib, inodes: 64 });
    await expect(volumes.create("vol-a", { bytes: mib, inodes: 64 })).rejects.toMatchObject({ code: "volume_exists" });
    expect(readdirSync(join(folder, "volumes"))).toEqual(["vol-a"]);
  });

  test("the sanitized build does it too, and finds nothing", async () => {
    await launcher.stop();
    launcher = await startLauncher({ build: "asan", extraArgs: ["--volumes-dir", join(folder, "volumes")] });
    volumes = new LauncherVolumes(launcher.client);
    runtime = new BubblewrapRuntime(launcher.client);
    await volumes.create("vol-a", { bytes: mib, inodes: 64 });
    await volumes.create("vol-b", { bytes: mib, inodes: 64 });
    const both = [volume("rw"), { ...volume("ro", "vol-b"), target: "/other" }];
    const guest = await runtime.launch(launchSpec({ mounts: both }));
    expect(await say(guest, "echo x > /vol/x; cat /vol/x")).toBe("x\n");
    await expect(withVolume("rw")).rejects.toMatchObject({ code: "volume_in_use" });
    await expect(withVolume("rw", "vol-c")).rejects.toMatchObject({ code: "not_found" });
    await end(guest);
    // Clients that go away while their mounts are made.
    const numbers = { versionMin: 1, versionMax: 1, memoryBytes: 64 * mib, pids: 32, cpuMillis: 1000, deadlineMs: 300 };
    for (let i = 0; i < 10; i += 1) {
      const request = encode(messageTypes.launch, 1, {
        numbers: { ...numbers, diskBytes: mib, inodes: 64, openFiles: 64 },
        texts: { sandbox: `sb-gone-${i}`, profile: "default", tenant: "t", mount: "rw\0volume\0vol-a\0\0/vol" },
      });
      const socket = createConnection({ path: launcher.socket });
      await once(socket, "connect");
      socket.write(request, () => socket.destroy());
      await once(socket, "close");
    }
    // The last of them ends at its deadline, and the volume is free.
    for (let tries = 0; ; tries += 1) {
      const busy = await volumes.remove("vol-a").then(
        () => false,
        () => true,
      );
      if (!busy) break;
      if (tries > 100) throw new Error("the volume is never free");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await volumes.list()).map(({ id }) => id)).toEqual(["vol-b"]);
    expect(launcher.log()).not.toMatch(/Sanitizer|runtime error/);
  }, 20_000);

  test("another gateway's volume is not there; control: for its own and for an operator it is", async () => {
    const [one, two] = ["gw-one", "gw-two"].map((owner) => new Launcher(launcher.socket, owner));
    if (one === undefined || two === undefined) throw new Error("two clients");
    try {
      await new LauncherVolumes(one).create("vol-a", { bytes: mib, inodes: 64 });
      const theirs = new LauncherVolumes(two);
      expect(await theirs.list()).toEqual([]);
      await expect(theirs.remove("vol-a")).rejects.toMatchObject({ code: "not_found" });
      const spec = () => launchSpec({ mounts: [volume("rw")] });
      await expect(new BubblewrapRuntime(two).launch(spec())).rejects.toMatchObject({ code: "not_found" });
      await end(await new BubblewrapRuntime(one).launch(spec()));
      expect((await volumes.list()).length).toBe(1);
    } finally {
      one.close();
      two.close();
    }
  });
});

const nameOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
};
const parentOf = (pid: string): number =>
  Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
