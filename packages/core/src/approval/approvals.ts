/**
 * Runs that wait for a person's answer. A held run is stored and nothing of it is started. Whoever approves it does not
 * choose where it runs: it is decided about again by the rules of that moment, and never gets less isolation than
 * the rules wanted that held it. Without an answer it is denied at its deadline, whichever gateway then lives.
 */
import { HsrError } from "@hsr/contract";
import { collect } from "../collect/collect.ts";
import { decide } from "../decide/decide.ts";
import type { DecideInput, Decision, Verdict } from "../decide/decision.ts";
import { asJson, kept } from "../ingress.ts";
import type { Pipeline } from "../pipeline.ts";
import type { LiveRun } from "../run/live-run.ts";
import type { NewAuditEntry } from "../store.ts";
import { decodeInput } from "../stored-input.ts";
import { levelRank } from "../types.ts";
import { denialOf } from "./denial.ts";
import type { Answer, Approver, Seat } from "./waiting.ts";

export class Approvals {
  readonly #pipeline: Pipeline;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
  }

  /** Holds a run until it is answered, cancelled, or late. Never rejects. */
  async hold(run: LiveRun, seat: Seat): Promise<void> {
    const { ports, live } = this.#pipeline;
    // Nobody waits for a person with an open connection.
    run.detach();
    await ports.waiting.ask(run.id, run.decision.approval?.deadlineAtMs ?? 0, run.stopped, async (answer) => {
      seat.leave();
      try {
        if (answer === null) await collect(run, null, null, ports, live);
        else if (answer.kind === "approve") await this.#approve(run, answer.by);
        else await this.#deny(run, answer);
      } catch (thrown) {
        await this.#fail(run, HsrError.from(thrown));
      }
    });
  }

  async #approve(run: LiveRun, by: Approver): Promise<void> {
    const { ports } = this.#pipeline;
    const { considered, verdict } = await this.#decideAgain(run);
    const nowMs = ports.clock.now();
    const decided = { input: kept(considered), ...(verdict.kind === "hold" ? { held: true } : {}) };
    if (verdict.kind === "refuse") {
      const { code, options } = verdict.refusal;
      await ports.store.audit.append(
        entry(run, "run.approved", by.requestId, nowMs, { by: by.keyId, ...decided, code }),
      );
      return await this.#fail(run, new HsrError(code, options));
    }
    const fresh = verdict.kind === "allow" ? verdict.decision : verdict.held;
    await ports.store.audit.append(
      entry(run, "run.approved", by.requestId, nowMs, { by: by.keyId, ...decided, decision: fresh }),
    );
    const { approval } = run.decision;
    const decision: Decision =
      approval === undefined
        ? fresh
        : { ...fresh, approval: { ...approval, approvedBy: by.keyId, approvedAtMs: nowMs } };
    const { runtime, level, limits } = decision;
    const patch = { decision: asJson(decision), limits: asJson(limits), runtime, level };
    const step = await ports.store.runs.transition(run.id, "held", "queued", nowMs, patch);
    if (step.kind !== "done") throw new HsrError("internal", { message: "The run is not held any more." });
    run.redecide(decision, ports.spool);
    run.become({ state: "queued" });
    void this.#pipeline.through(run, null, ports.places.enter(run.tenant, true), null);
  }

  /** By the rules and the host of now, and never weaker than when it was held. What was found in the code is known. */
  async #decideAgain(run: LiveRun): Promise<{ readonly considered: DecideInput; readonly verdict: Verdict }> {
    const { ports } = this.#pipeline;
    const bytes = await ports.store.runs.input(run.id);
    if (bytes === null) throw new HsrError("internal", { message: "The run's input is not in the store." });
    const { wishes, considered: before } = decodeInput(bytes);
    if (before === null) throw new HsrError("internal", { message: "Why the run was held is not in the store." });
    const { level } = run.decision;
    const demanded = wishes.level !== null && levelRank(wishes.level) > levelRank(level) ? wishes.level : level;
    const considered: DecideInput = {
      ...before,
      wishes: { ...wishes, level: demanded },
      offers: ports.offers.current,
      rules: ports.rules,
    };
    return { considered, verdict: decide(considered) };
  }

  async #deny(run: LiveRun, answer: Exclude<Answer, { readonly kind: "approve" }>): Promise<void> {
    const { store, clock } = this.#pipeline.ports;
    const { data, failed, requestId } = denialOf(answer, run.decision.approval);
    await store.audit.append(entry(run, "run.approval_denied", requestId, clock.now(), data));
    await this.#fail(run, failed);
  }

  #fail(run: LiveRun, failed: HsrError): Promise<void> {
    return collect(
      run,
      null,
      { exit: null, failed, ended: null, detail: null },
      this.#pipeline.ports,
      this.#pipeline.live,
    );
  }
}

function entry(
  run: LiveRun,
  type: "run.approved" | "run.approval_denied",
  requestId: string | null,
  timeMs: number,
  data: object,
): NewAuditEntry {
  return { timeMs, type, tenant: run.tenant, subject: run.id, requestId, data: asJson(data) };
}
