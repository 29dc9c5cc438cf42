/** Approvals on the wire: what waits for a person, and the answer. */
import Type from "typebox";
import { nullable } from "./nullable.ts";
import { runSummarySchema } from "./run.ts";

export const heldRunSchema = Type.Object(
  {
    run: runSummarySchema,
    code: nullable(Type.String(), "The program's text; null when the request gave argv, or text that is not UTF-8."),
    argv: nullable(Type.Array(Type.String()), "The command line; null when the request gave code."),
    args: Type.Array(Type.String(), { description: "Arguments for the code." }),
    files: Type.Array(
      Type.Object(
        {
          path: Type.String({ description: "Where it would be in the sandbox." }),
          bytes: Type.Integer({ minimum: 0, description: "Its length." }),
          mode: Type.Integer({ minimum: 0, maximum: 0o777, description: "Its permission bits." }),
          sha256: Type.String({ maxLength: 64, description: "The digest of its content." }),
        },
        { additionalProperties: false },
      ),
      { description: "Files that come with it." },
    ),
    environment: Type.Array(Type.String(), { description: "Names of its environment; values are not shown." }),
    stdin_bytes: nullable(Type.Integer({ minimum: 0 }), "How much standard input it has; null for none."),
  },
  {
    title: "HeldRun",
    additionalProperties: false,
    description: "A run that waits for an approval, with what it would do. It is the caller's text: show it with care.",
  },
);
export type HeldRunBody = Type.Static<typeof heldRunSchema>;

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
