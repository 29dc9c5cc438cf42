/** Output of executions in living sandboxes: as bytes from an offset, or followed as events. */
import type { Log, StreamName } from "@hsr/core";
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { sendEvents } from "./event-writer.ts";
import { type ExecutionStreamOptions, streamExecution } from "./execution-stream.ts";
import { executionParams, findExecution } from "./find-execution.ts";
import { wantsEvents } from "./headers.ts";
import { LargeAnswers } from "./large-answers.ts";
import { bytesWritten, offsetOf, offsetPattern, readOutput, recordOf } from "./output-reader.ts";
import { type Route, route } from "./route.ts";
import type { SandboxPorts } from "./sandboxes.ts";

export interface LogPorts extends SandboxPorts {
  readonly log: Log;
}

/** The most bytes in one answer: as much as is ever kept of one stream. */
const answerBytes = 16 * 1024 * 1024;
const bothStreams: readonly StreamName[] = ["stdout", "stderr"];

/** Answers with an execution's events. */
export function sendExecutionEvents(reply: FastifyReply, options: ExecutionStreamOptions, log: Log): Promise<void> {
  const headers = { "hsr-execution-id": options.found.record.id };
  return sendEvents(reply, headers, log, (writer) => streamExecution(writer, options));
}

export function logRoutes(ports: LogPorts): readonly Route[] {
  const { store, log } = ports;
  const large = new LargeAnswers();

  const logs = route(
    {
      method: "GET",
      path: "/v1/sandboxes/{id}/executions/{execution}/logs",
      operationId: "getExecutionLogs",
      summary: "Get an execution's output",
      description:
        "Bytes of one stream from an offset, as they were written: what is kept of them and follows one another without a gap. With `follow` or `Accept: text/event-stream`, both streams (or the one that is named) as server-sent events, from an offset or after `Last-Event-ID`, with `execution.finished` as the last. Offsets are counted from the first byte that was written, kept or not.",
      access: "read",
      params: executionParams,
      query: Type.Object(
        {
          stream: Type.Optional(
            Type.Enum(["stdout", "stderr"] as const, {
              description: "Which of the two; without it stdout, and both when they are followed.",
            }),
          ),
          offset: Type.Optional(
            Type.String({
              pattern: offsetPattern,
              description:
                "Where to begin; 0 if absent. A negative one counts from the end of what was written so far.",
            }),
          ),
          follow: Type.Optional(
            Type.Enum(["true", "false"] as const, { description: "Whether the answer is a stream of events." }),
          ),
        },
        { additionalProperties: false },
      ),
      headers: {
        Accept: "`text/event-stream` follows, as `follow=true` does.",
        "Last-Event-ID": "The id of the last event that was seen; it goes before `offset`.",
      },
      answers: {
        200: {
          description: "Bytes; or server-sent events, with one of the event schemas as `data`.",
          contentType: "application/octet-stream",
          headers: {
            "HSR-Offset":
              "Where the first byte of this answer stands; more than was asked for where bytes were dropped.",
            "HSR-Next-Offset": "Where to go on.",
            "HSR-Stream-Bytes": "How much was written so far, kept or not.",
            "HSR-Execution-State": "Where the execution stood: after `finished` nothing is added.",
          },
        },
      },
      errors: ["not_found"],
    },
    async ({ params, query, caller, request, reply }) => {
      const found = await findExecution(ports, caller, params);
      const from = (stream: StreamName) => offsetOf(query.offset, bytesWritten(found, stream));
      if (query.follow === "true" || wantsEvents(request)) {
        const lastEventId = request.headers["last-event-id"];
        const options = {
          found,
          store,
          streams: query.stream === undefined ? bothStreams : [query.stream],
          from: { stdout: from("stdout"), stderr: from("stderr") },
          lastEventId: typeof lastEventId === "string" ? lastEventId : undefined,
        };
        await sendExecutionEvents(reply, options, log);
        return undefined;
      }
      const stream = query.stream ?? "stdout";
      // Before the bytes are read: more may be written meanwhile, but nothing that was there is missed.
      const { state } = recordOf(found);
      const written = bytesWritten(found, stream);
      const offset = from(stream);
      const length = Math.min(answerBytes, Math.max(0, written - offset));
      if (!(await large.enter(found.record.tenant, length, reply.raw))) return undefined;
      const run = await readOutput(store, found, stream, offset, length);
      // Nothing is kept from there on: what was written is past.
      const begins = run.bytes.length === 0 ? Math.max(run.offset, written) : run.offset;
      await reply
        .header("content-type", "application/octet-stream")
        .header("hsr-execution-id", found.record.id)
        .header("hsr-offset", String(begins))
        .header("hsr-next-offset", String(begins + run.bytes.length))
        .header("hsr-stream-bytes", String(Math.max(written, begins + run.bytes.length)))
        .header("hsr-execution-state", state)
        .send(Buffer.from(run.bytes.buffer, run.bytes.byteOffset, run.bytes.byteLength));
      return undefined;
    },
  );

  return [logs];
}
