/**
 * What the store keeps of sandboxes that live and of the executions in them, and the store's ports for both. The words
 * of `store.ts` hold here too.
 */
import type { Allowance, ExecutionState, RunReason, SandboxReason, SandboxState } from "@hsr/contract";
import type { JsonObject, ListOutcome, NewAuditEntry } from "../store.ts";
import type { ExecutionId, IsolationLevel, LimitName, RuntimeName, SandboxId } from "../types.ts";

/** A sandbox that is to be stored. */
export interface NewSandbox {
  readonly id: SandboxId;
  readonly tenant: string;
  readonly keyId: string;
  readonly requestId: string;
  /** `starting` where a place is free at once: it saves a write. */
  readonly state: "pending" | "starting";
  /** The caller's own name; unique among the tenant's living sandboxes. */
  readonly name: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly allow: readonly Allowance[];
  readonly ttlMs: number;
  /** 0: none. */
  readonly idleTimeoutMs: number;
  readonly createdAtMs: number;
  readonly requestDigest: string;
  readonly idempotencyKey: string | null;
  /** May hold secrets: it is deleted in the same write that ends the sandbox. */
  readonly environment: Readonly<Record<string, string>>;
  readonly decision: JsonObject;
  readonly risk: JsonObject;
  readonly runtime: RuntimeName;
  readonly level: IsolationLevel;
  /** What a person is asked about, serialized; `null` for one that nobody has to approve. It goes with the answer, or with the end. */
  readonly held: Uint8Array | null;
  /** Written in the same unit, so that no sandbox exists without the record of its decision. */
  readonly audit: NewAuditEntry;
}

/** How a sandbox ended. */
export interface SandboxOutcome {
  readonly state: "ended" | "failed" | "lost";
  readonly reason: SandboxReason;
  readonly endedAtMs: number;
  readonly usage: JsonObject | null;
  /** The error object of the contract for those that never came up. */
  readonly error: JsonObject | null;
}

/** A stored sandbox. */
export interface SandboxRecord extends Omit<NewSandbox, "state" | "audit" | "held"> {
  readonly state: SandboxState;
  readonly startedAtMs: number | null;
  /** By the wall clock, for restarts; the gateway and the launcher hold it by the monotonic one. */
  readonly expiresAtMs: number | null;
  /** When somebody last called it, noted now and then: good for idle times across restarts. */
  readonly activeAtMs: number;
  readonly unenforced: readonly LimitName[];
  /** Set exactly when nothing comes after `state`. */
  readonly outcome: SandboxOutcome | null;
}

export type CreateSandboxOutcome =
  | { readonly kind: "created"; readonly sandbox: SandboxRecord }
  /** A living sandbox of the tenant has the name. Nothing was written. */
  | { readonly kind: "name_taken"; readonly sandboxId: SandboxId }
  /** The idempotency key is known with the same request digest. Nothing was written. */
  | { readonly kind: "existing"; readonly sandbox: SandboxRecord }
  /** The idempotency key is known with another request. Nothing was written. */
  | { readonly kind: "mismatch"; readonly sandboxId: SandboxId };

/** Facts that become known on the way. A field that is absent stays as it is. */
export interface SandboxPatch {
  readonly startedAtMs?: number;
  readonly expiresAtMs?: number;
  readonly ttlMs?: number;
  readonly activeAtMs?: number;
  readonly unenforced?: readonly LimitName[];
  readonly risk?: JsonObject;
  /** Only for one that has none yet. */
  readonly name?: string;
}

