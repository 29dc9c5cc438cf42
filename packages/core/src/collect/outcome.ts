/** What is said of a run's end, from what was seen outside (first) and from what the guest's agent says. Pure. */
import { errorInfo, HsrError, type RunReason } from "@hsr/contract";
import type { DriveEnd } from "../run/drive.ts";
import type { StopCause } from "../run/live-run.ts";
import type { JsonObject, RunOutcome } from "../store.ts";
import type { Usage } from "../types.ts";
import { signalName } from "./signals.ts";

export interface EndFacts {
  readonly drive: DriveEnd;
  readonly stopCause: StopCause | null;
  /** Whether the program was ever started. */
  readonly started: boolean;
  readonly usage: Usage | null;
  readonly finishedAtMs: number;
  readonly kept: { readonly stdoutBytes: number; readonly stderrBytes: number };
  /** Where the agent's count of each stream stood when it was last heard. */
  readonly seen: { readonly stdoutBytes: number; readonly stderrBytes: number };
}

/** The shell's way to say that a signal killed what it ran: 128 and the signal's number, here KILL. */
const shellKilledStatus = 128 + 9;

export function outcomeOf(facts: EndFacts): RunOutcome {
  const { drive, usage } = facts;
  const exit = drive.exit;
  const error = errorOf(facts);
  return {
    reason: error === null ? reasonOf(facts) : error.row.class === "denied" ? "denied" : "setup_failed",
    exitCode: exit?.exitCode ?? null,
    signal: exit?.signal == null ? null : signalName(exit.signal),
    finishedAtMs: facts.finishedAtMs,
    usage:
      usage === null ? null : { wall_ms: usage.wallMs, cpu_ms: usage.cpuMs, memory_peak_bytes: usage.memoryPeakBytes },
    error: error === null ? null : (errorInfo(error) as JsonObject),
    stdoutTruncatedBytes: dropped(exit?.stdoutBytes, facts.seen.stdoutBytes, facts.kept.stdoutBytes),
    stderrTruncatedBytes: dropped(exit?.stderrBytes, facts.seen.stderrBytes, facts.kept.stderrBytes),
  };
}

/** An error only where the program never started and nobody asked for its end. */
function errorOf(facts: EndFacts): HsrError | null {
  const { drive } = facts;
  if (drive.failed !== null) return facts.stopCause === null ? drive.failed : null;
  if (facts.started || drive.exit !== null || facts.stopCause !== null) return null;
  // The detail may name paths of this host, so it goes to the log and no further.
  return new HsrError(drive.ended === "lost" ? "launcher_unavailable" : "sandbox_failed", { cause: drive.detail });
}

function reasonOf({ drive, stopCause, usage }: EndFacts): RunReason {
  const { exit } = drive;
  const memoryKills = usage?.oomKills ?? 0;
  if (exit !== null) {
    const killed = exit.signal === 9 || exit.exitCode === shellKilledStatus;
    if (memoryKills > 0 && (killed || exit.exitCode !== 0)) return "out_of_memory";
    return exit.signal === null ? "exited" : "signaled";
  }
  if (stopCause !== null) return stopCause;
  switch (drive.ended) {
    case "deadline":
      return "timeout";
    case "out_of_memory":
      return "out_of_memory";
    case "destroyed":
      return "killed";
    default:
      return memoryKills > 0 ? "out_of_memory" : "lost";
  }
}

/** The guest's own total cannot be less than what was seen of it. */
function dropped(total: number | undefined, seen: number, kept: number): number {
  return Math.max(0, Math.max(total ?? 0, seen) - kept);
}
