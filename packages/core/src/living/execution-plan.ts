/** What is done in a sandbox for one execution: perhaps a file with its code, then one program. */
import { languageOf } from "../languages.ts";
import { baseEnvironment } from "../run/exec-plan.ts";
import type { ExecSpec, ExecutionId } from "../types.ts";
import type { ExecAction } from "./actions.ts";
import type { LiveSandbox } from "./live-sandbox.ts";

export interface ExecutionPlan {
  readonly file: { readonly path: string; readonly content: Uint8Array } | null;
  readonly spec: ExecSpec;
}

/** So much later than the gateway would the agent end an execution. */
const agentGraceMs = 1000;

export function executionPlan(id: ExecutionId, action: ExecAction, sandbox: LiveSandbox): ExecutionPlan {
  const { program, terminal } = action;
  const code = program.kind === "code" ? codeOf(id, program) : null;
  return {
    file: code === null ? null : code.file,
    spec: {
      argv: program.kind === "argv" ? program.argv : [...(code?.argv ?? []), ...program.args],
      env: {
        ...baseEnvironment,
        ...(terminal === null ? {} : { TERM: "xterm-256color" }),
        ...sandbox.record.environment,
        ...action.environment,
      },
      cwd: action.cwd,
      stdin: terminal === null ? action.stdin : "open",
      openFiles: sandbox.decision.limits.openFiles,
      umask: 0o022,
      ...(terminal === null ? {} : { terminal }),
      ...(action.userId === null ? {} : { user: { uid: action.userId, gid: action.userId } }),
      // The gateway's own time comes first and gives the reason; this one holds while no gateway lives.
      ...(action.timeoutMs === null ? {} : { timeoutMs: action.timeoutMs + agentGraceMs }),
      reader: action.background || terminal !== null ? "background" : "foreground",
    },
  };
}

/** Code lies in a file of its own, so that executions side by side do not overwrite each other's. */
function codeOf(id: ExecutionId, program: { readonly language: string; readonly code: Uint8Array }) {
  const language = languageOf(program.language);
  if (language === null) throw new TypeError(`no such language: ${program.language}`);
  const path = `/tmp/${id}${/\.\w+$/.exec(language.mainFile)?.[0] ?? ""}`;
  return {
    file: { path, content: program.code },
    argv: language.argv.map((part) => (part === language.mainFile ? path : part)),
  };
}
