/** Living sandboxes over REST: made, used, renewed, ended. */
import type { ErrorBody, Execution, Sandbox, SandboxList } from "@hsr/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

describeWith(["bubblewrap"], "living sandboxes", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.stop());

  const create = async (body: object = {}) => {
    const answer = await gateway.call<Sandbox & ErrorBody>("POST", "/v1/sandboxes", body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body;
  };
  const exec = (sandbox: Sandbox, body: object) =>
    gateway.call<Execution & ErrorBody>("POST", `/v1/sandboxes/${sandbox.id}/exec`, body);
  const remove = (sandbox: Sandbox) => gateway.call<Sandbox>("DELETE", `/v1/sandboxes/${sandbox.id}`);

  describe("from its making to its end", () => {
    it("keeps its files between executions, and ends with a reason", async () => {
      const sandbox = await create({ name: "first", labels: { team: "a" } });
      expect(sandbox).toMatchObject({ state: "running", name: "first", reason: null });
      const wrote = await exec(sandbox, { argv: ["sh", "-c", "echo kept > /workspace/file; echo done"] });
      expect(wrote.body).toMatchObject({ reason: "exited", exit_code: 0, stdout: "done\n", stderr: "" });
      const read = await exec(sandbox, { argv: ["cat", "file"] });
      expect(read.body.stdout).toBe("kept\n");
      const ended = await remove(sandbox);
      expect(ended.body).toMatchObject({ state: "ended", reason: "deleted" });
      expect(ended.body.usage?.cpu_ms).toBeGreaterThan(0);
      const again = await remove(sandbox);
      expect(again.body.reason).toBe("deleted");
      const late = await exec(sandbox, { argv: ["true"] });
      expect(late.body.error.code).toBe("sandbox_not_running");
    });

    it("is listed by label, state and name", async () => {
      const sandbox = await create({ name: "second", labels: { team: "b" } });
      const listed = await gateway.call<SandboxList>("GET", "/v1/sandboxes?label=team=b&state=running&name=second");
      expect(listed.body.items.map(({ id }) => id)).toEqual([sandbox.id]);
      const taken = await gateway.call<ErrorBody>("POST", "/v1/sandboxes", { name: "second" });
      expect(taken.status).toBe(409);
      expect(taken.body.error).toMatchObject({ code: "name_taken", details: { sandbox_id: sandbox.id } });
      await remove(sandbox);
      const reborn = await create({ name: "second" });
      await remove(reborn);
    });

    it("ends when its time to live is over, and a renewal gives more", async () => {
      const short = await create({ ttl_ms: 1000 });
      const renewed = await create({ ttl_ms: 1000 });
      const answer = await gateway.call<Sandbox>("POST", `/v1/sandboxes/${renewed.id}/renew`, { ttl_ms: 60_000 });
      expect(answer.body.ttl_ms).toBe(60_000);
      await expect.poll(async () => (await get(short)).state, { timeout: 10_000 }).toBe("ended");
      expect((await get(short)).reason).toBe("expired");
      expect((await get(renewed)).state).toBe("running");
      await remove(renewed);
    });

    it("has one winner where a renewal races the end of its time", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, async (_, i) => {
          const sandbox = await create({ ttl_ms: 1000 });
          // From well before its end to after it: the answer comes from the moment in between.
          const endsInMs = Date.parse(sandbox.expires_at ?? "") - Date.now();
          await new Promise((resolve) => setTimeout(resolve, Math.max(0, endsInMs - 30 + i * 5)));
          const answer = await gateway.call<Sandbox & ErrorBody>("POST", `/v1/sandboxes/${sandbox.id}/renew`, {
            ttl_ms: 60_000,
          });
          await new Promise((resolve) => setTimeout(resolve, 400));
          const { state } = await get(sandbox);
          if (state === "running") await remove(sandbox);
          return { renewed: answer.status === 200, code: answer.body.error?.code, state };
        }),
      );
      for (const { renewed, code, state } of outcomes) {
        if (renewed) expect(state).toBe("running");
        else expect([code, state]).toEqual(["sandbox_not_running", "ended"]);
      }
    });

    it("ends when it was idle, and not while something runs in it", async () => {
      const sandbox = await create({ idle_timeout_ms: 700 });
      const ran = await exec(sandbox, { argv: ["sleep", "1.5"] });
      expect(ran.body.reason).toBe("exited");
      expect((await get(sandbox)).state).toBe("running");
      await expect.poll(async () => (await get(sandbox)).reason, { timeout: 10_000 }).toBe("idle_timeout");
    });
  });

  describe("executions", () => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      sandbox = await create({ environment: { COLOUR: "green" } });
    });
    afterAll(() => remove(sandbox));

    it("have environment, folder, input and code of their own", async () => {
      const answer = await exec(sandbox, {
        language: "python",
        code: "import os, sys\nprint(os.environ['COLOUR'], os.environ['SIZE'], os.getcwd(), sys.stdin.read())",
        environment: { SIZE: "9" },
        stdin: "typed",
        cwd: "/tmp",
      });
      expect(answer.body.stdout).toBe("green 9 /tmp typed\n");
    });

    it("leave no code behind", async () => {
      for (let i = 0; i < 3; i += 1) await exec(sandbox, { language: "bash", code: "true" });
      await expect
        .poll(async () => (await exec(sandbox, { argv: ["sh", "-c", "ls /tmp | grep -c ^ex-"] })).body.stdout, {
          timeout: 5000,
        })
        .toBe("0\n");
    });

    it("time out alone, and leave the sandbox alive", async () => {
      const answer = await exec(sandbox, { argv: ["sleep", "60"], timeout: 200 });
      expect(answer.body).toMatchObject({ state: "finished", reason: "timeout" });
      expect((await exec(sandbox, { argv: ["true"] })).body.exit_code).toBe(0);
    });

    it("run in the background, and are found and waited for", async () => {
      const started = await exec(sandbox, { argv: ["sh", "-c", "sleep 0.3; echo late"], background: true });
      expect(started.status).toBe(201);
      expect(started.body.state).toBe("running");
      const path = `/v1/sandboxes/${sandbox.id}/executions/${started.body.id}`;
      const waited = await gateway.call<Execution>("GET", `${path}?wait_ms=10000`);
      expect(waited.body).toMatchObject({ state: "finished", stdout: "late\n", exit_code: 0 });
    });

    it("say what is missing", async () => {
      const answer = await exec(sandbox, { argv: ["no-such-program"] });
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({ code: "program_not_found", field: "argv[0]" });
    });

    it("that nobody can judge need the sandbox's leave", async () => {
      const answer = await exec(sandbox, { argv: ["bash"], stdin: "echo hidden" });
      expect(answer.body.error.code).toBe("opaque_not_allowed");
      const open = await create({ allow: ["opaque"] });
      expect((await exec(open, { argv: ["bash"], stdin: "echo hidden" })).body.stdout).toBe("hidden\n");
      await remove(open);
    });
  });

  const get = async (sandbox: Sandbox) => (await gateway.call<Sandbox>("GET", `/v1/sandboxes/${sandbox.id}`)).body;

  it("survive the gateway with what runs in them", async () => {
    const sandbox = await create({});
    const background = await exec(sandbox, {
      argv: ["sh", "-c", "echo before; sleep 1; echo after; exit 7"],
      background: true,
    });
    const quick = await exec(sandbox, { argv: ["sh", "-c", "sleep 0.4; echo between; exit 3"], background: true });
    await gateway.kill9();
    await new Promise((resolve) => setTimeout(resolve, 600));
    await gateway.restart();
    expect((await get(sandbox)).state).toBe("running");
    const path = (execution: Execution) => `/v1/sandboxes/${sandbox.id}/executions/${execution.id}?wait_ms=10000`;
    const first = await gateway.call<Execution>("GET", path(background.body));
    expect(first.body).toMatchObject({ reason: "exited", exit_code: 7, stdout: "before\nafter\n" });
    const second = await gateway.call<Execution>("GET", path(quick.body));
    expect(second.body).toMatchObject({ reason: "exited", exit_code: 3, stdout: "between\n" });
    expect((await exec(sandbox, { argv: ["echo", "alive"] })).body.stdout).toBe("alive\n");
    await remove(sandbox);
  });
});
