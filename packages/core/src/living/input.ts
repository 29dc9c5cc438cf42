/**
 * Writing to a program that runs. Who writes asks anew: the program was judged when it came, and what is written to it now is
 * judged by what the sandbox allows. Each judgement costs nothing; the first leave of each key is noted in the audit log.
 */
import { HsrError } from "@hsr/contract";
import type { RiskReport } from "../analyze/report.ts";
import { type JudgeInput, judge } from "../decide/judge.ts";
import { asJson } from "../ingress.ts";
import type { NewAuditEntry } from "../store.ts";
import type { LiveExecution } from "./live-execution.ts";
import type { LiveSandbox } from "./live-sandbox.ts";
import { opacityOf } from "./opacity.ts";
import type { LivingPorts } from "./sandboxes.ts";

/** Who wants something of an execution or a sandbox. */
export interface Asker {
  readonly keyId: string;
  readonly requestId: string;
}

/** Rejects unless this caller may write to the execution's input. */
export async function admitInput(
  ports: Pick<LivingPorts, "store" | "clock">,
  sandbox: LiveSandbox,
  execution: LiveExecution,
  asker: Asker,
): Promise<void> {
  const considered = inputOf(sandbox, execution);
  const judgement = judge(considered);
  const entry = (type: NewAuditEntry["type"], facts: object): NewAuditEntry => ({
    timeMs: ports.clock.now(),
    type,
    tenant: sandbox.tenant,
    subject: execution.id,
    requestId: asker.requestId,
    data: asJson({
      key: asker.keyId,
      sandbox: sandbox.id,
      input: { allow: considered.allow, risk: considered.risk, opacity: considered.opacity },
      ...facts,
    }),
  });
  if (judgement.kind === "refuse") {
    const { code, options } = judgement.refusal;
    await ports.store.audit.append(entry("execution.refused", { code }));
    throw new HsrError(code, options);
  }
  if (execution.inputNoted.has(asker.keyId)) return;
  execution.inputNoted.add(asker.keyId);
  await ports.store.audit.append(entry("execution.input", { decision: judgement.decision }));
}

/** What an interpreter or a shell is given later is its program; for every other one it is data, and judged with it. */
function inputOf(sandbox: LiveSandbox, execution: LiveExecution): JudgeInput {
  const { argv, terminal, risk } = execution.record;
  return {
    envelope: sandbox.decision,
    allow: sandbox.record.allow,
    risk: risk as unknown as RiskReport,
    opacity: opacityOf({
      program: { kind: "argv", argv },
      stdin: "open",
      terminal: terminal ? { rows: 1, cols: 1 } : null,
    }),
  };
}
