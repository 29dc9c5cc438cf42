import type { Duplex } from "node:stream";
import { HsrError } from "@hsr/contract";
import type { LaunchSpec, LimitName, SandboxId, SandboxMetrics, Usage } from "@hsr/core";
import { ControlConnection } from "./control.ts";
import { factsOf, type LauncherFacts } from "./facts.ts";
import { handOver } from "./handover.ts";
import { mountFields } from "./mount-field.ts";
import { isNotFound, metricsOf, nothingUsed, refusal, reportOf, type SandboxReport, usageOf } from "./replies.ts";
import { encode, type Message, messageTypes, protocolVersions, text } from "./wire.ts";

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

/**
 * A gateway's view of hsr-launcher. It never forks; it connects, connects again when the launcher restarts, and tells
 * every sandbox of a dead worker as lost.
 */
export class Launcher {
  readonly #path: string;
  readonly #owner: string;
  readonly #control: ControlConnection;
  readonly #tracked = new Map<SandboxId, Tracked>();
  readonly #unclaimed = new Map<SandboxId, SandboxReport>();
  #facts: LauncherFacts | null = null;
  #lostTimer: NodeJS.Timeout | null = null;
  #waiters: { resolve: () => void; reject: (error: Error) => void; timer: NodeJS.Timeout }[] = [];

  /**
   * `owner` is the gateway's own name, the same after each restart: it sees the sandboxes that were launched under it and
   * no other gateway's. Without one everybody's are seen, as an operator wants it.
   */
  constructor(socketPath: string, owner = "") {
    this.#path = socketPath;
    this.#owner = owner;
    this.#control = new ControlConnection(socketPath, owner, {
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

  /** The reply, which may be an error of the launcher's. */
  async #ask(type: number, draft: Parameters<typeof encode>[2], timeoutMs = replyTimeoutMs): Promise<Message> {
    try {
      await this.connected(timeoutMs);
      return await this.#control.request(type, draft, timeoutMs);
    } catch (error) {
      throw error instanceof HsrError ? error : new HsrError("launcher_unavailable", { cause: error });
    }
  }

  /** Any request on the control connection; rejects with what the launcher refused. */
  async request(type: number, draft: Parameters<typeof encode>[2], timeoutMs = replyTimeoutMs): Promise<Message> {
    const reply = await this.#ask(type, draft, timeoutMs);
    if (reply.type === messageTypes.error) throw refusal(reply);
    return reply;
  }

  /** An old launcher passes over what it does not know. */
  get #ownerText(): { readonly owner?: string } {
    return this.#owner === "" ? {} : { owner: this.#owner };
  }

  /** The worker that answered last, new with each of its starts; `null` before the first answer. */
  get bootId(): string | null {
    return this.#facts?.bootId ?? null;
  }

  /** What the host can do, as the launcher found it. Asked anew each time. */
  async facts(): Promise<LauncherFacts> {
    return factsOf(await this.request(messageTypes.facts, {}));
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
    const { limits, scratch, mounts = [] } = spec;
    if (mounts.length > 0) await this.demand(mounts.some(({ kind }) => kind === "volume") ? "volumes" : "mounts");
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
        mount: mountFields(mounts),
        ...this.#ownerText,
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
      texts: { sandbox: id, ...this.#ownerText },
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
    if (!living.includes(id) && (followed ? this.#tracked.has(id) : this.#tracked.delete(id))) {
      // A gateway before this one may have been told of its end, and died with it.
      const end = await this.#endOf(id);
      return end === null || end === "lives" || "forgottenMs" in end ? null : { ended: Promise.resolve(end) };
    }
    tracked.bootId = this.#facts?.bootId ?? "";
    return { ended: tracked.ended };
  }

  /** What the launcher remembers of a sandbox that ended; `null` where it is too old to be asked. */
  async #endOf(id: SandboxId): Promise<SandboxReport | "lives" | { readonly forgottenMs: number } | null> {
    if (!this.#facts?.features.includes("end")) return null;
    await this.connected();
    const reply = await this.#ask(messageTypes.end, { texts: { sandbox: id } });
    if (reply.type === messageTypes.ok) return reportOf(reply);
    if (text(reply, "errorCode") !== "not_found") return "lives";
    return { forgottenMs: reply.numbers.forgottenMs ?? Number.POSITIVE_INFINITY };
  }

  /**
   * Whether a sandbox of this id may have been launched under the present `bootId`, at `sinceMs` (wall time) at the
   * earliest. False is certain: it never was.
   */
  async mayHaveLaunched(id: SandboxId, sinceMs: number): Promise<boolean> {
    const end = await this.#endOf(id);
    if (end === null || end === "lives" || !("forgottenMs" in end)) return true;
    return sinceMs <= Date.now() - end.forgottenMs;
  }

  /** Kills a sandbox; resolves with its end once everything in it is dead, or `null` if it does not live. */
  async kill(id: SandboxId): Promise<SandboxReport | null> {
    try {
      return reportOf(await this.request(messageTypes.kill, { texts: { sandbox: id } }, killTimeoutMs));
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async usage(id: SandboxId): Promise<Usage> {
    return usageOf(await this.request(messageTypes.usage, { texts: { sandbox: id } }));
  }

  /** Figures of a living sandbox. Rejects with `not_found` once it is gone. */
  async metrics(id: SandboxId): Promise<SandboxMetrics> {
    await this.demand("metrics");
    try {
      return metricsOf(await this.request(messageTypes.metrics, { texts: { sandbox: id } }));
    } catch (error) {
      throw isNotFound(error) ? new HsrError("not_found", { cause: error }) : error;
    }
  }

  /** A new deadline, from now. `gone` if the sandbox or its old deadline is over. */
  async renew(id: SandboxId, deadlineMs: number): Promise<"renewed" | "gone"> {
    await this.demand("deadline");
    try {
      const numbers = { deadlineMs: Math.ceil(deadlineMs) };
      await this.request(messageTypes.deadline, { numbers, texts: { sandbox: id } });
      return "renewed";
    } catch (error) {
      if (isNotFound(error)) return "gone";
      throw error;
    }
  }

  /** A launcher older than this gateway hangs up on what it does not know, so it is not asked. */
  async demand(feature: string): Promise<void> {
    await this.connected();
    if (this.#facts?.features.includes(feature)) return;
    throw new HsrError("unsupported", {
      message: `This launcher is older than the gateway and does not know "${feature}".`,
    });
  }

  /** Sandboxes that live now. */
  async list(): Promise<readonly SandboxId[]> {
    return ((await this.request(messageTypes.list, {})).texts.sandbox ?? []) as readonly SandboxId[];
  }

  /** Kills every sandbox that is not in `known`; resolves with their ids, at once. */
  async sweep(known: ReadonlySet<SandboxId>): Promise<readonly SandboxId[]> {
    const reply = await this.request(messageTypes.sweep, { texts: { sandbox: [...known] } });
    return (reply.texts.sandbox ?? []) as readonly SandboxId[];
  }

  /** Asks for this many sandboxes to be forked ahead; resolves with how many the launcher will keep. */
  async prepare(count: number): Promise<number> {
    return (await this.request(messageTypes.prepare, { numbers: { count } })).numbers.count ?? 0;
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
