import type { Duplex } from "node:stream";
import { type ErrorCode, HsrError } from "@hsr/contract";
import type { LaunchSpec, LimitName, SandboxEnd, SandboxId, SandboxMetrics, Usage } from "@hsr/core";
import { ControlConnection } from "./control.ts";
import { factsOf, type LauncherFacts } from "./facts.ts";
import { handOver } from "./handover.ts";
import { encode, type Message, messageTypes, protocolVersions, text } from "./wire.ts";

/** How a sandbox ended, as the launcher saw it from outside. */
export interface SandboxReport {
  readonly end: SandboxEnd;
  readonly usage: Usage;
  readonly detail?: string;
}

/** A sandbox that the launcher accepted. Bytes written to `stream` wait there until its agent reads them. */
export interface Launched {
  readonly stream: Duplex;
  readonly unenforced: readonly LimitName[];
}

const replyTimeoutMs = 5000;
/** From a kill to its last breath; longer means a process that the kernel does not let die. */
const killTimeoutMs = 30_000;
/** The launcher promises that everything of a dead worker is dead after this. */
const lostAfterMs = 2000;
/** Ends of sandboxes that nobody here launched, kept for `adopt` after a restart. */
const unclaimedMax = 1024;

interface Tracked {
  resolve: (report: SandboxReport) => void;
  readonly ended: Promise<SandboxReport>;
  /** The worker that runs it; "" until the launcher has accepted it. */
  bootId: string;
}

const nothingUsed: Usage = { wallMs: 0, cpuMs: null, memoryPeakBytes: null, oomKills: null };

function usageOf(message: Message): Usage {
  const { wallMs, cpuUs, memoryPeakBytes, oomKills } = message.numbers;
  return {
    wallMs: wallMs ?? 0,
    cpuMs: msOf(cpuUs),
    memoryPeakBytes: memoryPeakBytes ?? null,
    oomKills: oomKills ?? null,
  };
}

const msOf = (us: number | undefined): number | null => (us === undefined ? null : us / 1000);

function metricsOf(message: Message): SandboxMetrics {
  const { numbers } = message;
  return {
    ...usageOf(message),
    cpuUserMs: msOf(numbers.cpuUserUs),
    cpuSystemMs: msOf(numbers.cpuSystemUs),
    cpuThrottledMs: msOf(numbers.cpuThrottledUs),
    cpuCoresLimit: (numbers.cpuMillis ?? 0) / 1000,
    memoryBytes: numbers.memoryNowBytes ?? null,
    memoryLimitBytes: numbers.memoryBytes ?? 0,
    pids: numbers.pidsNow ?? null,
    pidsLimit: numbers.pids ?? 0,
    ioReadBytes: numbers.ioReadBytes ?? null,
    ioWrittenBytes: numbers.ioWrittenBytes ?? null,
    deadlineMs: numbers.deadlineMs ?? 0,
  };
}

const ends: Readonly<Record<string, SandboxEnd>> = {
  destroyed: "destroyed",
  deadline: "deadline",
  out_of_memory: "out_of_memory",
  exited: "exited",
  setup_failed: "setup_failed",
};

function reportOf(message: Message): SandboxReport {
  const detail = text(message, "detail");
  return {
    end: ends[text(message, "reason")] ?? "lost",
    usage: usageOf(message),
    ...(detail === "" ? {} : { detail }),
  };
}

/** The launcher's error codes as ours; what is not here is our own mistake. */
const errorCodes: Readonly<Record<string, ErrorCode>> = {
  unenforceable: "limit_unenforceable",
  full: "queue_full",
  stopping: "launcher_unavailable",
  failed: "sandbox_failed",
};

function refusal(message: Message): HsrError {
  const code = text(message, "errorCode");
  const limit = text(message, "limit");
  const details = limit === "" ? {} : { details: { limit } };
  const said = new Error(`launcher: ${code}: ${text(message, "message")}`);
  return new HsrError(errorCodes[code] ?? "internal", {
    ...details,
    ...(code === "unenforceable"
      ? { message: `This host cannot enforce the limit "${limit}", which is required.` }
      : {}),
    cause: said,
  });
}

/**
 * A gateway's view of hsr-launcher. It never forks; it connects, connects again when the launcher restarts, and tells
 * every sandbox of a dead worker as lost.
 */
export class Launcher {
  readonly #path: string;
  readonly #control: ControlConnection;
  readonly #tracked = new Map<SandboxId, Tracked>();
  readonly #unclaimed = new Map<SandboxId, SandboxReport>();
  #facts: LauncherFacts | null = null;
  #lostTimer: NodeJS.Timeout | null = null;
  #waiters: { resolve: () => void; reject: (error: Error) => void; timer: NodeJS.Timeout }[] = [];

