import type { Capabilities, Guest, LaunchSpec, LimitName, ProbeReport, Runtime, SandboxId } from "@hsr/core";
import type { LauncherFacts } from "../launcher/facts.ts";
import type { Launcher } from "../launcher/launcher.ts";
import { diagnose } from "./diagnosis.ts";
import { LauncherGuest } from "./guest.ts";
import { tryOne } from "./trial.ts";

const allLimits: readonly LimitName[] = [
  "memory",
  "pids",
  "cpu",
  "wall_time",
  "disk",
  "inodes",
  "output",
  "open_files",
];

/** What holds on every host; the rest is found by the probe. */
const least: Capabilities = {
  levels: ["basic"],
  roots: ["host"],
  networkModes: ["none"],
  users: "single",
  enforces: [],
  scratchBackings: ["memory"],
  pause: false,
  snapshotKinds: [],
  gpu: false,
  ipv6: false,
  architectures: [process.arch === "arm64" ? "aarch64" : "x86_64"],
};

function capabilitiesOf(facts: LauncherFacts): Capabilities {
  return {
    ...least,
    users: facts.host["users"] === "range" ? "range" : "single",
    enforces: allLimits.filter((limit) => !facts.unenforced.includes(limit)),
  };
}

/** What an operator wants to know of the host, in sentences. */
function notesOf(facts: LauncherFacts): string[] {
  const { host } = facts;
  return [
    `Control groups: ${host["cgroups"] ?? "unknown"}; joining one took up to ${Number(host["attach_us_max"] ?? 0) / 1000} ms.`,
    host["users"] === "range"
      ? "Each sandbox has 65,536 host ids of its own."
      : "One id per sandbox: start the launcher as root for ranges.",
    ...facts.unenforced.map((limit) => `The limit "${limit}" cannot be enforced on this host.`),
  ];
}

/** What went wrong, as the launcher or bwrap said it. */
function failureOf(error: unknown, facts: LauncherFacts): string {
  const trouble = facts.host["trouble"];
  if (trouble !== undefined) return trouble;
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Jails of bubblewrap, started by hsr-launcher: namespaces, a system-call filter, control groups, the host's kernel. */
export class BubblewrapRuntime implements Runtime {
  readonly name = "bubblewrap";
  readonly #launcher: Launcher;
  /** Sandboxes of probes under way: a sweep leaves them alone. */
  readonly #trials = new Set<SandboxId>();
  #capabilities: Capabilities = least;

  constructor(launcher: Launcher) {
    this.#launcher = launcher;
  }

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  async probe(): Promise<ProbeReport> {
    const begin = performance.now();
    let facts: LauncherFacts;
    try {
      facts = await this.#launcher.facts();
    } catch {
      return {
        available: false,
        reason: "hsr-launcher does not answer.",
        hint: "Start it with `make up`, or look at its log.",
        notes: [],
      };
    }
    const notes = notesOf(facts);
    try {
      const wrong = await tryOne(this.#launcher, this.#trials);
      if (wrong !== null) {
        return { available: false, reason: `The jail is not sound: ${wrong}.`, hint: "Do not use this host.", notes };
      }
    } catch (error) {
      return { available: false, ...diagnose(facts, failureOf(error, facts)), notes };
    }
    this.#capabilities = capabilitiesOf(facts);
    return {
      available: true,
      version: facts.host["bwrap"] ?? "unknown",
      tookMs: performance.now() - begin,
      notes,
    };
  }

  async launch(spec: LaunchSpec): Promise<Guest> {
    const { stream, unenforced, ended } = await this.#launcher.launch(spec);
    return new LauncherGuest(this.#launcher, spec.sandboxId, ended, stream, unenforced);
  }

  list(): Promise<readonly SandboxId[]> {
    return this.#launcher.list();
  }

  async adopt(id: SandboxId): Promise<Guest | null> {
    const found = await this.#launcher.follow(id);
    return found === null ? null : new LauncherGuest(this.#launcher, id, found.ended, null, []);
  }

  get bootId(): string | null {
    return this.#launcher.bootId;
  }

  mayHaveLaunched(id: SandboxId, sinceMs: number): Promise<boolean> {
    return this.#launcher.mayHaveLaunched(id, sinceMs);
  }

  async sweep(known: ReadonlySet<SandboxId>): Promise<{ readonly destroyed: readonly SandboxId[] }> {
    return { destroyed: await this.#launcher.sweep(new Set([...known, ...this.#trials])) };
  }
}
