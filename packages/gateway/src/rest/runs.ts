/** Runs: making one, finding them again, watching, cancelling. */
import {
  HsrError,
  idPattern,
  languageNames,
  type RunReason,
  type RunState,
  requestLimits,
  runListSchema,
  runReasons,
  runRequestSchema,
  runSchema,
  runStates,
  runtimeNameSchema,
} from "@hsr/contract";
import type { LiveRun, Log, Pipeline, RunId, RunRecord, Store } from "@hsr/core";
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { runAction } from "../actions.ts";
import { visibleTenant } from "../auth/index.ts";
import { type LiveBytes, wireRun, wireSummary } from "../wire.ts";
import { sendEvents } from "./event-writer.ts";
import { throwIfNeverStarted } from "./failure.ts";
import { idempotencyKey, prefersAsync, wantsEvents } from "./headers.ts";
import { labelQuery, labelsOf } from "./labels.ts";
import { LargeAnswers } from "./large-answers.ts";
import { pageFrom, pageOf, pageQuery } from "./page.ts";
import { type Caller, type Route, route } from "./route.ts";
import { streamRun } from "./sse.ts";
import { cancelWhenGone, within } from "./wait.ts";

export interface RunPorts {
  readonly pipeline: Pipeline;
  readonly store: Store;
  /** The gateway is going away by itself: connections that end now say nothing about their clients. */
  leaving(): boolean;
}

const runIdParams = Type.Object(
  { id: Type.String({ pattern: idPattern("run"), description: "The run's id." }) },
  { additionalProperties: false },
);

const waitMs = Type.String({
  pattern: "^\\d{1,7}$",
  description: "Milliseconds to wait for the run's end before answering as it then is.",
});

const listQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum(Object.keys(runStates) as RunState[], { description: "Only runs in this state." })),
    reason: Type.Optional(
      Type.Enum(Object.keys(runReasons) as RunReason[], { description: "Only runs that ended for this reason." }),
    ),
    runtime: Type.Optional(runtimeNameSchema),
    language: Type.Optional(Type.Enum([...languageNames] as const, { description: "Only runs of this language." })),
    label: labelQuery("runs"),
    ...pageQuery.properties,
  },
  { additionalProperties: false },
);

