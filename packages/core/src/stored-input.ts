/** What the store keeps of a run until it has finished, so that another gateway can start it: versioned bytes. */
import { deserialize, serialize } from "node:v8";
import type { RunInput, Wishes } from "./action.ts";
import type { KeptInput } from "./decide/decision.ts";

/** Raised when the form changes; a newer one than this is refused. */
const version = 1;

export interface StoredInput {
  readonly input: RunInput;
  readonly wishes: Wishes;
  /** Only of a run that is held: what it was decided from, to decide again once somebody agrees. */
  readonly considered: KeptInput | null;
}

/** Structured clone keeps bytes as bytes: no base64, no second copy of large files. */
export function encodeInput(stored: StoredInput): Uint8Array {
  return serialize({ version, ...stored });
}

/** Throws when the bytes are of a newer version or of none. They come from our own store, never from a caller. */
export function decodeInput(bytes: Uint8Array): StoredInput {
  const found = deserialize(bytes) as { version?: unknown } & StoredInput;
  if (found.version !== version)
    throw new Error(`stored input has version ${String(found.version)}, known is ${version}`);
  // Runs that an earlier version stored have none.
  return { input: found.input, wishes: found.wishes, considered: found.considered ?? null };
}
