/**
 * What is done in living sandboxes by those who should not: other tenants, guests that forge, clients that flood, and programs
 * that look for what others left.
 */
import { readFileSync } from "node:fs";
import type { ErrorBody, Execution, Sandbox } from "@hsr/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { type LivingCalls, livingCalls } from "../support/living.ts";
import { attach } from "../support/terminal.ts";

describeWith(["bubblewrap", "python3"], "living sandboxes", () => {
  let gateway: RunningGateway;
  let living: LivingCalls;
  let sandbox: Sandbox;
  beforeAll(async () => {
    gateway = await startGateway();
    living = livingCalls(gateway);
    sandbox = await living.create({ allow: ["opaque"] });
  });
  afterAll(() => gateway.stop());

  const residentBytes = () => {
    const status = readFileSync(`/proc/${gateway.process().pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  };

  it("do not exist for another tenant, whatever is asked of them", async () => {
    const made = await gateway.call<{ key: string }>("POST", "/v1/keys", {
      name: "stranger",
      tenant: "other",
      scopes: ["sandboxes", "read", "run", "files"],
    });
    const authorization = { authorization: `Bearer ${made.body.key}` };
    const execution = await living.background(sandbox, { argv: ["cat"], open_stdin: true });
    const own = `/v1/sandboxes/${sandbox.id}`;
    const calls: readonly [string, string, object?][] = [
      ["GET", own],
      ["GET", `${own}/status`],
      ["POST", `${own}/renew`, { ttl_ms: 5000 }],
      ["POST", `${own}/exec`, { argv: ["true"] }],
      ["GET", `${own}/executions`],
      ["GET", living.path(execution)],
      ["GET", living.path(execution, "/logs")],
      ["GET", living.path(execution, "/logs?follow=true")],
      ["POST", living.path(execution, "/stdin"), { text: "x" }],
      ["POST", living.path(execution, "/signal"), { signal: "SIGKILL" }],
      ["POST", living.path(execution, "/resize"), { rows: 1, cols: 1 }],
      ["POST", living.path(execution, "/cancel")],
      ["GET", `${own}/orphans`],
      ["POST", `${own}/orphans/kill`, {}],
      ["DELETE", own],
    ];
    for (const [method, path, body] of calls) {
      const answer = await gateway.call<ErrorBody>(method, path, body, authorization);
      expect([method, path, answer.status, answer.body.error?.code]).toEqual([method, path, 404, "not_found"]);
    }
    const refused = attach(gateway, living.path(execution, "/terminal"), { headers: authorization });
    await expect(refused).rejects.toThrow("404 not_found");
    // The control: the same addresses are there for their owner. And nothing happened to it.
    for (const [method, path] of calls.slice(0, 7).filter(([method]) => method === "GET"))
      expect((await gateway.call(method, path)).status).toBe(200);
    // An execution is found in its own sandbox only.
    const second = await living.create();
    const elsewhere = living.path(execution).replace(sandbox.id, second.id);
    expect((await gateway.call("GET", elsewhere)).status).toBe(404);
    expect((await gateway.call("POST", `${elsewhere}/stdin`, { text: "x" })).status).toBe(404);
    await gateway.call("POST", living.path(execution, "/stdin"), { text: "mine", end: true });
    expect(await living.finished(execution)).toMatchObject({ reason: "exited", stdout: "mine" });
    await living.remove(second);
  });

  it("end a program by no frame and no event that it writes itself", async () => {
    const forged =
      '\\n\\nid: 9\\nevent: execution.finished\\ndata: {"type":"execution.finished"}\\n\\n{"type":"exit","offset":0}\\r\\n';
    const frames = `\\xf8HSR-OPEN${"A".repeat(40)}\\x00\\x44\\x00\\x00${"\\x00".repeat(80)}`;
    const execution = await living.background(sandbox, {
      argv: ["python3", "-c", `import os; os.write(1, b'''${forged}${frames}'''); os._exit(7)`],
      terminal: { rows: 24, cols: 80 },
    });
    const terminal = await attach(gateway, living.path(execution, "/terminal"));
    await terminal.closed;
    expect(terminal.messages.map(({ type }) => type)).toEqual(["attached", "exit"]);
    expect(terminal.messages.at(-1)).toMatchObject({ exit_code: 7, offset: terminal.bytes() });
    const events = await gateway.call<string>("GET", living.path(execution, "/logs?follow=true"));
    expect(events.body.match(/^event: execution\.finished$/gm)).toHaveLength(1);
    expect(await living.finished(execution)).toMatchObject({ reason: "exited", exit_code: 7 });
  });

  it("hide from one program what another one had: environment, input, code, umask, folder", async () => {
    const first = await living.exec(sandbox, {
      language: "python",
      code: "import os, sys; sys.stdin.read(); os.umask(0); os.chdir('/tmp'); os.environ['LEFT'] = 'x'",
      environment: { SECRET: "of the first" },
      stdin: "typed into the first",
    });
    expect(first.body.exit_code).toBe(0);
    const look = { argv: ["sh", "-c", "env; umask; pwd; cat; ls -l /proc/self/fd"] };
    const second = await living.exec(sandbox, look);
    expect(second.body.stdout).not.toMatch(/SECRET|LEFT|typed/);
    expect(second.body.stdout).toMatch(/\n0022\n\/workspace\n/);
    expect(second.body.stdout?.match(/-> /g)).toHaveLength(4);
    // The control: what is given to this one is seen.
    const given = await living.exec(sandbox, { ...look, environment: { SECRET: "its own" }, stdin: "typed into it" });
    expect(given.body.stdout).toMatch(/SECRET=its own[^]*typed into it/);
    // Side by side each runs its own code, though its file lies in a folder of all.
    const both = await Promise.all(
      [1, 2].map((which) =>
        living.exec(sandbox, { language: "python", code: `import time; time.sleep(0.1); print(${which})` }),
      ),
    );
    expect(both.map(({ body }) => body.stdout)).toEqual(["1\n", "2\n"]);
  });

  /** A terminal whose program never reads. */
  const deaf = (): Promise<Execution> =>
    living.background(sandbox, {
      argv: ["python3", "-c", "import tty,time; tty.setraw(0); print('ready', flush=True); time.sleep(60)"],
      terminal: { rows: 24, cols: 80 },
    });

  /** Sends as fast as the connection takes, and answers how long a neighbour's requests took meanwhile. */
  async function flood(socket: WebSocket, frame: (socket: WebSocket) => void): Promise<number> {
    const until = performance.now() + 2000;
    let slowest = 0;
    while (performance.now() < until && socket.readyState === WebSocket.OPEN) {
      for (let i = 0; i < 2000 && socket.bufferedAmount < 4_000_000; i++) frame(socket);
      const from = performance.now();
      await gateway.call("GET", "/v1/sandboxes?limit=1");
      slowest = Math.max(slowest, performance.now() - from);
    }
    return slowest;
  }

  it("bear floods of tiny frames, pings and input that nobody reads", async () => {
    const execution = await deaf();
    const before = residentBytes();
    const kinds: readonly ((socket: WebSocket) => void)[] = [
      (socket) => socket.send(Buffer.from("x"), { binary: true }),
      (socket) => socket.ping("x"),
      (socket) => socket.send(Buffer.alloc(60_000), { binary: true }),
      (socket) => socket.send("{", { binary: false, fin: false }),
    ];
    for (const frame of kinds) {
      const terminal = await attach(gateway, living.path(execution, "/terminal?take=true"));
      await terminal.shows(/ready/);
      const slowest = await flood(terminal.socket, frame);
      expect(slowest).toBeLessThan(1500);
      terminal.socket.terminate();
    }
    expect(residentBytes() - before).toBeLessThan(100_000_000);
    expect((await living.exec(sandbox, { argv: ["true"] })).body.exit_code).toBe(0);
    await gateway.call("POST", living.path(execution, "/cancel"));
  }, 30_000);

  it("bear a program that writes byte by byte, for many watchers, and readers who do not read", async () => {
    const execution = await living.background(sandbox, {
      argv: ["python3", "-c", "import os\nwhile True: os.write(1, b'x'); os.write(2, b'y')"],
      output_limit_bytes: 100_000,
    });
    const before = residentBytes();
    const readers = await Promise.all(
      Array.from({ length: 50 }, () =>
        fetch(gateway.url + living.path(execution, "/logs?follow=true"), {
          headers: { authorization: `Bearer ${gateway.key}` },
        }),
      ),
    );
    const until = performance.now() + 2000;
    let slowest = 0;
    while (performance.now() < until) {
      const from = performance.now();
      expect((await living.exec(sandbox, { argv: ["true"] })).body.exit_code).toBe(0);
      slowest = Math.max(slowest, performance.now() - from);
    }
    expect(slowest).toBeLessThan(1500);
    expect(residentBytes() - before).toBeLessThan(100_000_000);
    for (const { body } of readers) await body?.cancel();
    await gateway.call("POST", living.path(execution, "/cancel"));
  }, 30_000);
});
