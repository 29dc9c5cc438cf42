/**
 * The launcher's messages as bytes: a header of twelve bytes (body length, type, zero, request number), then fields of
 * tag, size and value, all little-endian. `native/launcher/wire.h` is the other side; docs/launcher-protocol.md says what
 * each message means.
 */

/** Versions of the protocol that this client speaks. */
export const protocolVersions = { min: 1, max: 1 } as const;

export const messageTypes = {
  hello: 1,
  launch: 2,
  join: 3,
  kill: 4,
  usage: 5,
  list: 6,
  facts: 7,
  sweep: 8,
  prepare: 9,
  claim: 10,
  deadline: 11,
  metrics: 12,
  end: 13,
  volumeCreate: 14,
  volumeRemove: 15,
  volumeList: 16,
  ok: 0x8000,
  error: 0x8001,
  ended: 0x8002,
  expired: 0x8003,
} as const;

/** Fields that hold a number of eight bytes. */
export const numberTags = {
  versionMin: 1,
  versionMax: 2,
  version: 3,
  memoryBytes: 5,
  pids: 6,
  cpuMillis: 7,
  deadlineMs: 8,
  diskBytes: 9,
  inodes: 10,
  openFiles: 11,
  count: 19,
  wallMs: 22,
  cpuUs: 23,
  memoryPeakBytes: 24,
  oomKills: 25,
  cpuUserUs: 33,
  cpuSystemUs: 34,
  cpuThrottledUs: 35,
  memoryNowBytes: 36,
  pidsNow: 37,
  ioReadBytes: 38,
  ioWrittenBytes: 39,
  forgottenMs: 40,
} as const;

/** Fields that hold text. Those of a list stand several times in one message. */
export const textTags = {
  sandbox: 4,
  profile: 12,
  tenant: 13,
  required: 14,
  unenforced: 15,
  bootId: 16,
  feature: 17,
  fact: 18,
  reason: 20,
  detail: 21,
  errorCode: 30,
  message: 31,
  limit: 32,
  owner: 41,
  /** With the bit that forbids to pass over it: a launcher that knows no mounts must not start without them. */
  mount: 0x8000 | 42,
  volume: 43,
} as const;

export type NumberTag = keyof typeof numberTags;
export type TextTag = keyof typeof textTags;

export const headerBytes = 12;
/** A longer message from the launcher is a broken launcher. */
export const messageMaxBytes = 1 << 20;

export interface Message {
  readonly type: number;
  readonly request: number;
  readonly numbers: Readonly<Partial<Record<NumberTag, number>>>;
  readonly texts: Readonly<Partial<Record<TextTag, readonly string[]>>>;
}

/** The first text of a tag, or "" if there is none. */
export function text(message: Message, tag: TextTag): string {
  return message.texts[tag]?.[0] ?? "";
}

const byNumberTag = new Map(Object.entries(numberTags).map(([name, tag]) => [tag as number, name as NumberTag]));
const byTextTag = new Map(Object.entries(textTags).map(([name, tag]) => [tag as number, name as TextTag]));

/** What a message is made of before it has bytes. */
export interface Draft {
  readonly numbers?: Readonly<Partial<Record<NumberTag, number>>>;
  readonly texts?: Readonly<Partial<Record<TextTag, string | readonly string[]>>>;
}

export function encode(type: number, request: number, draft: Draft): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(draft.numbers ?? {})) {
    const field = Buffer.alloc(12);
    field.writeUInt16LE(numberTags[name as NumberTag], 0);
    field.writeUInt16LE(8, 2);
    field.writeBigUInt64LE(BigInt(value), 4);
    parts.push(field);
  }
  for (const [name, value] of Object.entries(draft.texts ?? {})) {
    for (const one of typeof value === "string" ? [value] : value) {
      const bytes = Buffer.from(one, "utf8");
      const head = Buffer.alloc(4);
      head.writeUInt16LE(textTags[name as TextTag], 0);
      head.writeUInt16LE(bytes.length, 2);
      parts.push(head, bytes);
    }
  }
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt32LE(request, 8);
  return Buffer.concat([header, body]);
}

/** Reads a header; throws if what follows would be too long to be a launcher's. */
export function decodeHeader(header: Buffer): { bodyBytes: number; type: number; request: number } {
  const bodyBytes = header.readUInt32LE(0);
  if (bodyBytes > messageMaxBytes) throw new Error(`the launcher announced a message of ${bodyBytes} bytes`);
  return { bodyBytes, type: header.readUInt16LE(4), request: header.readUInt32LE(8) };
}

/** Reads a body. Fields with unknown tags come from a newer launcher and are passed over. */
export function decode(type: number, request: number, body: Buffer): Message {
  const numbers: Partial<Record<NumberTag, number>> = {};
  const texts: Partial<Record<TextTag, string[]>> = {};
  for (let at = 0; at < body.length; ) {
    if (body.length - at < 4) throw new Error("a field of the launcher's message is cut off");
    const tag = body.readUInt16LE(at);
    const size = body.readUInt16LE(at + 2);
    const value = body.subarray(at + 4, at + 4 + size);
    if (value.length !== size) throw new Error("a field of the launcher's message is cut off");
    at += 4 + size;
    const number = byNumberTag.get(tag);
    const name = byTextTag.get(tag);
    if (number !== undefined && size === 8) numbers[number] = Number(value.readBigUInt64LE(0));
    if (name !== undefined) (texts[name] ??= []).push(value.toString("utf8"));
  }
  return { type, request, numbers, texts };
}

/** Turns chunks into messages, whatever the chunks' borders. */
export class MessageReader {
  #pending: Buffer = Buffer.alloc(0);

  /** Adds bytes; returns the messages that are whole by now. Throws on nonsense. */
  push(chunk: Buffer): Message[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const messages: Message[] = [];
    while (this.#pending.length >= headerBytes) {
      const { bodyBytes, type, request } = decodeHeader(this.#pending);
      const end = headerBytes + bodyBytes;
      if (this.#pending.length < end) break;
      messages.push(decode(type, request, this.#pending.subarray(headerBytes, end)));
      this.#pending = this.#pending.subarray(end);
    }
    return messages;
  }
}
