/**
 * An attack of a guest, and the walls that stop it. Each named wall must stop it alone, when the others that are named are taken away;
 * with all of them away the attack must succeed, or the test shows nothing.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Agent, Guest, Limits } from "@hsr/core";
import { BubblewrapRuntime, openAgent } from "@hsr/runtimes";
import { type Architecture, compile, parseProfile } from "@hsr/runtimes/seccomp";
import { execSpec, launchSpec } from "./launch-spec.ts";
import { startLauncher } from "./launcher.ts";
import { type HostTargets, hostTargets, probeAsNobody, probeInSandbox, probeWithoutWalls } from "./probe.ts";

/** Every wall, with what it is. Those but the first two are taken away by a test build of launcher and agent. */
export const walls = {
  seccomp: "the system call filter (docs/seccomp.md)",
  "open-files": "the guest's RLIMIT_NOFILE",
  "id-range": "a range of host ids of the sandbox's own; id 0 inside is nobody outside",
  "guest-id": "guests run under another id than the agent",
  capabilities: "the jail keeps few capabilities, a guest none",
  "pid-namespace": "own processes",
  "net-namespace": "own, empty network",
  "ipc-namespace": "own shared memory, queues and semaphores",
  "uts-namespace": "own host name",
  "cgroup-namespace": "own view of control groups",
  "nested-namespaces": "user.max_user_namespaces is 0 inside",
  "proc-sys": "/proc/sys is read-only",
  "proc-masks": "what tells about the host in /proc is covered",
  "read-only-root": "the root and /dev are read-only",
  "read-only-binds": "what comes from outside is bound read-only",
  "own-root": "the guest's root is not the host's",
  "disk-bytes": "the size of the scratch file system",
  "disk-inodes": "its number of inodes",
  terminals: "how many terminals a sandbox may have",
  "file-bytes": "RLIMIT_FSIZE",
  "locked-memory": "RLIMIT_MEMLOCK",
  "message-queues": "RLIMIT_MSGQUEUE",
  "core-dumps": "RLIMIT_CORE",
  memory: "the memory control group",
  pids: "the pids control group",
  cpu: "the cpu control group",
  deadline: "the launcher's deadline",
  "launcher-descriptors": "the launcher closes what it does not hand over",
  "agent-descriptors": "the agent closes what a guest is not given",
  dumpable: "the agent's memory is closed to its own id",
} as const satisfies Record<string, string>;

export type Wall = keyof typeof walls;

/** A sandbox in which an attack runs. */
export interface Jail {
  readonly guest: Guest;
  readonly agent: Agent;
  readonly without: ReadonlySet<Wall>;
  readonly env: Readonly<Record<string, string>>;
}

export interface Attempt {
  readonly succeeded: boolean;
  readonly detail: string;
}

interface AttackFacts {
  /** What the guest does, as a sentence without a full stop. Unique. */
  readonly name: string;
  /** The part of the catalogue of abuse that it belongs to. */
  readonly part: "A" | "B" | "C" | "D" | "E";
  readonly walls: readonly [Wall, ...Wall[]];
  /** Under a launcher that an ordinary user started: one id for agent and guest. */
  readonly users?: "single";
}

/** A door of hsr-probe: it succeeded if the door is open. */
export interface ProbeAttack extends AttackFacts {
  readonly probe: string;
}

/** An attack with a sandbox of its own. */
export interface OwnAttack extends AttackFacts {
  readonly limits?: Partial<Limits>;
  readonly deadlineMs?: number;
  attempt(jail: Jail): Promise<Attempt>;
}

export type Attack = ProbeAttack | OwnAttack;

/** One attack behind some walls. */
export interface Outcome extends Attempt {
  readonly attack: Attack;
  /** Named walls that were taken away. */
  readonly without: readonly Wall[];
}

/** Runs a Python program as the guest; what it prints tells how it went. Killed before a word is a failed attack. */
export const python =
  (source: string): OwnAttack["attempt"] =>
  async ({ agent, without, env }) => {
    const said: Uint8Array[] = [];
    try {
      await agent.writeFile("/workspace/attack.py", Buffer.from(source), 0o644);
      const openFiles = without.has("open-files") ? 1000 : 64;
      const full = { PATH: "/usr/bin:/bin", HOME: "/workspace", LANG: "C.UTF-8", ...env };
      const execution = agent.start(1, execSpec(["python3", "-u", "/workspace/attack.py"], { env: full, openFiles }));
      for await (const chunk of execution.output) said.push(chunk.bytes);
      const exit = await execution.exit;
      said.push(Buffer.from(`(exit ${exit.signal ?? exit.exitCode})`));
    } catch (error) {
      said.push(Buffer.from(`(the sandbox ended: ${error instanceof Error ? error.message : String(error)})`));
    }
    const detail = Buffer.concat(said).toString("utf8").replaceAll("\n", " ").slice(-300);
    return { succeeded: detail.includes("SUCCEEDED"), detail };
  };

