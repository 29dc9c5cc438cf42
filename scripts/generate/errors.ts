/** `docs/errors.md`, from the contract's table of errors. */
import { type ErrorRow, errorClasses, errors, runReasons } from "@hsr/contract";
import { table } from "./table.ts";

const intro = `# Errors

<!-- Printed from packages/contract/src/errors.ts by scripts/generate.ts. Do not edit. -->

Every answer with a status of 400 or more is JSON of this form, also for 404, 405, 413, 415 and what is not even HTTP:

\`\`\`json
{
  "error": {
    "code": "program_not_found",
    "class": "invalid_request",
    "message": "There is no program \`x\` in the sandbox, or its interpreter line names none.",
    "hint": "Give its absolute path, or a name that is found in the PATH of the sandbox.",
    "field": "argv[0]",
    "retryable": false,
    "details": { "run_id": "run-…" },
    "request_id": "req-…"
  }
}
\`\`\`

\`code\` is for programs and never changes its meaning; \`message\` and \`hint\` are for people and may. \`field\` names the part of the request at
fault. Where \`retryable\` is true the same request may succeed later, and \`Retry-After\` says when to try. \`request_id\` finds the request in the
gateway's log, and is the header \`HSR-Request-Id\` of every answer.

A program that crashes, times out or is killed for memory is a result with a reason, not an error. A program that was **never started** is an
error: whoever waits gets it, and the run keeps it as its \`error\`, with the reason \`setup_failed\`. So a missing interpreter of a language that
we promise is \`interpreter_missing\`, the operator's to mend; a missing program in the caller's own argv is \`program_not_found\`, the caller's.
`;

/** The whole page. */
export function errorsPage(): string {
  const rows = Object.entries<ErrorRow>(errors).map(([code, row]) => [
    `\`${code}\``,
    `\`${row.class}\``,
    String(row.http),
    `\`${row.grpc}\``,
    row.retryable ? "yes" : "no",
    row.message,
    row.hint,
  ]);
  const classes = Object.entries(errorClasses).map(([name, meaning]) => [`\`${name}\``, meaning]);
  const reasons = Object.entries(runReasons).map(([name, meaning]) => [`\`${name}\``, meaning]);
  return [
    intro,
    "## Classes: whose fault it is\n",
    `${table(["Class", "Meaning"], classes)}\n`,
    "## Codes\n",
    `${table(["Code", "Class", "HTTP", "gRPC", "Retryable", "Message", "What to do"], rows)}\n`,
    "## Reasons: how a run ended\n",
    `${table(["Reason", "Meaning"], reasons)}\n`,
  ].join("\n");
}
