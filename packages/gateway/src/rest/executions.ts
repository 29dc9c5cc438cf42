/** Programs in living sandboxes: starting one, finding it again, waiting for it. */
import {
  type ExecutionState,
  execRequestSchema,
  executionListSchema,
  executionSchema,
  executionStates,
  requestLimits,
} from "@hsr/contract";
import type { ExecutionRecord, LiveExecution, Log, SandboxId } from "@hsr/core";
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { visibleTenant } from "../auth/index.ts";
import { execAction, type OutputBounds } from "../living-actions.ts";
import { wireExecution, wireExecutionSummary } from "../living-wire.ts";
import { throwIfNeverStarted } from "./failure.ts";
import { executionParams, findExecution } from "./find-execution.ts";
import { wantsEvents } from "./headers.ts";
import { LargeAnswers } from "./large-answers.ts";
import { sendExecutionEvents } from "./logs.ts";
import { pageFrom, pageOf, pageQuery } from "./page.ts";
import { type Route, route } from "./route.ts";
import { findSandbox, livingSandbox, type SandboxPorts, sandboxParams } from "./sandboxes.ts";
import { within } from "./wait.ts";

export interface ExecutionPorts extends SandboxPorts {
  readonly bounds: OutputBounds;
  readonly log: Log;
  /** The gateway is going away by itself: connections that end now say nothing about their clients. */
  leaving(): boolean;
}

