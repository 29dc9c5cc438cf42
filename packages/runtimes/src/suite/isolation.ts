import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { benchFor, type SuiteSubject } from "./subject.ts";

/** What any wall has to hold, whatever it is made of. The attacks with their controls are in `tests/security`. */
export function isolation(subject: SuiteSubject): void {
  describe(`${subject.name}: isolation`, () => {
    const bench = benchFor(subject);

    test("the agent is process 1, and a guest sees no process of the host", async () => {
      const { agent, shell } = await bench.launch();
      expect((await agent.ready).features).toContain("pid1");
      const { stdout } = await shell("echo /proc/[0-9]* | wc -w; readlink /proc/self/ns/pid");
      const [processes, namespace] = stdout.trim().split("\n");
      expect(Number(processes)).toBeLessThan(10);
      expect(namespace).not.toBe(readlinkSync("/proc/self/ns/pid"));
    });

    test("a guest has no capability, and cannot get any", async () => {
      const { shell } = await bench.launch();
      const { stdout } = await shell(
        "grep -E '^(Cap|NoNewPrivs|Seccomp):' /proc/self/status; grep ^Cap /proc/self/status",
      );
      for (const [, set] of stdout.matchAll(/^Cap\w+:\s+(\w+)$/gm)) expect(set).toBe("0000000000000000");
      expect(stdout).toContain("NoNewPrivs:\t1");
    });

    test("a guest is not the host's root, and not the agent where there are many ids", async () => {
      const { shell } = await bench.launch();
      const [uid, map] = (await shell("id -u; head -1 /proc/self/uid_map")).stdout.trim().split("\n");
      const [inside, outside] = (map ?? "").trim().split(/\s+/).map(Number);
      expect(Number(uid) - (inside ?? 0) + (outside ?? 0)).not.toBe(process.getuid?.() === 0 ? 0 : -1);
      if (bench.runtime().capabilities.users === "range") expect(uid).not.toBe("0");
    });

    test("the root is read-only, the workspace is not", async () => {
      const { shell } = await bench.launch();
      for (const path of ["/x", "/usr/x", "/etc/x", "/proc/sys/kernel/core_pattern", "/dev/x"]) {
        expect((await shell(`echo x > ${path}`)).code, path).not.toBe(0);
      }
      expect((await shell("echo x > x && echo x > /tmp/x && echo x > /dev/shm/x")).code).toBe(0);
    });

    test("the host's secrets are not there", async () => {
      const { shell } = await bench.launch();
      for (const path of ["/etc/shadow", "/root/.ssh", "/home", "/var/lib/hsr", "/run/hsr", "/var/run/docker.sock"]) {
        expect((await shell(`test -e ${path} && ls -A ${path} | grep .`)).code, path).not.toBe(0);
      }
      expect((await shell("env")).stdout).not.toContain("HSR_");
    });

    test("there is no network but an empty one", async () => {
      const { shell } = await bench.launch();
      const { stdout } = await shell(
        "tail -n +3 /proc/net/dev; tail -n +2 /proc/net/route; readlink /proc/self/ns/net",
      );
      expect(stdout).not.toMatch(/eth|ens|wl|docker|br-/);
      expect(stdout).not.toContain(readlinkSync("/proc/self/ns/net"));
    });

    test("the host's name and its boot's mounts are not told", async () => {
      const { shell } = await bench.launch();
      const { stdout } = await shell("cat /proc/sys/kernel/hostname; cat /proc/self/cgroup");
      expect(stdout.split("\n")[0]).not.toBe(hostname());
      expect(stdout).not.toContain(readFileSync("/proc/self/cgroup", "utf8").match(/:\/(.+)$/m)?.[1] ?? "no such name");
    });

    test("two sandboxes share no file", async () => {
      const [one, two] = [await bench.launch(), await bench.launch()];
      await one.shell("echo secret > /tmp/s; echo secret > /workspace/s; echo secret > /dev/shm/s");
      expect((await two.shell("ls /tmp/s /workspace/s /dev/shm/s 2>/dev/null")).stdout).toBe("");
    });

    test("no descriptor of the host is open in an execution", async () => {
      const { shell } = await bench.launch();
      const { stdout } = await shell("ls -l /proc/self/fd | tail -n +2 | sed 's/.* -> //'");
      for (const target of stdout.trim().split("\n")) expect(target).toMatch(/^(pipe:|\/proc\/)/);
    });

    test("kill of everything hits only its own sandbox, and not the agent", async () => {
      const { agent, shell } = await bench.launch();
      await shell("kill -9 -1; kill -9 1");
      expect((await shell("echo after")).stdout).toBe("after\n");
      await agent.ping();
    });
  });
}
