/** Inputs and outputs, cut into parts that one statement writes in well under a millisecond. */
import { type FileHandle, open } from "node:fs/promises";
import type { OutputSource } from "@hsr/core";

/** Bytes of one part: 64 KiB take about 0.1 ms to write. */
export const partBytes = 64 * 1024;
/** What is no larger than this is written in the same transaction as its run. */
export const inlineBytes = 4 * partBytes;

/** A piece and its place. */
export interface Part {
  readonly firstByte: number;
  readonly bytes: Uint8Array;
}

/** Cuts bytes in memory. */
export function* cut(bytes: Uint8Array): Generator<Part> {
  for (let firstByte = 0; firstByte < bytes.length; firstByte += partBytes)
    yield { firstByte, bytes: bytes.subarray(firstByte, firstByte + partBytes) };
}

/** How many bytes a source has. */
export function sourceBytes(source: OutputSource): number {
  return source.kind === "bytes" ? source.bytes.length : source.bytes;
}

/**
 * Reads a source part by part. A spool file that is shorter than it said gives what it has; one that grew gives no
 * more than was said. The spool is the gateway's own, in a folder that no guest reaches.
 */
export async function* readSource(source: OutputSource): AsyncGenerator<Part> {
  if (source.kind === "bytes") {
    yield* cut(source.bytes);
    return;
  }
  if (source.bytes === 0) return;
  const file = await open(source.path, "r");
  try {
    let firstByte = 0;
    while (firstByte < source.bytes) {
      const buffer = new Uint8Array(Math.min(partBytes, source.bytes - firstByte));
      const filled = await fill(file, buffer, firstByte);
      if (filled === 0) return;
      yield { firstByte, bytes: buffer.subarray(0, filled) };
      firstByte += filled;
    }
  } finally {
    await file.close();
  }
}

/** Reads until the buffer is full or the file ends: every part but the last has its full size, so that a place can be computed. */
async function fill(file: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
