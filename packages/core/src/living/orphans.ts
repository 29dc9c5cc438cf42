/** Processes that left their execution by a session of their own, and live on in the sandbox. */
import { HsrError } from "@hsr/contract";
import type { Agent, Orphans } from "../ports.ts";
import { errnoOf } from "../run/start-error.ts";
import type { Asker } from "./input.ts";
import type { LiveSandbox } from "./live-sandbox.ts";
import { sandboxEntry } from "./sandbox-row.ts";
import type { LivingPorts } from "./sandboxes.ts";

/** What the sandbox's agent knows of them. */
export async function orphansOf(sandbox: LiveSandbox): Promise<Orphans> {
  return await asked(sandbox, (agent) => agent.orphans());
}

/** Signals these, or all of them; resolves with how many. */
export async function signalOrphans(
  ports: Pick<LivingPorts, "store" | "clock">,
  sandbox: LiveSandbox,
  wish: { readonly signal: number; readonly pids: readonly number[] },
  asker: Asker,
): Promise<number> {
  const release = sandbox.hold();
  try {
    const signalled = await asked(sandbox, (agent) => agent.killOrphans(wish.signal, wish.pids));
    const facts = { key: asker.keyId, signal: wish.signal, signalled };
    await ports.store.audit.append(
      sandboxEntry(sandbox.record, "sandbox.orphans_killed", ports.clock.now(), asker.requestId, facts),
    );
    return signalled;
  } finally {
    release();
  }
}

async function asked<Value>(sandbox: LiveSandbox, work: (agent: Agent) => Promise<Value>): Promise<Value> {
  const agent = await sandbox.agent();
  try {
    return await work(agent);
  } catch (thrown) {
    if (errnoOf(thrown) === "EINVAL") throw new HsrError("invalid_request", { field: "signal", cause: thrown });
    throw new HsrError("sandbox_unreachable", { cause: thrown });
  }
}
