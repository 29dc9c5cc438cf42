/** Approvals on the wire: what waits for a person, and the answer. */
import Type from "typebox";
import { executionSchema, executionSummarySchema } from "./execution.ts";
import { idPatterns } from "./ids.ts";
import { mountSchema } from "./mount.ts";
import { nextCursor, nullable } from "./nullable.ts";
import { runSchema, runSummarySchema } from "./run.ts";
import { sandboxSchema } from "./sandbox.ts";

/** What can wait for a person, as the id's prefix says too. */
export const approvalKinds = ["run", "sandbox", "execution"] as const;
export type ApprovalKind = (typeof approvalKinds)[number];

export const approvalIdSchema = Type.String({
  pattern: idPatterns(approvalKinds),
  description: "The id of the run, the sandbox or the execution.",
});

export const approvalListSchema = Type.Object(
  {
    items: Type.Array(Type.Union([runSummarySchema, sandboxSchema, executionSummarySchema]), {
      description: "Newest first; the prefix of `id` says what each is.",
    }),
    next_cursor: nextCursor,
  },
  { title: "ApprovalList", additionalProperties: false, description: "What waits for an approval." },
);
export type ApprovalList = Type.Static<typeof approvalListSchema>;

export const heldSchema = Type.Object(
  {
    run: nullable(runSummarySchema, "The run that waits; null if it is something else."),
    sandbox: nullable(sandboxSchema, "The sandbox that waits; null if it is something else."),
    execution: nullable(executionSummarySchema, "The execution that waits; null if it is something else."),
    code: nullable(
      Type.String(),
      "The program's text; null when the request gave argv or no program, or text that is not UTF-8.",
    ),
    argv: nullable(Type.Array(Type.String()), "The command line; null when the request gave code or no program."),
    args: Type.Array(Type.String(), { description: "Arguments for the code." }),
    files: Type.Array(
      Type.Object(
        {
          path: Type.String({ description: "Where it is, or would be, in the sandbox." }),
          bytes: Type.Integer({ minimum: 0, description: "Its length." }),
          mode: Type.Integer({ minimum: 0, maximum: 0o777, description: "Its permission bits." }),
          sha256: Type.String({ maxLength: 64, description: "The digest of its content." }),
        },
        { additionalProperties: false },
      ),
      { description: "Files that come with a run, or that an execution runs or names." },
    ),
    environment: Type.Array(Type.String(), { description: "Names of its environment; values are not shown." }),
    stdin_bytes: nullable(Type.Integer({ minimum: 0 }), "How much standard input it has; null for none."),
    mounts: Type.Array(mountSchema, { description: "Folders and volumes that would be in a sandbox." }),
  },
  {
    title: "Held",
    additionalProperties: false,
    description: "What waits for an approval, and what it would do. It is the caller's text: show it with care.",
  },
);
export type HeldBody = Type.Static<typeof heldSchema>;

export const answeredSchema = Type.Union([runSchema, sandboxSchema, executionSchema], {
  description: "The run, the sandbox or the execution as it is now.",
});

export const denyRequestSchema = Type.Object(
  {
    reason: Type.String({
      minLength: 1,
      maxLength: 512,
      pattern: "^[^\\x00-\\x1f\\x7f]+$",
      description: "Why, in a sentence: whoever asked gets it.",
    }),
  },
  { title: "DenyRequest", additionalProperties: false, description: "A denial." },
);