  constructor(socketPath: string) {
    this.#path = socketPath;
    this.#control = new ControlConnection(socketPath, {
      connected: (hello) => this.#connected(hello),
      event: (message) => this.#event(message),
      disconnected: () => this.#disconnected(),
    });
    this.#control.open();
  }

  #connected(hello: Message): void {
    if (this.#lostTimer !== null) clearTimeout(this.#lostTimer);
    this.#lostTimer = null;
    this.#facts = factsOf(hello);
    const bootId = this.#facts.bootId;
    for (const [id, tracked] of this.#tracked) {
      if (tracked.bootId !== "" && tracked.bootId !== bootId) this.#lose(id, "the launcher's worker died");
    }
    for (const waiter of this.#waiters.splice(0)) {
      clearTimeout(waiter.timer);
      waiter.resolve();
    }
    void this.#reconcile();
  }

  /** After a break of the connection an end may have been told to nobody: what does not live is lost. */
  async #reconcile(): Promise<void> {
    const candidates = [...this.#tracked].filter(([, tracked]) => tracked.bootId !== "").map(([id]) => id);
    if (candidates.length === 0) return;
    try {
      const living = new Set(await this.list());
      for (const id of candidates) if (!living.has(id)) this.#lose(id, "the launcher does not know it any more");
    } catch {
      // The connection broke again; the next one reconciles.
    }
  }

  #disconnected(): void {
    // Ends that come in time are told by the next connection; after that the promise of the launcher holds.
    this.#lostTimer ??= setTimeout(() => {
      this.#lostTimer = null;
      for (const id of [...this.#tracked.keys()]) this.#lose(id, "the launcher is gone");
    }, lostAfterMs);
  }

  #lose(id: SandboxId, detail: string): void {
    this.#resolve(id, { end: "lost", usage: nothingUsed, detail });
  }

  #resolve(id: SandboxId, report: SandboxReport): boolean {
    const tracked = this.#tracked.get(id);
    if (tracked === undefined) return false;
    this.#tracked.delete(id);
    tracked.resolve(report);
    return true;
  }

  #event(message: Message): void {
    if (message.type !== messageTypes.ended) return;
    const id = text(message, "sandbox") as SandboxId;
    const report = reportOf(message);
    if (this.#resolve(id, report)) return;
    this.#unclaimed.set(id, report);
    if (this.#unclaimed.size > unclaimedMax) {
      const [oldest] = this.#unclaimed.keys();
      if (oldest !== undefined) this.#unclaimed.delete(oldest);
    }
  }

  /** Resolves when the control connection stands. Rejects with `launcher_unavailable` after `timeoutMs`. */
  connected(timeoutMs = replyTimeoutMs): Promise<void> {
    if (this.#control.ready) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((waiter) => waiter.timer !== timer);
        reject(new HsrError("launcher_unavailable"));
      }, timeoutMs);
      this.#waiters.push({ resolve, reject, timer });
    });
  }

  async #request(type: number, draft: Parameters<typeof encode>[2], timeoutMs = replyTimeoutMs): Promise<Message> {
    let reply: Message;
    try {
      await this.connected(timeoutMs);
      reply = await this.#control.request(type, draft, timeoutMs);
    } catch (error) {
      throw error instanceof HsrError ? error : new HsrError("launcher_unavailable", { cause: error });
    }
    if (reply.type === messageTypes.error) throw refusal(reply);
    return reply;
  }

  /** What the host can do, as the launcher found it. Asked anew each time. */
  async facts(): Promise<LauncherFacts> {
    return factsOf(await this.#request(messageTypes.facts, {}));
  }

  /** The end of a sandbox, whenever it comes. Call before `launch`, so that no end is missed. */
  #track(id: SandboxId): Tracked {
    const known = this.#tracked.get(id);
    if (known !== undefined) return known;
    let resolve: (report: SandboxReport) => void = () => undefined;
    const ended = new Promise<SandboxReport>((done) => {
      resolve = done;
    });
    const tracked = { resolve, ended, bootId: "" };
    this.#tracked.set(id, tracked);
    return tracked;
  }

  /** Starts a sandbox. Resolves when the launcher has accepted it; what goes wrong inside is told by `ended`. */
  async launch(spec: LaunchSpec): Promise<Launched & { readonly ended: Promise<SandboxReport> }> {
    await this.connected();
    const { limits, scratch } = spec;
    const request = encode(messageTypes.launch, 1, {
      numbers: {
        versionMin: protocolVersions.min,
        versionMax: protocolVersions.max,
        memoryBytes: limits.memoryBytes,
        pids: limits.pids,
        cpuMillis: Math.round(limits.cpuCores * 1000),
        deadlineMs: Math.ceil(spec.deadlineMs),
        diskBytes: scratch.bytes,
        inodes: scratch.inodes,
        openFiles: limits.openFiles,
      },
      texts: {
        sandbox: spec.sandboxId,
        profile: spec.syscallProfile,
        tenant: spec.tenant,
        required: spec.requiredLimits,
      },
    });
    const tracked = this.#track(spec.sandboxId);
    try {
      const { stream, unenforced } = await this.#handOver(request);
      tracked.bootId = this.#facts?.bootId ?? "";
      return { stream, unenforced, ended: tracked.ended };
    } catch (error) {
      this.#tracked.delete(spec.sandboxId);
      throw error;
    }
  }

  async #handOver(request: Buffer): Promise<Launched> {
    const { reply, stream } = await handOver(this.#path, request, replyTimeoutMs).catch((error: unknown) => {
      throw new HsrError("launcher_unavailable", { cause: error });
    });
    if (reply.type === messageTypes.error) {
      stream.destroy();
      throw refusal(reply);
    }
    return { stream, unenforced: (reply.texts.unenforced ?? []) as readonly LimitName[] };
  }

  /** A new stream to a living sandbox's agent; it replaces the one before. */
  async join(id: SandboxId): Promise<Duplex> {
    const request = encode(messageTypes.join, 1, {
      numbers: { versionMin: protocolVersions.min, versionMax: protocolVersions.max },
      texts: { sandbox: id },
    });
    return (await this.#handOver(request)).stream;
  }

  /**
   * Follows a sandbox that an earlier gateway launched; `ended` has its end already if it ended in between.
   * `null` if the launcher knows nothing of it.
   */
  async follow(id: SandboxId): Promise<{ readonly ended: Promise<SandboxReport> } | null> {
    await this.connected();
    const report = this.#unclaimed.get(id);
    if (report !== undefined) return { ended: Promise.resolve(report) };
    const followed = this.#tracked.has(id);
    const tracked = this.#track(id);
    const living = await this.list().catch((error: unknown) => {
      if (!followed) this.#tracked.delete(id);
      throw error;
    });
    // Its end may have been told while we asked; then it is not tracked any more and `ended` is resolved. Who followed it
    // before still waits for that end.
    if (!living.includes(id) && (followed ? this.#tracked.has(id) : this.#tracked.delete(id))) return null;
    tracked.bootId = this.#facts?.bootId ?? "";
    return { ended: tracked.ended };
  }

  /** Kills a sandbox; resolves with its end once everything in it is dead, or `null` if it does not live. */
  async kill(id: SandboxId): Promise<SandboxReport | null> {
    try {
      return reportOf(await this.#request(messageTypes.kill, { texts: { sandbox: id } }, killTimeoutMs));
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async usage(id: SandboxId): Promise<Usage> {
    return usageOf(await this.#request(messageTypes.usage, { texts: { sandbox: id } }));
  }

  /** Figures of a living sandbox. Rejects with `not_found` once it is gone. */
  async metrics(id: SandboxId): Promise<SandboxMetrics> {
    await this.#demand("metrics");
    try {
      return metricsOf(await this.#request(messageTypes.metrics, { texts: { sandbox: id } }));
    } catch (error) {
      throw isNotFound(error) ? new HsrError("not_found", { cause: error }) : error;
    }
  }

  /** A new deadline, from now. `gone` if the sandbox or its old deadline is over. */
  async renew(id: SandboxId, deadlineMs: number): Promise<"renewed" | "gone"> {
    await this.#demand("deadline");
    try {
      const numbers = { deadlineMs: Math.ceil(deadlineMs) };
      await this.#request(messageTypes.deadline, { numbers, texts: { sandbox: id } });
      return "renewed";
    } catch (error) {
      if (isNotFound(error)) return "gone";
      throw error;
    }
  }

  /** A launcher older than this gateway hangs up on what it does not know, so it is not asked. */
  async #demand(feature: string): Promise<void> {
    await this.connected();
    if (this.#facts?.features.includes(feature)) return;
    throw new HsrError("unsupported", {
      message: `This launcher is older than the gateway and does not know "${feature}".`,
    });
  }

  /** Sandboxes that live now. */
  async list(): Promise<readonly SandboxId[]> {
    return ((await this.#request(messageTypes.list, {})).texts.sandbox ?? []) as readonly SandboxId[];
  }

  /** Kills every sandbox that is not in `known`; resolves with their ids, at once. */
  async sweep(known: ReadonlySet<SandboxId>): Promise<readonly SandboxId[]> {
    const reply = await this.#request(messageTypes.sweep, { texts: { sandbox: [...known] } });
    return (reply.texts.sandbox ?? []) as readonly SandboxId[];
  }

  /** Asks for this many sandboxes to be forked ahead; resolves with how many the launcher will keep. */
  async prepare(count: number): Promise<number> {
    return (await this.#request(messageTypes.prepare, { numbers: { count } })).numbers.count ?? 0;
  }

  /** Ends the connection. Sandboxes live on; their ends are told to the next gateway. */
  close(): void {
    this.#control.close();
    if (this.#lostTimer !== null) clearTimeout(this.#lostTimer);
    this.#lostTimer = null;
    for (const waiter of this.#waiters.splice(0)) {
      clearTimeout(waiter.timer);
      waiter.reject(new HsrError("launcher_unavailable"));
    }
  }
}

function isNotFound(error: unknown): boolean {
  return (
    error instanceof HsrError && error.cause instanceof Error && error.cause.message.startsWith("launcher: not_found")
  );
}
