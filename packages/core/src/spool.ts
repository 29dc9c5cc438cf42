/**
 * The spool port: where output lies that is too much for memory or for the agent's ring, until the run has finished.
 * What is appended survives the gateway's death, though not the machine's.
 */
import type { RunId } from "./types.ts";

export type StreamName = "stdout" | "stderr";

/** Bytes of output that the agent had dropped before they were kept, at a place among the kept ones. */
export interface SpoolGap {
  readonly stream: StreamName;
  readonly skippedBytes: number;
}

/** What an earlier gateway had kept of one run. */
export interface SpoolState {
  readonly keptBytes: Readonly<Record<StreamName, number>>;
  /** Sum of all gaps of each stream. */
  readonly skippedBytes: Readonly<Record<StreamName, number>>;
}

export interface Spool {
  /** Appends to a stream's kept bytes, making the file if need be. Appends of one run and stream are in order. */
  append(run: RunId, stream: StreamName, bytes: readonly Uint8Array[]): Promise<void>;
  /** Notes bytes that are missing. Durable before it resolves, as `append` is. */
  skip(run: RunId, gap: SpoolGap): Promise<void>;
  /** At most `length` of the kept bytes from `offset`. */
  read(run: RunId, stream: StreamName, offset: number, length: number): Promise<Uint8Array>;
  /** The file with the kept bytes of a stream, for the store to read. */
  path(run: RunId, stream: StreamName): string;
  state(run: RunId): Promise<SpoolState>;
  /** Removes what is kept of a run. Idempotent. */
  remove(run: RunId): Promise<void>;
  /** Removes everything that belongs to no run of `known`. */
  sweep(known: ReadonlySet<RunId>): Promise<void>;
}
