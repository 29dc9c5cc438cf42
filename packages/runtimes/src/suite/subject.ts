import { randomBytes } from "node:crypto";
import type {
  Agent,
  AgentExecution,
  ExecSpec,
  Guest,
  LaunchSpec,
  LimitName,
  Limits,
  Runtime,
  SandboxId,
} from "@hsr/core";
import { afterAll, beforeAll } from "vitest";
import { openAgent } from "../agent/index.ts";

/** A runtime under test. */
export interface SuiteSubject {
  readonly name: string;
  /** Makes the runtime ready; called once. */
  start(): Promise<Runtime>;
  /** Undoes `start`. */
  stop(): Promise<void>;
  /** The writable working folder inside; `/workspace` but for runtimes without walls. */
  workspaceOf?(runtime: Runtime, id: SandboxId): string;
}

const defaultLimits: Limits = {
  wallMs: 30_000,
  cpuCores: 1,
  memoryBytes: 128 << 20,
  pids: 64,
  diskBytes: 16 << 20,
  inodes: 512,
  outputBytes: 1 << 20,
  openFiles: 64,
};

/** A launch spec with a fresh id; asks for every limit that the runtime says it enforces. */
export function suiteSpec(
  runtime: Runtime,
  change: Partial<Omit<LaunchSpec, "limits">> & { limits?: Partial<Limits> } = {},
): LaunchSpec {
  const { limits: changed, ...rest } = change;
  const limits = { ...defaultLimits, ...changed };
  return {
    sandboxId: `sb-suite${randomBytes(8).toString("hex")}` as SandboxId,
    root: { kind: "host" },
    scratch: {
      backing: runtime.capabilities.scratchBackings[0] ?? "memory",
      bytes: limits.diskBytes,
      inodes: limits.inodes,
    },
    limits,
    network: "none",
    syscallProfile: "default",
    requiredLimits: runtime.capabilities.enforces,
    deadlineMs: 60_000,
    tenant: "suite",
    ...rest,
  };
}

/** What one test works with: a runtime that is ready, and sandboxes that are gone after the suite. */
export interface Bench {
  readonly runtime: () => Runtime;
  launch(change?: Parameters<typeof suiteSpec>[1]): Promise<Launched>;
}

export interface Launched {
  readonly guest: Guest;
  readonly agent: Agent;
  readonly workspace: string;
  /** A program in the workspace, with the environment that every execution starts from. */
  program(argv: readonly string[], more?: Partial<ExecSpec>): ExecSpec;
  /** Runs a line of shell to its end. */
  shell(line: string, more?: Partial<ExecSpec>): Promise<Finished>;
}

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: number | null;
}

/** Reads an execution to its end, acknowledging as a gateway does. */
export async function finish(execution: AgentExecution): Promise<Finished> {
  const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const kept = { stdout: 0, stderr: 0 };
  for await (const chunk of execution.output) {
    parts[chunk.stream].push(chunk.bytes);
    kept[chunk.stream] = chunk.offset + chunk.bytes.length;
    execution.acknowledge(kept);
  }
  const exit = await execution.exit;
  const text = (chunks: Uint8Array[]): string => Buffer.concat(chunks).toString("utf8");
  return { stdout: text(parts.stdout), stderr: text(parts.stderr), code: exit.exitCode, signal: exit.signal };
}

/** Starts the subject before the tests around it and stops it after them, with every sandbox that they made. */
export function benchFor(subject: SuiteSubject): Bench {
  let runtime: Runtime | null = null;
  const guests: Guest[] = [];
  beforeAll(async () => {
    runtime = await subject.start();
    await runtime.probe();
  });
  afterAll(async () => {
    await Promise.all(guests.map((guest) => guest.destroy()));
    await subject.stop();
  });
  const ready = (): Runtime => {
    if (!runtime) throw new Error("the runtime is not ready outside of a test");
    return runtime;
  };
  let execId = 0;
  return {
    runtime: ready,
    async launch(change) {
      const spec = suiteSpec(ready(), change);
      const guest = await ready().launch(spec);
      guests.push(guest);
      const workspace = subject.workspaceOf?.(ready(), spec.sandboxId) ?? "/workspace";
      const agent = openAgent(await guest.attach());
      const program: Launched["program"] = (argv, more = {}) => ({
        argv,
        env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: workspace, LANG: "C.UTF-8" },
        cwd: workspace,
        stdin: null,
        openFiles: spec.limits.openFiles,
        umask: 0o022,
        ...more,
      });
      const shell: Launched["shell"] = async (line, more) => {
        const execution = agent.start(++execId, program(["/bin/sh", "-c", line], more));
        const finished = await finish(execution);
        execution.forget();
        return finished;
      };
      return { guest, agent, workspace, program, shell };
    },
  };
}

/** Why a test is skipped, or null. A runtime's capabilities are known only after its probe, so this is asked inside of the test. */
export function lacks(runtime: Runtime, limit: LimitName): string | null {
  return runtime.capabilities.enforces.includes(limit)
    ? null
    : `${runtime.name} does not enforce ${limit} on this host`;
}
