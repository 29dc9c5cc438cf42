/**
 * Writing to a program that runs. Who writes asks anew: the program was judged when it came, and what is written to it now is
 * judged by what the sandbox allows. Each judgement costs nothing; the first leave of each key is noted in the audit log.
 */
import { extname } from "node:path";
import { HsrError } from "@hsr/contract";
import type { Program } from "../action.ts";
import type { Rules } from "../decide/decision.ts";
import { type ExecutionDecision, type JudgeInput, judge } from "../decide/judge.ts";
import { needsApproval } from "../decide/refusals.ts";
import { asJson } from "../ingress.ts";
import { languages } from "../languages.ts";
import type { NewAuditEntry } from "../store.ts";
import { executionFacts, keptJudgeInput } from "./execution-row.ts";
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
  ports: Pick<LivingPorts, "store" | "clock" | "rules">,
  sandbox: LiveSandbox,
  execution: LiveExecution,
  asker: Asker,
): Promise<void> {
  const considered = inputOf(sandbox, execution, ports.rules);
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
      input: keptJudgeInput(considered),
      ...facts,
    }),
  });
  if (judgement.kind === "refuse") {
    const { code, options } = judgement.refusal;
    await ports.store.audit.append(entry("execution.refused", { code }));
    throw new HsrError(code, options);
  }
  const decided =
    judgement.kind === "hold" ? { decision: judgement.held, held: true } : { decision: judgement.decision };
  // Who approved the program approved what is written to it, by the rules of then. Nothing is asked about each line.
  if (judgement.kind === "hold" && !isApproved(execution, considered.rules)) {
    const { code, options } = needsApproval(judgement.approval, considered.rules);
    await ports.store.audit.append(entry("execution.refused", { ...decided, code }));
    throw new HsrError(code, options);
  }
  if (execution.inputNoted.has(asker.keyId)) return;
  execution.inputNoted.add(asker.keyId);
  await ports.store.audit.append(entry("execution.input", decided));
}

/** Whether a person agreed to it by exactly these rules. */
function isApproved({ record }: LiveExecution, { digest }: Rules): boolean {
  // Rows hold what this gateway, or one of the same schema version, wrote.
  const { approval, policyDigest } = record.decision as unknown as ExecutionDecision;
  return approval !== undefined && approval.approvedBy !== null && policyDigest === digest;
}

/** What an interpreter or a shell is given later is its program; for every other one it is data, and judged with it. */
function inputOf(sandbox: LiveSandbox, execution: LiveExecution, rules: Rules): JudgeInput {
  const { argv, terminal, timeoutMs, outputLimitBytes } = execution.record;
  const opacity = opacityOf({
    program: { kind: "argv", argv },
    stdin: "open",
    terminal: terminal ? { rows: 1, cols: 1 } : null,
  });
  return {
    envelope: sandbox.decision,
    allow: sandbox.record.allow,
    request: executionFacts(sandbox, programOf(execution), opacity !== null, false),
    risk: sandbox.worst,
    opacity,
    asked: { timeoutMs, outputBytes: outputLimitBytes },
    rules,
  };
}

/** The program as it was asked for: code lies in a file that is named after its execution. */
function programOf({ id, record: { argv } }: LiveExecution): Program {
  const file = argv.find((word) => word.startsWith(`/tmp/${id}`));
  const found = Object.entries(languages).find(
    ([, { mainFile }]) => file !== undefined && extname(mainFile) === extname(file),
  );
  if (found === undefined) return { kind: "argv", argv };
  return { kind: "code", language: found[0], code: new Uint8Array(), args: [] };
}
