/** States and ends in a word or two, with their colours. */
import type { ExecutionSummary, RunSummary, Sandbox } from "@hsr/contract";
import type { Paints } from "./terminal.ts";
import { showDuration } from "./units.ts";

/** How something ended, or where it stands: `exited 0`, `timeout`, `running`. */
export function outcome(one: Pick<RunSummary, "state" | "reason" | "exit_code" | "signal"> | ExecutionSummary): string {
  if (one.state !== "finished") return one.state;
  if (one.reason === "exited") return `exited ${one.exit_code ?? "?"}`;
  if (one.reason === "signaled") return one.signal ?? "signaled";
  return one.reason ?? "finished";
}

/** Where a sandbox stands: `running`, `expired`. */
export function sandboxOutcome({ state, reason }: Pick<Sandbox, "state" | "reason">): string {
  return reason ?? state;
}

/** How long until then, or `-` where that is past or never. */
export function showLeft(time: string | null, now: number): string {
  if (time === null) return "-";
  const left = Date.parse(time) - now;
  return left > 0 ? showDuration(left) : "-";
}

const good: readonly string[] = ["exited 0"];
const passing: readonly string[] = ["held", "queued", "pending", "starting", "pausing", "resuming", "stopping"];
const plain: readonly string[] = ["deleted", "expired", "idle_timeout"];

export function paintOutcome(paint: Paints, text: string): string {
  if (good.includes(text)) return paint.green(text);
  if (passing.includes(text) || text === "running") return paint.yellow(text);
  if (plain.includes(text)) return paint.dim(text);
  return paint.red(text);
}