export function executionRoutes(ports: ExecutionPorts): readonly Route[] {
  const { sandboxes, store } = ports;
  const large = new LargeAnswers();

  /** The execution as it is sent: its output once it has finished. A large one waits until the caller's others are read. */
  async function body(record: ExecutionRecord, live: LiveExecution | null, reply: FastifyReply) {
    const { outcome } = record;
    if (outcome === null) return wireExecution(record, live, null);
    const bytes = { stdout: keptBytes(record, "stdout"), stderr: keptBytes(record, "stderr") };
    if (!(await large.enter(record.tenant, bytes.stdout + bytes.stderr, reply.raw)))
      return wireExecution(record, live, null);
    const read = async (stream: "stdout" | "stderr") => {
      const pieces: Uint8Array[] = [];
      let left = bytes[stream];
      for (let at = 0; left > 0; ) {
        const piece = await store.executions.output(record.id, stream, at, left);
        if (piece.bytes.length === 0) break;
        pieces.push(piece.bytes);
        left -= piece.bytes.length;
        at = piece.offset + piece.bytes.length;
      }
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    };
    return wireExecution(record, live, { stdout: await read("stdout"), stderr: await read("stderr") });
  }

  const exec = route(
    {
      method: "POST",
      path: "/v1/sandboxes/{id}/exec",
      operationId: "exec",
      summary: "Start a program in a sandbox",
      description:
        "Starts a program and answers with its result when it has ended; in the background, as soon as it runs; with `Accept: text/event-stream` with its events as they come, in either case. If the client of a waiting request goes away, the program is killed. A program that a person has to approve answers 202 with the state `held`, however the answer was asked for. Its output is then at `/logs`, and goes on being kept when nobody reads.",
      access: "sandboxes",
      params: sandboxParams,
      body: execRequestSchema,
      headers: { Accept: "`text/event-stream` answers with the execution's events." },
      answers: {
        200: { description: "It has ended.", schema: executionSchema },
        201: {
          description: "It runs in the background.",
          schema: executionSchema,
          headers: { Location: "Where to find the execution." },
        },
        202: {
          description: "It goes on, or waits for a person's approval.",
          schema: executionSchema,
          headers: { Location: "Where to find the execution." },
        },
      },
      errors: [
        "not_found",
        "invalid_path",
        "program_not_found",
        "program_not_executable",
        "interpreter_missing",
        "opaque_not_allowed",
        "needs_stronger_sandbox",
        "policy_denied",
        "quota_exceeded",
        "sandbox_not_running",
        "sandbox_unreachable",
        "sandbox_failed",
        "too_many_executions",
        "draining",
        "storage_full",
      ],
    },
    async ({ params, body: request, caller, requestId, request: http, reply }) => {
      const sandbox = await livingSandbox(ports, caller, params.id);
      const isStreamed = wantsEvents(http);
      const asked = { caller, requestId, idempotencyKey: null, isStreamed };
      const action = execAction(request, asked, ports.bounds);
      const execution = await sandboxes.exec(sandbox, action);
      // They have become bytes of the execution; while it is waited for, nobody needs these texts.
      for (const field of ["code", "stdin", "stdin_base64"] as const) delete request[field];
      reply.header("hsr-execution-id", execution.id);
      const address = `/v1/sandboxes/${execution.record.sandboxId}/executions/${execution.id}`;
      // Nobody waits for a person with an open connection.
      if (execution.record.state === "held") {
        reply.code(202).header("location", address);
        return wireExecution(execution.record, execution, null);
      }
      if (request.background !== true && request.wait_ms === undefined) killWhenGone(execution, reply, ports.leaving);
      if (isStreamed) {
        const options = {
          found: { record: execution.record, live: execution },
          store,
          streams: ["stdout", "stderr"],
          from: { stdout: 0, stderr: 0 },
          lastEventId: undefined,
        } as const;
        await sendExecutionEvents(reply, options, ports.log);
        return undefined;
      }
      if (request.background === true) {
        const record = await Promise.race([execution.begunOnce, execution.finished]);
        throwIfNeverStarted(record.outcome?.error, { execution_id: execution.id });
        reply.code(201).header("location", address);
        return wireExecution(record, execution, null);
      }
      execution.awaited = true;
      const record = await within(execution.finished, request.wait_ms);
      execution.awaited = false;
      if (record === null) {
        reply.code(202).header("location", address);
        return wireExecution(execution.record, execution, null);
      }
      throwIfNeverStarted(record.outcome?.error, { execution_id: execution.id });
      return await body(record, execution, reply);
    },
  );

  const list = route(
    {
      method: "GET",
      path: "/v1/sandboxes/{id}/executions",
      operationId: "listExecutions",
      summary: "List a sandbox's executions",
      description: "Without their output, newest first; also those of a sandbox that has ended.",
      access: "read",
      params: sandboxParams,
      query: Type.Object(
        {
          state: Type.Optional(
            Type.Enum(Object.keys(executionStates) as ExecutionState[], { description: "Only those in this state." }),
          ),
          ...pageQuery.properties,
        },
        { additionalProperties: false },
      ),
      answers: { 200: { description: "A page of executions.", schema: executionListSchema } },
      errors: ["not_found"],
    },
    async ({ params, query, caller }) => {
      const { live } = await findSandbox(ports, caller, params.id);
      const { limit, cursor } = pageOf(query);
      const page = pageFrom(
        await store.executions.list(
          {
            tenant: visibleTenant(caller),
            sandboxId: params.id as SandboxId,
            ...(query.state === undefined ? {} : { states: [query.state] }),
          },
          limit,
          cursor,
        ),
      );
      const items = page.items.map((stored) => {
        const execution = live?.executions.get(stored.id) ?? null;
        return wireExecutionSummary(execution?.record ?? stored, execution);
      });
      return { items, next_cursor: page.nextCursor };
    },
  );

  const get = route(
    {
      method: "GET",
      path: "/v1/sandboxes/{id}/executions/{execution}",
      operationId: "getExecution",
      summary: "Get an execution",
      description:
        "An execution with its output once it has finished. With `wait_ms` the answer waits for the end, at most so long.",
      access: "read",
      params: executionParams,
      query: Type.Object(
        {
          wait_ms: Type.Optional(
            Type.String({ pattern: "^\\d{1,7}$", description: "Milliseconds to wait for its end before answering." }),
          ),
        },
        { additionalProperties: false },
      ),
      answers: { 200: { description: "The execution as it is now.", schema: executionSchema } },
      errors: ["not_found"],
    },
    async ({ params, query, caller, reply }) => {
      const { record, live } = await findExecution(ports, caller, params);
      const waitMs = Math.min(Number(query.wait_ms ?? 0), requestLimits.wait_ms.value);
      if (live !== null && waitMs > 0) await within(live.finished, waitMs, reply.raw);
      return await body(live?.record ?? record, live, reply);
    },
  );

  return [exec, list, get];
}

function keptBytes({ outcome }: ExecutionRecord, stream: "stdout" | "stderr"): number {
  if (outcome === null) return 0;
  return stream === "stdout"
    ? outcome.stdoutBytes - outcome.stdoutTruncatedBytes
    : outcome.stderrBytes - outcome.stderrTruncatedBytes;
}

/** Kills it when its client goes away before the answer, unless the gateway itself is leaving. */
function killWhenGone(execution: LiveExecution, reply: FastifyReply, leaving: () => boolean): void {
  const gone = () => {
    if (!reply.raw.writableFinished && !leaving()) execution.stop("cancelled");
  };
  // It may have gone while the execution was being stored; then nobody will say so again.
  if (reply.raw.destroyed || reply.raw.closed) gone();
  else reply.raw.once("close", gone);
}
