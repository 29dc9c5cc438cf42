/** More than there is room for: bounded, fair, and nothing left behind. */
import { createHash } from "node:crypto";
import type { ErrorBody, Run, RunList } from "@hsr/contract";
import { afterEach, describe, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { startLauncher } from "../support/launcher.ts";

describeWith(["bubblewrap"], "when there is more to run than there is room", () => {
  let gateway: RunningGateway | undefined;
  afterEach(async () => {
    await gateway?.stop();
    gateway = undefined;
  });
  const start = async (env: Record<string, string>) => {
    gateway = await startGateway({ env });
    return gateway;
  };

  test("one tenant's thousand do not stand before another's one", async () => {
    const here = await start({
      HSR_RUNS_CONCURRENCY: "4",
      HSR_RUNS_STARTING_CONCURRENCY: "4",
      HSR_TENANT_CONCURRENCY: "4",
      HSR_TENANT_QUEUE_LENGTH: "100",
    });
    const made = await here.call<{ key: string }>("POST", "/v1/keys", {
      name: "b",
      scopes: ["run", "read"],
      tenant: "b",
    });
    for (let i = 0; i < 60; i += 1) await here.run({ argv: ["sleep", "0.2"], wait_ms: 0 });
    const began = performance.now();
    const other = await here.run({ argv: ["true"] }, { authorization: `Bearer ${made.body.key}` });
    expect(other.body.reason).toBe("exited");
    const waited = performance.now() - began;
    const left = await here.call<RunList>("GET", "/v1/runs?state=queued&limit=100");
    expect(left.body.items.length).toBeGreaterThan(20);
    expect(waited).toBeLessThan(1500);
  });

  test("a tenant's quota is 429, and another tenant is not touched by it", async () => {
    const here = await start({ HSR_TENANT_CONCURRENCY: "1", HSR_TENANT_QUEUE_LENGTH: "1" });
    const made = await here.call<{ key: string }>("POST", "/v1/keys", { name: "b", scopes: ["run"], tenant: "b" });
    await here.run({ argv: ["sleep", "5"], wait_ms: 0 });
    await here.run({ argv: ["sleep", "5"], wait_ms: 0 });
    const refused = await here.run({ argv: ["true"] });
    expect([refused.status, refused.body.error.code, refused.headers.get("retry-after")]).toEqual([
      429,
      "quota_exceeded",
      "1",
    ]);
    expect((await here.run({ argv: ["true"] }, { authorization: `Bearer ${made.body.key}` })).status).toBe(200);
  });

  test("a run that waited too long ends, with the reason that it had no place", async () => {
    const here = await start({
      HSR_RUNS_CONCURRENCY: "1",
      HSR_RUNS_STARTING_CONCURRENCY: "1",
      HSR_TENANT_CONCURRENCY: "1",
      HSR_RUNS_QUEUE_WAIT_MS: "300",
    });
    await here.run({ argv: ["sleep", "5"], wait_ms: 0 });
    const { status, body } = await here.run({ argv: ["true"] });
    expect([status, body.error.code]).toEqual([503, "queue_full"]);
    const id = (body.error.details as { run_id: string }).run_id;
    expect((await here.call("GET", `/v1/runs/${id}`)).body).toMatchObject({
      state: "finished",
      reason: "setup_failed",
      sandbox_id: null,
    });
  });

  test("a run that waits can be cancelled and is never started", async () => {
    const here = await start({
      HSR_RUNS_CONCURRENCY: "1",
      HSR_RUNS_STARTING_CONCURRENCY: "1",
      HSR_TENANT_CONCURRENCY: "1",
    });
    await here.run({ argv: ["sleep", "5"], wait_ms: 0 });
    const { body } = await here.run({ argv: ["true"], wait_ms: 0 });
    expect(body.state).toBe("queued");
    expect((await here.call<Run & ErrorBody>("POST", `/v1/runs/${body.id}/cancel`)).body).toMatchObject({
      state: "finished",
      reason: "cancelled",
      sandbox_id: null,
      started_at: null,
      usage: null,
    });
  });

  test("repeating a request with its Idempotency-Key finds its run, though the run itself takes the last place", async () => {
    const here = await start({ HSR_TENANT_CONCURRENCY: "1", HSR_TENANT_QUEUE_LENGTH: "0" });
    const request = { argv: ["sleep", "5"], wait_ms: 0 };
    const first = await here.run(request, { "idempotency-key": "once" });
    expect((await here.run(request)).status).toBe(429);
    const again = await here.run(request, { "idempotency-key": "once" });
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    const other = await here.run({ argv: ["true"], wait_ms: 0 }, { "idempotency-key": "once" });
    expect([other.status, other.body.error.code]).toEqual([409, "idempotency_conflict"]);
  });

  test("who waits in the queue holds none of its files in memory, and has them all when it starts", async () => {
    gateway = await startGateway({
      env: { HSR_TENANT_CONCURRENCY: "1", HSR_RUNS_QUEUE_WAIT_MS: "60000" },
      nodeArgs: ["--expose-gc", "--import", "data:text/javascript,setInterval(gc,100).unref()"],
    });
    const here = gateway;
    const figure = (metrics: string, name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1]);
    const first = (await here.run({ argv: ["sleep", "60"], wait_ms: 0, timeout: 60_000 })).body.id;
    const content = "y".repeat(6_000_000);
    const waiting = Array.from({ length: 12 }, () =>
      here.run({ argv: ["sha256sum", "a"], files: [{ path: "a", content }] }),
    );
    const until = performance.now() + 25_000;
    let least = Number.POSITIVE_INFINITY;
    while (least > 70e6 && performance.now() < until) {
      await pause(100);
      const { body } = await here.call<string>("GET", "/metrics");
      if (figure(body, "hsr_queue_length") < 11) continue;
      const used = figure(body, "hsr_nodejs_heap_size_used_bytes") + figure(body, "hsr_nodejs_external_memory_bytes");
      least = Math.min(least, used);
    }
    expect(least).toBeLessThan(70e6);
    await here.call("POST", `/v1/runs/${first}/cancel`);
    const wanted = `${createHash("sha256").update(content).digest("hex")}  a\n`;
    for (const { body } of await Promise.all(waiting)) expect(body.stdout).toBe(wanted);
  });

  describe("when the launcher dies", () => {
    test("or is silent while it is tried out, runs are taken again soon after it is back", async () => {
      const launcher = await startLauncher();
      try {
        process.kill(launcher.workerPid(), "SIGSTOP");
        gateway = await startGateway({ launcher, env: { HSR_RUNTIMES_PROBE_INTERVAL_MS: "600000" } });
        expect((await gateway.run({ argv: ["true"] })).body.error.code).toBe("level_unavailable");
        process.kill(launcher.workerPid(), "SIGCONT");
        const until = performance.now() + 10_000;
        let answer = await gateway.run({ argv: ["true"] });
        while (answer.status !== 200 && performance.now() < until) {
          await pause(200);
          answer = await gateway.run({ argv: ["true"] });
        }
        expect(answer.body.reason).toBe("exited");
      } finally {
        process.kill(launcher.workerPid(), "SIGCONT");
        await gateway?.stop();
        gateway = undefined;
        await launcher.stop();
      }
    });

    test("its runs end as lost soon, with what they had written", async () => {
      const here = await start({ HSR_RUNTIMES_PROBE_INTERVAL_MS: "1000" });
      const { body } = await here.run({ argv: ["sh", "-c", "echo said; sleep 60"], wait_ms: 0 });
      while ((await here.call<string>("GET", `/v1/runs/${body.id}/logs`)).body !== "said\n") await pause(20);
      const died = performance.now();
      process.kill(here.launcher.workerPid(), "SIGKILL");
      const lost = await here.call("GET", `/v1/runs/${body.id}?wait_ms=10000`);
      expect(lost.body).toMatchObject({ state: "finished", reason: "lost", stdout: "said\n" });
      expect(performance.now() - died).toBeLessThan(4000);
    });
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
