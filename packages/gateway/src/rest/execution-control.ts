/** What is done to a program that runs: input, signals, its terminal's size, its end. */
import { constants } from "node:os";
import {
  type ExecutionSummary,
  executionSummarySchema,
  HsrError,
  resizeRequestSchema,
  signalRequestSchema,
  stdinRequestSchema,
  stdinTakenSchema,
} from "@hsr/contract";
import { admitInput, type LiveExecution, type LiveSandbox } from "@hsr/core";
import { bytesOf } from "../actions.ts";
import { wireExecutionSummary } from "../living-wire.ts";
import { executionParams, findExecution } from "./find-execution.ts";
import { type Caller, type Route, route } from "./route.ts";
import { livingSandbox, type SandboxPorts } from "./sandboxes.ts";

/** The execution if it runs, or an error that says that it does not. */
export async function runningExecution(
  ports: SandboxPorts,
  caller: Caller,
  params: { readonly id: string; readonly execution: string },
): Promise<{ readonly sandbox: LiveSandbox; readonly execution: LiveExecution }> {
  const { live } = await findExecution(ports, caller, params);
  if (live === null || live.record.state === "finished") throw new HsrError("execution_ended");
  if (live.record.state === "held") throw new HsrError("approval_pending");
  return { sandbox: await livingSandbox(ports, caller, params.id), execution: live };
}

/** Numbers are the kernel's, which a guest shares with its host. */
export function signalNumber(name: string): number {
  const number = (constants.signals as Readonly<Record<string, number>>)[name];
  if (number === undefined)
    throw new HsrError("invalid_request", { field: "signal", message: "There is no signal of this name." });
  return number;
}

const reachErrors = [
  "not_found",
  "execution_ended",
  "approval_pending",
  "sandbox_not_running",
  "sandbox_unreachable",
] as const;
const asItIs = { 200: { description: "The execution as it is now.", schema: executionSummarySchema } } as const;

export function executionControlRoutes(ports: SandboxPorts): readonly Route[] {
  const { sandboxes, store } = ports;

  const stdin = route(
    {
      method: "POST",
      path: "/v1/sandboxes/{id}/executions/{execution}/stdin",
      operationId: "writeStdin",
      summary: "Write to a program's standard input",
      description:
        "Writes bytes, or ends standard input, or both, and answers when the sandbox has taken them all. A program that does not read lets the answer wait. Of a terminal the end is its end-of-file character.",
      access: "sandboxes",
      params: executionParams,
      body: stdinRequestSchema,
      answers: { 200: { description: "The sandbox has taken it.", schema: stdinTakenSchema } },
      errors: [...reachErrors, "opaque_not_allowed", "stdin_closed", "stdin_full", "storage_full"],
    },
    async ({ params, body, caller, requestId }) => {
      const { sandbox, execution } = await runningExecution(ports, caller, params);
      const bytes = bytesOf(body.text, body.base64, "text", "base64");
      if (bytes === null && body.end !== true)
        throw new HsrError("invalid_request", { message: "There is neither input nor its end in it." });
      await admitInput(sandboxes.ports, sandbox, execution, { keyId: caller.keyId, requestId });
      if (bytes !== null) await execution.writeStdin(bytes);
      if (body.end === true) execution.endStdin();
      return { taken_bytes: bytes?.length ?? 0 };
    },
  );

  const signal = route(
    {
      method: "POST",
      path: "/v1/sandboxes/{id}/executions/{execution}/signal",
      operationId: "signalExecution",
      summary: "Send a signal to a program",
      description: "Sends a signal to the program and what it started, or to one of the two.",
      access: "sandboxes",
      params: executionParams,
      body: signalRequestSchema,
      answers: asItIs,
      errors: reachErrors,
    },
    async ({ params, body, caller }) => {
      const { execution } = await runningExecution(ports, caller, params);
      await execution.signal(signalNumber(body.signal), body.scope ?? "group");
      return summaryOf(execution);
    },
  );

  const resize = route(
    {
      method: "POST",
      path: "/v1/sandboxes/{id}/executions/{execution}/resize",
      operationId: "resizeTerminal",
      summary: "Set the size of a program's terminal",
      description: "Sets lines and columns; the program hears of it by SIGWINCH.",
      access: "sandboxes",
      params: executionParams,
      body: resizeRequestSchema,
      answers: asItIs,
      errors: reachErrors,
    },
    async ({ params, body, caller }) => {
      const { execution } = await runningExecution(ports, caller, params);
      await execution.resize(body.rows, body.cols);
      return summaryOf(execution);
    },
  );

  const cancel = route(
    {
      method: "POST",
      path: "/v1/sandboxes/{id}/executions/{execution}/cancel",
      operationId: "cancelExecution",
      summary: "End a program",
      description:
        "Kills the program and what it started, and answers when it has ended. Ending one that has finished changes nothing.",
      access: "sandboxes",
      params: executionParams,
      answers: { 200: { description: "The execution, finished.", schema: executionSummarySchema } },
      errors: ["not_found"],
    },
    async ({ params, caller, requestId }) => {
      const { record, live } = await findExecution(ports, caller, params);
      if (live === null) return wireExecutionSummary(record, null);
      await store.audit.append({
        timeMs: sandboxes.ports.clock.now(),
        type: "execution.cancel_requested",
        tenant: record.tenant,
        subject: record.id,
        requestId,
        data: { key: caller.keyId, sandbox: record.sandboxId, state: live.record.state },
      });
      live.stop("cancelled");
      return wireExecutionSummary(await live.finished, live);
    },
  );

  return [stdin, signal, resize, cancel];
}

function summaryOf(execution: LiveExecution): ExecutionSummary {
  return wireExecutionSummary(execution.record, execution);
}
