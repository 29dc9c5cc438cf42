import Type from "typebox";
import { errorInfoSchema } from "./error-body.ts";
import { idPattern } from "./ids.ts";
import { isolationLevelSchema, runtimeNameSchema } from "./isolation.ts";
import { nextCursor, nullable } from "./nullable.ts";
import { riskSchema } from "./risk.ts";
import { labelsSchema, languageNames } from "./run-request.ts";
import { type RunReason, type RunState, runReasons, runStates } from "./states.ts";
import { timeSchema } from "./time.ts";

export { nullable, timeSchema };

export const usageSchema = Type.Object(
  {
    wall_ms: Type.Number({ minimum: 0, description: "From the start of the program to the end of the sandbox." }),
    cpu_ms: nullable(
      Type.Number({ minimum: 0 }),
      "Processor time of everything in the sandbox, measured from outside; null where this host cannot measure it.",
    ),
    memory_peak_bytes: nullable(
      Type.Integer({ minimum: 0 }),
      "The most memory that the sandbox had, measured from outside; null where this host cannot measure it.",
    ),
  },
  { title: "Usage", additionalProperties: false, description: "What the run used, seen from outside of the sandbox." },
);
export type UsageBody = Type.Static<typeof usageSchema>;

export const approvalSchema = Type.Object(
  {
    rule: Type.String({ maxLength: 256, description: "The rule that wants it." }),
    message: Type.String({ maxLength: 1024, description: "What the operator says to whoever approves." }),
    deadline: Type.String({
      format: "date-time",
      maxLength: 24,
      description: "When it is denied without an answer.",
    }),
    approved_by: nullable(Type.String({ pattern: idPattern("key") }), "The key that approved it."),
    approved_at: nullable(Type.String({ format: "date-time", maxLength: 24 }), "When it was approved."),
  },
  {
    title: "Approval",
    additionalProperties: false,
    description: "What a person has, or had, to agree to.",
  },
);
export type ApprovalBody = Type.Static<typeof approvalSchema>;

export const decisionSchema = Type.Object(
  {
    level: isolationLevelSchema,
    runtime: runtimeNameSchema,
    rule: Type.String({ maxLength: 256, description: "The rule that decided." }),
    reasons: Type.Array(Type.String({ maxLength: 1024 }), { maxItems: 64, description: "Why, in sentences." }),
    preference_met: nullable(Type.Boolean(), "Whether `runtime_preference` was followed; null when there was none."),
    policy_digest: Type.String({ maxLength: 128, description: "Names the exact policy that was in force." }),
    approval: nullable(approvalSchema, "What a person has, or had, to agree to; null where nobody had to approve."),
  },
  { title: "Decision", additionalProperties: false, description: "What was decided about the run, and why." },
);
export type DecisionBody = Type.Static<typeof decisionSchema>;

export const limitNames = ["memory", "pids", "cpu", "wall_time", "disk", "inodes", "output", "open_files"] as const;
export type LimitName = (typeof limitNames)[number];

const summaryFields = {
  id: Type.String({ pattern: idPattern("run"), description: "The run's id." }),
  sandbox_id: nullable(
    Type.String({ pattern: idPattern("sandbox") }),
    "The sandbox it ran in; null before one was started.",
  ),
  state: Type.Enum(Object.keys(runStates) as RunState[], { description: "Where the run stands." }),
  reason: nullable(Type.Enum(Object.keys(runReasons) as RunReason[]), "Why it ended; null before it has."),
  exit_code: nullable(
    Type.Integer({ minimum: 0, maximum: 255 }),
    "The program's exit status as the guest reported it; null if it did not exit by itself.",
  ),
  signal: nullable(Type.String({ maxLength: 16 }), "The signal that ended the program, as SIGKILL; null if none did."),
  stdout_bytes: Type.Integer({ minimum: 0, description: "Bytes of stdout that are kept." }),
  stderr_bytes: Type.Integer({ minimum: 0, description: "Bytes of stderr that are kept." }),
  stdout_truncated: Type.Integer({ minimum: 0, description: "Bytes of stdout that were dropped." }),
  stderr_truncated: Type.Integer({ minimum: 0, description: "Bytes of stderr that were dropped." }),
  usage: nullable(usageSchema, "What it used; null before it has ended or when it never started."),
  decision: nullable(decisionSchema, "What was decided about it."),
  risk: riskSchema,
  unenforced: Type.Array(Type.Enum([...limitNames] as const), {
    maxItems: 16,
    description: "Limits that this host could not enforce and that the operator allowed to be missing.",
  }),
  error: nullable(
    errorInfoSchema,
    "Why the program was never started, with the reason `setup_failed` or `denied`; null otherwise.",
  ),
  language: nullable(Type.Enum([...languageNames] as const), "The language of the request; null when it gave argv."),
  labels: labelsSchema,
  detached: Type.Boolean({ description: "Whether it goes on when its client goes away." }),
  created_at: timeSchema,
  started_at: nullable(timeSchema, "When its program was started."),
  finished_at: nullable(timeSchema, "When it ended."),
};

/** A run without its output, as lists and events show it. */
export const runSummarySchema = Type.Object(summaryFields, {
  title: "RunSummary",
  additionalProperties: false,
  description: "A run without its output.",
});
export type RunSummary = Type.Static<typeof runSummarySchema>;

/** A run with its output: what a waiting request answers, and what `hsrctl run --json` prints. */
export const runSchema = Type.Object(
  {
    ...summaryFields,
    stdout: nullable(Type.String(), "Standard output as text; null when it is not valid UTF-8, or not there yet."),
    stdout_base64: Type.Optional(Type.String({ description: "Standard output as bytes, when it is not valid UTF-8." })),
    stderr: nullable(Type.String(), "Standard error as text; null when it is not valid UTF-8, or not there yet."),
    stderr_base64: Type.Optional(Type.String({ description: "Standard error as bytes, when it is not valid UTF-8." })),
  },
  {
    title: "Run",
    additionalProperties: false,
    description: "A run with its output, which is complete once the run has finished.",
  },
);
export type Run = Type.Static<typeof runSchema>;

export const runListSchema = Type.Object(
  {
    items: Type.Array(runSummarySchema, { description: "Newest first." }),
    next_cursor: nextCursor,
  },
  { title: "RunList", additionalProperties: false, description: "A page of runs." },
);
export type RunList = Type.Static<typeof runListSchema>;
