/** Why a program was not started, as the error of the contract that says whose fault it is. */
import { HsrError } from "@hsr/contract";
import type { RunInput } from "../action.ts";
import { languageOf } from "../languages.ts";

/** The errno's name that an agent's error carries, or `null` for any other error. */
export function errnoOf(thrown: unknown): string | null {
  if (typeof thrown !== "object" || thrown === null) return null;
  for (const key of ["errno", "code"] as const) {
    const value: unknown = (thrown as Record<string, unknown>)[key];
    if (typeof value === "string" && /^E[A-Z0-9]+$/.test(value)) return value;
  }
  return null;
}

/** The agent could not start the program. */
export function programError(thrown: unknown, input: Pick<RunInput, "program">): HsrError {
  if (thrown instanceof HsrError) return thrown;
  const errno = errnoOf(thrown);
  const { program } = input;
  switch (errno) {
    case "ENOENT": {
      if (program.kind === "argv") {
        return new HsrError("program_not_found", {
          field: "argv[0]",
          message: `There is no program \`${shown(program.argv[0])}\` in the sandbox, or its interpreter line names none.`,
        });
      }
      const language = languageOf(program.language);
      return new HsrError("interpreter_missing", {
        field: "language",
        message: `The interpreter for ${program.language} (\`${language?.argv[0] ?? ""}\`) is not in the sandbox: the host does not have it.`,
        ...(language === null ? {} : { hint: `The operator installs it on the host with \`${language.install}\`.` }),
      });
    }
    case "EACCES":
    case "EPERM":
    case "ENOEXEC":
    case "EISDIR":
    case "ENOTDIR":
    case "ELOOP":
      if (program.kind === "argv") {
        return new HsrError("program_not_executable", {
          field: "argv[0]",
          message: `\`${shown(program.argv[0])}\` cannot be executed (${errno}).`,
        });
      }
      break;
    case "E2BIG":
      return new HsrError("invalid_request", {
        message: "argv and environment together are more than the kernel accepts.",
        hint: "Put long texts into files or stdin.",
      });
    case "EAGAIN":
    case "ENOMEM":
      return new HsrError("sandbox_failed", {
        message: `The program could not be started within the sandbox's limits (${errno}).`,
        hint: "Ask for more pids_limit or memory_limit.",
        cause: thrown,
      });
    default:
      break;
  }
  return new HsrError("sandbox_failed", { cause: thrown });
}

/** The agent could not write one of the request's files. */
export function fileError(thrown: unknown, index: number, given: number): HsrError {
  if (thrown instanceof HsrError) return thrown;
  const errno = errnoOf(thrown);
  const field = index < given ? `files[${index}]` : "code";
  switch (errno) {
    case "ENOSPC":
    case "EDQUOT":
      return new HsrError("invalid_request", {
        field,
        message: "The files do not fit into the sandbox's disk.",
        hint: "Ask for more disk_limit_bytes, or send less.",
      });
    case null:
      return new HsrError("sandbox_failed", { cause: thrown });
    default:
      return new HsrError("invalid_path", {
        field,
        message: `The file cannot be written there (${errno}).`,
      });
  }
}

function shown(text: string | undefined): string {
  const printable = (text ?? "").replace(/[^\x20-\x7e]/g, "?");
  return printable.length > 80 ? `${printable.slice(0, 80)}…` : printable;
}
