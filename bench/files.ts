/**
 * A large file up and down over REST, beside a bare Node HTTP server that hashes the same bytes and pipes them into a Unix socket.
 * `node bench/files.ts [MiB] [rounds]`. Memory of gateway and agent is looked at while it happens.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox } from "@hsr/contract";
import { startGateway } from "../tests/support/gateway.ts";
import { type Figure, median, printFigures, writeReport } from "./harness.ts";

const MiB = 1024 * 1024;
const bytes = Number(process.argv[2] ?? 256) * MiB;
const rounds = Number(process.argv[3] ?? 5);
const piece = Buffer.alloc(64 * 1024, 7);

const folder = mkdtempSync(join(tmpdir(), "hsr-bench-"));
const socketPath = join(folder, "end.sock");
const bare = join(import.meta.dirname, "bare-server.ts");

/** Starts a helper process and waits for the line that says that it is ready. */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [bare, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, port: Number(/ready (\d+)/.exec(String(line))?.[1] ?? 0) };
}

const agent = new Agent({ keepAlive: true });

/** Sends so many bytes, or reads all that come; resolves with how long it took and the answer's text, if it is short. */
async function transfer(
  method: "GET" | "PUT",
  url: string,
  headers: Record<string, string>,
): Promise<{ ms: number; text: string }> {
  const started = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<{ ms: number; text: string }>();
  const length = method === "PUT" ? { "content-length": String(bytes) } : {};
  const sent = request(url, { method, headers: { ...headers, ...length }, agent }, (response) => {
    let received = 0;
    let text = "";
    response.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received < 4096) text += String(chunk);
    });
    response.on("end", () => {
      const isWhole = response.statusCode === 200 && (method === "PUT" || received === bytes);
      if (isWhole) resolve({ ms: performance.now() - started, text });
      else reject(new Error(`${method} ${response.statusCode}: ${received} bytes: ${text}`));
    });
    response.on("error", reject);
  });
  sent.on("error", reject);
  if (method === "GET") sent.end();
  else {
    for (let left = bytes; left > 0; left -= piece.length)
      if (!sent.write(left >= piece.length ? piece : piece.subarray(0, left))) await once(sent, "drain");
    sent.end();
  }
  return promise;
}

function residentBytes(pid: number, field: "VmRSS" | "RssAnon"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
}

/** The agent among processes: whatever else runs on this machine has agents too. */
function agentOf(pids: readonly number[]): number {
  const isAgent = (pid: number) => /\/(hsr-)?agent$/.test(readlinkSync(`/proc/${pid}/exe`));
  return pids.find(isAgent) ?? 0;
}

const gateway = await startGateway({
  env: {
    HSR_LIMITS_MAX_DISK_BYTES: String(bytes + 64 * MiB),
    HSR_LIMITS_MAX_MEMORY_BYTES: String(2 * bytes + 128 * MiB),
  },
});
const end = await start("end", socketPath);
const server = await start("server", socketPath);
try {
  const made = await gateway.call<Sandbox>("POST", "/v1/sandboxes", {
    disk_limit_bytes: bytes + 16 * MiB,
    // Files are memory, and may be half of it.
    memory_limit: 2 * (bytes + 16 * MiB),
  });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  const url = `${gateway.url}/v1/sandboxes/${made.body.id}/files?path=large`;
  const authorization = { authorization: `Bearer ${gateway.key}` };
  let agentPid = 0;
  const gatewayPid = gateway.process().pid ?? 0;

  const ways = {
    bareUp: () => transfer("PUT", `http://127.0.0.1:${server.port}/`, {}),
    ourUp: () => transfer("PUT", url, authorization),
    bareDown: () => transfer("GET", `http://127.0.0.1:${server.port}/${bytes}`, {}),
    ourDown: () => transfer("GET", url, authorization),
  };
  const times: Record<keyof typeof ways, number[]> = { bareUp: [], ourUp: [], bareDown: [], ourDown: [] };
  const growth = { gateway: 0, agent: 0 };
  let atRest = { gateway: 0, agent: 0 };
  const expected = createHash("sha256");
  for (let left = bytes; left > 0; left -= piece.length)
    expected.update(piece.subarray(0, Math.min(left, piece.length)));
  const sha256 = expected.digest("hex");
  for (let round = -1; round < rounds; round++) {
    const names = Object.keys(ways) as (keyof typeof ways)[];
    for (const name of names) {
      // Writing a file that is there would need room for both.
      if (name === "ourUp") await fetch(url, { method: "DELETE", headers: authorization });
      const watching = setInterval(() => {
        if (round < 0) return;
        growth.gateway = Math.max(growth.gateway, residentBytes(gatewayPid, "RssAnon") - atRest.gateway);
        growth.agent = Math.max(growth.agent, residentBytes(agentPid, "RssAnon") - atRest.agent);
      }, 20);
      const { ms, text } = await ways[name]();
      clearInterval(watching);
      if (name === "ourUp" && !text.includes(sha256)) throw new Error(`another digest came back: ${text}`);
      if (round >= 0) times[name].push(ms);
    }
    if (round >= 0) continue;
    agentPid = agentOf(gateway.launcher.sandboxPids());
    atRest = { gateway: residentBytes(gatewayPid, "RssAnon"), agent: residentBytes(agentPid, "RssAnon") };
  }
  const perSecond = (name: keyof typeof ways) => Math.round(bytes / MiB / (median(times[name]) / 1000));
  const detail = (bareName: keyof typeof ways, ourName: keyof typeof ways) =>
    `${bytes / MiB} MiB, medians of ${rounds}: ${perSecond(ourName)} MiB/s, bare server ${perSecond(bareName)} MiB/s`;
  const share = (bareName: keyof typeof ways, ourName: keyof typeof ways) =>
    Math.round((median(times[bareName]) / median(times[ourName])) * 1000) / 1000;
  const figures: Figure[] = [
    {
      id: "file_up_vs_bare",
      value: share("bareUp", "ourUp"),
      unit: "ratio",
      target: 0.6,
      atLeast: true,
      detail: detail("bareUp", "ourUp"),
    },
    {
      id: "file_down_vs_bare",
      value: share("bareDown", "ourDown"),
      unit: "ratio",
      target: 0.6,
      atLeast: true,
      detail: detail("bareDown", "ourDown"),
    },
    {
      id: "file_gateway_growth_bytes",
      value: growth.gateway,
      unit: "bytes",
      target: 48 * MiB,
      detail: "private memory during transfers beyond that after the first ones",
    },
    {
      id: "file_agent_growth_bytes",
      value: growth.agent,
      unit: "bytes",
      target: 2 * MiB,
      detail: `agent at rest ${Math.round(atRest.agent / 1024)} kB`,
    },
  ];
  for (const figure of figures) console.log(`  ${figure.id}: ${figure.detail}`);
  printFigures(figures);
  if (process.env["HSR_BENCH_REPORT"] !== "0") console.log(writeReport("files", figures, { times }));
} finally {
  server.child.kill();
  end.child.kill();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
}
