/**
 * What a door makes of a request: the one value that enters the pipeline. A door holds no rule; it only turns bytes
 * into this, after the schema has passed.
 */
import type { Door } from "./decide/facts.ts";
import type { InputFile, IsolationLevel, MountSpec, RuntimeName } from "./types.ts";

/** What is to be run: a language's code, or a command line. There is never a shell in between. */
export type Program =
  | { readonly kind: "code"; readonly language: string; readonly code: Uint8Array; readonly args: readonly string[] }
  | { readonly kind: "argv"; readonly argv: readonly string[] };

/** Limits that the caller named. Those that are absent take the operator's defaults. */
export interface AskedLimits {
  readonly wallMs?: number;
  readonly cpuCores?: number;
  readonly memoryBytes?: number;
  readonly pids?: number;
  readonly diskBytes?: number;
  readonly outputBytes?: number;
}

/** Everything that a run needs to be started, or to be started again by another gateway. */
export interface RunInput {
  readonly program: Program;
  readonly files: readonly InputFile[];
  readonly environment: Readonly<Record<string, string>>;
  /** `null` leaves stdin closed. */
  readonly stdin: Uint8Array | null;
  readonly onOutputLimit: "drop" | "kill";
}

/** What the caller wants of the sandbox. Demands only ever tighten. */
export interface Wishes {
  /** The least isolation. */
  readonly level: IsolationLevel | null;
  /** This runtime, or none. */
  readonly runtime: RuntimeName | null;
  /** This runtime if it will do. */
  readonly preference: RuntimeName | null;
  readonly limits: AskedLimits;
  /** Folders and volumes; volumes by the caller's names until they are resolved. */
  readonly mounts?: readonly MountSpec[];
}

/** One request for one run. */
export interface RunAction {
  readonly tenant: string;
  /** Where it came in. Policies can look at it, and it only ever tightens. */
  readonly door: Door;
  readonly keyId: string;
  readonly requestId: string;
  readonly input: RunInput;
  readonly wishes: Wishes;
  readonly labels: Readonly<Record<string, string>>;
  readonly detach: boolean;
  readonly idempotencyKey: string | null;
  /** SHA-256 of the canonical request, in hex. */
  readonly digest: string;
}
