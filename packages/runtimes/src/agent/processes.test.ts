import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AgentError } from "./errors.ts";
import { eventually, finish, isAlive, program, type RealAgent, startRealAgent } from "./testing/real-agent.ts";

let real: RealAgent;
beforeEach(async () => {
  real = await startRealAgent();
});
afterEach(() => real.stop());

const shell = (script: string) => program(["/bin/sh", "-c", script]);

async function failure(promise: Promise<unknown>): Promise<AgentError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AgentError);
  return error as AgentError;
}

describe("starting", () => {
  test("a program that does not exist fails with ENOENT at the stage of the program", async () => {
    const error = await failure(real.open().start(1, program(["no-such-program"])).started);
    expect([error.code, error.stage]).toEqual(["ENOENT", "program"]);
  });

  test("a folder that does not exist fails with ENOENT at the stage of the folder", async () => {
    const error = await failure(real.open().start(1, program(["/bin/true"], { cwd: "/no/such" })).started);
    expect([error.code, error.stage]).toEqual(["ENOENT", "folder"]);
  });

  test("a file that is no program fails as the kernel says: EACCES without the bit, ENOEXEC without a format", async () => {
    const agent = real.open();
    await agent.writeFile(`${real.folder}/plain`, Buffer.from("echo no"), 0o644);
    await agent.writeFile(`${real.folder}/formless`, Buffer.from("echo no"), 0o755);
    expect((await failure(agent.start(1, program([`${real.folder}/plain`])).started)).code).toBe("EACCES");
    expect((await failure(agent.start(2, program([`${real.folder}/formless`])).started)).code).toBe("ENOEXEC");
  });

  test("ids that are not the agent's own are refused where there is one id only", async () => {
    const error = await failure(
      real.open().start(1, program(["/bin/true"], { user: { uid: 4242, gid: 4242 } })).started,
    );
    expect([error.code, error.stage]).toEqual(["EPERM", "identity"]);
  });

  test("strings with a NUL, an empty argv and a relative folder are refused before anything is sent", async () => {
    const agent = real.open();
    expect((await failure(agent.start(1, program(["/bin/echo", "a\0b"])).started)).code).toBe("EINVAL");
    expect((await failure(agent.start(2, program([])).started)).code).toBe("EINVAL");
    expect((await failure(agent.start(3, program(["/bin/true"], { cwd: "tmp" })).started)).code).toBe("EINVAL");
    expect((await finish(agent.start(4, program(["/bin/true"])))).code).toBe(0);
  });

  test("a bare name is looked for in the execution's own PATH, in order", async () => {
    const agent = real.open();
    await agent.writeFile(`${real.folder}/a/tool`, Buffer.from("#!/bin/sh\necho $0 $1"), 0o644);
    await agent.writeFile(`${real.folder}/b/tool`, Buffer.from("#!/bin/sh\necho $0 $1"), 0o755);
    const env = { PATH: `${real.folder}/none:${real.folder}/a:${real.folder}/b` };
    expect((await finish(agent.start(1, program(["tool", "x"], { env })))).stdout).toBe(`${real.folder}/b/tool x\n`);
    const only = { PATH: `${real.folder}/a` };
    expect((await failure(agent.start(2, program(["tool"], { env: only })).started)).code).toBe("EACCES");
  });

  test("a start that is repeated starts nothing twice", async () => {
    const agent = real.open();
    const script = shell(`echo x >> ${real.folder}/count; sleep 0.05; cat ${real.folder}/count`);
    const first = agent.start(1, script);
    await first.started;
    const again = real.open().start(1, script);
    expect((await finish(again)).stdout).toBe("x\n");
    await expect(first.exit).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("the 65th execution is refused with EAGAIN until one is forgotten", async () => {
    const agent = real.open();
    const many = Array.from({ length: 64 }, (_, i) => agent.start(i, program(["/bin/true"])));
    await Promise.all(many.map((execution) => execution.exit));
    expect((await failure(agent.start(100, program(["/bin/true"])).started)).code).toBe("EAGAIN");
    many[0]?.forget();
    expect((await finish(agent.start(101, program(["/bin/true"])))).code).toBe(0);
  });

  test("argv of 200 KiB arrives whole, and more than a message is refused", async () => {
    const agent = real.open();
    const words = Array.from({ length: 4 }, (_, i) => String(i).repeat(50_000));
    const script = 'printf %s "$#$1$2$3$4" | wc -c';
    expect((await finish(agent.start(1, program(["/bin/sh", "-c", script, "sh", ...words])))).stdout.trim()).toBe(
      "200001",
    );
    expect((await failure(agent.start(2, program(["/bin/true", ...words, ...words])).started)).code).toBe("E2BIG");
  });
});

describe("what a program gets", () => {
  test("nothing but the environment, folder, mask and limits that were asked for", async () => {
    const spec = program(["/bin/sh", "-c", "env | sort; pwd; umask; ulimit -n; ulimit -Hn; ulimit -f"], {
      env: { A: "1", B2: "two words" },
      cwd: "/tmp",
      umask: 0o137,
      openFiles: 77,
      rlimits: { fileSize: 1024 * 1024 },
    });
    const { stdout } = await finish(real.open().start(1, spec));
    const lines = stdout.trim().split("\n");
    expect(lines.filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line))).toEqual([
      "A=1",
      "B2=two words",
      "/tmp",
      "0137",
      "77",
      "77",
      "2048",
    ]);
  });

  test("no descriptor but its three, no ignored or blocked signal, a session of its own, no new privileges", async () => {
    const script =
      "ls /proc/self/fd | wc -l; grep -E 'SigBlk|SigIgn|NoNewPrivs' /proc/self/status; cut -d' ' -f1,5,6 /proc/$$/stat";
    const { stdout } = await finish(real.open().start(1, program(["/bin/sh", "-c", script])));
    const [fds, blocked, ignored, privileges, ids] = stdout.trim().split("\n");
    expect(fds?.trim()).toBe("4"); /* 0, 1, 2 and the listing itself */
    expect(blocked?.split("\t")[1]).toBe("0000000000000000");
    expect(ignored?.split("\t")[1]).toBe("0000000000000000");
    expect(privileges).toBe("NoNewPrivs:\t1");
    expect(new Set(ids?.split(" ")).size).toBe(1);
  });

  test("a higher oom score than the agent", async () => {
    const { stdout } = await finish(real.open().start(1, shell("cat /proc/self/oom_score_adj")));
    expect(stdout).toBe("1000\n");
  });

  test("the agent's memory and descriptors are out of its reach", async () => {
    const script = `cat /proc/${real.child.pid}/environ >/dev/null; ls /proc/${real.child.pid}/fd; head -c1 /proc/${real.child.pid}/mem`;
    const agent = real.open();
    const own = await finish(agent.start(1, shell(`cat /proc/$$/environ | wc -c`)));
    expect(own.code).toBe(0);
    if (process.getuid?.() === 0) return; /* root reads everything: tests/security runs this with walls */
    expect((await finish(agent.start(2, shell(script)))).stderr.match(/Permission denied/g)?.length).toBe(3);
  });
});

