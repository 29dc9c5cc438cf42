/** An agent that belongs to the guest may say anything: here a test says it. */
import { Buffer } from "node:buffer";
import { duplexPair } from "node:stream";
import type { Agent } from "@hsr/core";
import { FieldWriter } from "../bytes.ts";
import { framesOf } from "../frame-writer.ts";
import { openAgent } from "../open-agent.ts";
import { echoMagic, tell } from "../wire.ts";

/** The far side of a stream in the hands of whoever lies. */
export interface Impostor {
  readonly agent: Agent;
  /** Bytes to the client, as they are. */
  raw(bytes: Buffer): void;
  frame(type: number, id: number, payload?: Buffer, flags?: number): void;
  readonly epoch: Buffer;
}

/** An honest hello, or one of another version. */
export function hello(version = 1): Buffer {
  const fields = new FieldWriter().u16(version).u16(1).u16(1).u16(0).u64(0x7f).bytes(Buffer.alloc(32));
  for (let i = 0; i < 6; i++) fields.u32(0);
  return fields.finish();
}

/** The client opens; this side reads its epoch and, if wanted, answers properly so far. */
export async function impostor(greet: "greeted" | "silent" = "greeted"): Promise<Impostor> {
  const [near, far] = duplexPair();
  const agent = openAgent(near);
  const opening = await new Promise<Buffer>((resolve) => far.once("data", resolve));
  far.on("error", () => undefined).resume();
  const epoch = opening.subarray(16, 32);
  const frame: Impostor["frame"] = (type, id, payload = Buffer.alloc(0), flags = 0) => {
    far.write(Buffer.concat(framesOf(epoch.readUInt32LE(0), type, flags, id, payload)));
  };
  if (greet === "greeted") {
    far.write(Buffer.concat([echoMagic, epoch]));
    frame(tell.HELLO, 0, hello());
    await agent.ready;
  }
  return { agent, epoch, frame, raw: (bytes) => void far.write(bytes) };
}
