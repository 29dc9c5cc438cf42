/** What is done in a sandbox for one run: files, then one program. */
import type { RunInput } from "../action.ts";
import { languageOf } from "../languages.ts";
import type { ExecSpec, InputFile, Limits } from "../types.ts";

export interface ExecPlan {
  readonly files: readonly InputFile[];
  readonly exec: ExecSpec;
}

/** The environment that every program has; the caller's entries come on top. */
export const baseEnvironment = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/workspace", LANG: "C.UTF-8" } as const;

export function execPlan(input: RunInput, limits: Limits): ExecPlan {
  const { program } = input;
  const language = program.kind === "code" ? languageOf(program.language) : null;
  if (program.kind === "code" && language === null) throw new TypeError(`no such language: ${program.language}`);
  const main =
    program.kind === "code" && language !== null
      ? [{ path: language.mainFile, content: program.code, mode: 0o644 }]
      : [];
  return {
    files: [...input.files, ...main],
    exec: {
      argv: program.kind === "argv" ? program.argv : [...(language?.argv ?? []), ...program.args],
      env: { ...baseEnvironment, ...input.environment },
      cwd: "/workspace",
      stdin: input.stdin,
      openFiles: limits.openFiles,
      umask: 0o022,
    },
  };
}
