/** What an ended run or execution means for the caller: hsrctl's exit code, and a sentence where the guest's code alone would mislead. */

import { constants } from "node:os";
import type { ExecutionSummary, RunSummary } from "@hsr/contract";
import { exitCodes } from "./failure.ts";
import { visible } from "./terminal.ts";
import { showBytes, showDuration } from "./units.ts";

const SIGKILL = 9;

/** How something ended, as runs and executions have it. */
export type Ended = Pick<
  RunSummary,
  "reason" | "exit_code" | "signal" | "error" | "stdout_truncated" | "stderr_truncated"
> & {
  readonly usage: { readonly wall_ms: number } | null;
};

/** Where its limits were given, for sentences. */
const runFlags = { timeout: "--timeout", memory: "--memory" } as const;
/** An execution has the memory of its sandbox. */
const executionFlags = { timeout: "--timeout", memory: "`hsrctl create --memory`" } as const;

/** A signal's number by its name; SIGKILL's for a name that this host does not know. */
function signalNumber(name: string | null): number {
  const signals: Readonly<Record<string, number>> = constants.signals;
  return (name === null ? undefined : signals[name]) ?? SIGKILL;
}

/** hsrctl's exit code for what has ended. */
export function exitCodeOf(run: Ended): number {
  switch (run.reason) {
    case "exited":
      return run.exit_code ?? exitCodes.hsr;
    case "signaled":
      return exitCodes.signalBase + signalNumber(run.signal);
    case "timeout":
      return exitCodes.timeout;
    case "out_of_memory":
    case "output_limit":
    case "killed":
      return exitCodes.signalBase + SIGKILL;
    case "cancelled":
      return exitCodes.cancelled;
    case "setup_failed":
      if (run.error?.code === "program_not_found") return exitCodes.notFound;
      if (run.error?.code === "program_not_executable") return exitCodes.notExecutable;
      return exitCodes.hsr;
    case "denied":
    case "lost":
    case null:
      return exitCodes.hsr;
  }
}

/** Sentences for stderr after the guest's output; empty when the program just ended. */
export function remarks(run: RunSummary): readonly string[] {
  const said = endRemarks(run, runFlags);
  if (run.unenforced.length > 0) said.push(`this host did not enforce: ${run.unenforced.join(", ")}`);
  if (run.decision?.preference_met === false)
    said.push(
      `not run by the runtime that was preferred, but by ${run.decision.runtime}: ${run.decision.reasons.map(visible).join(" ")}`,
    );
  return said;
}

/** The same for an execution in a living sandbox. */
export function executionRemarks(execution: ExecutionSummary): readonly string[] {
  return endRemarks(execution, executionFlags);
}

function endRemarks(run: Ended, flags: typeof runFlags | typeof executionFlags): string[] {
  const said: string[] = [];
  const after = run.usage ? ` after ${showDuration(run.usage.wall_ms)}` : "";
  switch (run.reason) {
    case "exited":
      break;
    case "signaled":
      said.push(`the program was ended by ${run.signal ?? "a signal"}`);
      break;
    case "timeout":
      said.push(`killed${after}: the time limit was reached (${flags.timeout})`);
      break;
    case "out_of_memory":
      said.push(`killed${after}: the memory limit was reached (${flags.memory})`);
      break;
    case "output_limit":
      said.push(`killed${after}: more output than the limit`);
      break;
    case "cancelled":
      said.push(`cancelled${after}`);
      break;
    case "killed":
      said.push(`killed${after} by the gateway or its operator`);
      break;
    case "lost":
      said.push("the sandbox was lost before the program ended; run it again");
      break;
    case "denied":
    case "setup_failed":
    case null:
      said.push(
        run.error ? `${visible(run.error.message)}\n${visible(run.error.hint)}` : "the program was not started",
      );
      break;
  }
  for (const stream of ["stdout", "stderr"] as const) {
    const dropped = run[`${stream}_truncated`];
    if (dropped > 0) said.push(`${showBytes(dropped)} of ${stream} were dropped: more than the limit for output`);
  }
  return said;
}

/** One line about how a run went, for `make up` and `--verbose`. */
export function summaryLine(run: RunSummary): string {
  const parts = [run.id, run.state === "finished" ? (run.reason ?? "finished") : run.state];
  if (run.exit_code !== null) parts[1] = `${parts[1]} ${run.exit_code}`;
  if (run.usage) {
    parts.push(showDuration(run.usage.wall_ms));
    if (run.usage.memory_peak_bytes !== null) parts.push(showBytes(run.usage.memory_peak_bytes));
  }
  if (run.decision) parts.push(`${run.decision.runtime} (${run.decision.level}), rule ${run.decision.rule}`);
  return parts.map(visible).join(" · ");
}
