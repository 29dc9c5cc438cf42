/**
 * The words of the core. Transports turn bytes into these, runtimes receive these.
 * camelCase with the unit last; the wire's snake_case lives in `@hsr/contract` and is converted in one file of the gateway.
 */

import type { LimitName } from "@hsr/contract";

export { type IsolationLevel, isolationLevels, type LimitName, levelRank } from "@hsr/contract";

declare const brand: unique symbol;
type Brand<Kind extends string> = string & { readonly [brand]: Kind };

export type RunId = Brand<"run">;
export type SandboxId = Brand<"sandbox">;
export type ExecutionId = Brand<"execution">;
/** An open string: operators add runtimes of their own. */
export type RuntimeName = string;

/** Hard bounds of one sandbox. Every field is always set: the defaults and maxima live in `contract`'s limits file. */
export interface Limits {
  /** Wall-clock time from the start of the guest's program, on the monotonic clock. */
  readonly wallMs: number;
  /** Cores; 0.5 is half a core. */
  readonly cpuCores: number;
  /** Bytes of memory of everything in the sandbox, kernel memory and scratch tmpfs included. */
  readonly memoryBytes: number;
  /** Processes and threads at one time. */
  readonly pids: number;
  /** Bytes that the guest may keep in /workspace and /tmp together. */
  readonly diskBytes: number;
  /** Files, folders and links that the guest may create in each scratch mount. */
  readonly inodes: number;
  /** Bytes kept of each of stdout and stderr. */
  readonly outputBytes: number;
  /** Open descriptors per process. */
  readonly openFiles: number;
}

/** Where the sandbox's read-only root comes from. Never a path that a caller chose. */
export type RootSource = { readonly kind: "host" } | { readonly kind: "image"; readonly digest: string };

/** The writable space of a sandbox. Memory is a tmpfs that counts towards the memory limit. */
export interface Scratch {
  readonly backing: "memory" | "disk";
  readonly bytes: number;
  readonly inodes: number;
}

/** Part of the host's files in a sandbox: a folder of the operator's list, or a volume. No path of the host is in it. */
export interface MountSpec {
  readonly kind: "folder" | "volume";
  /** The folder's name in the operator's list, or the volume's id. */
  readonly name: string;
  /** A folder or file below it, relative and without links on its way; "" for all of it. */
  readonly subPath: string;
  /** Where it is in the sandbox: absolute, and not a place of the jail's own. */
  readonly target: string;
  readonly access: "ro" | "rw";
}

/** What a runtime is told to start. Made in one place only: `core/src/acquire/launch-spec.ts`. */
export interface LaunchSpec {
  readonly sandboxId: SandboxId;
  readonly root: RootSource;
  readonly scratch: Scratch;
  readonly limits: Limits;
  readonly network: "none";
  /** Name of a compiled system-call profile in the launcher's own table; `default` if nobody asks for another. */
  readonly syscallProfile: string;
  /** Limits that must be enforced, or the launch fails with `unavailable`. The others are best effort. */
  readonly requiredLimits: readonly LimitName[];
  /** At most 8, none at or in another's target. Only for runtimes whose `mounts` are true. */
  readonly mounts?: readonly MountSpec[];
  /** Hard end of the sandbox, in ms from its start; held by the launcher, whether or not a gateway lives. */
  readonly deadlineMs: number;
  /** Run's sandboxes die with their run; kept apart from `limits` so that long-lived sandboxes can come later. */
  readonly tenant: string;
}

/** One process to start in a sandbox. */
export interface ExecSpec {
  readonly argv: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /**
   * Bytes for stdin, which ends after them; `null` leaves stdin closed (reads answer end of file at once); `open` leaves it
   * to `writeStdin` and `endStdin`.
   */
  readonly stdin: Uint8Array | null | "open";
  readonly openFiles: number;
  readonly umask: number;
  /** More limits of the process, both soft and hard; they only tighten what is set already. */
  readonly rlimits?: Readonly<Partial<Record<RlimitName, number>>>;
  /** A terminal of this size instead of pipes: standard error is in standard output, stdin is open. */
  readonly terminal?: { readonly rows: number; readonly cols: number };
  /** Other ids than the guest's own. Refused (EPERM) where the sandbox has one id only, and for the agent's own. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /**
   * The agent kills its process group and session this long after its start, whether or not a gateway watches. At most 30 days.
   * Who wants a precise reason keeps a time of his own; this one holds while no gateway lives.
   */
  readonly timeoutMs?: number;
  /** `background`: output beyond the agent's ring drops the oldest instead of blocking the writer. Default `foreground`. */
  readonly reader?: "foreground" | "background";
}

/** Limits of one process, by what they bound: seconds for cpu, bytes or counts otherwise. */
export type RlimitName =
  | "cpu"
  | "fileSize"
  | "data"
  | "stack"
  | "core"
  | "processes"
  | "lockedMemory"
  | "addressSpace"
  | "pendingSignals"
  | "messageQueues"
  | "nice"
  | "realtimePriority";

/** A file put into the sandbox before its program starts. */
export interface InputFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly mode: number;
}

/** How one execution ended, as the guest's own agent tells it (`source: "guest"`). */
export interface ExecutionExit {
  readonly source: "guest";
  /** The time of `ExecSpec.timeoutMs` was over before it ended. */
  readonly timedOut: boolean;
  readonly exitCode: number | null;
  readonly signal: number | null;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  /** Bytes that a full ring dropped while nobody read; always 0 for a reader in the foreground. */
  readonly stdoutDroppedBytes: number;
  readonly stderrDroppedBytes: number;
  readonly userCpuUs: number;
  readonly systemCpuUs: number;
  readonly maxRssBytes: number;
}

/** What was used, measured from outside of the sandbox. `null` where this host cannot measure it. */
export interface Usage {
  readonly wallMs: number;
  readonly cpuMs: number | null;
  readonly memoryPeakBytes: number | null;
  /** Kills by the kernel for want of memory in this sandbox's cgroup. */
  readonly oomKills: number | null;
}

/** A living sandbox from outside, now. `null` where this host or this runtime cannot measure it. */
export interface SandboxMetrics extends Usage {
  readonly cpuUserMs: number | null;
  readonly cpuSystemMs: number | null;
  /** How long it wanted to compute and its limit did not let it. */
  readonly cpuThrottledMs: number | null;
  readonly cpuCoresLimit: number;
  readonly memoryBytes: number | null;
  readonly memoryLimitBytes: number;
  /** Processes and threads, the sandbox's own agent among them. */
  readonly pids: number | null;
  readonly pidsLimit: number;
  /** From and to block devices; only where control groups of version 2 count it. */
  readonly ioReadBytes: number | null;
  readonly ioWrittenBytes: number | null;
  /** Until its hard end. */
  readonly deadlineMs: number;
}

/** Why a sandbox is gone, as seen from outside. */
export type SandboxEnd = "destroyed" | "deadline" | "out_of_memory" | "exited" | "setup_failed" | "lost";
