/** What an execution wrote, read at its place in the stream's own count, whether the execution runs, is ending or has ended. */
import { HsrError } from "@hsr/contract";
import type { ExecutionRecord, LogPiece, Store, StreamName } from "@hsr/core";
import type { FoundExecution } from "./find-execution.ts";

/** Bytes that follow one another. */
export interface OutputRun {
  /** Where it begins: more than was asked for where bytes were dropped. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Whether the bytes that follow are known to be missing, so that nothing more will join its end. */
  readonly isCut: boolean;
}

/** The record as it is at this moment. */
export function recordOf({ record, live }: FoundExecution): ExecutionRecord {
  return live?.record ?? record;
}

/** Bytes that were written so far, kept or not. */
export function bytesWritten(found: FoundExecution, stream: StreamName): number {
  const { outcome } = recordOf(found);
  if (outcome !== null) return stream === "stdout" ? outcome.stdoutBytes : outcome.stderrBytes;
  return found.live?.[stream].end ?? 0;
}

/** The first kept bytes at or after `offset`, at most `length`; empty when there are none yet. */
export async function readOutput(
  store: Store,
  found: FoundExecution,
  stream: StreamName,
  offset: number,
  length: number,
): Promise<OutputRun> {
  const first = await piece(store, found, stream, offset, length);
  const pieces = [first.bytes];
  let end = first.offset + first.bytes.length;
  let isCut = false;
  for (let left = length - first.bytes.length; left > 0 && first.bytes.length > 0; ) {
    const next = await piece(store, found, stream, end, left);
    if (next.bytes.length === 0) break;
    if (next.offset !== end) {
      isCut = true;
      break;
    }
    pieces.push(next.bytes);
    end += next.bytes.length;
    left -= next.bytes.length;
  }
  const [only] = pieces;
  return { offset: first.offset, bytes: pieces.length === 1 && only ? only : Buffer.concat(pieces), isCut };
}

async function piece(
  store: Store,
  { record, live }: FoundExecution,
  stream: StreamName,
  offset: number,
  length: number,
): Promise<LogPiece> {
  if (live !== null && live.record.state !== "finished")
    try {
      return await live[stream].read(offset, length);
    } catch (thrown) {
      // It ended while this was reading, and its output went into the store.
      if ((live.record as ExecutionRecord).state !== "finished") throw thrown;
    }
  return await store.executions.output(record.id, stream, offset, length);
}

/** An offset as callers write it: from the first byte, or, negative, from the end of what was written so far. */
export const offsetPattern = "^-?\\d{1,15}$";

export function offsetOf(text: string | undefined, written: number): number {
  if (text === undefined) return 0;
  const offset = Number(text);
  if (!Number.isSafeInteger(offset)) throw new HsrError("invalid_request", { field: "offset" });
  // `-0` is the end itself: nothing of what was written before.
  return text.startsWith("-") ? Math.max(0, written + offset) : offset;
}
