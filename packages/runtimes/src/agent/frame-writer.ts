import { Buffer } from "node:buffer";
import { AgentError } from "./errors.ts";
import { bounds, flag, openMagic } from "./wire.ts";

const trailer = Buffer.from([0]);

/**
 * Where a payload has to be cut: at the size of a frame, and in the middle of every occurrence of the magic, which the agent
 * would take for a new epoch. A frame begins and ends with a zero byte, which the magic does not have, so no occurrence
 * can reach over the seam of two frames.
 */
function cuts(payload: Buffer): number[] {
  const found: number[] = [];
  let from = 0;
  for (let at = payload.indexOf(openMagic); at >= 0; at = payload.indexOf(openMagic, at + 1)) {
    for (; at + 8 - from > bounds.payloadMax; from += bounds.payloadMax) found.push(from + bounds.payloadMax);
    from = at + 8;
    found.push(from);
  }
  for (; payload.length - from > bounds.payloadMax; from += bounds.payloadMax) found.push(from + bounds.payloadMax);
  return found;
}

/** One message as frames, ready to be written one after the other. Almost always it is one frame. */
export function framesOf(tag: number, type: number, flags: number, id: number, payload: Buffer): Buffer[] {
  if (payload.length > bounds.messageMax) throw new AgentError("E2BIG", "a message has at most 256 KiB");
  const parts: Buffer[] = [];
  let from = 0;
  for (const end of [...cuts(payload), payload.length]) {
    const header = Buffer.alloc(bounds.headerBytes);
    header.writeUInt8(type, 1);
    header.writeUInt8(end < payload.length ? flags | flag.MORE : flags, 2);
    header.writeUInt32LE(id, 4);
    header.writeUInt32LE(tag, 8);
    header.writeUInt32LE(end - from, 12);
    parts.push(header, payload.subarray(from, end), trailer);
    from = end;
  }
  return parts;
}

/** The raw opening of an epoch. */
export function openingOf(epoch: Buffer, leastVersion: number, greatestVersion: number): Buffer {
  const versions = Buffer.alloc(8);
  versions.writeUInt16LE(leastVersion, 0);
  versions.writeUInt16LE(greatestVersion, 2);
  return Buffer.concat([openMagic, epoch, versions]);
}