export interface SandboxFilter {
  /** `null` lists every tenant's. */
  readonly tenant: string | null;
  readonly states?: readonly SandboxState[];
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What an approval makes of a sandbox. */
export interface ApprovedSandbox {
  readonly decision: JsonObject;
  readonly runtime: RuntimeName;
  readonly level: IsolationLevel;
}

export interface SandboxStore {
  create(sandbox: NewSandbox): Promise<CreateSandboxOutcome>;
  /** What a person is asked about; `null` for one that does not wait for that. */
  held(id: SandboxId): Promise<Uint8Array | null>;
  /** A person agreed: it waits for a place now. `false`: it did not wait for an answer. */
  approve(id: SandboxId, approved: ApprovedSandbox, audit: NewAuditEntry): Promise<boolean>;
  /** The next state; throws `TypeError` for a transition that the table does not have. `false`: it was in another state. */
  transition(id: SandboxId, from: SandboxState, to: SandboxState, patch?: SandboxPatch): Promise<boolean>;
  /** Facts without a change of state. */
  note(id: SandboxId, patch: SandboxPatch, audit?: NewAuditEntry): Promise<void>;
  /** Ends it for good, whatever its state; the first end stays. Its environment goes with it. */
  finish(id: SandboxId, outcome: SandboxOutcome, audit: NewAuditEntry): Promise<SandboxRecord | null>;
  get(tenant: string | null, id: SandboxId): Promise<SandboxRecord | null>;
  /** Newest first. */
  list(filter: SandboxFilter, limit: number, cursor: string | null): Promise<ListOutcome<SandboxRecord>>;
  /** Those that have not ended, oldest first. */
  unfinished(): Promise<readonly SandboxRecord[]>;
}

/** An execution that is to be stored. */
export interface NewExecution {
  readonly id: ExecutionId;
  readonly state: "held" | "starting";
  readonly sandboxId: SandboxId;
  readonly tenant: string;
  readonly keyId: string;
  readonly requestId: string;
  /** Its number at the agent: never given twice in one sandbox. */
  readonly number: number;
  readonly argv: readonly string[];
  readonly background: boolean;
  readonly terminal: boolean;
  /** `null`: none but the sandbox's own. */
  readonly timeoutMs: number | null;
  readonly outputLimitBytes: number;
  readonly createdAtMs: number;
  readonly decision: JsonObject;
  readonly risk: JsonObject;
  /** What a person is asked about, serialized; `null` for one that nobody has to approve. It goes with the answer, or with the end. */
  readonly held: Uint8Array | null;
  readonly audit: NewAuditEntry;
}

/** What an approval makes of an execution. */
export type ApprovedExecution = Pick<NewExecution, "decision" | "risk" | "timeoutMs" | "outputLimitBytes">;

export interface ExecutionOutcome {
  readonly reason: RunReason;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly finishedAtMs: number;
  /** When the program was started, for those that finish before the store heard of it. */
  readonly startedAtMs: number | null;
  readonly usage: JsonObject | null;
  readonly error: JsonObject | null;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly stdoutTruncatedBytes: number;
  readonly stderrTruncatedBytes: number;
}

/** A stored execution, without its output. */
export interface ExecutionRecord extends Omit<NewExecution, "state" | "audit" | "held"> {
  readonly state: ExecutionState;
  readonly startedAtMs: number | null;
  /** Set exactly when `state` is `finished`. */
  readonly outcome: ExecutionOutcome | null;
}

/** A piece of output at its place in the stream's own count. */
export interface LogPiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface ExecutionStore {
  create(execution: NewExecution): Promise<void>;
  /** What a person is asked about; `null` for one that does not wait for that. */
  held(id: ExecutionId): Promise<Uint8Array | null>;
  /** A person agreed: it is being started. `false`: it did not wait for an answer. */
  approve(id: ExecutionId, approved: ApprovedExecution, audit: NewAuditEntry): Promise<boolean>;
  /** Its program runs. */
  started(id: ExecutionId, atMs: number): Promise<void>;
  /** Ends it with its output; the first end stays. `null`: it is not known. */
  finish(
    id: ExecutionId,
    outcome: ExecutionOutcome,
    output: { readonly stdout: AsyncIterable<LogPiece>; readonly stderr: AsyncIterable<LogPiece> },
  ): Promise<ExecutionRecord | null>;
  get(tenant: string | null, sandbox: SandboxId, id: ExecutionId): Promise<ExecutionRecord | null>;
  list(
    filter: {
      readonly tenant: string | null;
      readonly sandboxId: SandboxId;
      readonly states?: readonly ExecutionState[];
    },
    limit: number,
    cursor: string | null,
  ): Promise<ListOutcome<ExecutionRecord>>;
  /** Those of a sandbox that have not finished. */
  unfinished(sandbox: SandboxId): Promise<readonly ExecutionRecord[]>;
  /** The highest number that was given in a sandbox; 0 if none. */
  lastNumber(sandbox: SandboxId): Promise<number>;
  /** The first kept piece of a finished execution's stream at or after `offset`, at most `length` bytes; empty at the end. */
  output(id: ExecutionId, stream: "stdout" | "stderr", offset: number, length: number): Promise<LogPiece>;
}
