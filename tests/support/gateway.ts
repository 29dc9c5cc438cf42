/**
 * A real gateway for a test: a process of its own on a free loopback port, with a data folder of its own and a real
 * launcher beside it. `kill9()` and `restart()` are for the tests of what must survive.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ErrorBody, Run, RunRequest } from "@hsr/contract";
import { compileCache } from "./compile-cache.ts";
import { type LauncherOptions, type RunningLauncher, startLauncher } from "./launcher.ts";

const main = fileURLToPath(new URL("../../packages/gateway/src/main.ts", import.meta.url));
const startDeadlineMs = 20_000;
/** Tests run what attacks; only those of the policy itself say otherwise. */
const everythingBasic = fileURLToPath(new URL("./everything-basic.yaml", import.meta.url));

export interface GatewayOptions {
  /** Settings as `HSR_…` variables; they come on top of the test's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** More arguments for Node itself, such as a preloaded module. */
  readonly nodeArgs?: readonly string[];
  /** A launcher that the test keeps; without it one is started and stopped with the gateway. */
  readonly launcher?: RunningLauncher;
  readonly launcherOptions?: LauncherOptions;
  /** A data folder that the test keeps. */
  readonly dataDir?: string;
}

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface RunningGateway {
  readonly url: string;
  readonly key: string;
  readonly dataDir: string;
  readonly launcher: RunningLauncher;
  process(): ChildProcess;
  /** Everything that it wrote to stdout and stderr. */
  log(): string;
  /** A request with the key; `body` is sent as JSON. */
  call<Body = Run & ErrorBody>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>;
  /** POST /v1/sandboxes/run. */
  run(request: RunRequest, headers?: Record<string, string>): Promise<Answer<Run & ErrorBody>>;
  /** Kills it as a crash would. */
  kill9(): Promise<void>;
  /** Starts another one on the same data folder and launcher. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
  /** SIGTERM; resolves with its exit status. */
  terminate(): Promise<number | null>;
  /** Stops it, and what was started for it, and removes what was made. */
  stop(): Promise<void>;
}

export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const launcher = options.launcher ?? (await startLauncher(options.launcherOptions));
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "hsr-gateway-"));
  let log = "";
  let url = "";
  let child = start(options.env ?? {});

  function start(env: Readonly<Record<string, string>>): ChildProcess {
    const argv = [
      ...(options.nodeArgs ?? []),
      main,
      "--data-dir",
      dataDir,
      "--listen",
      "127.0.0.1:0",
      "--launcher",
      launcher.socket,
    ];
    const started = spawn(process.execPath, argv, {
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: dataDir,
        ...compileCache(),
        HSR_POLICY_FILE: everythingBasic,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        log += text;
      });
    }
    return started;
  }

  /** Reads the address from the line that says so. */
  async function listening(): Promise<void> {
    const from = log.length;
    const until = performance.now() + startDeadlineMs;
    while (performance.now() < until) {
      const found = /"url":"(http:[^"]+)","runtimes".*"msg":"listening"/.exec(log.slice(from));
      if (found?.[1] !== undefined) {
        url = found[1];
        return;
      }
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`the gateway did not start:\n${log}`);
  }

  async function ended(signal: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, "exit");
      child.kill(signal);
      await exit;
    }
    return child.exitCode;
  }

  const key = () => readFileSync(join(dataDir, "key"), "utf8").trim();

  const gateway: RunningGateway = {
    get url() {
      return url;
    },
    get key() {
      return key();
    },
    dataDir,
    launcher,
    process: () => child,
    log: () => log,
    call: async <Body>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${key()}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const json = (response.headers.get("content-type") ?? "").startsWith("application/json");
      return { status: response.status, headers: response.headers, body: (json ? JSON.parse(text) : text) as Body };
    },
    run: (request, headers) => gateway.call("POST", "/v1/sandboxes/run", request, headers),
    kill9: async () => {
      await ended("SIGKILL");
    },
    restart: async (env) => {
      await ended("SIGKILL");
      child = start(env ?? options.env ?? {});
      await listening();
    },
    terminate: () => ended("SIGTERM"),
    stop: async () => {
      await ended("SIGKILL");
      if (options.launcher === undefined) await launcher.stop();
      if (options.dataDir === undefined && existsSync(dataDir)) rmSync(dataDir, { recursive: true, force: true });
    },
  };
  try {
    await listening();
  } catch (thrown) {
    await gateway.stop();
    throw thrown;
  }
  return gateway;
}
