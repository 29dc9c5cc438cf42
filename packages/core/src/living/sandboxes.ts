/**
 * Living sandboxes, from a request to their end. The same line as for runs: decide, a place, launch by the one place
 * that makes a LaunchSpec, the store, the audit log.
 */
import { gatewayLimits, HsrError, newId, type SandboxReason, sandboxLimits } from "@hsr/contract";
import { sandboxSpec } from "../acquire/launch-spec.ts";
import { resolveMounts } from "../acquire/mounts.ts";
import type { Place, Places } from "../acquire/places.ts";
import type { Analyze } from "../analyze/analyze.ts";
import type { RiskReport } from "../analyze/report.ts";
import type { Seat } from "../approval/waiting.ts";
import { decide } from "../decide/decide.ts";
import type { DecideInput, HeldFor, Rules } from "../decide/decision.ts";
import { needsApproval } from "../decide/refusals.ts";
import { decidedOf, kept } from "../ingress.ts";
import type { PipelinePorts } from "../pipeline.ts";
import type { Guest } from "../ports.ts";
import { isolationLevels, type SandboxId } from "../types.ts";
import type { ExecAction, SandboxAction } from "./actions.ts";
import { Deadlines } from "./deadlines.ts";
import { endSandbox } from "./end-sandbox.ts";
import { Executions } from "./executions.ts";
import { encodeHeld } from "./held-input.ts";
import { holdSandbox } from "./held-sandboxes.ts";
import type { LiveExecution } from "./live-execution.ts";
import { LiveSandbox } from "./live-sandbox.ts";
import type { LogFiles } from "./log-files.ts";
import type { SandboxRecord } from "./records.ts";
import { recreate } from "./recreate.ts";
import { newSandbox, sandboxEntry, sandboxFacts, sandboxRefusedEntry } from "./sandbox-row.ts";

/** What an operator sets for living sandboxes. */
export interface SandboxRules {
  readonly ttlMs: number;
  readonly mostTtlMs: number;
  readonly idleTimeoutMs: number;
}

export interface LivingPorts
  extends Pick<
    PipelinePorts,
    | "store"
    | "offers"
    | "analyze"
    | "openAgent"
    | "rules"
    | "waiting"
    | "approvalDeadlineMs"
    | "clock"
    | "log"
    | "metrics"
  > {
  readonly logFiles: LogFiles;
  readonly places: Places;
  readonly sandboxRules: SandboxRules;
  readonly queueWaitMs: number;
}

/** What a request for a sandbox gave: one that lives, or (by an idempotency key) one that has ended. */
export type CreatedSandbox =
  | { readonly kind: "live"; readonly sandbox: LiveSandbox }
  | { readonly kind: "stored"; readonly record: SandboxRecord };

/**
 * The risk of a sandbox in which nothing runs yet: that of its environment alone. Where there is no analyzer it is unknown,
 * as everything is.
 */
async function riskOfNothing(
  analyze: Analyze,
  environment: Readonly<Record<string, string>>,
  tenant: string,
): Promise<RiskReport> {
  const program = { kind: "code", language: "bash", code: new Uint8Array(), args: [] } as const;
  const risk = await analyze({ program, files: [], environment, stdin: null }, tenant);
  return risk.analyzed ? { ...risk, language: { declared: null, found: null }, unknownLang: false } : risk;
}

/** How often idle times are noted in the store at most: after a restart a sandbox may be so much younger. */
const noteActivityMs = 10_000;

export class Sandboxes {
  readonly ports: LivingPorts;
  readonly executions: Executions;
  readonly deadlines: Deadlines;
  readonly #live = new Map<SandboxId, LiveSandbox>();
  #draining = false;

  constructor(ports: LivingPorts) {
    this.ports = ports;
    this.deadlines = new Deadlines(ports.clock);
    this.executions = new Executions(ports, this.deadlines);
  }

  /** Refuses new sandboxes and executions from now on. */
  drain(): void {
    this.#draining = true;
    this.executions.drain();
  }

  get(id: SandboxId): LiveSandbox | null {
    return this.#live.get(id) ?? null;
  }

  /** The living sandbox if the tenant may see it; `null` as a tenant sees all. */
  of(tenant: string | null, id: SandboxId): LiveSandbox | null {
    const found = this.#live.get(id) ?? null;
    return found !== null && (tenant === null || found.tenant === tenant) ? found : null;
  }

  /** Whether somebody waits for a program to end. */
  get isAwaited(): boolean {
    return this.all().some((sandbox) => [...sandbox.executions.values()].some((execution) => execution.awaited));
  }

