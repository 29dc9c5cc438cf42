import Type from "typebox";
import { errorInfoSchema } from "./error-body.ts";
import { idPattern } from "./ids.ts";
import { requestLimits, runLimits } from "./limits.ts";
import { nextCursor } from "./nullable.ts";
import { riskSchema } from "./risk.ts";
import { approvalSchema, nullable, timeSchema } from "./run.ts";
import { base64, bounded, environmentSchema, languageNames } from "./run-request.ts";
import { type ExecutionState, executionStates, type RunReason, runReasons } from "./states.ts";

const argvSchema = Type.Array(Type.String({ maxLength: requestLimits.argv_bytes_total.value }), {
  minItems: 1,
  maxItems: requestLimits.argv_items.value,
  description: "The program and its arguments. There is no shell.",
});

const cells = { minimum: 1, maximum: 1000 } as const;
const terminalSchema = Type.Object(
  {
    rows: Type.Integer({ ...cells, description: "Lines." }),
    cols: Type.Integer({ ...cells, description: "Columns." }),
  },
  {
    title: "TerminalSize",
    additionalProperties: false,
    description: "The size of a terminal. Its program has stderr in stdout, and its stdin is open.",
  },
);

/** How an execution is made. */
export const execRequestSchema = Type.Object(
  {
    argv: Type.Optional(argvSchema),
    code: Type.Optional(
      Type.String({
        maxLength: requestLimits.code_bytes.value,
        description: "A program's text, with `language`, instead of `argv`. It becomes a file of its own in /tmp.",
      }),
    ),
    language: Type.Optional(Type.Enum([...languageNames] as const, { description: "How `code` is run." })),
    args: Type.Optional(
      Type.Array(Type.String({ maxLength: requestLimits.argv_bytes_total.value }), {
        maxItems: requestLimits.argv_items.value,
        description: "Arguments for the program in `code`.",
      }),
    ),
    cwd: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: requestLimits.path_bytes.value,
        pattern: "^/[^\\x00]*$",
        default: "/workspace",
        description: "The folder in which it starts, absolute.",
      }),
    ),
    user: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description: "Its user id in the sandbox, and its group id. Without it, the guest's own, 1000.",
      }),
    ),
    environment: Type.Optional(environmentSchema),
    stdin: Type.Optional(
      Type.String({
        maxLength: requestLimits.stdin_bytes.value,
        description: "Text for standard input, which ends after it.",
      }),
    ),
    stdin_base64: Type.Optional(
      base64(requestLimits.stdin_bytes.value, "Bytes for standard input, instead of `stdin`."),
    ),
    open_stdin: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Whether standard input stays open for more. Without it and `stdin`, reading answers end of file.",
      }),
    ),
    terminal: Type.Optional(terminalSchema),
    background: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Whether the answer comes as soon as the program runs. Its newest output is kept, and it goes on when nobody reads.",
      }),
    ),
    timeout: Type.Optional(
      Type.Integer({
        minimum: runLimits.timeout.min,
        maximum: 30 * 24 * 3_600_000,
        description:
          "Milliseconds of wall-clock time from the start of the program. Without it 30 seconds in the foreground, and no limit but the sandbox's own in the background and for terminals.",
      }),
    ),
    output_limit_bytes: bounded(
      "output_limit_bytes",
      "Bytes kept of each of stdout and stderr: the first in the foreground, the newest in the background and of terminals.",
    ),
    escalation: Type.Optional(
      Type.Enum(["refuse", "recreate"] as const, {
        default: "refuse",
        description:
          "What happens where the policy wants stronger walls for this than the sandbox has: 409, or a stronger sandbox takes its place under the same name and with its files. Processes are lost, and `sandbox_id` says where it runs.",
      }),
    ),
    wait_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: requestLimits.wait_ms.value,
        description:
          "How long the answer may take; afterwards it is 202 with the execution's address, and it goes on. Without it the answer comes when it has ended.",
      }),
    ),
  },
  {
    title: "ExecRequest",
    additionalProperties: false,
    description: "One program in a sandbox: either `argv`, or `code` with `language`.",
  },
);
export type ExecRequest = Type.Static<typeof execRequestSchema>;

