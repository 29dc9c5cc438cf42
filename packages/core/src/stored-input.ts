/** What the store keeps of a run until it has finished, so that another gateway can start it: versioned bytes. */
import { deserialize, serialize } from "node:v8";
import type { RunInput, Wishes } from "./action.ts";

/** Raised when the form changes; a newer one than this is refused. */
const version = 1;

export interface StoredInput {
  readonly input: RunInput;
  readonly wishes: Wishes;
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
  return { input: found.input, wishes: found.wishes };
}