describe("ending", () => {
  test("the code of an exit, the number of a signal, and what was used", async () => {
    const agent = real.open();
    expect((await finish(agent.start(1, shell("exit 7")))).code).toBe(7);
    expect(await finish(agent.start(2, shell("kill -9 $$")))).toMatchObject({ code: null, signal: 9 });
    const busy = agent.start(3, shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"));
    const exit = await busy.exit;
    expect(exit.userCpuUs).toBeGreaterThan(1000);
    expect(exit.maxRssBytes).toBeGreaterThan(500_000);
    expect(exit.source).toBe("guest");
  });

  test("kills what is left of the group", async () => {
    const agent = real.open();
    const { stdout } = await finish(agent.start(1, shell("sleep 100 & echo $!")));
    await eventually(() => !isAlive(Number(stdout)));
  });

  test("kills what is left of the session, job control or not", async () => {
    const agent = real.open();
    const { stdout } = await finish(agent.start(1, program(["bash", "-c", "set -m; sleep 100 & echo $!"])));
    await eventually(() => !isAlive(Number(stdout)));
  });

  test("kills a stopped process of the session", async () => {
    const agent = real.open();
    const { stdout } = await finish(agent.start(1, shell("sleep 100 & kill -STOP $!; echo $!")));
    await eventually(() => !isAlive(Number(stdout)));
  });

  test("is not held up by a grandchild in a session of its own that keeps stdout open", async () => {
    const agent = real.open();
    const started = performance.now();
    const { stdout } = await finish(agent.start(1, shell("setsid sleep 100 & sleep 0.05; echo $!")));
    expect(performance.now() - started).toBeLessThan(1000);
    expect((await agent.orphans()).processes.map(({ pid }) => pid)).toContain(Number(stdout));
    expect(await agent.killOrphans(9)).toBe(1);
    await eventually(async () => (await agent.orphans()).total === 0);
  });

  test("is not held up by such a grandchild that writes without end", async () => {
    const agent = real.open();
    const started = performance.now();
    const { code } = await finish(agent.start(1, program(["bash", "-c", "setsid yes & disown; sleep 0.05; exit 3"])));
    expect(code).toBe(3);
    expect(performance.now() - started).toBeLessThan(2000);
    /* Nobody reads its output any more: it ends by itself. */
    await eventually(async () => (await agent.orphans()).total === 0);
  });

  test("leaves no zombie, of its own or of a daemon", async () => {
    const agent = real.open();
    await finish(agent.start(1, shell("for i in 1 2 3 4 5 6 7 8; do setsid sh -c 'sleep 0.01' & done")));
    const zombies = async () => {
      const { stdout } = await finish(
        agent.start(
          1000 + Math.trunc(performance.now()),
          shell(`cat /proc/*/stat 2>/dev/null | grep -c ') Z ${real.child.pid} '`),
        ),
      );
      return Number(stdout);
    };
    await eventually(async () => (await zombies()) === 0);
  });
});

describe("signals", () => {
  test("reach the process, its group, or its session, and nothing once it ended", async () => {
    const agent = real.open();
    const execution = agent.start(
      1,
      program(["bash", "-c", "trap 'echo got' USR1; echo ready; while :; do sleep 0.01; done"]),
    );
    const output = execution.output[Symbol.asyncIterator]();
    expect(Buffer.from((await output.next()).value?.bytes ?? []).toString()).toBe("ready\n");
    await execution.signal(10, "process");
    expect(Buffer.from((await output.next()).value?.bytes ?? []).toString()).toBe("got\n");
    await execution.signal(9, "group");
    expect((await execution.exit).signal).toBe(9);
    expect((await failure(execution.signal(9, "process"))).code).toBe("ESRCH");
    const jobs = agent.start(2, program(["bash", "-c", "set -m; sleep 100 & sleep 100"]));
    await jobs.started;
    await jobs.signal(9, "session");
    expect((await jobs.exit).signal).toBe(9);
  });

  test("stop and continue a process", async () => {
    const agent = real.open();
    const execution = agent.start(1, shell("sleep 0.02; echo on"));
    await execution.started;
    await execution.signal(19, "group");
    expect(await Promise.race([execution.exit, new Promise((resolve) => setTimeout(resolve, 150, "stopped"))])).toBe(
      "stopped",
    );
    await execution.signal(18, "group");
    expect((await finish(execution)).stdout).toBe("on\n");
  });
});

describe("orphans", () => {
  test("a process of a running execution is no orphan and cannot be killed as one", async () => {
    const agent = real.open();
    const running = agent.start(1, shell("sleep 100"));
    await running.started;
    const [state] = await agent.list();
    expect((await agent.orphans()).total).toBe(0);
    expect(await agent.killOrphans(9, [state?.pid ?? 0])).toBe(0);
    expect(isAlive(state?.pid ?? 0)).toBe(true);
  });
});

test("the end of control kills everything that the agent started, orphans too", async () => {
  const agent = real.open();
  const { stdout } = await finish(agent.start(1, shell("setsid sleep 100 & sleep 0.05; echo $!")));
  const running = agent.start(2, shell("sleep 100"));
  await running.started;
  const pids = [Number(stdout), ...(await agent.list()).map(({ pid }) => pid)];
  await real.stop();
  await eventually(() => !pids.some(isAlive));
});

describe("a time limit", () => {
  test("ends the group and the session, also what ignores signals, and says so", async () => {
    const script = "trap '' TERM INT HUP; (trap '' TERM HUP; sleep 100) & echo $!; set -m; sleep 100 & echo $!; wait";
    const began = performance.now();
    const agent = real.open();
    const execution = agent.start(1, program(["bash", "-c", script], { timeoutMs: 300 }));
    const { stdout, signal } = await finish(execution);
    expect(performance.now() - began).toBeGreaterThan(290);
    expect(performance.now() - began).toBeLessThan(3000);
    expect([signal, (await execution.exit).timedOut]).toEqual([9, true]);
    for (const pid of stdout.trim().split("\n").map(Number)) await eventually(() => !isAlive(pid));
    expect(await agent.list()).toMatchObject([{ running: false, signal: 9, timedOut: true }]);
  });

  test("holds while nobody is attached, and for an execution that was forgotten", async () => {
    const agent = real.open();
    const kept = agent.start(1, program(["sleep", "100"], { timeoutMs: 200 }));
    const forgotten = agent.start(2, program(["sleep", "100"], { timeoutMs: 200 }));
    await Promise.all([kept.started, forgotten.started]);
    const pids = (await agent.list()).map(({ pid }) => pid);
    forgotten.forget();
    agent.close();
    for (const pid of pids) await eventually(() => !isAlive(pid));
    const again = real.open();
    expect((await again.follow(1, { stdout: 0, stderr: 0 }).exit).timedOut).toBe(true);
    expect(await again.list()).toMatchObject([{ execId: 1, running: false, signal: 9, timedOut: true }]);
  });

  test("leaves alone what ends before it", async () => {
    const agent = real.open();
    const execution = agent.start(1, program(["sleep", "0.05"], { timeoutMs: 200 }));
    expect((await finish(execution)).code).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(await agent.list()).toMatchObject([{ exitCode: 0, timedOut: false }]);
    const signalled = agent.start(2, program(["sh", "-c", "kill -9 $$"], { timeoutMs: 60_000 }));
    expect([(await finish(signalled)).signal, (await signalled.exit).timedOut]).toEqual([9, false]);
  });
});
