import Type from "typebox";
import { executionSummarySchema } from "./execution.ts";
import { nullable } from "./nullable.ts";
import { runSummarySchema, timeSchema } from "./run.ts";

/** Every type of event, each with a sentence: streams, and the audit log, know no others. */
export const eventTypes = {
  "run.held": "A run waits for a person's approval.",
  "run.queued": "A run was accepted and stored.",
  "run.starting": "A sandbox is being started for a run.",
  "run.started": "A run's program has been started.",
  "run.output": "A run's program wrote to stdout or stderr.",
  "run.finished": "A run ended: the last event of its stream.",
  "run.decided": "A decision was made about a request; the audit log keeps its whole input.",
  "run.refused": "A request for a run was refused before it became one.",
  "run.approved": "A person approved a run that was held, and it was decided about once more.",
  "run.approval_denied": "A person denied a run that was held, or nobody answered in time.",
  "run.cancel_requested": "Somebody asked for a run's end.",
  "sandbox.decided": "A decision was made about a sandbox; the audit log keeps its whole input.",
  "sandbox.refused": "A request for a sandbox was refused before it became one.",
  "sandbox.held": "A sandbox waits for a person's approval.",
  "sandbox.approved": "A person approved a sandbox that was held, and it was decided about once more.",
  "sandbox.approval_denied": "A person denied a sandbox that was held, or nobody answered in time.",
  "sandbox.starting": "A sandbox is being started.",
  "sandbox.started": "A sandbox runs.",
  "sandbox.metrics": "What a sandbox uses at this moment.",
  "sandbox.renewed": "A sandbox's time to live was set anew.",
  "sandbox.delete_requested": "Somebody asked for a sandbox's end.",
  "sandbox.orphans_killed": "Somebody sent a signal to a sandbox's orphans.",
  "sandbox.replaced": "A stronger sandbox took a weaker one's place.",
  "sandbox.ended": "A sandbox ended; `data.reason` says why.",
  "execution.decided": "A program was judged against its sandbox's decision; the audit log keeps the input.",
  "execution.refused": "A program was refused by its sandbox's decision.",
  "execution.held": "A program waits for a person's approval before it is started in its sandbox.",
  "execution.approved": "A person approved a program that was held, and it was judged once more.",
  "execution.approval_denied":
    "A person denied a program that was held, nobody answered in time, or what it runs was changed meanwhile.",
  "execution.input": "Somebody began to write to a program's standard input or terminal; noted once for each key.",
  "execution.cancel_requested": "Somebody asked for an execution's end.",
  "execution.started": "A program was started in a sandbox.",
  "execution.output": "A program in a sandbox wrote to stdout or stderr.",
  "execution.finished": "A program in a sandbox ended.",
  "file.changed": "Something changed in a watched folder of a sandbox.",
  "events.missed": "Events between the reader's place and this one are kept no more.",
  "volume.created": "A volume was made.",
  "volume.removed": "A volume was removed with all that was in it.",
  "webhook.created": "A webhook was made.",
  "webhook.deleted": "A webhook was removed.",
  "key.created": "A key was made.",
  "key.revoked": "A key was revoked.",
  "policy.changed": "Another policy came into force.",
  "policy.refused": "A policy with mistakes was not taken.",
  "auth.refused": "A request came without a valid key, or with one that lacks the scope.",
  "gateway.started": "A gateway took up its data directory.",
  "gateway.stopped": "A gateway ended in order.",
} as const;
export type EventType = keyof typeof eventTypes;

/** The types that a run's stream carries, in order of appearance; `run.finished` is the one that ends it. */
export const runEventTypes = [
  "run.held",
  "run.queued",
  "run.starting",
  "run.started",
  "run.output",
  "run.finished",
] as const;
export type RunEventType = (typeof runEventTypes)[number];

/** What `/v1/events` and webhooks carry: small facts about what happened. Whoever wants more asks for the subject. */
export const busEventTypes = [
  "sandbox.held",
  "sandbox.approved",
  "sandbox.starting",
  "sandbox.started",
  "sandbox.renewed",
  "sandbox.ended",
  "execution.held",
  "execution.approved",
  "execution.started",
  "execution.finished",
  "run.held",
  "run.approved",
  "run.finished",
] as const satisfies readonly EventType[];
export type BusEventType = (typeof busEventTypes)[number];

