/**
 * A stronger sandbox in the place of one that is too weak: under the same name, with the same limits, labels, environment and
 * files. Processes are lost. What nobody had seen in the old one, nobody has seen in the new one either. When anything of it
 * fails, the old one lives on as it was.
 */
import { HsrError } from "@hsr/contract";
import type { AskedLimits } from "../action.ts";
import { limitFields } from "../decide/policy.ts";
import { SandboxFiles } from "../files/sandbox-files.ts";
import type { IsolationLevel } from "../types.ts";
import type { SandboxAction } from "./actions.ts";
import type { LiveSandbox } from "./live-sandbox.ts";
import { sandboxEntry } from "./sandbox-row.ts";
import type { LivingPorts, Sandboxes } from "./sandboxes.ts";

/** Where a guest can keep files. */
const scratchFolders = ["/workspace", "/tmp"];

export async function recreate(
  sandboxes: Sandboxes,
  old: LiveSandbox,
  level: IsolationLevel,
  asker: { readonly keyId: string; readonly requestId: string },
): Promise<LiveSandbox> {
  const { ports } = sandboxes;
  if ((old.decision.mounts ?? []).length > 0)
    throw new HsrError("unsupported", {
      field: "escalation",
      message: "A sandbox with mounts cannot be replaced by a stronger one.",
      hint: "End it, and make another one with a stronger `isolation_level`.",
    });
  const created = await sandboxes.create(actionOf(old, level, asker, ports), old);
  if (created.kind !== "live") throw new HsrError("internal", { message: "The new sandbox is not there." });
  const fresh = created.sandbox;
  try {
    if (!(await fresh.up)) throw new HsrError("sandbox_failed");
    const files = new SandboxFiles({ received: ports.store.received, clock: ports.clock });
    for (const folder of scratchFolders) await files.copyTree(old, fresh, folder);
    for (const digest of old.seen.all()) fresh.seen.add(digest);
    await ports.store.received.copy(old.id, fresh.id);
  } catch (thrown) {
    fresh.stop("killed");
    throw thrown;
  }
  old.stop("replaced");
  await old.ended;
  const { name } = old.record;
  const entry = sandboxEntry(fresh.record, "sandbox.replaced", ports.clock.now(), asker.requestId, {
    key: asker.keyId,
    replaces: old.id,
    level: fresh.decision.level,
  });
  await ports.store.sandboxes.note(fresh.id, name === null ? {} : { name }, entry);
  if (name !== null) fresh.become({ name });
  return fresh;
}

/** The request that would have made the old sandbox, with a stronger level. */
function actionOf(
  old: LiveSandbox,
  level: IsolationLevel,
  { keyId, requestId }: { readonly keyId: string; readonly requestId: string },
  { clock, rules }: LivingPorts,
): SandboxAction {
  const { record, decision } = old;
  const leftMs = old.expiresMonotonicMs === null ? record.ttlMs : old.expiresMonotonicMs - clock.monotonic();
  const limits: Partial<Record<keyof AskedLimits, number>> = {};
  for (const { key, name } of Object.values(limitFields)) {
    // What somebody asked for stays required; what was the default stays it.
    const wasAsked = decision.requiredLimits.includes(name) && !rules.required.includes(name);
    if (wasAsked || decision.limits[key] !== rules.defaults[key]) limits[key] = decision.limits[key];
  }
  return {
    door: "rest",
    tenant: record.tenant,
    keyId,
    requestId,
    // The old one has the name until it has ended.
    name: null,
    labels: record.labels,
    allow: record.allow,
    ttlMs: Math.max(1000, Math.round(leftMs)),
    idleTimeoutMs: record.idleTimeoutMs,
    environment: record.environment,
    wishes: { level, runtime: null, preference: null, limits },
    idempotencyKey: null,
    digest: record.requestDigest,
  };
}
