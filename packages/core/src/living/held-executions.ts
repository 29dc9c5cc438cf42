/**
 * Executions that wait for a person's answer. What was asked about is what runs: its request lies in the store, and the
 * files that it would find in the sandbox are looked at again. Where one of them is not what it was, the approval is void.
 * Otherwise it is judged once more, by the rules of that moment.
 */
import { createHash } from "node:crypto";
import { HsrError, newId } from "@hsr/contract";
import type { RiskReport } from "../analyze/report.ts";
import { denialOf } from "../approval/denial.ts";
import type { Answer, Approver, Seat } from "../approval/waiting.ts";
import { type ExecutionDecision, type Judgement, judge } from "../decide/judge.ts";
import { asJson, heldFor } from "../ingress.ts";
import type { Agent } from "../ports.ts";
import type { NewAuditEntry } from "../store.ts";
import type { ExecutionId } from "../types.ts";
import type { ExecAction } from "./actions.ts";
import { type ExecutionPlan, executionPlan } from "./execution-plan.ts";
import { keptJudgeInput, newExecution, toldOf } from "./execution-row.ts";
import type { Considered } from "./executions.ts";
import { type AskedFile, decodeHeld, encodeHeld, fingerprintOf } from "./held-input.ts";
import { type ExecutionEnd, LiveExecution } from "./live-execution.ts";
import type { LiveSandbox } from "./live-sandbox.ts";
import type { ExecutionRecord } from "./records.ts";
import type { LivingPorts } from "./sandboxes.ts";

/** What holding needs of those who start executions. */
export interface Starter {
  /** Throws where nothing more can be started. */
  mustHaveRoom(sandbox: LiveSandbox): void;
  consider(sandbox: LiveSandbox, action: ExecAction, agent: Agent): Promise<Considered>;
  noteWorst(sandbox: LiveSandbox, risk: RiskReport): Promise<void>;
  /** Starts what is stored already, and follows it to its end. */
  begin(sandbox: LiveSandbox, execution: LiveExecution, plan: ExecutionPlan, agent: Agent, action: ExecAction): void;
  finish(sandbox: LiveSandbox, execution: LiveExecution, end: ExecutionEnd): Promise<void>;
}

const neverStarted: ExecutionEnd = { exit: null, failed: null, lost: true };

export class HeldExecutions {
  readonly #ports: LivingPorts;
  readonly #starter: Starter;

  constructor(ports: LivingPorts, starter: Starter) {
    this.#ports = ports;
    this.#starter = starter;
  }

  /** Stores it and asks. Resolves when the row is there. */
  async hold(
    sandbox: LiveSandbox,
    action: ExecAction,
    looked: Considered,
    { held, approval }: Extract<Judgement, { readonly kind: "hold" }>,
  ): Promise<LiveExecution> {
    const { store, clock, waiting, approvalDeadlineMs, logFiles } = this.#ports;
    // Nothing that was granted later makes it more than was asked about.
    const asked = { ...action, timeoutMs: held.timeoutMs, outputBytes: held.outputBytes };
    const files = filesOf(looked);
    const fingerprint = await this.#fingerprint(sandbox, looked, files);
    const input = encodeHeld({ kind: "execution", action: asked, files, fingerprint });
    this.#starter.mustHaveRoom(sandbox);
    const seat = waiting.enter(sandbox.tenant, input.length);
    const id = newId("execution") as ExecutionId;
    const nowMs = clock.now();
    const decision = { ...held, approval: heldFor(approval, approvalDeadlineMs, nowMs) };
    sandbox.lastNumber += 1;
    const { argv } = executionPlan(id, asked, sandbox).spec;
    const row = newExecution(sandbox, asked, argv, looked.considered, decision, {
      id,
      number: sandbox.lastNumber,
      risk: looked.risk,
      nowMs,
      held: input,
    });
    const { audit: _audit, held: _held, ...kept } = row;
    const execution = new LiveExecution({ ...kept, startedAtMs: null, outcome: null }, null, logFiles);
    sandbox.executions.set(id, execution);
    try {
      await store.executions.create(row);
    } catch (thrown) {
      sandbox.executions.delete(id);
      seat.leave();
      throw thrown;
    }
    void this.#ask(sandbox, execution, seat);
    return execution;
  }

