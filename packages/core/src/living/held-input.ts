/** What the store keeps of a sandbox or an execution that waits for a person: versioned bytes, as of a run. */
import { createHash } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import type { Wishes } from "../action.ts";
import type { KeptInput } from "../decide/decision.ts";
import type { Opacity } from "../decide/judge.ts";
import type { ExecAction } from "./actions.ts";

/** Raised when a form changes; a newer one than this is refused. */
const version = 1;

export interface HeldSandbox {
  readonly kind: "sandbox";
  readonly wishes: Wishes;
  /** What it was decided from, to decide again once somebody agrees. */
  readonly considered: KeptInput;
}

/** A file that an execution runs or names, as it was when the question was asked. */
export interface AskedFile {
  readonly path: string;
  readonly bytes: number;
  readonly mode: number;
  readonly sha256: string;
}

export interface HeldExecution {
  readonly kind: "execution";
  readonly action: ExecAction;
  readonly files: readonly AskedFile[];
  /** Of everything that was looked at in the sandbox: another one means that something was changed. */
  readonly fingerprint: string;
}

export function encodeHeld(held: HeldSandbox | HeldExecution): Uint8Array {
  return serialize({ version, ...held });
}

/** Throws when the bytes are of a newer version or of another kind. They come from our own store, never from a caller. */
export function decodeHeld<Kind extends "sandbox" | "execution">(
  bytes: Uint8Array,
  kind: Kind,
): Extract<HeldSandbox | HeldExecution, { readonly kind: Kind }> {
  const found = deserialize(bytes) as { readonly version?: unknown; readonly kind?: unknown };
  if (found.version !== version || found.kind !== kind)
    throw new Error(`what waits has version ${String(found.version)} and kind ${String(found.kind)}`);
  return found as unknown as Extract<HeldSandbox | HeldExecution, { readonly kind: Kind }>;
}

/**
 * One digest of what an execution would find: the files that it runs or names, and every file that came over the API, since
 * a program may load any of them.
 */
export function fingerprintOf(files: readonly AskedFile[], received: string, opacity: Opacity): string {
  const facts = files.map(({ path, sha256 }) => `${sha256} ${path}`).sort((one, other) => (one < other ? -1 : 1));
  return createHash("sha256").update(JSON.stringify({ facts, received, opacity })).digest("hex");
}
