/**
 * A sandbox that has not ended: its state as the gateway knows it, its agent over as many streams as it takes, the
 * executions in it, and who is busy with it.
 */
import { gatewayLimits, HsrError, type SandboxReason } from "@hsr/contract";
import type { RiskReport } from "../analyze/report.ts";
import type { Decision } from "../decide/decision.ts";
import { firstOf } from "../first-of.ts";
import type { Agent, Clock, ExecutionState, Guest, OpenAgent } from "../ports.ts";
import type { ExecutionId, SandboxId } from "../types.ts";
import { type Arrival, Turns } from "./arrivals.ts";
import type { LiveExecution } from "./live-execution.ts";
import type { ApprovedSandbox, SandboxRecord } from "./records.ts";
import { SeenFiles } from "./seen-files.ts";

/** How long after a stream broke the next one is tried; it doubles up to the longest. */
const firstRetryMs = 20;
const longestRetryMs = 5000;

/** A stream to the agent, and the executions that it knew when the stream was opened, by their numbers. */
export interface Link {
  readonly agent: Agent;
  readonly known: ReadonlyMap<number, ExecutionState>;
}

export class LiveSandbox {
  readonly id: SandboxId;
  readonly tenant: string;
  readonly requestId: string;
  decision: Decision;
  /** It waits for a person: nothing of it was started. */
  isHeld = false;
  /** The stored row as last seen; its state is kept up to date here before the store has it. */
  record: SandboxRecord;
  guest: Guest | null = null;
  readonly executions = new Map<ExecutionId, LiveExecution>();
  /** What came into it over the API. */
  readonly seen = new SeenFiles();
  readonly turns = new Turns();
  /** Rejects for a file that must not arrive while programs run; `null` until there was one. */
  admit: ((arrival: Arrival) => Promise<void>) | null = null;
  /** The stronger sandbox that takes its place, once one is being made. */
  replacement: Promise<LiveSandbox> | null = null;
  /** The worst that is known of anything that ran in it. */
  worst: RiskReport;
  /** Kills by the kernel for want of memory, as last asked. */
  memoryKills = 0;
  /** The number of the last execution at the agent. */
  lastNumber = 0;
  /** When it came up, on the monotonic clock of this gateway. */
  startedMonotonicMs: number | null = null;
  /** When its time to live is over, on the same clock. */
  expiresMonotonicMs: number | null = null;
  /** Resolves when it runs, with `true`, or will never, with `false`. */
  readonly up: Promise<boolean>;
  /** Resolves with the stored row when it has ended. Never rejects. */
  readonly ended: Promise<SandboxRecord>;
  /** Resolves when somebody or a limit ends it. */
  readonly stopped: Promise<SandboxReason>;
  /** Called when the first begins to be busy with it, and when the last has done. */
  onBusy: (busy: boolean) => void = () => {};

  #cause: SandboxReason | null = null;
  #link: Link | null = null;
  #waiting: ((link: Link | null) => void)[] = [];
  #busy = 0;
  #idleSinceMs: number | null = null;
  readonly #clock: Clock;
  readonly #settleUp: (up: boolean) => void;
  readonly #stop: (cause: SandboxReason) => void;
  readonly #end: (record: SandboxRecord) => void;

  constructor(record: SandboxRecord, decision: Decision, clock: Clock) {
    this.id = record.id;
    this.tenant = record.tenant;
    this.requestId = record.requestId;
    this.record = record;
    this.decision = decision;
    this.worst = record.risk as unknown as RiskReport;
    this.#clock = clock;
    const up = Promise.withResolvers<boolean>();
    this.up = up.promise;
    this.#settleUp = up.resolve;
    const stopped = Promise.withResolvers<SandboxReason>();
    this.stopped = stopped.promise;
    this.#stop = stopped.resolve;
    const ended = Promise.withResolvers<SandboxRecord>();
    this.ended = ended.promise;
    this.#end = ended.resolve;
  }

  /** Why it is being ended, if it is. */
  get stopCause(): SandboxReason | null {
    return this.#cause;
  }

  /** Since when nothing runs in it and nobody calls it, by the wall clock; `null` while something does. */
  get idleSinceMs(): number | null {
    return this.#idleSinceMs;
  }

