/**
 * Folders of the operator's list: whoever names them, and whoever writes in them, gets what the list says and nothing else.
 * Each attack has its control: the same on a test build without the wall.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MountSpec } from "@hsr/core";
import { BubblewrapRuntime } from "@hsr/runtimes";
import { encode, messageTypes } from "@hsr/runtimes/launcher";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";
import { launchSpec } from "../support/launch-spec.ts";
import { type RunningLauncher, startLauncher } from "../support/launcher.ts";
import { runInGuest } from "../support/run-in-guest.ts";

/** An ordinary user of the host. */
const alice = 12_345;

const mount = (name: string, access: "ro" | "rw", target = "/data", subPath = ""): MountSpec => ({
  kind: "folder",
  name,
  subPath,
  target,
  access,
});

describeWith(["bubblewrap", "root", "cgroup"], "folders of the operator's list", () => {
  let host: string;
  let launcher: RunningLauncher | null = null;
  beforeEach(() => {
    host = mkdtempSync(join(tmpdir(), "hsr-mounts-"));
    chmodSync(host, 0o755);
    for (const folder of ["docs/sub", "open", "alice", "secret"]) mkdirSync(join(host, folder), { recursive: true });
    writeFileSync(join(host, "docs/sub/page"), "page\n");
    writeFileSync(join(host, "secret/key"), "SECRET\n");
    symlinkSync("../secret", join(host, "docs/link"));
    symlinkSync("/etc", join(host, "docs/etc"));
    chmodSync(join(host, "open"), 0o777);
    chownSync(join(host, "alice"), alice, alice);
    writeFileSync(
      join(host, "list"),
      `# name, access, path\ndocs ro ${host}/docs\nopen ro ${host}/open\nalice rw ${host}/alice\nroots rw ${host}/secret\nlinked ro ${host}/docs/link\n`,
    );
  });
  afterEach(async () => {
    await launcher?.stop();
    launcher = null;
    rmSync(host, { recursive: true, force: true });
  });

  async function offer(without?: string): Promise<BubblewrapRuntime> {
    launcher = await startLauncher({
      extraArgs: ["--mounts", join(host, "list")],
      ...(without === undefined ? {} : { build: "walls", without: [without] }),
    });
    return new BubblewrapRuntime(launcher.client);
  }

  async function inside(runtime: BubblewrapRuntime, mounts: readonly MountSpec[], line: string) {
    const guest = await runtime.launch(launchSpec({ mounts }));
    const { stdout, stderr } = await runInGuest(guest, ["bash", "-c", line]);
    await guest.destroy();
    return { stdout, stderr };
  }

  test("a folder, a folder below it and a file are there, read-only, wherever it was asked for", async () => {
    const runtime = await offer();
    const mounts = [
      mount("docs", "ro"),
      mount("docs", "ro", "/workspace/in/sub", "sub"),
      mount("docs", "ro", "/srv/page", "sub/page"),
    ];
    const said = await inside(
      runtime,
      mounts,
      "cat /data/sub/page in/sub/page /srv/page; ls -ldn /srv; echo x >> /data/sub/page",
    );
    expect(said.stdout).toMatch(/^page\npage\npage\ndrwxr-xr-x /);
    expect(said.stderr).toContain("Permission denied");
    expect(await launcher?.client.facts()).toMatchObject({
      folders: expect.arrayContaining([{ name: "alice", access: "rw" }]),
    });
  });

  test("what a guest writes is the folder owner's on the host, and nobody else's", async () => {
    const runtime = await offer();
    const said = await inside(
      runtime,
      [mount("alice", "rw")],
      "echo mine > /data/f; mkdir /data/d; ls -n /data | tail -n 1; chown 0 /data/f; chmod 4755 /data/f; ln -s /etc/shadow /data/shadow; mknod /data/null c 1 3",
    );
    expect(said.stderr).toMatch(/chown.*(Value too large|not permitted)/i);
    for (const name of readdirSync(join(host, "alice"))) {
      const { uid, gid } = lstatSync(join(host, "alice", name));
      expect({ name, uid, gid }).toEqual({ name, uid: alice, gid: alice });
    }
    // What it left there is no way out for the next one who names it.
    await expect(
      runtime.launch(launchSpec({ mounts: [mount("alice", "ro", "/data", "shadow")] })),
    ).rejects.toMatchObject({
      code: "invalid_request",
    });
  });

  test("a folder is not written that the list gives read-only, or that is root's, or that has links on its way", async () => {
    const runtime = await offer();
    const refusals: readonly [MountSpec, string][] = [
      [mount("docs", "rw"), "invalid_request"],
      [mount("roots", "rw"), "unsupported"],
      [mount("linked", "ro"), "invalid_request"],
      [mount("nothing", "ro"), "not_found"],
    ];
    for (const [one, code] of refusals) {
      await expect(runtime.launch(launchSpec({ mounts: [one] })), one.name).rejects.toMatchObject({ code });
    }
    expect(await launcher?.client.list()).toEqual([]);
  });

  test("the places of the jail, and places within each other, are refused", async () => {
    const runtime = await offer();
    for (const target of [
      "/",
      "/proc",
      "/proc/sys",
      "/dev/shm",
      "/sys",
      "/usr/bin",
      "/etc/passwd",
      "/bin",
      "/lib64",
      "/opt",
      "/opt/hsr/bin",
      "data",
      "/a/../etc",
      "/a//b",
      "/a/",
      "/a/./b",
      "/a\nb",
    ]) {
      await expect(runtime.launch(launchSpec({ mounts: [mount("docs", "ro", target)] })), target).rejects.toThrow();
    }
    for (const other of ["/data", "/data/x"]) {
      const mounts = [mount("docs", "ro"), mount("open", "ro", other)];
      await expect(runtime.launch(launchSpec({ mounts })), other).rejects.toMatchObject({ code: "invalid_request" });
    }
    const nine = Array.from({ length: 9 }, (_, i) => mount("docs", "ro", `/m${i}`));
    await expect(runtime.launch(launchSpec({ mounts: nine }))).rejects.toThrow();
    expect((await inside(runtime, nine.slice(1), "ls / | grep -c ^m[0-9]")).stdout).toBe("8\n");
  });

  const ways: readonly [what: string, subPath: string][] = [
    ["a link in the folder", "link/key"],
    ["a link to a folder of the host", "etc/passwd"],
  ];
  test.each(ways)("%s does not lead out of it", async (_, subPath) => {
    const runtime = await offer();
    await expect(runtime.launch(launchSpec({ mounts: [mount("docs", "ro", "/data", subPath)] }))).rejects.toThrow();
  });
  test.each(ways)("control: %s does without the wall", async (_, subPath) => {
    const runtime = await offer("mount-paths");
    const said = await inside(runtime, [mount("docs", "ro", "/data", subPath)], "cat /data");
    expect(said.stdout).toMatch(/SECRET|root:/);
  });

  /** Swaps a folder and a link to the secret as fast as it goes, as its owner can. */
  function swapping(): () => void {
    mkdirSync(join(host, "docs/flip"));
    writeFileSync(join(host, "docs/flip/key"), "harmless\n");
    symlinkSync("../secret", join(host, "docs/flop"));
    const script =
      "import ctypes,sys\nc=ctypes.CDLL(None)\na=(sys.argv[1]+'/flip').encode(); b=(sys.argv[1]+'/flop').encode()\nwhile True: c.renameat2(-100,a,-100,b,2)";
    const child = spawn("/usr/bin/python3", ["-c", script, join(host, "docs")], { stdio: "ignore" });
    return () => child.kill("SIGKILL");
  }

  async function race(runtime: BubblewrapRuntime): Promise<Set<string>> {
    const stop = swapping();
    const said = new Set<string>();
    for (let i = 0; i < 60 && !said.has("SECRET"); i += 1) {
      try {
        said.add((await inside(runtime, [mount("docs", "ro", "/data", "flip/key")], "cat /data")).stdout.trim());
      } catch {
        said.add("refused");
      }
    }
    stop();
    return said;
  }

  test("a folder that is swapped for a link while it is opened does not lead out of it", async () => {
    const said = await race(await offer());
    expect([...said].filter((word) => word !== "harmless" && word !== "refused")).toEqual([]);
    expect(said.size).toBe(2); // Both were met, so it was swapped under way.
  }, 20_000);

  test("control: without the wall it does", async () => {
    expect(await race(await offer("mount-paths"))).toContain("SECRET");
  }, 20_000);

  const write = "echo intruder > /data/f && echo written";
  test("a read-only mount is not written, though everybody on the host may write the folder", async () => {
    expect((await inside(await offer(), [mount("open", "ro")], write)).stdout).toBe("");
    expect(readdirSync(join(host, "open"))).toEqual([]);
  });
  test("control: without the wall it is", async () => {
    expect((await inside(await offer("mount-read-only"), [mount("open", "ro")], write)).stdout).toBe("written\n");
  });

  const device = "head -c 4 /data/zero | od -An -tx1";
  const makeDevice = () => spawnSync("mknod", ["-m", "666", join(host, "docs/zero"), "c", "1", "5"]);
  test("a device node in it is dead", async () => {
    makeDevice();
    expect((await inside(await offer(), [mount("docs", "ro")], device)).stdout).toBe("");
  });
  test("control: without the wall it is not", async () => {
    makeDevice();
    expect((await inside(await offer("mount-devices"), [mount("docs", "ro")], device)).stdout).toContain("00 00 00 00");
  });

  test("set-id bits in it mean nothing, and what is mounted below it does not come along", async () => {
    spawnSync("cp", ["/usr/bin/id", join(host, "docs/id")]);
    chmodSync(join(host, "docs/id"), 0o6755);
    spawnSync("mount", ["-t", "tmpfs", "none", join(host, "docs/sub")]);
    try {
      writeFileSync(join(host, "docs/sub/below"), "");
      const said = await inside(
        await offer(),
        [mount("docs", "ro")],
        "/data/id -u; ls /data/sub; grep ' /data ' /proc/self/mountinfo",
      );
      expect(said.stdout).toMatch(/^1000\npage\n.* ro,nosuid,nodev/);
      const runtime = new BubblewrapRuntime((launcher as RunningLauncher).client);
      await expect(
        runtime.launch(launchSpec({ mounts: [mount("docs", "ro", "/data", "sub/below")] })),
      ).rejects.toThrow();
    } finally {
      spawnSync("umount", [join(host, "docs/sub")]);
    }
  });

  test("a list that others may write, a link in its place, and nonsense in it keep the launcher from starting", async () => {
    const list = join(host, "list");
    const refused = () => expect(startLauncher({ extraArgs: ["--mounts", list] })).rejects.toThrow("did not start");
    for (const line of [
      "docs ro relative",
      "docs xx /srv",
      "docs ro /proc/1",
      "docs ro /a/../etc",
      "docs ro /a\ndocs ro /b",
      "A ro /srv",
    ]) {
      writeFileSync(list, `${line}\n`);
      await refused();
    }
    writeFileSync(list, "docs ro /srv\n");
    chmodSync(list, 0o666);
    await refused();
    chmodSync(list, 0o644);
    chownSync(list, alice, alice);
    await refused();
    rmSync(list);
    symlinkSync("/dev/null", list);
    await refused();
  }, 20_000);

  test("a launcher that offers nothing refuses, and does not start without what was asked for", async () => {
    launcher = await startLauncher();
    const spec = launchSpec({ mounts: [mount("docs", "ro")] });
    await expect(new BubblewrapRuntime(launcher.client).launch(spec)).rejects.toMatchObject({ code: "unsupported" });
    const field = encode(messageTypes.launch, 1, { texts: { mount: "ro" } }).subarray(12, 14);
    expect(field.readUInt16LE(0) & 0x8000).toBe(0x8000);
  });
});
