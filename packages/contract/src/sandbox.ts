import Type from "typebox";
import { errorInfoSchema } from "./error-body.ts";
import { idPattern } from "./ids.ts";
import { nextCursor } from "./nullable.ts";
import { decisionSchema, limitNames, nullable, timeSchema, usageSchema } from "./run.ts";
import { labelsSchema } from "./run-request.ts";
import { allowSchema, sandboxNameSchema } from "./sandbox-request.ts";
import { type SandboxReason, type SandboxState, sandboxReasons, sandboxStates } from "./states.ts";

const stateSchema = Type.Enum(Object.keys(sandboxStates) as SandboxState[], {
  description: "Where the sandbox stands.",
});
const reasonSchema = nullable(
  Type.Enum(Object.keys(sandboxReasons) as SandboxReason[]),
  "Why it ended; null before it has.",
);
const idSchema = Type.String({ pattern: idPattern("sandbox"), description: "The sandbox's id." });

/** The bounds of a sandbox, as they were settled. */
const settledLimitsSchema = Type.Object(
  {
    cpu_limit: Type.Number({ minimum: 0, description: "Cores." }),
    memory_limit: Type.Integer({ minimum: 0, description: "Bytes of memory." }),
    disk_limit_bytes: Type.Integer({ minimum: 0, description: "Bytes of files." }),
    pids_limit: Type.Integer({ minimum: 0, description: "Processes and threads." }),
  },
  { title: "SandboxLimits", additionalProperties: false, description: "The limits that hold for everything in it." },
);

export const sandboxSchema = Type.Object(
  {
    id: idSchema,
    name: nullable(sandboxNameSchema, "The caller's own name for it; null when it has none."),
    state: stateSchema,
    reason: reasonSchema,
    labels: labelsSchema,
    allow: allowSchema,
    limits: settledLimitsSchema,
    decision: decisionSchema,
    unenforced: Type.Array(Type.Enum([...limitNames] as const), {
      maxItems: 16,
      description: "Limits that this host could not enforce and that the operator allowed to be missing.",
    }),
    ttl_ms: Type.Integer({ minimum: 0, description: "The time to live that was last given." }),
    idle_timeout_ms: Type.Integer({ minimum: 0, description: "0 is none." }),
    usage: nullable(usageSchema, "What it used in all; null before it has ended."),
    error: nullable(errorInfoSchema, "Why it never came up, with the reason `setup_failed`; null otherwise."),
    created_at: timeSchema,
    started_at: nullable(timeSchema, "When it came up."),
    expires_at: nullable(timeSchema, "When its time to live is over; null before it has come up."),
    ended_at: nullable(timeSchema, "When it ended."),
  },
  { title: "Sandbox", additionalProperties: false, description: "A sandbox that lives, or has lived." },
);
export type Sandbox = Type.Static<typeof sandboxSchema>;

export const sandboxListSchema = Type.Object(
  {
    items: Type.Array(sandboxSchema, { description: "Newest first." }),
    next_cursor: nextCursor,
  },
  { title: "SandboxList", additionalProperties: false, description: "A page of sandboxes." },
);
export type SandboxList = Type.Static<typeof sandboxListSchema>;

export const sandboxStatusSchema = Type.Object(
  {
    id: idSchema,
    state: stateSchema,
    reason: reasonSchema,
    executions: Type.Integer({ minimum: 0, description: "Programs that run in it now." }),
    expires_at: nullable(timeSchema, "When its time to live is over."),
    idle_since: nullable(timeSchema, "Since when nothing runs in it and nobody calls it; null while something does."),
  },
  { title: "SandboxStatus", additionalProperties: false, description: "What is worth polling of a sandbox." },
);
export type SandboxStatus = Type.Static<typeof sandboxStatusSchema>;

const figure = (description: string) => nullable(Type.Number({ minimum: 0 }), description);

export const sandboxMetricsSchema = Type.Object(
  {
    time: timeSchema,
    cpu_ms: figure("Processor time so far."),
    cpu_user_ms: figure("Of it in programs."),
    cpu_system_ms: figure("Of it in the kernel."),
    cpu_throttled_ms: figure("How long it wanted to compute and its limit did not let it."),
    cpu_limit: Type.Number({ minimum: 0, description: "Cores that it may use." }),
    memory_bytes: figure("Memory now, its files included."),
    memory_peak_bytes: figure("The most so far."),
    memory_limit: Type.Number({ minimum: 0, description: "Bytes that it may use." }),
    oom_kills: figure("Kills by the kernel for want of memory."),
    pids: figure("Processes and threads now, its agent among them."),
    pids_limit: Type.Number({ minimum: 0, description: "How many it may have." }),
    io_read_bytes: figure("Read from block devices; null where the host does not count it."),
    io_written_bytes: figure("Written to block devices; null where the host does not count it."),
    executions: Type.Integer({ minimum: 0, description: "Programs that run in it now." }),
  },
  {
    title: "SandboxMetrics",
    additionalProperties: false,
    description: "What a sandbox uses now, measured from outside; null where this host cannot measure it.",
  },
);
export type SandboxMetricsBody = Type.Static<typeof sandboxMetricsSchema>;
