/** Runs one program in a sandbox and collects what it wrote: the shortest way for a test to look from inside. */
import type { Agent, Guest } from "@hsr/core";
import { openAgent } from "@hsr/runtimes";
import { execSpec } from "./launch-spec.ts";

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly signal: number | null;
}

/** Far from the ids that tests choose themselves: an id that the agent knows is not started again. */
let nextExecId = 1000;

/** Starts `argv` on an open agent and waits for its end. */
export async function run(agent: Agent, argv: readonly string[], stdin: Uint8Array | null = null): Promise<Ran> {
  const execution = agent.start(nextExecId++, execSpec(argv, { stdin }));
  const parts = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  await execution.started;
  for await (const chunk of execution.output) parts[chunk.stream].push(chunk.bytes);
  const exit = await execution.exit;
  return {
    stdout: Buffer.concat(parts.stdout).toString("utf8"),
    stderr: Buffer.concat(parts.stderr).toString("utf8"),
    exitCode: exit.exitCode,
    signal: exit.signal,
  };
}

/** Attaches to a guest, runs one program, and lets go of the stream. */
export async function runInGuest(guest: Guest, argv: readonly string[]): Promise<Ran> {
  const agent = openAgent(await guest.attach());
  await agent.ready;
  try {
    return await run(agent, argv);
  } finally {
    agent.close();
  }
}