  all(): readonly LiveSandbox[] {
    return [...this.#live.values()];
  }

  /**
   * Starts a program in a sandbox. One that wants stronger walls gets them in a sandbox that takes this one's place, if its
   * caller asked for that: the execution then says where it runs.
   */
  async exec(sandbox: LiveSandbox, action: ExecAction): Promise<LiveExecution> {
    try {
      return await this.executions.start(sandbox, action);
    } catch (thrown) {
      const level = isolationLevels.find((one) => one === HsrError.from(thrown).details?.["level"]);
      const isBeyond = HsrError.from(thrown).code === "needs_stronger_sandbox";
      if (!isBeyond || level === undefined || action.escalation !== "recreate") throw thrown;
      sandbox.replacement ??= recreate(this, sandbox, level, action);
      const fresh = await sandbox.replacement.catch((failed: unknown) => {
        sandbox.replacement = null;
        throw failed;
      });
      return await this.executions.start(fresh, { ...action, escalatedFrom: sandbox.id });
    }
  }

  /**
   * Takes a request in. Resolves when the sandbox is stored; `sandbox.up` says when it runs, and `isHeld` that a person is asked
   * first. `replaced` is the sandbox whose place it takes: what is known of its risk holds here, and so does an approval that
   * was given for it by the same rules.
   */
  async create(action: SandboxAction, replaced: LiveSandbox | null = null): Promise<CreatedSandbox> {
    if (this.#draining) throw new HsrError("draining", { retryAfterMs: 2000 });
    const { ports } = this;
    const considered: DecideInput = {
      request: sandboxFacts(action),
      wishes: await resolveMounts(action.wishes, action.tenant, ports.store),
      risk: replaced?.worst ?? (await riskOfNothing(ports.analyze, action.environment, action.tenant)),
      offers: ports.offers.current,
      // After the analysis: what came into force meanwhile holds.
      rules: ports.rules,
    };
    const verdict = decide(considered);
    const granted = verdict.kind === "hold" ? grantedBefore(replaced, ports.rules) : undefined;
    if (verdict.kind === "refuse" || (verdict.kind === "hold" && replaced !== null && granted === undefined)) {
      // Nobody waits for a person in the middle of an execution: the old sandbox lives on.
      const { code, options } =
        verdict.kind === "refuse" ? verdict.refusal : needsApproval(verdict.approval, ports.rules);
      const held = verdict.kind === "hold" ? verdict.held : null;
      await ports.store.audit.append(sandboxRefusedEntry(action, considered, code, ports.clock.now(), held));
      throw new HsrError(code, options);
    }
    const times = this.#times(action);
    const nowMs = ports.clock.now();
    const decided = decidedOf(verdict, ports.approvalDeadlineMs, nowMs);
    const isHeld = decided.isHeld && granted === undefined;
    const decision = granted === undefined ? decided.decision : { ...decided.decision, approval: granted };
    const held = isHeld ? encodeHeld({ kind: "sandbox", wishes: action.wishes, considered: kept(considered) }) : null;
    // Whoever waits for a person has no place: it is taken once somebody agrees.
    const place = held === null ? ports.places.enter(action.tenant) : null;
    const seat = held === null ? null : ports.waiting.enter(action.tenant, held.length);
    const leave = () => {
      place?.leave();
      seat?.leave();
    };
    const row = newSandbox(action, considered, decision, {
      id: newId("sandbox") as SandboxId,
      state: place?.immediate ? "starting" : "pending",
      nowMs,
      wantsApproval: decided.isHeld,
      held,
      ...times,
    });
    const outcome = await ports.store.sandboxes.create(row).catch((thrown: unknown) => {
      leave();
      throw thrown;
    });
    if (outcome.kind !== "created") leave();
    switch (outcome.kind) {
      case "created": {
        const sandbox = new LiveSandbox(outcome.sandbox, decision, ports.clock);
        if (place !== null) void this.bringUp(sandbox, place);
        else if (seat !== null) this.hold(sandbox, seat);
        return { kind: "live", sandbox };
      }
      case "existing": {
        const live = this.get(outcome.sandbox.id);
        return live === null ? { kind: "stored", record: outcome.sandbox } : { kind: "live", sandbox: live };
      }
      case "mismatch":
        throw new HsrError("idempotency_conflict", { details: { sandbox_id: outcome.sandboxId } });
      case "name_taken":
        throw new HsrError("name_taken", { field: "name", details: { sandbox_id: outcome.sandboxId } });
    }
  }

  /** Waits for a person, and then for a place. */
  hold(sandbox: LiveSandbox, seat: Seat): void {
    this.#live.set(sandbox.id, sandbox);
    void holdSandbox(this, sandbox, seat);
  }

  /** From a place to a running sandbox, and on to its end. Never rejects. */
  async bringUp(sandbox: LiveSandbox, place: Place): Promise<void> {
    const { ports } = this;
    this.#live.set(sandbox.id, sandbox);
    try {
      if (sandbox.record.state === "pending" && !(await this.#placed(sandbox, place))) return;
      const runtime = ports.offers.runtime(sandbox.decision.runtime);
      if (runtime === null) throw new HsrError("runtime_unavailable");
      sandbox.guest = await runtime.launch(
        sandboxSpec(sandbox.decision, sandbox.id, sandbox.tenant, sandbox.record.ttlMs),
      );
      if (sandbox.stopCause === null) await this.#started(sandbox, sandbox.guest, place);
      await this.live(sandbox, sandbox.guest, place);
    } catch (thrown) {
      await this.finish(sandbox, place, "setup_failed", HsrError.from(thrown));
    }
  }

  /** Waits for a place. `false`: it has ended meanwhile. */
  async #placed(sandbox: LiveSandbox, place: Place): Promise<boolean> {
    const timer = { token: {} };
    const late = new Promise<"late">((resolve) =>
      this.deadlines.set(timer.token, this.ports.queueWaitMs, () => resolve("late")),
    );
    const step = await Promise.race([place.granted.then(() => "granted" as const), sandbox.stopped, late]);
    this.deadlines.clear(timer.token);
    if (step === "late") throw new HsrError("queue_full", { message: "No place became free in time." });
    if (step !== "granted") {
      await this.finish(sandbox, place, step, null);
      return false;
    }
    await this.ports.store.sandboxes.transition(sandbox.id, "pending", "starting");
    sandbox.become({ state: "starting" });
    return true;
  }

  async #started(sandbox: LiveSandbox, guest: Guest, place: Place): Promise<void> {
    const { clock, store } = this.ports;
    place.started();
    const startedAtMs = clock.now();
    const { ttlMs } = sandbox.record;
    sandbox.startedMonotonicMs = clock.monotonic();
    const facts = { startedAtMs, expiresAtMs: startedAtMs + ttlMs, unenforced: unenforcedOf(sandbox, guest) };
    await store.sandboxes.transition(sandbox.id, "starting", "running", { ...facts, activeAtMs: startedAtMs });
    this.expireIn(sandbox, ttlMs);
    this.#watchIdle(sandbox, sandbox.record.idleTimeoutMs);
    sandbox.become({ state: "running", ...facts });
    this.ports.log.info({ sandbox: sandbox.id, request: sandbox.requestId }, "sandbox runs");
  }

  /** Holds a running sandbox until it ends, and then ends it for good. Never rejects. */
  async live(sandbox: LiveSandbox, guest: Guest, place: Place): Promise<void> {
    this.#live.set(sandbox.id, sandbox);
    const link = sandbox.keepLink(guest, this.ports.openAgent);
    const cause = await Promise.race([sandbox.stopped, guest.ended.then(({ end }) => reasonOf(end))]);
    sandbox.stop(cause);
    await this.finish(sandbox, place, cause, null);
    await link;
  }

  /** Stores the end, and lets go of everything. */
  async finish(
    sandbox: LiveSandbox,
    place: Place | null,
    reason: SandboxReason,
    error: HsrError | null,
  ): Promise<void> {
    sandbox.stop(reason);
    this.deadlines.clear(sandbox);
    this.deadlines.clear(sandbox.executions);
    await endSandbox(sandbox, sandbox.stopCause ?? reason, error, this.executions, this.ports);
    this.#live.delete(sandbox.id);
    place?.leave();
  }

  /** Gives a new time to live, from now. Of a renewal and an expiry at the same moment one wins. */
  async renew(sandbox: LiveSandbox, ttlMs: number, keyId: string, requestId: string): Promise<void> {
    sandbox.mustNotWait();
    await sandbox.up;
    sandbox.mustRun();
    const { guest } = sandbox;
    const { clock, store, sandboxRules } = this.ports;
    if (guest === null) throw new HsrError("sandbox_not_running", { details: { state: sandbox.record.state } });
    mustBeAtMost("ttl_ms", ttlMs, sandboxRules.mostTtlMs);
    // Set first: from here on the old time does not end it. If the launcher says that it is gone, it is.
    this.expireIn(sandbox, ttlMs);
    const outcome = await guest.renew(ttlMs + gatewayLimits.deadline_slack_ms.value);
    if (outcome === "gone" || sandbox.stopCause !== null) {
      sandbox.stop("expired");
      throw new HsrError("sandbox_not_running", { details: { state: "stopping" } });
    }
    const facts = { ttlMs, expiresAtMs: clock.now() + ttlMs };
    sandbox.become(facts);
    const entry = sandboxEntry(sandbox.record, "sandbox.renewed", clock.now(), requestId, {
      key: keyId,
      ttl_ms: ttlMs,
    });
    await store.sandboxes.note(sandbox.id, facts, entry);
  }

  /** Ends it on its caller's behalf; resolves with the row when it has ended. */
  async remove(sandbox: LiveSandbox, keyId: string, requestId: string): Promise<SandboxRecord> {
    const { clock, store } = this.ports;
    const data = { key: keyId, state: sandbox.record.state };
    sandbox.stop("deleted");
    await store.audit.append(sandboxEntry(sandbox.record, "sandbox.delete_requested", clock.now(), requestId, data));
    return await sandbox.ended;
  }

  /** Ends it when its time to live is over. */
  expireIn(sandbox: LiveSandbox, ms: number): void {
    sandbox.expiresMonotonicMs = this.ports.clock.monotonic() + ms;
    this.deadlines.set(sandbox, ms, () => sandbox.stop("expired"));
  }

  /** Ends it when nobody was busy with it for its idle time; the first time may be shorter, after a restart. */
  #watchIdle(sandbox: LiveSandbox, firstMs: number): void {
    const { idleTimeoutMs } = sandbox.record;
    if (idleTimeoutMs === 0) return;
    let noted = sandbox.record.activeAtMs;
    let nextMs = firstMs;
    sandbox.onBusy = (busy) => {
      if (busy) {
        this.deadlines.clear(sandbox.executions);
        return;
      }
      this.deadlines.set(sandbox.executions, nextMs, () => sandbox.stop("idle_timeout"));
      nextMs = idleTimeoutMs;
      const nowMs = this.ports.clock.now();
      if (nowMs - noted < Math.min(noteActivityMs, idleTimeoutMs / 4)) return;
      noted = nowMs;
      this.ports.store.sandboxes
        .note(sandbox.id, { activeAtMs: nowMs })
        .catch((err: unknown) => this.ports.log.warn({ err, sandbox: sandbox.id }, "its activity could not be noted"));
    };
  }

  /** A sandbox of an earlier gateway that lives on, or that never came up. */
  adopt(sandbox: LiveSandbox, guest: Guest, leftMs: number, idleLeftMs: number): void {
    const place = this.ports.places.occupy(sandbox.tenant);
    sandbox.guest = guest;
    this.expireIn(sandbox, leftMs);
    this.#watchIdle(sandbox, idleLeftMs);
    sandbox.become({ state: "running" });
    void this.live(sandbox, guest, place);
  }

  #times(action: SandboxAction): { readonly ttlMs: number; readonly idleTimeoutMs: number } {
    const { sandboxRules } = this.ports;
    const ttlMs = action.ttlMs ?? Math.min(sandboxRules.ttlMs, sandboxRules.mostTtlMs);
    mustBeAtMost("ttl_ms", ttlMs, sandboxRules.mostTtlMs);
    return { ttlMs, idleTimeoutMs: action.idleTimeoutMs ?? sandboxRules.idleTimeoutMs };
  }
}

/** What a person agreed to before, by the rules that hold now: a sandbox with stronger walls is no other request. */
function grantedBefore(replaced: LiveSandbox | null, { digest }: Rules): HeldFor | undefined {
  const { approval, policyDigest } = replaced?.decision ?? {};
  return approval !== undefined && approval.approvedBy !== null && policyDigest === digest ? approval : undefined;
}

function mustBeAtMost(field: keyof typeof sandboxLimits, value: number, most: number): void {
  if (value > most)
    throw new HsrError("invalid_request", {
      field,
      message: `The operator allows at most ${most} ${sandboxLimits[field].unit}.`,
    });
}

function unenforcedOf(sandbox: LiveSandbox, guest: Guest) {
  return [...new Set([...sandbox.decision.unenforced, ...guest.unenforced])];
}

/** Why it ended that nobody here had ended. */
function reasonOf(end: Awaited<Guest["ended"]>["end"]): SandboxReason {
  switch (end) {
    case "destroyed":
      return "killed";
    case "deadline":
      return "expired";
    case "out_of_memory":
    case "exited":
    case "setup_failed":
    case "lost":
      return end;
  }
}