export function runRoutes(ports: RunPorts): readonly Route[] {
  const { pipeline, store } = ports;
  const large = new LargeAnswers();

  /** The run as it is now; foreign ones do not exist. */
  async function find(
    caller: Caller,
    id: string,
  ): Promise<{ readonly record: RunRecord; readonly live: LiveRun | null }> {
    const tenant = visibleTenant(caller);
    const live = pipeline.live.of(tenant, id as RunId);
    const record = live?.record ?? (await store.runs.get(tenant, id as RunId));
    if (record === null) throw new HsrError("not_found");
    return { record, live };
  }

  /** The run as it is sent to this caller: a large one waits until his other ones are read. */
  async function body(record: RunRecord, live: LiveRun | null, caller: Caller, reply: FastifyReply) {
    if (record.state !== "finished") return wireRun(record, null, null, bytesSoFar(record, live));
    const bytes = record.stdoutBytes + record.stderrBytes;
    if (!(await large.enter(caller.tenant, bytes, reply.raw))) return wireRun(record, null, null);
    const read = async (stream: "stdout" | "stderr", length: number) =>
      live?.[stream].inMemory === true ? live[stream].read(0, length) : store.runs.output(record.id, stream, 0, length);
    return wireRun(record, await read("stdout", record.stdoutBytes), await read("stderr", record.stderrBytes));
  }

  const create = route(
    {
      method: "POST",
      path: "/v1/sandboxes/run",
      operationId: "run",
      summary: "Run a program in a fresh sandbox",
      description:
        "Makes a sandbox, runs one program in it, and answers with its result when it has ended. With `wait_ms: 0` or `Prefer: respond-async` it answers at once; with `Accept: text/event-stream` it answers with the run's events as they come. A program that crashes, times out or is killed is a result; a program that was never started is an error, which the run keeps too.",
      access: "run",
      body: runRequestSchema,
      headers: {
        "Idempotency-Key": "Makes repeating the request harmless for 24 h: the same key gives the same run.",
        Prefer: "`respond-async` answers 202 at once.",
        Accept: "`text/event-stream` answers with the run's events.",
      },
      answers: {
        200: {
          description: "The run has ended.",
          schema: runSchema,
          headers: { "HSR-Run-Id": "The run's id." },
        },
        202: {
          description: "The run is stored and goes on, or waits for a person's approval.",
          schema: runSchema,
          headers: { "HSR-Run-Id": "The run's id.", Location: "Where to find the run." },
        },
      },
      errors: [
        "invalid_path",
        "program_not_found",
        "program_not_executable",
        "idempotency_conflict",
        "unsupported",
        "level_unavailable",
        "runtime_unavailable",
        "limit_unenforceable",
        "interpreter_missing",
        "launcher_unavailable",
        "sandbox_failed",
        "draining",
        "queue_full",
        "quota_exceeded",
        "storage_full",
      ],
    },
    async ({ body: request, caller, requestId, request: http, reply }) => {
      const wantsStream = wantsEvents(http);
      const waitFor = !wantsStream && prefersAsync(http) ? 0 : request.wait_ms;
      const asked = { caller, requestId, idempotencyKey: idempotencyKey(http) };
      const submitted = await pipeline.submit(
        runAction({ ...request, ...(waitFor === undefined ? {} : { wait_ms: waitFor }) }, asked),
      );
      // They have become bytes of the run; while it is waited for, nobody needs these texts.
      for (const field of ["code", "stdin", "stdin_base64", "files"] as const) delete request[field];
      const live = submitted.kind === "live" ? submitted.run : null;
      const id = submitted.kind === "live" ? submitted.run.id : submitted.record.id;
      reply.header("hsr-run-id", id);
      // Nobody waits for a person with an open connection.
      const isHeld = live?.record.state === "held";
      const streamed = wantsStream && !isHeld;
      // A repeated request did not make the run, so its client's going away does not end it.
      if (submitted.kind === "live" && !submitted.repeated && waitFor !== 0 && !isHeld)
        cancelWhenGone(submitted.run, reply, ports.leaving);
      if (streamed) {
        const record = submitted.kind === "live" ? submitted.run.record : submitted.record;
        await sendStream(reply, { record, live, store, lastEventId: undefined }, pipeline.ports.log);
        return undefined;
      }
      const record =
        submitted.kind === "live" ? await within(submitted.run.finished, isHeld ? 0 : waitFor) : submitted.record;
      if (record === null || record.state !== "finished") {
        live?.detach();
        reply.code(202).header("location", `/v1/runs/${id}`);
        return await body(live?.record ?? (await find(caller, id)).record, live, caller, reply);
      }
      throwIfNeverStarted(record.outcome?.error, { run_id: record.id });
      return await body(record, live, caller, reply);
    },
  );

  const list = route(
    {
      method: "GET",
      path: "/v1/runs",
      operationId: "listRuns",
      summary: "List runs",
      description: "The tenant's runs without their output, newest first. An administrator sees every tenant's.",
      access: "read",
      query: listQuery,
      answers: { 200: { description: "A page of runs.", schema: runListSchema } },
      errors: [],
    },
    async ({ query, caller }) => {
      const { limit, cursor } = pageOf(query);
      const labels = labelsOf(query.label);
      const outcome = await store.runs.list(
        {
          tenant: visibleTenant(caller),
          ...(query.state === undefined ? {} : { states: [query.state] }),
          ...(query.reason === undefined ? {} : { reason: query.reason }),
          ...(query.runtime === undefined ? {} : { runtime: query.runtime }),
          ...(query.language === undefined ? {} : { language: query.language }),
          ...(labels === null ? {} : { labels }),
        },
        limit,
        cursor,
      );
      const page = pageFrom(outcome);
      // A run that lives is further than its row.
      const items = page.items.map((stored) => {
        const live = pipeline.live.get(stored.id);
        const record = live?.record ?? stored;
        return wireSummary(record, bytesSoFar(record, live));
      });
      return { items, next_cursor: page.nextCursor };
    },
  );

  const get = route(
    {
      method: "GET",
      path: "/v1/runs/{id}",
      operationId: "getRun",
      summary: "Get a run",
      description:
        "A run with its output once it has finished. With `wait_ms` the answer waits for the end, at most so long. Looking never changes a run, and going away while waiting cancels nothing.",
      access: "read",
      params: runIdParams,
      query: Type.Object({ wait_ms: Type.Optional(waitMs) }, { additionalProperties: false }),
      answers: {
        200: { description: "The run as it is now.", schema: runSchema, headers: { "HSR-Run-Id": "The run's id." } },
      },
      errors: ["not_found"],
    },
    async ({ params, query, caller, reply }) => {
      const found = await find(caller, params.id);
      reply.header("hsr-run-id", params.id);
      const wait = Math.min(Number(query.wait_ms ?? 0), requestLimits.wait_ms.value);
      if (found.live !== null && wait > 0) await within(found.live.finished, wait, reply.raw);
      return await body(found.live?.record ?? found.record, found.live, caller, reply);
    },
  );

  const events = route(
    {
      method: "GET",
      path: "/v1/runs/{id}/events",
      operationId: "watchRun",
      summary: "Watch a run",
      description:
        "The run's events from its beginning, or after `Last-Event-ID`, as server-sent events: its steps, its output, and `run.finished` as the last. A comment comes every 15 s when nothing else does.",
      access: "read",
      params: runIdParams,
      headers: { "Last-Event-ID": "The id of the last event that was seen." },
      answers: {
        200: {
          description: "Server-sent events; `data` is one of the event schemas.",
          contentType: "text/event-stream",
          headers: { "HSR-Run-Id": "The run's id." },
        },
      },
      errors: ["not_found"],
    },
    async ({ params, caller, request, reply }) => {
      const found = await find(caller, params.id);
      reply.header("hsr-run-id", params.id);
      const lastEventId = request.headers["last-event-id"];
      const position = typeof lastEventId === "string" ? lastEventId : undefined;
      await sendStream(reply, { ...found, store, lastEventId: position }, pipeline.ports.log);
      return undefined;
    },
  );

  const logs = route(
    {
      method: "GET",
      path: "/v1/runs/{id}/logs",
      operationId: "getRunLogs",
      summary: "Get a run's output as bytes",
      description:
        "What is kept so far of one stream, as it was written. For a run that goes on it is what there is now; `/events` follows it.",
      access: "read",
      params: runIdParams,
      query: Type.Object(
        {
          stream: Type.Optional(
            Type.Enum(["stdout", "stderr"] as const, { default: "stdout", description: "Which of the two." }),
          ),
        },
        { additionalProperties: false },
      ),
      answers: {
        200: {
          description: "Bytes.",
          contentType: "application/octet-stream",
          headers: { "HSR-Run-Id": "The run's id." },
        },
      },
      errors: ["not_found"],
    },
    async ({ params, query, caller, reply }) => {
      const { record, live } = await find(caller, params.id);
      const stream = query.stream ?? "stdout";
      if (!(await large.enter(caller.tenant, bytesSoFar(record, live)[`${stream}Bytes`], reply.raw))) return undefined;
      const bytes =
        record.state === "finished" || live === null
          ? await store.runs.output(record.id, stream, 0, stream === "stdout" ? record.stdoutBytes : record.stderrBytes)
          : await live[stream].read(0, live[stream].bytes);
      await reply
        .header("hsr-run-id", params.id)
        .header("content-type", "application/octet-stream")
        .send(Buffer.from(bytes));
      return undefined;
    },
  );

  const cancel = route(
    {
      method: "POST",
      path: "/v1/runs/{id}/cancel",
      operationId: "cancelRun",
      summary: "Cancel a run",
      description:
        "Ends a run and answers when it has ended, with its result. Cancelling a run that has finished changes nothing.",
      access: "run",
      params: runIdParams,
      answers: {
        200: { description: "The run, finished.", schema: runSchema, headers: { "HSR-Run-Id": "The run's id." } },
      },
      errors: ["not_found"],
    },
    async ({ params, caller, requestId, reply }) => {
      const { record, live } = await find(caller, params.id);
      reply.header("hsr-run-id", params.id);
      if (live === null) return await body(record, null, caller, reply);
      await pipeline.cancel(live, caller.keyId, requestId);
      return await body(await live.finished, live, caller, reply);
    },
  );

  return [create, list, get, events, logs, cancel];
}

/** How much output there is: of a run that lives, more than its row knows. */
function bytesSoFar(record: RunRecord, live: LiveRun | null): LiveBytes {
  if (record.state === "finished" || live === null) return record;
  return { stdoutBytes: live.stdout.bytes, stderrBytes: live.stderr.bytes };
}

function sendStream(reply: FastifyReply, options: Parameters<typeof streamRun>[1], log: Log): Promise<void> {
  return sendEvents(reply, { "hsr-run-id": options.record.id }, log, (writer) => streamRun(writer, options));
}