/** What was decided about one execution. */
export const executionDecisionSchema = Type.Object(
  {
    verdict: Type.Enum(["within", "restrict"] as const, {
      description: "within: it runs as it was asked for. restrict: the policy gives it less time or output.",
    }),
    rule: Type.String({ maxLength: 256, description: "The rule that decided." }),
    reasons: Type.Array(Type.String({ maxLength: 1024 }), { maxItems: 64, description: "Why, in sentences." }),
    policy_digest: Type.String({ maxLength: 128, description: "Names the exact policy that was in force." }),
    escalated_from: nullable(
      Type.String({ pattern: idPattern("sandbox") }),
      "The weaker sandbox whose place this one took for it, with all its processes lost; null otherwise.",
    ),
    approval: nullable(approvalSchema, "What a person has, or had, to agree to; null where nobody had to approve."),
  },
  { title: "ExecutionDecision", additionalProperties: false, description: "What was decided about an execution." },
);
export type ExecutionDecisionBody = Type.Static<typeof executionDecisionSchema>;

const executionUsageSchema = Type.Object(
  {
    wall_ms: Type.Number({ minimum: 0, description: "From the start of the program to its end, seen from outside." }),
    cpu_ms: nullable(Type.Number({ minimum: 0 }), "Processor time, as the guest's agent reports it."),
    memory_peak_bytes: nullable(
      Type.Integer({ minimum: 0 }),
      "The most memory of one process, as the guest's agent reports it.",
    ),
    source: Type.Enum(["guest"] as const, { description: "Who says so." }),
  },
  { title: "ExecutionUsage", additionalProperties: false, description: "What an execution used." },
);

const summaryFields = {
  id: Type.String({ pattern: idPattern("execution"), description: "The execution's id." }),
  sandbox_id: Type.String({ pattern: idPattern("sandbox"), description: "The sandbox it runs in." }),
  state: Type.Enum(Object.keys(executionStates) as ExecutionState[], { description: "Where the execution stands." }),
  reason: nullable(Type.Enum(Object.keys(runReasons) as RunReason[]), "Why it ended; null before it has."),
  argv: argvSchema,
  background: Type.Boolean({ description: "Whether it was started in the background." }),
  terminal: Type.Boolean({ description: "Whether it has a terminal." }),
  exit_code: nullable(
    Type.Integer({ minimum: 0, maximum: 255 }),
    "The program's exit status as the guest reported it; null if it did not exit by itself.",
  ),
  signal: nullable(Type.String({ maxLength: 16 }), "The signal that ended the program, as SIGKILL; null if none did."),
  stdout_bytes: Type.Integer({ minimum: 0, description: "Bytes of stdout so far, kept or not." }),
  stderr_bytes: Type.Integer({ minimum: 0, description: "Bytes of stderr so far, kept or not." }),
  stdout_truncated: Type.Integer({ minimum: 0, description: "Bytes of stdout that were dropped." }),
  stderr_truncated: Type.Integer({ minimum: 0, description: "Bytes of stderr that were dropped." }),
  usage: nullable(executionUsageSchema, "What it used; null before it has ended or when it never started."),
  decision: executionDecisionSchema,
  risk: riskSchema,
  error: nullable(
    errorInfoSchema,
    "Why the program was never started, with the reason `setup_failed` or `denied`; null otherwise.",
  ),
  created_at: timeSchema,
  started_at: nullable(timeSchema, "When its program was started."),
  finished_at: nullable(timeSchema, "When it ended."),
};

export const executionSummarySchema = Type.Object(summaryFields, {
  title: "ExecutionSummary",
  additionalProperties: false,
  description: "An execution without its output.",
});
export type ExecutionSummary = Type.Static<typeof executionSummarySchema>;

