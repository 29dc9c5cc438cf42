/** Launch specs for tests that talk to a runtime or a launcher directly. */
import type { ExecSpec, LaunchSpec, LimitName, Limits, MountSpec, SandboxId } from "@hsr/core";

let made = 0;

export interface SpecOptions {
  readonly id?: string;
  readonly limits?: Partial<Limits>;
  readonly deadlineMs?: number;
  readonly requiredLimits?: readonly LimitName[];
  readonly syscallProfile?: string;
  readonly tenant?: string;
  readonly mounts?: readonly MountSpec[];
}

/** The default limits of a run, with what a test wants changed. */
export function launchSpec(options: SpecOptions = {}): LaunchSpec {
  const limits: Limits = {
    wallMs: 30_000,
    cpuCores: 1,
    memoryBytes: 256 << 20,
    pids: 128,
    diskBytes: 64 << 20,
    inodes: 4096,
    outputBytes: 1 << 20,
    openFiles: 256,
    ...options.limits,
  };
  return {
    sandboxId: (options.id ?? `sb-test-${process.pid}-${made++}`) as SandboxId,
    root: { kind: "host" },
    scratch: { backing: "memory", bytes: limits.diskBytes, inodes: limits.inodes },
    limits,
    network: "none",
    syscallProfile: options.syscallProfile ?? "default",
    requiredLimits: options.requiredLimits ?? ["memory", "pids", "wall_time", "output"],
    deadlineMs: options.deadlineMs ?? 30_000,
    tenant: options.tenant ?? "test",
    ...(options.mounts === undefined ? {} : { mounts: options.mounts }),
  };
}

/** One process with the environment that every execution starts from. */
export function execSpec(argv: readonly string[], options: Partial<ExecSpec> = {}): ExecSpec {
  return {
    argv,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/workspace", LANG: "C.UTF-8" },
    cwd: "/workspace",
    stdin: null,
    openFiles: 256,
    umask: 0o022,
    ...options,
  };
}
