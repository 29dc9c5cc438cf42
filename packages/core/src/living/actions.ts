/** What a door makes of requests about living sandboxes. As with runs, a door holds no rule. */
import type { Allowance } from "@hsr/contract";
import type { Program, Wishes } from "../action.ts";
import type { Door } from "../decide/facts.ts";
import type { SandboxId } from "../types.ts";

/** A request for a sandbox. */
export interface SandboxAction {
  readonly door: Door;
  readonly tenant: string;
  readonly keyId: string;
  readonly requestId: string;
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly allow: readonly Allowance[];
  /** `null` takes the operator's default. */
  readonly ttlMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly wishes: Wishes;
  readonly idempotencyKey: string | null;
  readonly digest: string;
}

/** A request for a program in a sandbox. */
export interface ExecAction {
  /** What to do where the sandbox is too weak for it; without it, refuse. */
  readonly escalation?: "refuse" | "recreate";
  /** The sandbox that was too weak, and whose place the present one took. */
  readonly escalatedFrom?: SandboxId;
  readonly keyId: string;
  readonly requestId: string;
  readonly program: Program;
  readonly cwd: string;
  readonly userId: number | null;
  readonly environment: Readonly<Record<string, string>>;
  /** Bytes for stdin, which ends after them; `null` leaves it closed; `open` leaves it open for more. */
  readonly stdin: Uint8Array | null | "open";
  readonly terminal: { readonly rows: number; readonly cols: number } | null;
  readonly background: boolean;
  /** `null`: none but the sandbox's own. */
  readonly timeoutMs: number | null;
  readonly outputBytes: number;
}
