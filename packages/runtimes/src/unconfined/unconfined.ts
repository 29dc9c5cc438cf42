/**
 * A runtime without walls, for tests only: the real agent as a plain child of this process, on this machine's files. It passes
 * the conformance suite except its part on isolation, and it is never in the list of built-in runtimes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { HsrError } from "@hsr/contract";
import type {
  Capabilities,
  Guest,
  LaunchSpec,
  Limits,
  ProbeReport,
  Runtime,
  SandboxEnd,
  SandboxId,
  SandboxMetrics,
  Usage,
} from "@hsr/core";
import { type Switchboard, switchboard } from "./switchboard.ts";

export interface UnconfinedOptions {
  /** Path of a built hsr-agent. */
  readonly agent: string;
}

/** A runtime whose sandboxes also tell where their working folder is: there is no /workspace outside of walls. */
export interface UnconfinedRuntime extends Runtime {
  workspaceOf(id: SandboxId): string;
}

const capabilities: Capabilities = {
  levels: ["basic"],
  roots: ["host"],
  networkModes: ["none"],
  users: "single",
  enforces: ["wall_time", "open_files", "output"],
  scratchBackings: ["disk"],
  pause: false,
  snapshotKinds: [],
  gpu: false,
  ipv6: false,
  architectures: [process.arch === "arm64" ? "aarch64" : "x86_64"],
};

export function unconfined(options: UnconfinedOptions): UnconfinedRuntime {
  const living = new Map<SandboxId, UnconfinedGuest>();
  const launched = new Set<SandboxId>();
  return {
    name: "unconfined",
    capabilities,
    bootId: randomUUID(),
    async mayHaveLaunched(id) {
      return launched.has(id);
    },
    async probe(): Promise<ProbeReport> {
      return { available: true, version: "0", tookMs: 0, notes: ["no walls: for tests only"] };
    },
    async launch(spec: LaunchSpec): Promise<Guest> {
      const missing = spec.requiredLimits.find((name) => !capabilities.enforces.includes(name));
      if (missing) throw new HsrError("limit_unenforceable", { details: { limit: missing } });
      const workspace = await mkdtemp(join(tmpdir(), "hsr-unconfined-"));
      const guest = new UnconfinedGuest(spec, options.agent, workspace);
      living.set(spec.sandboxId, guest);
      launched.add(spec.sandboxId);
      void guest.ended.then(() => living.delete(spec.sandboxId));
      return guest;
    },
    async list() {
      return [...living.keys()];
    },
    async adopt(id) {
      return living.get(id) ?? null;
    },
    async sweep(known) {
      const unknown = [...living.keys()].filter((id) => !known.has(id));
      await Promise.all(unknown.flatMap((id) => living.get(id)?.destroy() ?? []));
      return { destroyed: unknown };
    },
    workspaceOf(id) {
      const guest = living.get(id);
      if (!guest) throw new Error(`no sandbox ${id}`);
      return guest.workspace;
    },
  };
}

class UnconfinedGuest implements Guest {
  readonly id: SandboxId;
  readonly unenforced;
  readonly ended;
  readonly workspace: string;
  readonly #agent: ChildProcess;
  readonly #board: Switchboard;
  readonly #startedMs = performance.now();
  readonly #limits: Limits;
  #deadline: NodeJS.Timeout | undefined;
  #deadlineAtMs = 0;
  #end: SandboxEnd | null = null;

  constructor(spec: LaunchSpec, agent: string, workspace: string) {
    this.id = spec.sandboxId;
    this.workspace = workspace;
    this.unenforced = (["memory", "pids", "cpu", "disk", "inodes"] as const).filter(
      (name) => !spec.requiredLimits.includes(name),
    );
    /* 3 is the agent's stream, 4 its control channel: at its end the agent kills all that it started and goes. */
    this.#agent = spawn(agent, [], { cwd: "/", env: {}, stdio: ["ignore", "ignore", "inherit", "pipe", "pipe"] });
    this.#limits = spec.limits;
    this.#setDeadline(spec.deadlineMs);
    this.#pipe(4).on("error", ignore).resume();
    this.#board = switchboard(this.#pipe(3));
    const gone = Promise.withResolvers<void>();
    this.#agent.once("exit", () => gone.resolve());
    this.#agent.once("error", () => gone.resolve());
    this.ended = gone.promise.then(async () => {
      clearTimeout(this.#deadline);
      this.#board.detach();
      await rm(workspace, { recursive: true, force: true });
      return { end: this.#end ?? "exited", usage: this.#usage() };
    });
  }

  async attach(): Promise<Duplex> {
    return this.#board.attach();
  }

  async usage(): Promise<Usage> {
    return this.#usage();
  }

  async metrics(): Promise<SandboxMetrics> {
    if (this.#end !== null || this.#agent.exitCode !== null) throw new HsrError("not_found");
    return {
      ...this.#usage(),
      cpuUserMs: null,
      cpuSystemMs: null,
      cpuThrottledMs: null,
      cpuCoresLimit: this.#limits.cpuCores,
      memoryBytes: null,
      memoryLimitBytes: this.#limits.memoryBytes,
      pids: null,
      pidsLimit: this.#limits.pids,
      ioReadBytes: null,
      ioWrittenBytes: null,
      deadlineMs: Math.max(0, this.#deadlineAtMs - performance.now()),
    };
  }

  async renew(deadlineMs: number): Promise<"renewed" | "gone"> {
    if (this.#end !== null || this.#agent.exitCode !== null) return "gone";
    this.#setDeadline(deadlineMs);
    return "renewed";
  }

  #setDeadline(deadlineMs: number): void {
    clearTimeout(this.#deadline);
    this.#deadlineAtMs = performance.now() + deadlineMs;
    // A longer timer of Node's fires at once; no test waits for it.
    this.#deadline = setTimeout(() => void this.#stop("deadline"), Math.min(deadlineMs, 2 ** 31 - 1));
    this.#deadline.unref();
  }

  destroy(): Promise<Usage> {
    return this.#stop("destroyed");
  }

  async #stop(end: SandboxEnd): Promise<Usage> {
    this.#end ??= end;
    this.#pipe(4).destroy();
    return (await this.ended).usage;
  }

  #usage(): Usage {
    return { wallMs: performance.now() - this.#startedMs, cpuMs: null, memoryPeakBytes: null, oomKills: null };
  }

  #pipe(fd: 3 | 4): Duplex {
    return this.#agent.stdio[fd] as Duplex;
  }
}

/** A broken pipe shows as the agent's end. */
function ignore(): void {
  /* See above. */
}