  /** Ends it. The first cause stays. */
  stop(cause: SandboxReason): void {
    if (this.#cause !== null) return;
    this.#cause = cause;
    this.#stop(cause);
    this.#letWaitersGo(null);
  }

  /** Notes a state that the store has, or is about to have. */
  become(
    change: Partial<Pick<SandboxRecord, "state" | "startedAtMs" | "expiresAtMs" | "ttlMs" | "unenforced" | "name">>,
  ): void {
    this.record = { ...this.record, ...change };
    if (change.state === "running") {
      this.#settleUp(true);
      if (this.#busy === 0) this.#beIdle();
    }
  }

  /** Notes the end. */
  end(record: SandboxRecord): void {
    this.record = record;
    this.#letWaitersGo(null);
    this.#settleUp(false);
    this.#end(record);
  }

  /** Somebody is busy with it until the returned function is called, once. */
  hold(): () => void {
    this.#busy += 1;
    if (this.#busy === 1) {
      this.#idleSinceMs = null;
      this.onBusy(true);
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#busy -= 1;
      if (this.#busy === 0) this.#beIdle();
    };
  }

  #beIdle(): void {
    this.#idleSinceMs = this.#clock.now();
    this.onBusy(false);
  }

  /** Its agent, or an error that says why there is none. A link that was just lost is waited for. */
  async agent(): Promise<Agent> {
    this.mustNotWait();
    if (this.record.state === "pending" || this.record.state === "starting") await this.up;
    this.mustRun();
    if (this.#link !== null) return this.#link.agent;
    let timer: NodeJS.Timeout | null = null;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), gatewayLimits.start_timeout_ms.value);
    });
    const link = await Promise.race([this.linkAfter(null), late]);
    if (timer !== null) clearTimeout(timer);
    this.mustRun();
    if (link === null) throw new HsrError("sandbox_unreachable");
    return link.agent;
  }

  /** A link to another agent's epoch than this one; `null` when the sandbox ends first. */
  async linkAfter(agent: Agent | null): Promise<Link | null> {
    while (this.#cause === null) {
      if (this.#link !== null && this.#link.agent !== agent) return this.#link;
      await new Promise<Link | null>((resolve) => this.#waiting.push(resolve));
    }
    return null;
  }

  /** Throws while a person is asked about it: nobody waits for that with an open connection. */
  mustNotWait(): void {
    if (this.isHeld)
      throw new HsrError("sandbox_not_running", {
        message: "The sandbox waits for a person's approval; nothing of it was started.",
        details: { state: this.record.state },
      });
  }

  /** A person agreed to it. */
  approve(decision: Decision, approved: ApprovedSandbox): void {
    this.decision = decision;
    this.isHeld = false;
    this.record = { ...this.record, ...approved };
  }

  /** Throws unless something can be started in it. */
  mustRun(): void {
    const { state } = this.record;
    if (state !== "running" || this.#cause !== null)
      throw new HsrError("sandbox_not_running", { details: { state: this.#cause === null ? state : "stopping" } });
  }

  /** Keeps a link to the agent until the sandbox ends: whenever the stream breaks, a new one is opened. */
  async keepLink(guest: Guest, openAgent: OpenAgent): Promise<void> {
    const over = Promise.race([guest.ended, this.stopped]).then(() => "over" as const);
    for (let retryMs = firstRetryMs; ; ) {
      const link = await firstOf([this.#join(guest, openAgent), over]);
      if (link === "over") return;
      if (link === null) {
        const waited = new Promise<"waited">((resolve) => setTimeout(() => resolve("waited"), retryMs).unref());
        if ((await firstOf([over, waited])) === "over") return;
        retryMs = Math.min(longestRetryMs, retryMs * 2);
        continue;
      }
      retryMs = firstRetryMs;
      this.#link = link;
      this.#letWaitersGo(link);
      const step = await Promise.race([link.agent.closed, over]);
      this.#link = null;
      if (step === "over") return;
    }
  }

  async #join(guest: Guest, openAgent: OpenAgent): Promise<Link | null> {
    let agent: Agent | null = null;
    let timer: NodeJS.Timeout | null = null;
    try {
      const opened = openAgent(await guest.attach());
      agent = opened;
      // The agent belongs to the guest and may never answer.
      timer = setTimeout(() => opened.close(), gatewayLimits.start_timeout_ms.value);
      await opened.ready;
      const known = new Map((await opened.list()).map((state) => [state.execId, state]));
      await this.#endStrays(opened, [...known.keys()]);
      return { agent: opened, known };
    } catch {
      agent?.close();
      return null;
    } finally {
      if (timer !== null) clearTimeout(timer);
    }
  }

  /** What nobody here knows was started by a gateway that died before it could say so: nobody waits for it. */
  async #endStrays(agent: Agent, numbers: readonly number[]): Promise<void> {
    const mine = new Set([...this.executions.values()].map((execution) => execution.record.number));
    for (const number of numbers) {
      if (mine.has(number)) continue;
      const stray = agent.follow(number, { stdout: 0, stderr: 0 });
      stray.started.catch(() => "it has ended");
      stray.exit.catch(() => "it is forgotten");
      await stray.signal(9, "session").catch(() => "it has ended");
      stray.forget();
    }
  }

  #letWaitersGo(link: Link | null): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(link);
  }
}
