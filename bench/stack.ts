/** The product as the benches drive it: a real launcher, a real gateway process, and a client on kept-alive connections. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "@hsr/contract";
import { startGateway } from "../tests/support/gateway.ts";
import { childrenOf } from "../tests/support/launcher.ts";
import { LeanClient } from "./lean-client.ts";

/** What a bench can do with the product. */
export interface Stack {
  readonly url: string;
  readonly gatewayPid: number;
  /** Gateway, guardian, worker and what else of ours stays. */
  readonly pids: readonly number[];
  /** The C program that spawns its arguments once for each line that it reads. */
  readonly spawnHelper: string;
  /** Posts a run and waits for its end. */
  post(body: object): Promise<{ readonly status: number; readonly run: Run }>;
  /** The same, and throws unless the program exited with 0. */
  run(body: object): Promise<Run>;
  /** Starts a run that nobody waits for, and gives its id. */
  startDetached(body: object): Promise<string>;
  /** Waits until all of them run. */
  waitRunning(ids: readonly string[]): Promise<void>;
  /** A run as it stands. */
  get(id: string): Promise<Run>;
  /** Cancels a run and waits for its end. */
  cancel(id: string): Promise<void>;
  stop(): Promise<void>;
}

export interface StackOptions {
  /** A module that the gateway's Node loads first. */
  readonly gatewayPreload?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Which of several stacks at once this is: each has host ids of its own. */
  readonly place?: number;
}

/** Ranges of host ids for a thousand sandboxes. */
const idCount = 1024 * 65_536;
/** Away from those of tests: each launcher of a test has room for 64. */
const idBase = 0xc000_0000;

/** Starts it. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const build = join(import.meta.dirname, "../build/bench");
  mkdirSync(build, { recursive: true });
  const spawnHelper = join(build, "spawn");
  execFileSync("gcc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", spawnHelper, join(import.meta.dirname, "spawn.c")]);
  const gateway = await startGateway({
    env: { ...options.env },
    launcherOptions: {
      extraArgs: ["--id-base", String(idBase + (options.place ?? 0) * idCount), "--id-count", String(idCount)],
    },
    ...(options.gatewayPreload === undefined ? {} : { nodeArgs: ["--import", options.gatewayPreload] }),
  });
  const lean = new LeanClient(gateway.url, gateway.key);
  const agent = new Agent({ keepAlive: true, maxSockets: 2000 });
  const authorization = `Bearer ${gateway.key}`;

  function call(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly run: Run }> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { authorization, ...(text === undefined ? {} : { "content-type": "application/json" }) };
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; run: Run }>();
    const sent = request(gateway.url + path, { method, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        try {
          resolve({ status: response.statusCode ?? 0, run: JSON.parse(Buffer.concat(chunks).toString("utf8")) as Run });
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(text);
    return promise;
  }

  const stack: Stack = {
    url: gateway.url,
    gatewayPid: gateway.process().pid ?? 0,
    get pids() {
      const guardian = gateway.launcher.guardianPid();
      return [gateway.process().pid ?? 0, guardian, ...childrenOf(guardian).flatMap((pid) => [pid])];
    },
    spawnHelper,
    post: (body) => call("POST", "/v1/sandboxes/run", body),
    run: async (body) => {
      const { status, body: text } = await lean.post("/v1/sandboxes/run", body);
      const run = JSON.parse(text) as Run;
      if (status !== 200 || run.exit_code !== 0) throw new Error(`run: ${status} ${text.slice(0, 400)}`);
      return run;
    },
    startDetached: async (body) => {
      const { status, run } = await call("POST", "/v1/sandboxes/run", { ...body, wait_ms: 0 });
      if (status !== 202) throw new Error(`detached run: ${status} ${JSON.stringify(run).slice(0, 400)}`);
      return run.id;
    },
    waitRunning: async (ids) => {
      for (const id of ids) {
        let { run } = await call("GET", `/v1/runs/${id}`);
        while (run.state === "queued" || run.state === "starting") {
          await sleep(10);
          run = (await call("GET", `/v1/runs/${id}`)).run;
        }
      }
    },
    get: async (id) => (await call("GET", `/v1/runs/${id}`)).run,
    cancel: async (id) => {
      const { status } = await call("POST", `/v1/runs/${id}/cancel`);
      if (status !== 200 && status !== 202) throw new Error(`cancel: ${status}`);
      await call("GET", `/v1/runs/${id}?wait_ms=10000`);
    },
    stop: async () => {
      agent.destroy();
      lean.close();
      await gateway.stop();
    },
  };
  return stack;
}
