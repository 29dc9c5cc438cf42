/** What this side writes in an epoch, as bytes: for tests that cut a conversation in two, and for the fuzzers' corpus. */
import { duplexPair } from "node:stream";
import type { Agent } from "@hsr/core";
import { openAgent } from "../open-agent.ts";

export async function recorded(say: (agent: Agent) => void): Promise<Buffer> {
  const [ours, theirs] = duplexPair();
  const chunks: Buffer[] = [];
  theirs.on("data", (chunk: Buffer) => chunks.push(chunk));
  const agent = openAgent(ours);
  say(agent);
  await new Promise((resolve) => setImmediate(resolve));
  agent.close();
  await new Promise((resolve) => setImmediate(resolve));
  return Buffer.concat(chunks);
}
