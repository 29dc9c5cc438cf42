/** What is done to programs that run in living sandboxes: input, signals, their end; whose they are, and who left them. */
import type {
  ErrorBody,
  Execution,
  ExecutionSummary,
  OrphansBody,
  OrphansSignalled,
  Sandbox,
  StdinTaken,
} from "@hsr/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { type LivingCalls, livingCalls } from "../support/living.ts";

describeWith(["bubblewrap"], "a program in a living sandbox", () => {
  let gateway: RunningGateway;
  let living: LivingCalls;
  let sandbox: Sandbox;
  beforeAll(async () => {
    gateway = await startGateway();
    living = livingCalls(gateway);
    sandbox = await living.create({ environment: { COLOUR: "green" } });
  });
  afterAll(() => gateway.stop());

  const sh = (script: string) => ["sh", "-c", script];
  const post = <Body = ExecutionSummary & StdinTaken & ErrorBody>(execution: Execution, what: string, body: object) =>
    gateway.call<Body>("POST", living.path(execution, `/${what}`), body);
  const refusals = async (calls: readonly Promise<{ body: ErrorBody }>[]) =>
    (await Promise.all(calls)).map(({ body }) => body.error.code);

  describe("has input", () => {
    it("that is closed unless it was asked for, also at the next gateway", async () => {
      const open = await living.background(sandbox, { argv: ["cat"], open_stdin: true });
      const closed = await living.background(sandbox, { argv: ["sleep", "30"] });
      const given = await living.background(sandbox, { argv: ["sleep", "30"], stdin: "all of it" });
      const look = () =>
        refusals([post(closed, "stdin", { text: "x" }), post(given, "stdin", { base64: "eA==", end: true })]);
      expect(await look()).toEqual(["stdin_closed", "stdin_closed"]);
      await gateway.kill9();
      await gateway.restart();
      expect((await post(open, "stdin", { text: "after\n" })).status).toBe(200);
      expect(await look()).toEqual(["stdin_closed", "stdin_closed"]);
      for (const execution of [closed, given]) await post(execution, "cancel", {});
      await post(open, "stdin", { end: true });
      expect(await living.finished(open)).toMatchObject({ stdout: "after\n", exit_code: 0 });
    });

    it("in any pieces, of any bytes, up to its end", async () => {
      const execution = await living.background(sandbox, { argv: ["sha256sum"], open_stdin: true });
      const piece = Buffer.alloc(300_000, "\0\u00ffhello");
      for (let i = 0; i < 5; i++) {
        const taken = await post(execution, "stdin", { base64: piece.toString("base64") });
        expect(taken.body).toEqual({ taken_bytes: piece.length });
      }
      expect((await post(execution, "stdin", { text: "end", end: true })).status).toBe(200);
      const { createHash } = await import("node:crypto");
      const hash = createHash("sha256");
      for (let i = 0; i < 5; i++) hash.update(piece);
      expect((await living.finished(execution)).stdout).toBe(`${hash.update("end").digest("hex")}  -\n`);
      expect(await refusals([post(execution, "stdin", { text: "late" })])).toEqual(["execution_ended"]);
    });

    it("that waits while nobody reads it, and no more than is kept for it", async () => {
      const execution = await living.background(sandbox, { argv: ["sleep", "60"], open_stdin: true });
      const text = "x".repeat(3_000_000);
      // Which of both arrives first, and so waits, is not known.
      const both = [post(execution, "stdin", { text }), post(execution, "stdin", { text })];
      const refused = await Promise.race(both);
      expect(refused.body.error?.code).toBe("stdin_full");
      await post(execution, "cancel", {});
      const statuses = (await Promise.all(both)).map(({ status }) => status);
      expect(statuses.toSorted()).toEqual([409, refused.status].toSorted());
    });

    it("of a shell only by the sandbox's leave, asked each time, noted once", async () => {
      const refused = await living.exec(sandbox, { argv: ["bash"], open_stdin: true, background: true });
      expect(refused.body.error.code).toBe("opaque_not_allowed");
      const open = await living.create({ allow: ["opaque"] });
      const shell = await living.background(open, { argv: ["bash"], open_stdin: true });
      for (const text of ["echo $((6*7))\n", "exit 5\n"]) await post(shell, "stdin", { text });
      expect(await living.finished(shell)).toMatchObject({ stdout: "42\n", exit_code: 5 });
      await living.remove(open);
    });
  });

  it("hears signals, and its end is told", async () => {
    const trap = await living.background(sandbox, {
      argv: sh("trap 'echo got; exit 7' TERM; echo ready; while :; do sleep 0.05; done"),
    });
    await expect.poll(async () => (await gateway.call<string>("GET", living.path(trap, "/logs"))).body).toBe("ready\n");
    expect((await post(trap, "signal", { signal: "SIGTERM", scope: "process" })).status).toBe(200);
    expect(await living.finished(trap)).toMatchObject({ stdout: "ready\ngot\n", exit_code: 7 });
    const plain = await living.background(sandbox, { argv: ["sleep", "60"] });
    await post(plain, "signal", { signal: "SIGINT" });
    expect(await living.finished(plain)).toMatchObject({ reason: "signaled", signal: "SIGINT" });
    const cancelled = await living.background(sandbox, { argv: ["sleep", "60"] });
    expect((await post(cancelled, "cancel", {})).body).toMatchObject({ state: "finished", reason: "cancelled" });
    expect((await post(cancelled, "cancel", {})).body).toMatchObject({ reason: "cancelled" });
    expect(
      await refusals([
        post(cancelled, "signal", { signal: "SIGTERM" }),
        post(await living.background(sandbox, { argv: ["sleep", "1"] }), "signal", { signal: "SIGNONE" }),
        post(await living.background(sandbox, { argv: ["sleep", "1"] }), "resize", { rows: 24, cols: 80 }),
      ]),
    ).toEqual(["execution_ended", "invalid_request", "invalid_request"]);
  });

  it("has folder, environment and time of its own, and says what is wrong with them", async () => {
    const answer = await living.exec(sandbox, {
      argv: sh("pwd; echo $COLOUR $SIZE; umask"),
      cwd: "/tmp",
      environment: { SIZE: "9", COLOUR: "blue" },
    });
    expect(answer.body.stdout).toBe("/tmp\nblue 9\n0022\n");
    const late = await living.background(sandbox, { argv: ["sleep", "60"], timeout: 150 });
    expect(await living.finished(late)).toMatchObject({ reason: "timeout" });
    const lost = await living.exec(sandbox, { argv: ["true"], cwd: "/nowhere" });
    expect(lost.body.error).toMatchObject({ code: "invalid_path", field: "cwd" });
    const file = await living.exec(sandbox, { argv: ["true"], cwd: "/usr/bin/env" });
    expect(file.body.error).toMatchObject({ code: "invalid_path", field: "cwd" });
  });

  it("ends with what it started, but for those that left it, who are listed and killed", async () => {
    const orphans = () => gateway.call<OrphansBody>("GET", `/v1/sandboxes/${sandbox.id}/orphans`);
    const left = await living.exec(sandbox, {
      argv: sh("sleep 61 & setsid sleep 62 >/dev/null 2>&1 & setsid sleep 63 >/dev/null 2>&1 & sleep 0.2"),
    });
    expect(left.body.exit_code).toBe(0);
    const seen = await orphans();
    expect(seen.body.total).toBe(2);
    const keeper = await living.background(sandbox, { argv: ["sleep", "30"] });
    const kill = (body: object) =>
      gateway.call<OrphansSignalled & ErrorBody>("POST", `/v1/sandboxes/${sandbox.id}/orphans/kill`, body);
    expect((await kill({ pids: [seen.body.items[0]?.pid], signal: "SIGTERM" })).body).toEqual({ signalled: 1 });
    await expect.poll(async () => (await orphans()).body.total).toBe(1);
    expect((await kill({ signal: "SIGNONE" })).body.error.code).toBe("invalid_request");
    expect((await kill({})).body).toEqual({ signalled: 1 });
    await expect.poll(async () => (await orphans()).body.total).toBe(0);
    expect((await post(keeper, "cancel", {})).body).toMatchObject({ reason: "cancelled" });
  });
});

describeWith(["bubblewrap", "root"], "a program's user", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.stop());

  it("is the guest's or another one, and never the agent's", async () => {
    const living = livingCalls(gateway);
    const sandbox = await living.create();
    const id = (user: number | undefined) =>
      living.exec(sandbox, { argv: ["id", "-u"], ...(user === undefined ? {} : { user }) });
    expect((await id(undefined)).body.stdout).toBe("1000\n");
    expect((await id(1001)).body.stdout).toBe("1001\n");
    await living.exec(sandbox, { argv: ["sh", "-c", "umask 077; echo mine > /tmp/mine"] });
    const other = await living.exec(sandbox, { argv: ["cat", "/tmp/mine"], user: 1001 });
    expect(other.body.stderr).toContain("Permission denied");
    expect((await id(65_535)).body.stdout).toBe("65535\n");
    expect((await id(0)).body.error).toMatchObject({ code: "invalid_request", field: "user" });
    await living.remove(sandbox);
  });
});
