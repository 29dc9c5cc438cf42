/** Living sandboxes when the gateway dies, its clock jumps, its clients vanish, or its database is damaged. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BusEvent, ErrorBody, Execution, ExecutionList, Sandbox, SandboxList, SandboxStatus } from "@hsr/contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { descriptorsOf } from "../support/gateway-state.ts";
import { describeWith } from "../support/host.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function client(gateway: RunningGateway) {
  const create = async (body: object = {}) => {
    const answer = await gateway.call<Sandbox & ErrorBody>("POST", "/v1/sandboxes", body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    return answer.body;
  };
  const exec = async (sandbox: Sandbox, body: object) =>
    (await gateway.call<Execution & ErrorBody>("POST", `/v1/sandboxes/${sandbox.id}/exec`, body)).body;
  const get = async (sandbox: Sandbox) => (await gateway.call<Sandbox>("GET", `/v1/sandboxes/${sandbox.id}`)).body;
  const status = async (sandbox: Sandbox) =>
    (await gateway.call<SandboxStatus>("GET", `/v1/sandboxes/${sandbox.id}/status`)).body;
  const ended = async (execution: Execution) =>
    (
      await gateway.call<Execution>(
        "GET",
        `/v1/sandboxes/${execution.sandbox_id}/executions/${execution.id}?wait_ms=20000`,
      )
    ).body;
  return { create, exec, get, status, ended };
}

describeWith(["bubblewrap"], "living sandboxes after kill -9 of the gateway", () => {
  let gateway: RunningGateway;
  beforeEach(async () => {
    gateway = await startGateway();
  });
  afterEach(() => gateway.stop());

  test("fifty are all there, with output that flowed, exits in between, and nothing that ran twice", async () => {
    const { create, exec, get, ended } = client(gateway);
    const sandboxes: Sandbox[] = [];
    for (let i = 0; i < 50; i += 10)
      sandboxes.push(...(await Promise.all(Array.from({ length: 10 }, (_, n) => create({ name: `box-${i + n}` })))));
    const work = await Promise.all(
      sandboxes.map((sandbox, i) =>
        exec(sandbox, {
          // Every program notes that it ran; the third of them ends while no gateway lives, the others after.
          argv: [
            "sh",
            "-c",
            `echo ran >> /workspace/runs; n=0; while [ $n -lt ${i % 3 === 0 ? 8 : 30} ]; do echo line $n; n=$((n+1)); sleep 0.1; done; exit ${i}`,
          ],
          background: true,
        }),
      ),
    );
    await gateway.kill9();
    await pause(500);
    await gateway.restart();
    const states = await Promise.all(sandboxes.map(get));
    expect(new Set(states.map(({ state }) => state))).toEqual(new Set(["running"]));
    const results = await Promise.all(work.map(ended));
    for (const [i, result] of results.entries()) {
      const lines = Array.from({ length: i % 3 === 0 ? 8 : 30 }, (_, n) => `line ${n}\n`).join("");
      expect([i, result.reason, result.exit_code, result.stdout]).toEqual([i, "exited", i, lines]);
    }
    const runs = await Promise.all(sandboxes.map((sandbox) => exec(sandbox, { argv: ["cat", "/workspace/runs"] })));
    expect(new Set(runs.map(({ stdout }) => stdout))).toEqual(new Set(["ran\n"]));
    await Promise.all(sandboxes.map((sandbox) => gateway.call("DELETE", `/v1/sandboxes/${sandbox.id}`)));
    expect(await gateway.launcher.client.list()).toEqual([]);
  }, 60_000);

  test("whatever was being made, started or ended when it died, nothing is left behind or there twice", async () => {
    const { create } = client(gateway);
    const kept = await create({ name: "kept" });
    for (let round = 0; round < 4; round += 1) {
      const asked = Array.from({ length: 6 }, async (_, i) => {
        const name = `race-${round}-${i}`;
        const made = await gateway.call<Sandbox>("POST", "/v1/sandboxes", { name });
        await gateway.call("POST", `/v1/sandboxes/${made.body.id}/exec`, { argv: ["sleep", "30"], background: true });
        if (i % 2 === 0) await gateway.call("DELETE", `/v1/sandboxes/${made.body.id}`);
      });
      const settled = Promise.allSettled(asked);
      await pause(5 + round * 15);
      await gateway.kill9();
      await settled;
      await gateway.restart();
      const listed = await gateway.call<SandboxList>("GET", "/v1/sandboxes?state=running&limit=100");
      const living = new Set<string>(await gateway.launcher.client.list());
      expect(new Set(listed.body.items.map(({ id }) => id))).toEqual(living);
      const unsettled = await gateway.call<SandboxList>(
        "GET",
        "/v1/sandboxes?state=pending&state=starting&state=stopping",
      );
      expect(unsettled.body.items).toEqual([]);
    }
    expect((await gateway.call<Sandbox>("GET", `/v1/sandboxes/${kept.id}`)).body.state).toBe("running");
  }, 60_000);

  test("a renewed time to live and an idle time go on where they were", async () => {
    const { create, get, status } = client(gateway);
    const short = await create({ ttl_ms: 3000 });
    const renewed = await create({ ttl_ms: 1500 });
    await gateway.call("POST", `/v1/sandboxes/${renewed.id}/renew`, { ttl_ms: 60_000 });
    const idle = await create({ idle_timeout_ms: 2500 });
    await gateway.kill9();
    await pause(300);
    await gateway.restart();
    for (const sandbox of [short, renewed, idle]) expect((await get(sandbox)).state).toBe("running");
    expect((await status(idle)).idle_since).not.toBeNull();
    await expect.poll(async () => (await get(short)).reason, { timeout: 5000 }).toBe("expired");
    await expect.poll(async () => (await get(idle)).reason, { timeout: 5000 }).toBe("idle_timeout");
    expect((await get(renewed)).state).toBe("running");
  });

  test("what ends it while no gateway lives is told by the next one", async () => {
    const { create, get } = client(gateway);
    const sandbox = await create({});
    await gateway.kill9();
    await gateway.launcher.client.kill(sandbox.id as never);
    await gateway.restart();
    // The launcher remembers how it ended.
    expect(await get(sandbox)).toMatchObject({ state: "ended", reason: "killed" });
  });
});

describeWith(["bubblewrap"], "living sandboxes", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "hsr-clock-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("keep their time when the wall clock jumps, and lose none of it when it was set back over a restart", async () => {
    const file = join(folder, "offset");
    writeFileSync(file, "0");
    const preload = fileURLToPath(new URL("../support/clock-preload.ts", import.meta.url));
    const gateway = await startGateway({ nodeArgs: ["--import", preload], env: { TEST_CLOCK_FILE: file } });
    try {
      const { create, get, exec } = client(gateway);
      const jump = async (ms: number) => {
        writeFileSync(file, String(ms));
        gateway.process().kill("SIGUSR2");
        await pause(50);
      };
      const hour = 3_600_000;
      const sandbox = await create({ ttl_ms: 60_000, idle_timeout_ms: 60_000 });
      const short = await create({ ttl_ms: 1200 });
      await jump(hour);
      expect((await get(sandbox)).state).toBe("running");
      expect((await exec(sandbox, { argv: ["sleep", "0.1"], timeout: 5000 })).reason).toBe("exited");
      await jump(-hour);
      await expect.poll(async () => (await get(short)).reason, { timeout: 5000 }).toBe("expired");
      expect((await get(sandbox)).state).toBe("running");
      // A gateway that starts with a clock that was set back gives no more than the whole time; set forward, it is over.
      await gateway.restart();
      expect((await get(sandbox)).state).toBe("running");
      writeFileSync(file, String(2 * hour));
      await gateway.restart();
      await expect.poll(async () => (await get(sandbox)).reason, { timeout: 5000 }).toBe("expired");
    } finally {
      await gateway.stop();
    }
  });

  test("end nothing of others when clients vanish at every phase", async () => {
    const gateway = await startGateway();
    try {
      const { create, exec, status } = client(gateway);
      const sandbox = await create({});
      const other = await exec(sandbox, { argv: ["sh", "-c", "sleep 2; echo whole"], background: true });
      await status(sandbox);
      const before = descriptorsOf(gateway);
      const vanish = async (method: string, path: string, body: object | undefined, afterMs: number) => {
        const asked = httpRequest(gateway.url + path, {
          method,
          // A connection of its own, which ends with it.
          agent: false,
          headers: {
            authorization: `Bearer ${gateway.key}`,
            accept: "text/event-stream, application/json",
            ...(body === undefined ? {} : { "content-type": "application/json" }),
          },
        });
        asked.on("error", () => "it is gone, as it was meant to be");
        asked.on("response", (response) => response.resume());
        asked.end(body === undefined ? undefined : JSON.stringify(body));
        await pause(afterMs);
        asked.destroy();
      };
      const at = `/v1/sandboxes/${sandbox.id}`;
      for (const afterMs of [0, 1, 3, 10, 30]) {
        await Promise.all([
          vanish("POST", `${at}/exec`, { argv: ["sleep", "5"] }, afterMs),
          vanish("POST", `${at}/exec`, { argv: ["sh", "-c", "yes | head -c 300000"] }, afterMs),
          vanish("POST", "/v1/sandboxes", { ttl_ms: 1000 }, afterMs),
          vanish("GET", "/v1/events", undefined, afterMs),
          vanish("GET", `${at}/metrics`, undefined, afterMs),
          vanish("POST", `${at}/renew`, { ttl_ms: 3_600_000 }, afterMs),
        ]);
      }
      expect((await client(gateway).ended(other)).stdout).toBe("whole\n");
      // What a vanished client waited for is killed, and what it held is let go.
      const running = async () =>
        (await gateway.call<ExecutionList>("GET", `${at}/executions?state=running`)).body.items.length;
      await expect.poll(running, { timeout: 5000 }).toBe(0);
      await expect.poll(async () => (await status(sandbox)).idle_since, { timeout: 5000 }).not.toBeNull();
      await expect.poll(async () => (await gateway.launcher.client.list()).length, { timeout: 5000 }).toBe(1);
      await expect.poll(() => descriptorsOf(gateway), { timeout: 5000 }).toBeLessThanOrEqual(before + 2);
    } finally {
      await gateway.stop();
    }
  });

  test("outlive SIGTERM, which lets what is waited for end", async () => {
    const gateway = await startGateway();
    try {
      const { create, exec, get } = client(gateway);
      const sandbox = await create({});
      const waited = exec(sandbox, { argv: ["sh", "-c", "sleep 0.7; echo done"] });
      const background = await exec(sandbox, { argv: ["sh", "-c", "sleep 2.5; echo later"], background: true });
      await pause(200);
      const gone = gateway.terminate();
      await pause(100);
      const late = await gateway.call<ErrorBody>("POST", "/v1/sandboxes", {}).catch(() => null);
      if (late !== null) expect(late.body.error.code).toBe("draining");
      expect((await waited).stdout).toBe("done\n");
      expect(await gone).toBe(0);
      await gateway.restart();
      expect((await get(sandbox)).state).toBe("running");
      expect((await client(gateway).ended(background)).stdout).toBe("later\n");
    } finally {
      await gateway.stop();
    }
  });

  test("of a database that is damaged are nobody's, and end; the gateway comes up and says so", async () => {
    const gateway = await startGateway();
    try {
      const { create } = client(gateway);
      await create({});
      await gateway.kill9();
      for (const name of ["hsr.sqlite", "hsr.sqlite-wal"])
        writeFileSync(join(gateway.dataDir, name), Buffer.alloc(8192, 7));
      await gateway.restart();
      expect(gateway.log()).toMatch(/set aside|quarantine/i);
      expect(await gateway.launcher.client.list()).toEqual([]);
      const fresh = await create({});
      expect(fresh.state).toBe("running");
    } finally {
      await gateway.stop();
    }
  });

  test("have no reader who could fill the gateway's memory or slow others by not reading", async () => {
    const gateway = await startGateway();
    try {
      const { create, exec } = client(gateway);
      const stops: AbortController[] = [];
      for (let i = 0; i < 20; i += 1) {
        const stop = new AbortController();
        stops.push(stop);
        const response = await fetch(`${gateway.url}/v1/events?from=oldest`, {
          headers: { authorization: `Bearer ${gateway.key}` },
          signal: stop.signal,
        });
        // It is open, and nobody reads it.
        expect(response.status).toBe(200);
      }
      const sandbox = await create({});
      for (let i = 0; i < 150; i += 1) await exec(sandbox, { argv: ["true"] });
      const events: BusEvent[] = [];
      const reading = await fetch(`${gateway.url}/v1/events?from=oldest&type=execution.finished`, {
        headers: { authorization: `Bearer ${gateway.key}` },
        signal: AbortSignal.timeout(10_000),
      });
      for await (const text of (reading.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
        events.push(...[...text.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1] ?? "") as BusEvent));
        if (events.length >= 150) break;
      }
      expect(events.length).toBe(150);
      for (const stop of stops) stop.abort();
    } finally {
      await gateway.stop();
    }
  });
});
