/** The gateway dies, and nothing of what it was trusted with is lost, done twice, or left behind. */
import { readFileSync } from "node:fs";
import type { RunList } from "@hsr/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { allEvents, eventsOf, outputOf, type SeenEvent } from "../support/sse.ts";

describeWith(["bubblewrap"], "after kill -9 of the gateway", () => {
  let gateway: RunningGateway;
  beforeEach(async () => {
    gateway = await startGateway({
      env: { HSR_RUNS_CONCURRENCY: "12", HSR_TENANT_CONCURRENCY: "12", HSR_RUNS_STARTING_CONCURRENCY: "8" },
    });
  });
  afterEach(async () => {
    await gateway.stop();
  });

  const begin = async (argv: string[], more: object = {}) => (await gateway.run({ argv, wait_ms: 0, ...more })).body.id;
  const ended = async (id: string) => (await gateway.call("GET", `/v1/runs/${id}?wait_ms=20000`)).body;
  const running = async (id: string) => {
    for (let tries = 0; tries < 300; tries += 1) {
      if ((await gateway.call("GET", `/v1/runs/${id}`)).body.state === "running") return;
      await pause(10);
    }
    throw new Error("it does not run");
  };

  test("a run that was running goes on, and its output is whole, written before, during and after", async () => {
    const id = await begin(["sh", "-c", "echo before; sleep 0.6; echo during; sleep 1; echo after; exit 7"]);
    await running(id);
    await gateway.kill9();
    await pause(600);
    await gateway.restart();
    expect(await ended(id)).toMatchObject({
      state: "finished",
      reason: "exited",
      exit_code: 7,
      stdout: "before\nduring\nafter\n",
      stdout_truncated: 0,
    });
  });

  test("a run that ended while no gateway lived has its result", async () => {
    const id = await begin(["sh", "-c", "sleep 0.3; echo alone; echo said >&2; exit 5"]);
    await running(id);
    await gateway.kill9();
    await pause(700);
    await gateway.restart();
    expect(await ended(id)).toMatchObject({ reason: "exited", exit_code: 5, stdout: "alone\n", stderr: "said\n" });
    expect(await gateway.launcher.client.list()).toEqual([]);
  });

  test("a client's connection that breaks because the gateway died cancels nothing", async () => {
    const waiting = gateway
      .run({ argv: ["sh", "-c", "sleep 1; echo on"], labels: { test: "x" } })
      .catch(() => "broken");
    let id: string | undefined;
    while (id === undefined) {
      id = (await gateway.call<RunList>("GET", "/v1/runs?state=running&label=test=x")).body.items[0]?.id;
    }
    await gateway.kill9();
    expect(await waiting).toBe("broken");
    await gateway.restart();
    expect(await ended(id)).toMatchObject({ reason: "exited", stdout: "on\n" });
  });

  test("much output is neither lost nor doubled, whatever was spooled when", async () => {
    const id = await begin(
      ["sh", "-c", "i=0; while [ $i -lt 60 ]; do seq $((i*2000)) $((i*2000+1999)); i=$((i+1)); sleep 0.02; done"],
      { output_limit_bytes: 4_000_000 },
    );
    await running(id);
    for (let round = 0; round < 3; round += 1) {
      await pause(250);
      await gateway.kill9();
      await gateway.restart();
    }
    const expected = Array.from({ length: 120_000 }, (_, i) => `${i}\n`).join("");
    const body = await ended(id);
    expect(body).toMatchObject({ reason: "exited", stdout_truncated: 0, stdout_bytes: expected.length });
    expect(body.stdout === expected).toBe(true);
  });

  test("a watcher comes back to the new gateway and misses nothing", async () => {
    const id = await begin(["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; sleep 0.15; done"]);
    const seen: SeenEvent[] = [];
    const watch = (last: string) =>
      fetch(`${gateway.url}/v1/runs/${id}/events`, {
        headers: { authorization: `Bearer ${gateway.key}`, ...(last === "" ? {} : { "last-event-id": last }) },
      });
    try {
      for await (const event of eventsOf(await watch(""))) {
        seen.push(event);
        if (seen.length === 6) await gateway.kill9();
      }
    } catch {
      // The connection broke, as it should.
    }
    await gateway.restart();
    seen.push(...(await allEvents(await watch(seen.at(-1)?.id ?? ""))));
    expect(outputOf(seen, "stdout").toString()).toBe(Array.from({ length: 10 }, (_, i) => `line ${i + 1}\n`).join(""));
    expect(seen.filter((event) => event.type === "run.finished")).toHaveLength(1);
  });

  test("the wall-clock limit goes on counting", async () => {
    const id = await begin(["sleep", "60"], { timeout: 1500 });
    await running(id);
    await gateway.kill9();
    await gateway.restart();
    const body = await ended(id);
    expect(body.reason).toBe("timeout");
    expect(body.usage?.wall_ms).toBeGreaterThanOrEqual(1490);
    expect(body.usage?.wall_ms).toBeLessThan(3000);
  });

  test("the wall-clock limit holds though the sandbox's agent does not answer the new gateway", async () => {
    const id = await begin(["sleep", "300"], { timeout: 3000 });
    await running(id);
    const agent = gateway.launcher
      .sandboxPids()
      .map(parentOfSleep)
      .find((pid) => pid !== null);
    process.kill(agent ?? Number.NaN, "SIGSTOP");
    await gateway.kill9();
    await gateway.restart();
    const began = performance.now();
    expect((await ended(id)).reason).toBe("timeout");
    expect(performance.now() - began).toBeLessThan(6000);
    expect(await gateway.launcher.client.list()).toEqual([]);
  });

  test("runs that waited for a place still wait, and get it", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 30; i += 1) ids.push(await begin(["sh", "-c", `sleep 0.5; echo ${i}`]));
    await gateway.kill9();
    await gateway.restart();
    const bodies = await Promise.all(ids.map(ended));
    expect(bodies.map((body) => body.stdout)).toEqual(ids.map((_, i) => `${i}\n`));
  });

  test("under a steady stream of runs, killed again and again, each accepted run has exactly one right result", async () => {
    const accepted: { id: string; n: number }[] = [];
    let n = 0;
    let stop = false;
    const client = async () => {
      while (!stop) {
        const mine = n++;
        try {
          const { status, body } = await gateway.run({ code: `echo ${mine}`, language: "bash", wait_ms: 0 });
          if (status === 202) accepted.push({ id: body.id, n: mine });
        } catch {
          await pause(20); // The gateway is away.
        }
      }
    };
    const clients = [client(), client(), client()];
    for (let round = 1; round <= 5; round += 1) {
      // Killed at whatever moment the next few are in: a slow machine has as many as a fast one.
      while (accepted.length < 12 * round) await pause(10);
      await pause(100);
      await gateway.kill9();
      await gateway.restart();
    }
    stop = true;
    await Promise.all(clients);
    expect(accepted.length).toBeGreaterThan(50);
    const wrong: unknown[] = [];
    for (const { id, n: mine } of accepted) {
      const body = await ended(id);
      if (body.stdout !== `${mine}\n` || body.reason !== "exited") wrong.push({ id, mine, body });
    }
    expect(wrong).toEqual([]);
    expect(await gateway.launcher.client.list()).toEqual([]);
  });

  test("a second gateway on the same data is refused while the first lives, and says who holds it", async () => {
    const second = await startGateway({ launcher: gateway.launcher, dataDir: gateway.dataDir }).then(
      () => "it started",
      (thrown: unknown) => String(thrown),
    );
    expect(second).toContain("ended with 75");
    expect(second).toContain(`process ${gateway.process().pid}`);
    expect((await gateway.run({ argv: ["true"] })).status).toBe(200);
  });

  test("sandboxes of nobody are destroyed at the next start", async () => {
    const id = await begin(["sleep", "60"]);
    await running(id);
    expect((await gateway.launcher.client.list()).length).toBe(1);
    await gateway.kill9();
    const { rmSync } = await import("node:fs");
    for (const name of ["hsr.sqlite", "hsr.sqlite-wal", "hsr.sqlite-shm"])
      rmSync(`${gateway.dataDir}/${name}`, { force: true });
    await gateway.restart();
    for (let tries = 0; tries < 100 && (await gateway.launcher.client.list()).length > 0; tries += 1) await pause(20);
    expect(await gateway.launcher.client.list()).toEqual([]);
  });
});

