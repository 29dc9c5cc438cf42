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

export function launchSpec(decision: Decision, sandboxId: SandboxId, tenant: string): LaunchSpec {
  return {
    sandboxId,
    root: { kind: "host" },
    scratch: { backing: "memory", bytes: decision.limits.diskBytes, inodes: decision.limits.inodes },
    limits: decision.limits,
    network: decision.network,
    syscallProfile: decision.syscallProfile,
    requiredLimits: decision.requiredLimits,
    deadlineMs: deadlineMs(decision),
    tenant,
  };
}