export const busEventSchema = Type.Object(
  {
    id: Type.String({ maxLength: 64, description: "Resumes the stream as Last-Event-ID." }),
    seq: Type.Integer({ minimum: 0, description: "Grows from event to event, with gaps." }),
    time: timeSchema,
    type: Type.Enum([...busEventTypes, "events.missed"] as const, { description: "What happened." }),
    tenant: Type.String({ maxLength: 64, description: "Whose it is." }),
    subject: Type.String({ maxLength: 64, description: "The id of what it happened to." }),
    request_id: nullable(Type.String({ maxLength: 128 }), "The request that made its subject."),
    data: Type.Record(Type.String({ pattern: "^[a-z_]{1,64}$" }), Type.Unknown(), {
      additionalProperties: false,
      description: "Facts, by the type.",
    }),
  },
  { title: "Event", additionalProperties: false, description: "Something that happened." },
);
export type BusEvent = Type.Static<typeof busEventSchema>;

export const outputDataSchema = Type.Object(
  {
    stream: Type.Enum(["stdout", "stderr"] as const, { description: "Which of the two it was written to." }),
    offset: Type.Integer({
      minimum: 0,
      description:
        "Position of the first byte: of a run among its kept bytes, of an execution among all that it wrote. Where it is more than the end of the piece before, what lies between was dropped.",
    }),
    text: Type.Optional(
      Type.String({ description: "The bytes as text; no code point is split between two chunks that are both text." }),
    ),
    base64: Type.Optional(Type.String({ description: "The bytes, when they are not valid UTF-8." })),
  },
  { title: "OutputData", additionalProperties: false, description: "A piece of output: `text` or `base64`." },
);
export type OutputData = Type.Static<typeof outputDataSchema>;

/** The types that an execution's stream carries; `execution.finished` is the one that ends it. */
export const executionEventTypes = [
  "execution.held",
  "execution.started",
  "execution.output",
  "execution.finished",
] as const;
export type ExecutionEventType = (typeof executionEventTypes)[number];

function envelope<const Kind extends EventType, Data extends Type.TSchema>(type: Kind, title: string, data: Data) {
  return Type.Object(
    {
      id: Type.String({ maxLength: 64, description: "Resumes the stream as Last-Event-ID." }),
      seq: Type.Integer({ minimum: 0, description: "Grows from event to event." }),
      time: timeSchema,
      type: Type.Literal(type, { description: eventTypes[type] }),
      tenant: Type.String({ maxLength: 64, description: "Whose it is." }),
      subject: Type.String({ maxLength: 64, description: "The id of the run or execution." }),
      request_id: Type.String({ maxLength: 128, description: "The request that made it." }),
      data,
    },
    { title, additionalProperties: false, description: eventTypes[type] },
  );
}

/** What the stream of a run carries. */
export const runEventSchemas = {
  "run.held": envelope("run.held", "RunHeldEvent", runSummarySchema),
  "run.queued": envelope("run.queued", "RunQueuedEvent", runSummarySchema),
  "run.starting": envelope("run.starting", "RunStartingEvent", runSummarySchema),
  "run.started": envelope("run.started", "RunStartedEvent", runSummarySchema),
  "run.output": envelope("run.output", "RunOutputEvent", outputDataSchema),
  "run.finished": envelope("run.finished", "RunFinishedEvent", runSummarySchema),
} as const;
export type RunEvent = { [Kind in RunEventType]: Type.Static<(typeof runEventSchemas)[Kind]> }[RunEventType];

/** What the stream of an execution carries. */
export const executionEventSchemas = {
  "execution.held": envelope("execution.held", "ExecutionHeldEvent", executionSummarySchema),
  "execution.started": envelope("execution.started", "ExecutionStartedEvent", executionSummarySchema),
  "execution.output": envelope("execution.output", "ExecutionOutputEvent", outputDataSchema),
  "execution.finished": envelope("execution.finished", "ExecutionFinishedEvent", executionSummarySchema),
} as const;
export type ExecutionEvent = {
  [Kind in ExecutionEventType]: Type.Static<(typeof executionEventSchemas)[Kind]>;
}[ExecutionEventType];
