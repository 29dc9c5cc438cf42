/**
 * A real hsr-launcher for a test: in a folder of its own, with control groups and host ids of its own, and stopped so that
 * nothing of it is left.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Launcher } from "@hsr/runtimes";
import { testRun } from "./leftovers.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const build = join(root, "build/native");
const architecture = process.arch === "arm64" ? "aarch64" : "x86_64";

export interface LauncherOptions {
  /** Which build: the ordinary one, the one with sanitizers, or the one whose walls can be taken away. */
  readonly build?: "plain" | "asan" | "walls";
  /** Another launcher than this checkout's. */
  readonly program?: string;
  /** Walls to take away, by the names in native/common/test/walls.c; only with that build. */
  readonly without?: readonly string[];
  /** Run it as this ordinary user, through setpriv; only where the test is root. */
  readonly asUid?: number;
  /** A command in front of everything, for instance one that enters a control group. */
  readonly wrapper?: readonly string[];
  /** Another program in the agent's place. */
  readonly agent?: string;
  readonly seccompDir?: string;
  /** How many sandboxes are forked ahead. */
  readonly stems?: number;
  /** The control group of a launcher before this one, to see what its start sweeps. */
  readonly cgroup?: string;
  readonly extraArgs?: readonly string[];
}

export interface RunningLauncher {
  readonly socket: string;
  readonly client: Launcher;
  readonly process: ChildProcess;
  readonly cgroup: string;
  /** Everything that it wrote to stderr. */
  log(): string;
  guardianPid(): number;
  workerPid(): number;
  /** Host pids of everything that is in a sandbox, or is forked ahead for one, now. */
  sandboxPids(): number[];
  /** Resolves when the guardian has ended. */
  readonly exited: Promise<unknown>;
  /** Another client on the same launcher; closed by `stop`. */
  connect(): Launcher;
  /** Stops it with SIGTERM, throws if it does not end well, and removes its folder. */
  stop(): Promise<void>;
}

/** The folder of a build. */
const builtAs = (which: LauncherOptions["build"]): string =>
  which === "asan" || which === "walls" ? which : architecture;

/** Numbers that keep the launchers of one test run apart from each other and from those of another run. */
let started = 0;

/** Folders of test launchers must be reachable by the user that they run as. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "hsr-launcher-"));
  chmodSync(folder, 0o777);
  return folder;
}

/** Pids of the children of a process, oldest first. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return []; // It is gone.
  }
}

/** Pids in the leaves of a control group. */
export function pidsBelow(cgroup: string): number[] {
  return globSync("*/cgroup.procs", { cwd: cgroup }).flatMap((file) => {
    try {
      return readFileSync(join(cgroup, file), "utf8").split("\n").filter(Boolean).map(Number);
    } catch {
      return []; // The leaf went away meanwhile.
    }
  });
}

/** Whether a process lives; a zombie does not. */
export function alive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** How long until the condition holds, in ms. Throws after `patienceMs`. */
export async function until(what: string, condition: () => boolean, patienceMs: number): Promise<number> {
  const begin = performance.now();
  while (!condition()) {
    if (performance.now() - begin > patienceMs) throw new Error(`${what}: not so after ${patienceMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - begin;
}

/** Five draws of a block of ids: with a dozen other test runs beside this one all fail once in ten million starts. */
const drawsMax = 5;

export async function startLauncher(options: LauncherOptions = {}): Promise<RunningLauncher> {
  for (let draw = 1; ; draw++) {
    try {
      return await startOnce(options);
    } catch (error) {
      // A sandbox of another test run lives in the block of ids that was drawn.
      if (draw === drawsMax || !String(error).includes("choose another with --id-base")) throw error;
    }
  }
}

async function startOnce(options: LauncherOptions): Promise<RunningLauncher> {
  const folder = makeFolder();
  const socket = join(folder, "launcher.sock");
  const number = started++;
  const cgroup = options.cgroup ?? `${testRun()}-${process.pid}-${number}`;
  // One of 500 blocks of 64 ranges behind the default ones: test runs side by side hardly ever meet.
  const idBase = 0x7500_0000 + Math.floor(Math.random() * 500) * 64 * 65_536;
  const program = options.program ?? join(build, builtAs(options.build), "hsr-launcher");
  const argv = [
    program,
    "--socket",
    socket,
    "--state-dir",
    join(folder, "state"),
    "--agent",
    options.agent ?? join(build, options.build === "walls" ? "walls" : architecture, "hsr-agent"),
    "--node",
    process.execPath,
    "--seccomp-dir",
    options.seccompDir ?? join(root, "build/seccomp"),
    "--allow-uid",
    String(options.asUid ?? process.getuid?.() ?? 0),
    "--cgroup-name",
    cgroup,
    "--id-base",
    String(idBase),
    "--id-count",
    String(64 * 65_536),
    ...(options.stems === undefined ? [] : ["--stems", String(options.stems)]),
    ...(options.without ?? []).flatMap((wall) => ["--without", wall]),
    ...(options.extraArgs ?? []),
  ];
  const wrapper =
    options.asUid === undefined
      ? []
      : ["setpriv", `--reuid=${options.asUid}`, `--regid=${options.asUid}`, "--clear-groups", "--"];
  const [file = "", ...args] = [...(options.wrapper ?? []), ...wrapper, ...argv];
  const child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log += chunk.toString("utf8");
  });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const clients: Launcher[] = [];
  const connect = (): Launcher => {
    const client = new Launcher(socket);
    clients.push(client);
    return client;
  };
  const client = connect();
  const ready = client.connected(15_000).then(() => "ready" as const);
  const first = await Promise.race([ready, exited.then(([code]) => `it ended with ${code}`)]).catch(
    (error: unknown) => `it did not answer: ${String(error)}`,
  );
  const stop = async (): Promise<void> => {
    for (const one of clients) one.close();
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    const [code, signal] = await exited;
    rmSync(folder, { recursive: true, force: true });
    // A test killed it with what it had to clear away: the next start on the same control group does that.
    if (signal === "SIGKILL" && options.asUid === undefined && options.cgroup === undefined) {
      await (await startLauncher({ cgroup })).stop();
    }
    if (signal !== "SIGKILL" && code !== 0) throw new Error(`hsr-launcher ended with ${signal ?? code}: ${log}`);
  };
  if (first !== "ready") {
    ready.catch(() => undefined); // It is told by the error below.
    await stop().catch(() => undefined);
    throw new Error(`hsr-launcher did not start: ${first}\n${log}`);
  }
  const pid = child.pid ?? 0;
  const { cgroups } = await client.facts();
  return {
    socket,
    client,
    process: child,
    cgroup,
    log: () => log,
    guardianPid: () => pid,
    workerPid: () => childrenOf(pid)[0] ?? 0,
    sandboxPids: () => pidsBelow(cgroups[0] ?? ""),
    exited,
    connect,
    stop,
  };
}
