/**
 * A tar archive in GNU's form, which keeps any bytes in names and any length. Set-id bits and owners are left out: whoever unpacks
 * it as root must not make a guest's program a privileged one.
 */
import { HsrError } from "@hsr/contract";
import type { WalkedEntry } from "@hsr/core";
import { blockBytes } from "./tar-header.ts";

/** The guest's own user and group. */
const ownerId = 1000;
const largeBytes = 8 ** 11;
const nameBytes = 100;

export async function* writeTar(entries: AsyncIterable<WalkedEntry>): AsyncGenerator<Buffer, void, void> {
  for await (const entry of entries) {
    if (entry.kind === "folder") {
      const path = Buffer.concat([entry.path, Buffer.from("/")]);
      yield heads({ type: "5", path, mode: entry.mode, bytes: 0, modifiedMs: entry.modifiedMs });
    } else if (entry.kind === "link") {
      const { path, target, modifiedMs } = entry;
      yield heads({ type: "2", path, target, mode: 0o777, bytes: 0, modifiedMs });
    } else yield* file(entry);
  }
  yield Buffer.alloc(2 * blockBytes);
}

async function* file({
  path,
  size,
  reading,
}: Extract<WalkedEntry, { kind: "file" }>): AsyncGenerator<Buffer, void, void> {
  const { mode, modifiedMs } = reading.stat;
  const { bytes } = reading;
  try {
    yield heads({ type: "0", path, mode, bytes: size, modifiedMs });
    let sent = 0;
    for await (const piece of bytes as AsyncIterable<Buffer>) {
      sent += piece.length;
      yield piece;
    }
    // Its head has promised more, so the archive cannot be mended.
    if (sent !== size) throw new HsrError("file_failed", { message: "A file shrank while it was read." });
    const padding = (blockBytes - (size % blockBytes)) % blockBytes;
    if (padding > 0) yield Buffer.alloc(padding);
  } finally {
    bytes.destroy();
  }
}

interface Head {
  readonly type: "0" | "2" | "5" | "K" | "L";
  readonly path: Buffer;
  readonly target?: Buffer;
  readonly mode: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** An entry's header, with the headers for long names before it. */
function heads(head: Head): Buffer {
  const { path, target = Buffer.alloc(0) } = head;
  return Buffer.concat([
    ...(target.length > nameBytes ? longName("K", target) : []),
    ...(path.length > nameBytes ? longName("L", path) : []),
    header({ ...head, path: path.subarray(0, nameBytes), target: target.subarray(0, nameBytes) }),
  ]);
}

function longName(type: "K" | "L", name: Buffer): readonly Buffer[] {
  const bytes = name.length + 1;
  const blocks = Buffer.alloc(Math.ceil(bytes / blockBytes) * blockBytes);
  name.copy(blocks);
  return [header({ type, path: Buffer.from("././@LongLink"), mode: 0o644, bytes, modifiedMs: 0 }), blocks];
}

function header({ type, path, target, mode, bytes, modifiedMs }: Head): Buffer {
  const block = Buffer.alloc(blockBytes);
  path.copy(block, 0);
  octal(block, 100, 8, mode & 0o777);
  octal(block, 108, 8, ownerId);
  octal(block, 116, 8, ownerId);
  if (bytes < largeBytes) octal(block, 124, 12, bytes);
  else {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(bytes), 128);
  }
  octal(block, 136, 12, Math.min(largeBytes - 1, Math.max(0, Math.floor(modifiedMs / 1000))));
  block.write(type, 156, "latin1");
  target?.copy(block, 157);
  block.write("ustar  \0", 257, "latin1");
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function octal(block: Buffer, at: number, length: number, value: number): void {
  block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
}
