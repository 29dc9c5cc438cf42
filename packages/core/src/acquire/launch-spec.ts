/** The one place that turns a Decision into what a runtime is told to start. Every door goes through it. */
import { gatewayLimits } from "@hsr/contract";
import type { Decision } from "../decide/decision.ts";
import type { LaunchSpec, SandboxId } from "../types.ts";

/**
 * The launcher's own deadline lies behind every deadline of the gateway, so that it fires only where no gateway lives
 * to do it: time to start, the program's wall time, and slack.
 */
export function deadlineMs(decision: Decision): number {
  return gatewayLimits.start_timeout_ms.value + decision.limits.wallMs + gatewayLimits.deadline_slack_ms.value;
}

/** For the one program of a run. */
export function launchSpec(decision: Decision, sandboxId: SandboxId, tenant: string): LaunchSpec {
  return specOf(decision, sandboxId, tenant, deadlineMs(decision));
}

/** For a sandbox that lives, and may be renewed. */
export function sandboxSpec(decision: Decision, sandboxId: SandboxId, tenant: string, ttlMs: number): LaunchSpec {
  const { start_timeout_ms: start, deadline_slack_ms: slack } = gatewayLimits;
  return specOf(decision, sandboxId, tenant, start.value + ttlMs + slack.value);
}

function specOf(decision: Decision, sandboxId: SandboxId, tenant: string, endMs: number): LaunchSpec {
  return {
    sandboxId,
    root: { kind: "host" },
    scratch: { backing: "memory", bytes: decision.limits.diskBytes, inodes: decision.limits.inodes },
    limits: decision.limits,
    network: decision.network,
    syscallProfile: decision.syscallProfile,
    requiredLimits: decision.requiredLimits,
    ...(decision.mounts === undefined ? {} : { mounts: decision.mounts }),
    deadlineMs: endMs,
    tenant,
  };
}
