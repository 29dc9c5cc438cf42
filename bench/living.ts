/**
 * Living sandboxes: how long a program of no length takes over REST, how soon a terminal echoes, how many streams flow at
 * once, and what sandboxes cost that only wait. `node bench/living.ts [sandboxes]`.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { SandboxList } from "@hsr/contract";
import { type RunningGateway, startGateway } from "../tests/support/gateway.ts";
import { livingCalls } from "../tests/support/living.ts";
import { attach } from "../tests/support/terminal.ts";
import { type Figure, median, printFigures, printTimes, summarize, type Times, writeReport } from "./harness.ts";
import { LeanClient } from "./lean-client.ts";

const count = Number(process.argv[2] ?? 1000);
const streams = 500;
const created = 16;
const places = String(count + 16);
const gateway = await startGateway({
  env: {
    HSR_SANDBOXES_CONCURRENCY: places,
    HSR_SANDBOXES_TENANT_CONCURRENCY: places,
    HSR_TENANT_REQUESTS_PER_MINUTE: "1000000",
  },
  // A range of ids for each; the last of two arguments of a name counts.
  launcherOptions: { extraArgs: ["--id-base", String(0x8000_0000), "--id-count", String((count + 64) * 65_536)] },
});
const living = livingCalls(gateway);

/** What the gateway alone has in memory, in the middle of several readings. */
async function residentBytes(of: RunningGateway): Promise<number> {
  const readings: number[] = [];
  for (let i = 0; i < 20; i++) {
    const status = readFileSync(`/proc/${of.process().pid}/status`, "utf8");
    readings.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
    await sleep(100);
  }
  return median(readings);
}

async function timed(rounds: number, warmUp: number, call: () => Promise<void>): Promise<Times> {
  const times: number[] = [];
  for (let i = -warmUp; i < rounds; i++) {
    const from = performance.now();
    await call();
    if (i >= 0) times.push(performance.now() - from);
  }
  return summarize(times, 0);
}

try {
  const sandbox = await living.create({ allow: ["opaque"], ttl_ms: 3_600_000 });
  const lean = new LeanClient(gateway.url, gateway.key);
  const exec = await timed(500, 100, async () => {
    const answer = await lean.post(`/v1/sandboxes/${sandbox.id}/exec`, { argv: ["/bin/true"] });
    if (answer.status !== 200) throw new Error(answer.body);
  });
  lean.close();

  const shell = await living.background(sandbox, { argv: ["bash", "--norc"], terminal: { rows: 24, cols: 80 } });
  const terminal = await attach(gateway, living.path(shell, "/terminal"));
  await terminal.shows(/\$ $/);
  const echo = await timed(500, 100, async () => {
    const arrived = new Promise((resolve) => terminal.socket.once("message", resolve));
    terminal.type("x");
    await arrived;
  });
  terminal.socket.terminate();

  const ticker = await living.background(sandbox, {
    argv: ["sh", "-c", "while :; do echo tick; sleep 0.02; done"],
  });
  const authorization = { authorization: `Bearer ${gateway.key}` };
  const readers = await Promise.all(
    Array.from({ length: streams }, async () => {
      const response = await fetch(`${gateway.url}${living.path(ticker, "/logs?follow=true")}`, {
        headers: authorization,
      });
      return response.body?.getReader();
    }),
  );
  const until = performance.now() + 3000;
  const seen = await Promise.all(
    readers.map(async (reader) => {
      let bytes = 0;
      while (reader !== undefined && performance.now() < until) {
        const { value } = (await reader.read()) as { readonly value?: Uint8Array };
        bytes += value?.length ?? 0;
      }
      await reader?.cancel();
      return bytes;
    }),
  );
  const flowing = seen.filter((bytes) => bytes > 10_000).length;
  await gateway.call("POST", living.path(ticker, "/cancel"));

  const before = await residentBytes(gateway);
  for (let at = 0; at < count; at += created)
    await Promise.all(
      Array.from({ length: Math.min(created, count - at) }, () =>
        living.create({ ttl_ms: 3_600_000, memory_limit: 32 << 20, disk_limit_bytes: 1 << 20 }),
      ),
    );
  await sleep(3000);
  const after = await residentBytes(gateway);
  const each = Math.round((after - before) / count);
  const page = await timed(100, 10, async () => {
    const answer = await gateway.call<SandboxList>("GET", "/v1/sandboxes?limit=200&state=running");
    if (answer.body.items.length !== Math.min(200, count + 1)) throw new Error(`a page of ${answer.body.items.length}`);
  });
  printTimes("Over REST and WebSocket", { "exec of true": exec, "echo of a terminal": echo, "a page of 200": page });
  const figures: readonly Figure[] = [
    { id: "exec_true_p50_ms", value: exec.p50Ms, unit: "ms", target: 3 },
    { id: "terminal_echo_p50_ms", value: echo.p50Ms, unit: "ms", target: 3 },
    { id: "streams_at_once", value: flowing, unit: "count", target: streams, atLeast: true },
    { id: "idle_sandbox_bytes_each", value: each, unit: "bytes", target: 60_000, detail: `${count} sandboxes` },
    { id: "sandbox_page_p95_ms", value: page.p95Ms, unit: "ms", target: 50, detail: "200 on a page" },
  ];
  printFigures(figures);
  if (process.env["HSR_BENCH_REPORT"] !== "0") console.log(writeReport("living", figures, { exec, echo, page }));
} finally {
  await gateway.stop();
}