  /** One that an earlier gateway asked about: the question stands. */
  async resume(sandbox: LiveSandbox, record: ExecutionRecord): Promise<LiveExecution> {
    const execution = new LiveExecution(record, null, this.#ports.logFiles);
    sandbox.executions.set(record.id, execution);
    const input = await this.#ports.store.executions.held(record.id);
    void this.#ask(sandbox, execution, this.#ports.waiting.enter(sandbox.tenant, input?.length ?? 0, true));
    return execution;
  }

  async #ask(sandbox: LiveSandbox, execution: LiveExecution, seat: Seat): Promise<void> {
    const over = Promise.race([execution.stopped, execution.finished]);
    const deadlineAtMs = approvalOf(execution)?.deadlineAtMs ?? 0;
    await this.#ports.waiting.ask(execution.id, deadlineAtMs, over, async (answer) => {
      seat.leave();
      try {
        if (answer === null) await this.#starter.finish(sandbox, execution, neverStarted);
        else if (answer.kind === "approve") await this.#approve(sandbox, execution, answer.by);
        else await this.#deny(sandbox, execution, answer);
      } catch (thrown) {
        await this.#fail(sandbox, execution, HsrError.from(thrown));
      }
    });
  }

  async #approve(sandbox: LiveSandbox, execution: LiveExecution, by: Approver): Promise<void> {
    const { store, clock } = this.#ports;
    const bytes = await store.executions.held(execution.id);
    if (bytes === null) throw new HsrError("internal", { message: "What was asked about is not in the store." });
    const { action, fingerprint } = decodeHeld(bytes, "execution");
    const agent = await sandbox.agent();
    const looked = await this.#starter.consider(sandbox, action, agent);
    const found = await this.#fingerprint(sandbox, looked, filesOf(looked));
    if (found !== fingerprint) {
      const data = { by: by.keyId, sandbox: sandbox.id, reason: "changed" };
      await store.audit.append(this.#entry(execution, "execution.approval_denied", by.requestId, data));
      return await this.#fail(sandbox, execution, new HsrError("approval_void"));
    }
    sandbox.mustRun();
    const judgement = judge(looked.considered);
    const entry = (data: object) =>
      this.#entry(execution, "execution.approved", by.requestId, {
        by: by.keyId,
        sandbox: sandbox.id,
        input: keptJudgeInput(looked.considered),
        ...(judgement.kind === "hold" ? { held: true } : {}),
        ...data,
      });
    if (judgement.kind === "refuse") {
      const { code, options } = judgement.refusal;
      await store.audit.append(entry({ code }));
      return await this.#fail(sandbox, execution, new HsrError(code, options));
    }
    const fresh = judgement.kind === "hold" ? judgement.held : judgement.decision;
    const approval = approvalOf(execution);
    const decision: ExecutionDecision = {
      ...toldOf(fresh, action),
      ...(approval === undefined ? {} : { approval: { ...approval, approvedBy: by.keyId, approvedAtMs: clock.now() } }),
    };
    const approved = {
      decision: asJson(decision),
      risk: asJson(looked.risk),
      timeoutMs: fresh.timeoutMs,
      outputLimitBytes: fresh.outputBytes,
    };
    await this.#starter.noteWorst(sandbox, looked.considered.risk);
    // Somebody may have ended it meanwhile: then it stays ended.
    if (execution.stopCause !== null) return await this.#starter.finish(sandbox, execution, neverStarted);
    if (!(await store.executions.approve(execution.id, approved, entry({ decision: fresh })))) return;
    const allowed = { ...action, timeoutMs: fresh.timeoutMs, outputBytes: fresh.outputBytes };
    const plan = executionPlan(execution.id, allowed, sandbox);
    execution.approve(approved, plan.spec);
    this.#starter.begin(sandbox, execution, plan, agent, allowed);
  }

  async #deny(
    sandbox: LiveSandbox,
    execution: LiveExecution,
    answer: Exclude<Answer, { readonly kind: "approve" }>,
  ): Promise<void> {
    const { data, failed, requestId } = denialOf(answer, approvalOf(execution));
    const told = { ...data, sandbox: sandbox.id };
    await this.#ports.store.audit.append(this.#entry(execution, "execution.approval_denied", requestId, told));
    await this.#fail(sandbox, execution, failed);
  }

  #fail(sandbox: LiveSandbox, execution: LiveExecution, failed: HsrError): Promise<void> {
    return this.#starter.finish(sandbox, execution, { exit: null, failed, lost: false });
  }

  async #fingerprint(sandbox: LiveSandbox, looked: Considered, files: readonly AskedFile[]): Promise<string> {
    return fingerprintOf(files, await this.#ports.store.received.state(sandbox.id), looked.considered.opacity);
  }

  #entry(
    { id: subject, tenant }: LiveExecution,
    type: "execution.approved" | "execution.approval_denied",
    requestId: string | null,
    data: object,
  ): NewAuditEntry {
    return { timeMs: this.#ports.clock.now(), type, tenant, subject, requestId, data: asJson(data) };
  }
}

function approvalOf({ record }: LiveExecution): ExecutionDecision["approval"] {
  // Rows hold what this gateway, or one of the same schema version, wrote.
  return (record.decision as unknown as ExecutionDecision).approval;
}

function filesOf({ files }: Considered): readonly AskedFile[] {
  return files.map(({ path, content, mode }) => ({
    path,
    bytes: content.length,
    mode: mode & 0o777,
    sha256: createHash("sha256").update(content).digest("hex"),
  }));
}
