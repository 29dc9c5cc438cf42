/**
 * A runtime without walls, for tests only: the real agent as a plain child of this process, on this machine's files. It passes
 * the conformance suite except its part on isolation, and it is never in the list of built-in runtimes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { HsrError } from "@hsr/contract";
import type { Capabilities, Guest, LaunchSpec, ProbeReport, Runtime, SandboxEnd, SandboxId, Usage } from "@hsr/core";
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
  return {
    name: "unconfined",
    capabilities,
    async probe(): Promise<ProbeReport> {
      return { available: true, version: "0", tookMs: 0, notes: ["no walls: for tests only"] };
    },
    async launch(spec: LaunchSpec): Promise<Guest> {
      const missing = spec.requiredLimits.find((name) => !capabilities.enforces.includes(name));
      if (missing) throw new HsrError("limit_unenforceable", { details: { limit: missing } });
      const workspace = await mkdtemp(join(tmpdir(), "hsr-unconfined-"));
      const guest = new UnconfinedGuest(spec, options.agent, workspace);
      living.set(spec.sandboxId, guest);
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
  #end: SandboxEnd | null = null;

  constructor(spec: LaunchSpec, agent: string, workspace: string) {
    this.id = spec.sandboxId;
    this.workspace = workspace;
    this.unenforced = (["memory", "pids", "cpu", "disk", "inodes"] as const).filter(
      (name) => !spec.requiredLimits.includes(name),
    );
    /* 3 is the agent's stream, 4 its control channel: at its end the agent kills all that it started and goes. */
    this.#agent = spawn(agent, [], { cwd: "/", env: {}, stdio: ["ignore", "ignore", "inherit", "pipe", "pipe"] });
    const deadline = setTimeout(() => void this.#stop("deadline"), spec.deadlineMs);
    deadline.unref();
    this.#pipe(4).on("error", ignore).resume();
    this.#board = switchboard(this.#pipe(3));
    const gone = Promise.withResolvers<void>();
    this.#agent.once("exit", () => gone.resolve());
    this.#agent.once("error", () => gone.resolve());
    this.ended = gone.promise.then(async () => {
      clearTimeout(deadline);
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