export const executionSchema = Type.Object(
  {
    ...summaryFields,
    stdout: nullable(
      Type.String(),
      "What is kept of stdout as text; null when it is not valid UTF-8, or not there yet.",
    ),
    stdout_base64: Type.Optional(Type.String({ description: "The same as bytes, when it is not valid UTF-8." })),
    stderr: nullable(
      Type.String(),
      "What is kept of stderr as text; null when it is not valid UTF-8, or not there yet.",
    ),
    stderr_base64: Type.Optional(Type.String({ description: "The same as bytes, when it is not valid UTF-8." })),
  },
  {
    title: "Execution",
    additionalProperties: false,
    description: "An execution with its output, which is complete once it has finished.",
  },
);
export type Execution = Type.Static<typeof executionSchema>;

export const executionListSchema = Type.Object(
  {
    items: Type.Array(executionSummarySchema, { description: "Newest first." }),
    next_cursor: nextCursor,
  },
  { title: "ExecutionList", additionalProperties: false, description: "A page of executions." },
);
export type ExecutionList = Type.Static<typeof executionListSchema>;

export const stdinRequestSchema = Type.Object(
  {
    text: Type.Optional(Type.String({ maxLength: requestLimits.stdin_bytes.value, description: "Text to write." })),
    base64: Type.Optional(base64(requestLimits.stdin_bytes.value, "Bytes to write, instead of `text`.")),
    end: Type.Optional(Type.Boolean({ default: false, description: "Whether standard input ends after it." })),
  },
  { title: "StdinRequest", additionalProperties: false, description: "More of standard input." },
);
export type StdinRequest = Type.Static<typeof stdinRequestSchema>;

export const signalRequestSchema = Type.Object(
  {
    signal: Type.String({ pattern: "^SIG[A-Z0-9]{2,8}$", description: "Its name, as SIGTERM." }),
    scope: Type.Optional(
      Type.Enum(["process", "group", "session"] as const, {
        default: "group",
        description: "The process alone, what it started, or also its job-control groups.",
      }),
    ),
  },
  { title: "SignalRequest", additionalProperties: false, description: "A signal for an execution." },
);
export type SignalRequest = Type.Static<typeof signalRequestSchema>;

export const resizeRequestSchema = terminalSchema;
export type ResizeRequest = Type.Static<typeof resizeRequestSchema>;

/** What became of input. */
export const stdinTakenSchema = Type.Object(
  { taken_bytes: Type.Integer({ minimum: 0, description: "Bytes that the sandbox has taken: all that were sent." }) },
  { title: "StdinTaken", additionalProperties: false, description: "Input that is on its way to the program." },
);
export type StdinTaken = Type.Static<typeof stdinTakenSchema>;

/** Processes that left their execution by a session of their own. */
export const orphansSchema = Type.Object(
  {
    total: Type.Integer({ minimum: 0, description: "How many there are." }),
    items: Type.Array(
      Type.Object(
        {
          pid: Type.Integer({ minimum: 1, description: "Its number in the sandbox." }),
          session: Type.Integer({ minimum: 0, description: "Its session's number in the sandbox." }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 256, description: "At most 256 of them." },
    ),
  },
  { title: "Orphans", additionalProperties: false, description: "Processes that belong to no execution." },
);
export type OrphansBody = Type.Static<typeof orphansSchema>;

export const killOrphansRequestSchema = Type.Object(
  {
    signal: Type.Optional(
      Type.String({ pattern: "^SIG[A-Z0-9]{2,8}$", default: "SIGKILL", description: "Its name, as SIGTERM." }),
    ),
    pids: Type.Optional(
      Type.Array(Type.Integer({ minimum: 2 }), {
        minItems: 1,
        maxItems: 256,
        description: "Only these; without it, all of them.",
      }),
    ),
  },
  { title: "KillOrphansRequest", additionalProperties: false, description: "A signal for orphans." },
);
export type KillOrphansRequest = Type.Static<typeof killOrphansRequestSchema>;

export const orphansSignalledSchema = Type.Object(
  { signalled: Type.Integer({ minimum: 0, description: "How many orphans the signal was sent to." }) },
  { title: "OrphansSignalled", additionalProperties: false, description: "What became of a signal for orphans." },
);
export type OrphansSignalled = Type.Static<typeof orphansSignalledSchema>;