describeWith(["bubblewrap"], "at SIGTERM the gateway", () => {
  let gateway: RunningGateway;
  beforeEach(async () => {
    gateway = await startGateway({ env: { HSR_SERVER_DRAIN_MS: "3000" } });
  });
  afterEach(async () => {
    await gateway.stop();
  });

  test("refuses what is new, answers what is waited for, leaves detached runs to the next one, and exits 0", async () => {
    const detached = (await gateway.run({ argv: ["sh", "-c", "sleep 1.5; echo later"], wait_ms: 0 })).body.id;
    const waiting = gateway.run({ argv: ["sh", "-c", "sleep 0.6; echo waited"] });
    await pause(200);
    const exit = gateway.terminate();
    await pause(50);
    const refused = await gateway.run({ argv: ["true"] });
    expect(refused.status).toBe(503);
    expect(refused.body.error).toMatchObject({ code: "draining", retryable: true });
    expect(refused.headers.get("retry-after")).not.toBeNull();
    expect((await waiting).body).toMatchObject({ reason: "exited", stdout: "waited\n" });
    expect(await exit).toBe(0);
    await gateway.restart();
    expect((await gateway.call("GET", `/v1/runs/${detached}?wait_ms=5000`)).body).toMatchObject({
      reason: "exited",
      stdout: "later\n",
    });
  });

  test("does not wait longer than it may, and cancels nothing by leaving", async () => {
    const waiting = gateway
      .run({ argv: ["sh", "-c", "sleep 5; echo patient"], labels: { test: "left" } })
      .catch(() => "broken");
    const running = () => gateway.call<RunList>("GET", "/v1/runs?label=test=left&state=running");
    while ((await running()).body.items.length === 0) await pause(10);
    const began = performance.now();
    expect(await gateway.terminate()).toBe(0);
    expect(performance.now() - began).toBeLessThan(4500);
    expect(await waiting).toBe("broken");
    await gateway.restart();
    const id = (await gateway.call<RunList>("GET", "/v1/runs?label=test=left")).body.items[0]?.id;
    expect((await gateway.call("GET", `/v1/runs/${id}?wait_ms=9000`)).body).toMatchObject({
      reason: "exited",
      stdout: "patient\n",
    });
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The parent of a process that sleeps for 300 seconds: the agent of its sandbox. */
function parentOfSleep(pid: number): number | null {
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\u0000").join(" ") !== "sleep 300 ") return null;
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
  } catch {
    return null; // It is gone.
  }
}
