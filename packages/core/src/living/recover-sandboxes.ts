/**
 * Sandboxes that an earlier gateway left: those that live are taken up again with everything that runs in them; those
 * that never came up, or are gone, end; those that wait for a person wait on. Nothing else is started anew: nobody waits for
 * it any more, and a sandbox that was started twice would be there twice.
 */
import { HsrError } from "@hsr/contract";
import type { Decision } from "../decide/decision.ts";
import type { Guest } from "../ports.ts";
import { LiveSandbox } from "./live-sandbox.ts";
import type { SandboxRecord } from "./records.ts";
import type { Sandboxes } from "./sandboxes.ts";

/**
 * How long the start waits for a launcher that is away: a sandbox that is given up is destroyed as a stranger's. A launcher
 * that was ended has ended its sandboxes too, so who is away longer than it takes to start has none left.
 */
const patienceMs = 15_000;
const askAgainMs = 500;

/** Takes up every sandbox that has not ended. Those that live are in `sandboxes` from here on. */
export async function recoverSandboxes(sandboxes: Sandboxes): Promise<void> {
  const { store, logFiles } = sandboxes.ports;
  const unfinished = await store.sandboxes.unfinished();
  const executions = new Map(
    await Promise.all(
      unfinished.map(async (record) => [record.id, await store.executions.unfinished(record.id)] as const),
    ),
  );
  await logFiles.sweep(new Set([...executions.values()].flat().map(({ id }) => id)));
  // Asked for all at once: a launcher that is away costs its patience once, not for each sandbox.
  const guests = await Promise.all(unfinished.map((record) => livingGuest(sandboxes, record)));
  for (const [index, record] of unfinished.entries()) {
    const guest = guests[index] ?? null;
    const sandbox = new LiveSandbox(record, record.decision as unknown as Decision, sandboxes.ports.clock);
    for (const digest of await store.received.digests(record.id)) sandbox.seen.add(digest);
    sandbox.lastNumber = await store.executions.lastNumber(record.id);
    const isAlive = guest !== null && (record.state === "running" || record.state === "starting");
    sandboxes.ports.log.info({ sandbox: record.id, state: record.state, alive: isAlive }, "sandbox taken up");
    for (const execution of executions.get(record.id) ?? []) {
      const [stdout, stderr] = [
        await logFiles.list(execution.id, "stdout"),
        await logFiles.list(execution.id, "stderr"),
      ];
      await sandboxes.executions.resume(sandbox, execution, { stdout, stderr });
    }
    if (await waitsOn(sandboxes, sandbox)) continue;
    if (isAlive && guest !== null) await takeUp(sandboxes, sandbox, guest);
    else await giveUp(sandboxes, sandbox);
  }
}

/** One that a person was asked about, or has agreed to and that waited for a place: nothing of it was started. */
async function waitsOn(sandboxes: Sandboxes, sandbox: LiveSandbox): Promise<boolean> {
  const { approval } = sandbox.decision;
  if (sandbox.record.state !== "pending" || approval === undefined) return false;
  const { places, store, waiting } = sandboxes.ports;
  const held = await store.sandboxes.held(sandbox.id);
  if (held !== null) sandboxes.hold(sandbox, waiting.enter(sandbox.tenant, held.length, true));
  else void sandboxes.bringUp(sandbox, places.enter(sandbox.tenant, true));
  return true;
}

async function livingGuest(sandboxes: Sandboxes, record: SandboxRecord): Promise<Guest | null> {
  const { clock, log, offers } = sandboxes.ports;
  const until = clock.monotonic() + patienceMs;
  for (;;) {
    try {
      return (await offers.runtime(record.runtime)?.adopt(record.id)) ?? null;
    } catch (err) {
      log.error({ err, sandbox: record.id }, "a sandbox could not be adopted");
      if (clock.monotonic() > until) return null;
      await new Promise((resolve) => setTimeout(resolve, askAgainMs));
    }
  }
}

async function takeUp(sandboxes: Sandboxes, sandbox: LiveSandbox, guest: Guest): Promise<void> {
  const { clock, store } = sandboxes.ports;
  const { record } = sandbox;
  const nowMs = clock.now();
  if (record.state === "starting") {
    // It came up, and the gateway died before it could say so: its time begins when it was asked for.
    const startedAtMs = record.createdAtMs;
    const facts = { startedAtMs, expiresAtMs: startedAtMs + record.ttlMs, unenforced: guest.unenforced };
    await store.sandboxes.transition(sandbox.id, "starting", "running", facts);
    sandbox.become(facts);
  }
  // A wall clock that was set back meanwhile gives no more than the whole time.
  const left = (whole: number, endMs: number) => Math.min(whole, Math.max(0, endMs - nowMs));
  const leftMs = left(record.ttlMs, sandbox.record.expiresAtMs ?? nowMs);
  sandboxes.adopt(sandbox, guest, leftMs, left(record.idleTimeoutMs, record.activeAtMs + record.idleTimeoutMs));
}

async function giveUp(sandboxes: Sandboxes, sandbox: LiveSandbox): Promise<void> {
  const { state } = sandbox.record;
  const place = sandboxes.ports.places.occupy(sandbox.tenant);
  if (state === "pending" || state === "starting") {
    const error = new HsrError("internal", { message: "The gateway ended before the sandbox had come up." });
    await sandboxes.finish(sandbox, place, "setup_failed", error);
    return;
  }
  await sandboxes.finish(sandbox, place, state === "stopping" ? "killed" : "lost", null);
}
