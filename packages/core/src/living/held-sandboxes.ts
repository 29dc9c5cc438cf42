/**
 * Sandboxes that wait for a person's answer: stored, with no place, and nothing of them is started. As with runs, whoever
 * approves does not choose where it runs: it is decided about again by the rules of that moment, and never gets less isolation
 * than the rules wanted that held it.
 */
import { HsrError } from "@hsr/contract";
import { denialOf } from "../approval/denial.ts";
import type { Approver, Seat } from "../approval/waiting.ts";
import { decide } from "../decide/decide.ts";
import type { DecideInput, Decision } from "../decide/decision.ts";
import { asJson, kept } from "../ingress.ts";
import { levelRank } from "../types.ts";
import { decodeHeld } from "./held-input.ts";
import type { LiveSandbox } from "./live-sandbox.ts";
import { sandboxEntry } from "./sandbox-row.ts";
import type { Sandboxes } from "./sandboxes.ts";

/** Holds a sandbox until it is answered, ended, or late. Never rejects. */
export async function holdSandbox(sandboxes: Sandboxes, sandbox: LiveSandbox, seat: Seat): Promise<void> {
  sandbox.isHeld = true;
  const { ports } = sandboxes;
  const { approval } = sandbox.decision;
  await ports.waiting.ask(sandbox.id, approval?.deadlineAtMs ?? 0, sandbox.stopped, async (answer) => {
    seat.leave();
    try {
      if (answer === null) return await sandboxes.finish(sandbox, null, "killed", null);
      if (answer.kind === "approve") return await approve(sandboxes, sandbox, answer.by);
      const { data, failed, requestId } = denialOf(answer, approval);
      await ports.store.audit.append(
        sandboxEntry(sandbox.record, "sandbox.approval_denied", ports.clock.now(), requestId, data),
      );
      await sandboxes.finish(sandbox, null, "denied", failed);
    } catch (thrown) {
      const failed = HsrError.from(thrown);
      await sandboxes.finish(sandbox, null, failed.row.class === "denied" ? "denied" : "setup_failed", failed);
    }
  });
}

async function approve(sandboxes: Sandboxes, sandbox: LiveSandbox, by: Approver): Promise<void> {
  const { ports } = sandboxes;
  const considered = await consideredAgain(sandboxes, sandbox);
  const verdict = decide(considered);
  const nowMs = ports.clock.now();
  const entry = (data: object) =>
    sandboxEntry(
      sandbox.record,
      "sandbox.approved",
      nowMs,
      by.requestId,
      asJson({
        by: by.keyId,
        input: kept(considered),
        ...(verdict.kind === "hold" ? { held: true } : {}),
        ...data,
      }),
    );
  if (verdict.kind === "refuse") {
    const { code, options } = verdict.refusal;
    await ports.store.audit.append(entry({ code }));
    throw new HsrError(code, options);
  }
  const fresh = verdict.kind === "allow" ? verdict.decision : verdict.held;
  const { approval } = sandbox.decision;
  const decision: Decision =
    approval === undefined ? fresh : { ...fresh, approval: { ...approval, approvedBy: by.keyId, approvedAtMs: nowMs } };
  const approved = { decision: asJson(decision), runtime: decision.runtime, level: decision.level };
  const isNews = await ports.store.sandboxes.approve(sandbox.id, approved, entry({ decision: fresh }));
  if (!isNews) throw new HsrError("internal", { message: "The sandbox is not held any more." });
  sandbox.approve(decision, approved);
  void sandboxes.bringUp(sandbox, ports.places.enter(sandbox.tenant, true));
}

/** By the rules and the host of now, and never weaker than when it was held. */
async function consideredAgain({ ports }: Sandboxes, sandbox: LiveSandbox): Promise<DecideInput> {
  const bytes = await ports.store.sandboxes.held(sandbox.id);
  if (bytes === null) throw new HsrError("internal", { message: "Why the sandbox was held is not in the store." });
  const { wishes, considered } = decodeHeld(bytes, "sandbox");
  const { level } = sandbox.decision;
  const demanded = wishes.level !== null && levelRank(wishes.level) > levelRank(level) ? wishes.level : level;
  return {
    ...considered,
    wishes: { ...considered.wishes, level: demanded },
    offers: ports.offers.current,
    rules: ports.rules,
  };
}
