/**
 * The client under a seeded fuzzer: what a real agent answered, mutated, against every request there is. What must hold whatever
 * the agent says: nothing is thrown past the promises, each promise settles by the end of the epoch with a value or an
 * `AgentError`, output never goes backwards, and not more is kept than was granted.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import type { AgentExecution, OpenAgent } from "@hsr/core";
import { echoMagic, framesOf } from "@hsr/runtimes/agent/testing";
import { askEverything } from "./script.ts";

interface Said {
  type: number;
  flags: number;
  id: number;
  payload: Buffer;
}

const corpus: readonly Said[] = (
  JSON.parse(readFileSync(join(import.meta.dirname, "../corpus/client/everything.json"), "utf8")) as (Omit<
    Said,
    "payload"
  > & {
    payload: string;
  })[]
).map((said) => ({ ...said, payload: Buffer.from(said.payload, "hex") }));

/** Small and repeatable; good enough to choose mutations. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = ReturnType<typeof randomFrom>;

const interesting = [
  0n,
  1n,
  2n,
  9n,
  64n,
  255n,
  65_535n,
  65_536n,
  262_143n,
  262_144n,
  0xffff_ffffn,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

function changed(payload: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(payload);
  switch (random(5)) {
    case 0:
      if (bytes.length) bytes[random(bytes.length)] = random(256);
      return bytes;
    case 1:
      return bytes.subarray(0, random(bytes.length + 1));
    case 2:
      return Buffer.concat([bytes, Buffer.alloc(1 + random(40), random(256))]);
    case 3: {
      if (bytes.length < 8) return bytes;
      bytes.writeBigUInt64LE(interesting[random(interesting.length)] ?? 0n, random(bytes.length - 7));
      return bytes;
    }
    default:
      /* A stream's offset is its first field: the place where lying is worth most. */
      if (bytes.length >= 8) bytes.writeBigUInt64LE(BigInt(random(64)), 0);
      return bytes;
  }
}

/** The bytes of one lying agent. */
function lie(epoch: Buffer, random: Random): Buffer {
  const said = [...corpus];
  for (let i = random(6); i >= 0; i--) {
    const at = random(said.length);
    const one = said[at];
    if (!one) break;
    switch (random(7)) {
      case 0:
        said.splice(at, 1);
        break;
      case 1:
        said.splice(random(said.length), 0, one);
        break;
      case 2:
        said[at] = { ...one, id: random(30) };
        break;
      case 3:
        said[at] = { ...one, type: 60 + random(20) };
        break;
      case 4:
        said[at] = { ...one, flags: random(16) };
        break;
      default:
        said[at] = { ...one, payload: changed(one.payload, random) };
    }
  }
  const tag = epoch.readUInt32LE(0);
  const parts = [Buffer.from("left over"), echoMagic, epoch];
  for (const { type, flags, id, payload } of said) parts.push(...framesOf(tag, type, flags, id, payload));
  const bytes = Buffer.concat(parts);
  if (random(4) === 0) bytes[random(bytes.length)] = random(256);
  return random(4) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes;
}

/** Reads what there is; throws what an honest reader would stumble over. */
async function read(execution: AgentExecution, from: { stdout: number; stderr: number }): Promise<void> {
  const next = { ...from };
  let bytes = 0;
  try {
    for await (const chunk of execution.output) {
      if (chunk.offset < next[chunk.stream])
        throw new Error(`output went back to ${chunk.offset} from ${next[chunk.stream]}`);
      next[chunk.stream] = chunk.offset + chunk.bytes.length;
      bytes += chunk.bytes.length;
      if (bytes > 1 << 20) throw new Error("more output than was sent");
      execution.acknowledge(next);
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "AgentError") throw error;
  }
}

/** One lying agent against one client. Throws when something does not hold. */
export async function fuzzOnce(openAgent: OpenAgent, seed: number): Promise<void> {
  const random = randomFrom(seed);
  const [near, far] = duplexPair();
  const opening = new Promise<Buffer>((resolve) => far.once("data", resolve));
  const agent = openAgent(near);
  const { executions, promises } = askEverything(agent, "/tmp/f");
  const settled = Promise.allSettled([...promises, agent.ready]);
  const reads = executions.map((execution, i) =>
    read(execution, i === 5 ? { stdout: 3, stderr: 4 } : { stdout: 0, stderr: 0 }),
  );
  const epoch = (await opening).subarray(16, 32);
  far.resume().on("error", () => undefined);
  const bytes = lie(epoch, random);
  const piece = random(3) === 0 ? 1 + random(20) : bytes.length;
  for (let at = 0; at < bytes.length; at += piece) far.write(bytes.subarray(at, at + piece));
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  agent.close();
  await Promise.all(reads);
  await agent.closed;
  for (const one of await settled) {
    if (one.status === "rejected" && (!(one.reason instanceof Error) || one.reason.name !== "AgentError"))
      throw new Error("a promise failed with something else than an AgentError", { cause: one.reason });
  }
  far.destroy();
}
