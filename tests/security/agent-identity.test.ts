/**
 * The wall between the agent and its guest where a sandbox has many ids: executions and file requests have the guest's id and no
 * capability, the agent keeps its own. The control of each attack is an agent that was given no guest ids: there it succeeds.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Agent } from "@hsr/core";
import { eventually, finish, program, type RealAgent, startRealAgent } from "@hsr/runtimes/agent/testing";
import { afterEach, expect, test } from "vitest";
import { describeWith } from "../support/host.ts";

const guest = 64_242;
const guestArgs = ["--guest-uid", String(guest), "--guest-gid", String(guest)];

describeWith(["root"], "an agent with guest ids", () => {
  const started: RealAgent[] = [];
  const agentOf = async (kind: "guest" | "control"): Promise<{ real: RealAgent; agent: Agent }> => {
    const real = await startRealAgent(kind === "guest" ? guestArgs : []);
    started.push(real);
    const agent = real.open();
    if (kind === "guest") await agent.ready;
    return { real, agent };
  };
  afterEach(async () => {
    for (const real of started.splice(0)) await real.stop();
  });
  const shell = (script: string) => program(["/bin/sh", "-c", script]);

  test("runs executions under them, with no capability and no group", async () => {
    const { agent } = await agentOf("guest");
    expect((await agent.ready).features).toContain("guest_id");
    const { stdout } = await finish(
      agent.start(1, shell("grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs)' /proc/self/status")),
    );
    const status = Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(":\t") as [string, string]),
    );
    expect(status).toMatchObject({
      Uid: Array(4).fill(guest).join("\t"),
      Gid: Array(4).fill(guest).join("\t"),
      CapInh: "0000000000000000",
      CapPrm: "0000000000000000",
      CapEff: "0000000000000000",
      CapBnd: "0000000000000000",
      CapAmb: "0000000000000000",
      NoNewPrivs: "1",
    });
    expect(status["Groups"]?.trim()).toBe("");
  });

  const attacks: Record<string, (real: RealAgent) => string> = {
    "read the agent's memory": (real) =>
      `head -c1 /proc/${real.child.pid}/environ || cat /proc/${real.child.pid}/maps | head -c1 | grep .`,
    "open the agent's memory for writing": (real) => `exec 9<>/proc/${real.child.pid}/mem`,
    "list the agent's descriptors": (real) => `ls /proc/${real.child.pid}/fd/3`,
    "stop the agent": (real) => `kill -STOP ${real.child.pid} && kill -CONT ${real.child.pid}`,
    "read what only root may": () => "cat /etc/shadow",
    "give a file away": (real) => `touch ${real.folder}/x && chown 0 ${real.folder}/x && test $(id -u) = 0`,
  };
  for (const [what, script] of Object.entries(attacks)) {
    test(`a guest cannot ${what}`, async () => {
      const { real, agent } = await agentOf("guest");
      expect((await finish(agent.start(1, shell(script(real))))).code).not.toBe(0);
      await agent.ping();
      const control = await agentOf("control");
      expect((await finish(control.agent.start(1, shell(script(control.real))))).code, "the control").toBe(0);
    });
  }

  test("a file request has the guest's rights and no more", async () => {
    const { real, agent } = await agentOf("guest");
    await expect(agent.readFile("/etc/shadow", { offset: 0, bytes: 10 })).rejects.toMatchObject({ code: "EACCES" });
    await expect(agent.writeFile("/root/hsr-test", Buffer.from("x"), 0o600)).rejects.toMatchObject({ code: "EACCES" });
    await expect(agent.chmod(real.folder, 0o777)).rejects.toMatchObject({ code: "EPERM" });
    await expect(agent.remove("/etc/hostname")).rejects.toMatchObject({ code: "EACCES" });
    const control = await agentOf("control");
    expect((await control.agent.readFile("/etc/shadow", { offset: 0, bytes: 10 })).length, "the control").toBe(10);
  });

  test("streams of files and watches have the guest's rights and no more", async () => {
    const closed = mkdtempSync(join(tmpdir(), "hsr-closed-"));
    try {
      writeFileSync(join(closed, "secret"), "secret");
      mkdirSync(join(closed, "open"), { mode: 0o755 });
      const { agent } = await agentOf("guest");
      const denied = { name: "AgentError", code: "EACCES" };
      await expect(agent.readStream(join(closed, "secret"))).rejects.toMatchObject(denied);
      await expect(agent.readStream("/etc/shadow")).rejects.toMatchObject(denied);
      await expect(agent.openWrite(join(closed, "new"), 0o644).commit()).rejects.toMatchObject(denied);
      await expect(agent.watch(1, closed, 1).started).rejects.toMatchObject(denied);
      await expect(agent.watch(2, join(closed, "open"), 1).started).rejects.toMatchObject(denied);
      const control = await agentOf("control");
      await control.agent.watch(1, closed, 1).started;
      await control.agent.openWrite(join(closed, "new"), 0o644).commit();
      const { bytes } = await control.agent.readStream(join(closed, "secret"));
      expect((await buffer(bytes)).toString(), "the control").toBe("secret");
    } finally {
      rmSync(closed, { recursive: true });
    }
  });

  test("a watch does not go where the guest could not, and tells nothing from there", async () => {
    const folder = `/tmp/hsr-guest-${process.pid}-w`;
    const told = async (agent: Agent): Promise<string> => {
      const watch = agent.watch(1, folder, 4);
      await watch.started;
      writeFileSync(`${folder}/closed/private`, "x");
      writeFileSync(`${folder}/last`, "x");
      const seen: string[] = [];
      for await (const { path } of watch.events) {
        seen.push(Buffer.from(path).toString());
        if (seen.at(-1) === "last") break;
      }
      await watch.stop();
      rmSync(`${folder}/closed/private`);
      rmSync(`${folder}/last`);
      return seen.join();
    };
    mkdirSync(`${folder}/closed`, { recursive: true, mode: 0o755 });
    chmodSync(`${folder}/closed`, 0o700);
    try {
      expect(await told((await agentOf("guest")).agent)).not.toContain("private");
      expect(await told((await agentOf("control")).agent), "the control").toContain("private");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a file that is streamed in belongs to the guest, and so does what holds it until then", async () => {
    const { agent } = await agentOf("guest");
    const folder = `/tmp/hsr-guest-${process.pid}-s`;
    const file = agent.openWrite(`${folder}/file`, 0o644);
    await file.write(Buffer.from("content"));
    await agent.ping();
    const [held] = readdirSync(folder);
    const about = statSync(`${folder}/${held}`);
    expect([about.uid, about.gid, about.mode & 0o777]).toEqual([guest, guest, 0o600]);
    await file.commit();
    expect([statSync(`${folder}/file`).uid, statSync(`${folder}/file`).gid]).toEqual([guest, guest]);
    await agent.remove(folder, "tree");
  });

  test("files and terminals that it makes belong to the guest", async () => {
    const { agent } = await agentOf("guest");
    const folder = `/tmp/hsr-guest-${process.pid}`;
    await agent.writeFile(`${folder}/file`, Buffer.from("x"), 0o644);
    expect([statSync(folder).uid, statSync(`${folder}/file`).uid, statSync(`${folder}/file`).gid]).toEqual([
      guest,
      guest,
      guest,
    ]);
    const terminal = agent.start(1, program(["sh", "-c", "stat -c %u $(tty)"], { terminal: { rows: 5, cols: 5 } }));
    expect((await finish(terminal)).stdout.trim()).toBe(String(guest));
    await agent.remove(folder, "tree");
  });

  test("the agent's own id is refused to an execution, another id of the sandbox is not", async () => {
    const { agent } = await agentOf("guest");
    await expect(agent.start(1, program(["true"], { user: { uid: 0, gid: 0 } })).started).rejects.toMatchObject({
      code: "EPERM",
      stage: "identity",
    });
    await expect(agent.start(2, program(["true"], { user: { uid: guest, gid: 0 } })).started).rejects.toMatchObject({
      code: "EPERM",
    });
    const other = agent.start(3, program(["id", "-u"], { user: { uid: guest + 1, gid: guest + 1 } }));
    expect((await finish(other)).stdout).toBe(`${guest + 1}\n`);
  });

  test("orphans of another id can be killed", async () => {
    const { agent } = await agentOf("guest");
    await finish(agent.start(1, shell("setsid sleep 100 & sleep 0.05")));
    expect(await agent.killOrphans(9)).toBe(1);
    await eventually(async () => (await agent.orphans()).total === 0);
  });
});

describeWith(["root"], "an agent without guest ids, as an ordinary user", () => {
  test("keeps its memory from a guest of the same id; a process that may be dumped does not", async () => {
    const real = await startRealAgent([], guest);
    try {
      const agent = real.open();
      const attack = (pid: string) =>
        program(["/bin/sh", "-c", `exec 9<>/proc/${pid}/mem && ls -l /proc/${pid}/fd/0 && echo open`]);
      expect((await finish(agent.start(1, attack(String(real.child.pid))))).stdout).toBe("");
      const victim = agent.start(2, program(["sleep", "100"]));
      await victim.started;
      const pid = (await agent.list()).find(({ execId }) => execId === 2)?.pid;
      expect((await finish(agent.start(3, attack(String(pid))))).stdout, "the control").toContain("open");
      expect(readFileSync(`/proc/${real.child.pid}/status`, "utf8")).toContain(`Uid:\t${guest}\t`);
      expect((await finish(agent.start(4, program(["cat", "/proc/self/oom_score_adj"])))).stdout).toBe("1000\n");
    } finally {
      await real.stop();
    }
  });
});