/** A folder with a filter under the default profile's name that lets everything through, foreign calls too. */
const openFilter = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "hsr-open-filter-"));
  chmodSync(folder, 0o755);
  const everything = parseProfile('{"defaultAction":"SCMP_ACT_ALLOW"}');
  for (const architecture of ["x86_64", "aarch64"] satisfies Architecture[]) {
    const { bytes } = compile(everything, architecture, { foreignCalls: { kind: "allow" } });
    writeFileSync(join(folder, `default.${architecture}.bpf`), bytes, { mode: 0o644 });
  }
  return folder;
};

/** Which walls are taken away for an attack: none, all that it names, and all but each. */
export const trialsOf = (attack: Attack): readonly (readonly Wall[])[] => {
  const all = [...attack.walls].sort();
  return all.length === 1 ? [[], all] : [[], all, ...all.map((kept) => all.filter((wall) => wall !== kept))];
};

const inTestBuild = (wall: Wall): boolean => wall !== "seccomp" && wall !== "open-files";

/** Attacks that want the same walls away. */
interface Trial {
  readonly without: readonly Wall[];
  readonly users: "single" | undefined;
  readonly attacks: Attack[];
}

/** An ordinary user that every host has. */
const nobody = 65_534;

/** Runs all attacks that want the same walls away, with one launcher. */
async function behind({ without, users, attacks }: Trial, targets: HostTargets): Promise<Outcome[]> {
  const filter = without.includes("seccomp") ? openFilter() : null;
  const launcher = await startLauncher({
    build: "walls",
    stems: 0,
    without: without.filter(inTestBuild),
    ...(filter ? { seccompDir: filter } : {}),
    ...(users === "single" ? { asUid: nobody } : {}),
  });
  const runtime = new BubblewrapRuntime(launcher.client);
  const outcomes: Outcome[] = [];
  try {
    const inJail = async <T>(
      options: Parameters<typeof launchSpec>[0],
      body: (jail: Jail) => Promise<T>,
    ): Promise<T> => {
      const guest = await runtime.launch(
        launchSpec({ ...options, ...(users === "single" ? { requiredLimits: ["wall_time"] } : {}) }),
      );
      const agent = openAgent(await guest.attach());
      try {
        return await body({ guest, agent, without: new Set(without), env: targets.env });
      } finally {
        agent.close();
        await guest.destroy();
      }
    };
    const probes = attacks.filter((attack) => "probe" in attack);
    if (probes.length > 0) {
      const rows = await inJail({}, ({ agent, env }) => probeInSandbox(agent, env));
      for (const attack of probes) {
        const row = rows.find(({ name }) => name === attack.probe);
        const detail = row ? [row.verdict, row.errno, row.detail].filter(Boolean).join(" ") : "there is no such probe";
        outcomes.push({ attack, without, succeeded: row?.verdict === "open", detail });
      }
    }
    for (const attack of attacks) {
      if ("probe" in attack) continue;
      const { limits, deadlineMs } = attack;
      const options = { ...(limits ? { limits } : {}), ...(deadlineMs ? { deadlineMs } : {}) };
      outcomes.push({ attack, without, ...(await inJail(options, (jail) => attack.attempt(jail))) });
    }
  } finally {
    await launcher.stop();
    if (filter) rmSync(filter, { recursive: true });
  }
  return outcomes;
}

/** Doors that a host's kernel may lack or may shut by its own settings, to ordinary users or to all. */
const hostDependent = /^(call|socket|path_read|abi|tty|mount)_/;

/**
 * Attacks that this host refuses to a process without any wall (a module or a call that its kernel lacks, a sysctl): they show
 * nothing here. By attack, what was seen. Asked as root where a wall is about capabilities or ids, else as an ordinary user.
 */
export async function refusedByHost(attacks: readonly Attack[]): Promise<ReadonlyMap<Attack, string>> {
  const targets = await hostTargets();
  try {
    const rows = { root: probeWithoutWalls(targets.env), user: probeAsNobody(targets.env) };
    const refused = new Map<Attack, string>();
    for (const attack of attacks) {
      if (!("probe" in attack) || !hostDependent.test(attack.probe)) continue;
      const privileged = attack.walls.some(
        (wall) => wall === "capabilities" || wall === "guest-id" || wall === "id-range",
      );
      const row = rows[privileged ? "root" : "user"].find(({ name }) => name === attack.probe);
      if (row?.verdict !== "open")
        refused.set(attack, `this host itself: ${row?.verdict ?? "no such door"} ${row?.errno ?? ""}`);
    }
    return refused;
  } finally {
    await targets.stop();
  }
}

/** Tries every attack behind all walls, behind none of those that it names, and behind each of them alone. */
export async function tryAll(attacks: readonly Attack[]): Promise<readonly Outcome[]> {
  const trials = new Map<string, Trial>();
  for (const attack of attacks) {
    for (const without of trialsOf(attack)) {
      const key = `${attack.users} ${without.join(" ")}`;
      const trial = trials.get(key) ?? { without, users: attack.users, attacks: [] };
      trial.attacks.push(attack);
      trials.set(key, trial);
    }
  }
  const targets = await hostTargets();
  try {
    const outcomes: Outcome[] = [];
    for (const trial of trials.values()) outcomes.push(...(await behind(trial, targets)));
    return outcomes;
  } finally {
    await targets.stop();
  }
}
