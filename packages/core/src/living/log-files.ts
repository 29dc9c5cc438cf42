/** The port for output of executions that is too much for memory: files in pieces that begin at known offsets. */
import type { StreamName } from "../spool.ts";
import type { ExecutionId } from "../types.ts";

/** A file of one stream: bytes [offset, offset + bytes) of its own count. */
export interface LogFile {
  readonly offset: number;
  readonly bytes: number;
}

export interface LogFiles {
  /** Appends to the file that begins at `file`, making it if need be. Survives the gateway's death. */
  append(id: ExecutionId, stream: StreamName, file: number, bytes: readonly Uint8Array[]): Promise<void>;
  read(id: ExecutionId, stream: StreamName, file: number, from: number, length: number): Promise<Uint8Array>;
  /** The files of a stream, by offset. */
  list(id: ExecutionId, stream: StreamName): Promise<readonly LogFile[]>;
  remove(id: ExecutionId, stream: StreamName, file: number): Promise<void>;
  /** Removes everything of an execution. Idempotent. */
  forget(id: ExecutionId): Promise<void>;
  /** Removes everything that belongs to no execution of `known`. */
  sweep(known: ReadonlySet<ExecutionId>): Promise<void>;
}
