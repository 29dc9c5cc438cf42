/** A real hsr-agent for tests, as a plain child of this process. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Agent, AgentExecution, ExecSpec } from "@hsr/core";
import { switchboard } from "../../unconfined/switchboard.ts";
import { openAgent } from "../open-agent.ts";

const root = join(import.meta.dirname, "../../../../..");
const architecture = process.arch === "arm64" ? "aarch64" : "x86_64";

/** The agent under test; `HSR_TEST_AGENT=asan` takes the sanitizer's build. */
export const agentPath = join(root, "build/native", process.env["HSR_TEST_AGENT"] ?? architecture, "hsr-agent");

export interface RealAgent {
  readonly child: ChildProcess;
  readonly folder: string;
  /** A new attachment; the agent is not told that the one before it ended. */
  attach(): Duplex;
  /** A new epoch on a new attachment. */
  open(): Agent;
  stop(): Promise<void>;
}

export async function startRealAgent(args: readonly string[] = [], uid: number | null = null): Promise<RealAgent> {
  if (!existsSync(agentPath)) throw new Error(`${agentPath} is not built: run make -C native/agent`);
  const folder = await mkdtemp(join(tmpdir(), "hsr-agent-"));
  const child = spawn(agentPath, args, {
    cwd: "/",
    stdio: ["ignore", "ignore", "inherit", "pipe", "pipe"],
    ...(uid === null ? {} : { uid, gid: uid }),
  });
  if (uid !== null) await chown(folder, uid, uid);
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const control = child.stdio[4] as Duplex;
  control.on("error", () => undefined).resume();
  const board = switchboard(child.stdio[3] as Duplex);
  return {
    child,
    folder,
    attach: () => board.attach(),
    open: () => openAgent(board.attach()),
    async stop() {
      /* The end of control is the end of the agent and of everything that it started. */
      control.destroy();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A program with what a test usually wants. */
export function program(argv: readonly string[], more: Partial<ExecSpec> = {}): ExecSpec {
  return { argv, env: { PATH: "/usr/bin:/bin" }, cwd: "/", stdin: null, openFiles: 256, umask: 0o022, ...more };
}

/** Reads an execution to its end, acknowledging as a gateway does. */
export async function finish(
  execution: AgentExecution,
): Promise<{ stdout: string; stderr: string; code: number | null; signal: number | null }> {
  const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const kept = { stdout: 0, stderr: 0 };
  for await (const chunk of execution.output) {
    parts[chunk.stream].push(chunk.bytes);
    kept[chunk.stream] = chunk.offset + chunk.bytes.length;
    execution.acknowledge(kept);
  }
  const exit = await execution.exit;
  return {
    stdout: Buffer.concat(parts.stdout).toString("latin1"),
    stderr: Buffer.concat(parts.stderr).toString("latin1"),
    code: exit.exitCode,
    signal: exit.signal,
  };
}

/** True as long as a process of this number is there and not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.at(stat.lastIndexOf(")") + 2) !== "Z";
  } catch {
    return false;
  }
}

/** Waits until something holds, for things that have no event of their own. */
export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 5000): Promise<void> {
  const until = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`it did not come to hold within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
