/** Why a program in a living sandbox was not started: what its request says beyond the program can be at fault too. */
import { HsrError } from "@hsr/contract";
import type { Capabilities } from "../ports.ts";
import { errnoOf, programError } from "../run/start-error.ts";
import type { ExecAction } from "./actions.ts";

/** The step of the start at which the agent failed, as its error says. */
function stageOf(thrown: unknown): string | null {
  if (typeof thrown !== "object" || thrown === null || !("stage" in thrown)) return null;
  return typeof thrown.stage === "string" ? thrown.stage : null;
}

export function startError(
  thrown: unknown,
  action: Pick<ExecAction, "program" | "cwd" | "userId">,
  users: Capabilities["users"],
): HsrError {
  switch (stageOf(thrown)) {
    case "identity":
      if (users === "single")
        return new HsrError("unsupported", {
          field: "user",
          message: "On this host a sandbox has one user, and everything in it runs as that one.",
        });
      return new HsrError("invalid_request", {
        field: "user",
        message: `Programs cannot run as user ${action.userId}: it is the sandbox's agent's, or not among those that the sandbox has.`,
      });
    case "folder":
      return new HsrError("invalid_path", {
        field: "cwd",
        message: `The program cannot start in this folder (${errnoOf(thrown) ?? "unknown"}).`,
        hint: "Name a folder that is there and that its user may enter.",
      });
    default:
      return programError(thrown, action);
  }
}
