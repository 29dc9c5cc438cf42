/** What is remembered of the files that came into a sandbox by the API, and how what is judged later finds them. */
import type { SandboxId } from "../types.ts";

/** A file as it came. The guest may have changed it since: `sha256` says so when its bytes are read again. */
export interface ReceivedFile {
  /** Absolute, as bytes. */
  readonly path: Uint8Array;
  /** Hex digits. */
  readonly sha256: string;
  readonly bytes: number;
  readonly receivedAtMs: number;
}

/**
 * Follows what the API does: writing, moving and removing. What the guest does by itself is not seen. The oldest of a sandbox make way
 * beyond a bound, and all go when it ends. Kept across restarts.
 */
export interface ReceivedFileStore {
  put(sandboxId: SandboxId, files: readonly ReceivedFile[]): Promise<void>;
  /** A file, or a folder with all in it, has another path now. */
  moved(sandboxId: SandboxId, from: Uint8Array, to: Uint8Array): Promise<void>;
  /** A file, or a folder with all in it, is gone. */
  removed(sandboxId: SandboxId, path: Uint8Array): Promise<void>;
  /** Another sandbox with the same files remembers the same. */
  copy(from: SandboxId, to: SandboxId): Promise<void>;
  at(sandboxId: SandboxId, path: Uint8Array): Promise<ReceivedFile | null>;
  /** One digest of all that is remembered, paths and contents: after a change it is another one. */
  state(sandboxId: SandboxId): Promise<string>;
  /** The digests of all that are remembered, in hex: what a gateway that takes a sandbox up knows of its files. */
  digests(sandboxId: SandboxId): Promise<readonly string[]>;
}
