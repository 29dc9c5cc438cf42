/** The end of a sandbox: its executions first, then everything of it, then the row that says so. */
import { errorInfo, type HsrError, type SandboxReason } from "@hsr/contract";
import { asJson } from "../ingress.ts";
import type { JsonObject } from "../store.ts";
import type { Usage } from "../types.ts";
import type { Executions } from "./executions.ts";
import type { LiveSandbox } from "./live-sandbox.ts";
import type { SandboxOutcome, SandboxRecord } from "./records.ts";
import { sandboxEntry } from "./sandbox-row.ts";
import type { LivingPorts } from "./sandboxes.ts";

/** A store that fails may be back: a result that is lost is the worst that can happen here. */
const storeTries = 5;
const storeRetryMs = 200;

export async function endSandbox(
  sandbox: LiveSandbox,
  reason: SandboxReason,
  error: HsrError | null,
  executions: Executions,
  ports: LivingPorts,
): Promise<void> {
  const { guest, record } = sandbox;
  const wasUp = record.startedAtMs !== null;
  if (error === null && isOrdered(reason)) await noteStopping(sandbox, ports);
  const usage = guest === null ? null : await lastUsage(sandbox, ports);
  await executions.endAll(sandbox, reason);
  const nowMs = ports.clock.now();
  const outcome: SandboxOutcome = {
    state: reason === "lost" ? "lost" : error !== null || !isOrdered(reason) ? "failed" : "ended",
    reason,
    endedAtMs: nowMs,
    usage: usage === null || !wasUp ? null : usageOf(usage, nowMs - (record.startedAtMs ?? nowMs)),
    error: error === null ? null : (errorInfo(error) as JsonObject),
  };
  if (error !== null)
    ports.log.warn(
      { sandbox: sandbox.id, request: sandbox.requestId, err: error.cause, error_code: error.code },
      "sandbox failed",
    );
  ports.metrics.count("hsr_sandboxes_ended_total", { reason, runtime: sandbox.decision.runtime });
  sandbox.end(await stored(sandbox, outcome, ports));
}

/** Somebody wanted it to end, or its time was over. */
function isOrdered(reason: SandboxReason): boolean {
  return (
    reason === "deleted" ||
    reason === "replaced" ||
    reason === "expired" ||
    reason === "idle_timeout" ||
    reason === "killed"
  );
}

async function noteStopping(sandbox: LiveSandbox, ports: LivingPorts): Promise<void> {
  const from = sandbox.record.state;
  sandbox.become({ state: "stopping" });
  try {
    await ports.store.sandboxes.transition(sandbox.id, from, "stopping");
  } catch (err) {
    ports.log.warn({ err, sandbox: sandbox.id }, "its stopping could not be noted");
  }
}

async function lastUsage(sandbox: LiveSandbox, ports: LivingPorts): Promise<Usage | null> {
  const { guest } = sandbox;
  if (guest === null) return null;
  try {
    return await guest.destroy();
  } catch (err) {
    // Its launcher cannot be reached: it dies with the launcher, or at its deadline.
    ports.log.warn({ err, sandbox: sandbox.id }, "a sandbox could not be destroyed");
    return null;
  }
}

function usageOf(usage: Usage, wallMs: number): JsonObject {
  return asJson({
    wall_ms: Math.max(0, wallMs),
    cpu_ms: usage.cpuMs,
    memory_peak_bytes: usage.memoryPeakBytes,
  });
}

async function stored(sandbox: LiveSandbox, outcome: SandboxOutcome, ports: LivingPorts): Promise<SandboxRecord> {
  const { reason, state } = outcome;
  const entry = sandboxEntry(sandbox.record, "sandbox.ended", outcome.endedAtMs, null, { reason, state });
  for (let tries = 1; ; tries += 1) {
    try {
      const record = await ports.store.sandboxes.finish(sandbox.id, outcome, entry);
      if (record !== null) return record;
      ports.log.error({ sandbox: sandbox.id }, "a sandbox that ended is not in the store");
    } catch (err) {
      ports.log.error({ err, sandbox: sandbox.id, tries }, "a sandbox's end could not be stored");
      if (tries < storeTries) {
        await new Promise((resolve) => setTimeout(resolve, storeRetryMs));
        continue;
      }
    }
    return { ...sandbox.record, state: outcome.state, outcome };
  }
}
