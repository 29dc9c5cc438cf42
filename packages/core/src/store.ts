/**
 * The Store port: everything that must survive the gateway stands behind it. SQLite is the embedded implementation
 * (`gateway/src/store`), PostgreSQL can be a second; `gateway/src/store/suite.ts` is this text, executable.
 *
 * Words.
 * - *Durable*: when a method that writes has resolved, its write survives `kill -9` of the gateway.
 * - *Unit*: what one method call writes is visible as a whole or not at all, also after a crash.
 * - *Order*: writes become durable in the order of the calls. Calls made in one tick may share one transaction.
 * - *Tenant*: reads on behalf of a caller pass the tenant. A foreign id is indistinguishable from an unknown one.
 *
 * Every method rejects with a `StoreError` when the database cannot be used; a caller's mistake never throws but is
 * an outcome in the result, except for programmer errors (an impossible transition), which throw `TypeError`.
 */

import type { EventType, RunReason, RunState, Scope } from "@hsr/contract";
import type { EventStore, WebhookStore } from "./events.ts";
import type { ReceivedFileStore } from "./files/received.ts";
import type { ExecutionStore, SandboxStore } from "./living/records.ts";
import type { IsolationLevel, LimitName, RunId, RuntimeName, SandboxId } from "./types.ts";
import type { VolumeStore } from "./volumes.ts";

/** Anything that JSON can say. Decisions, risk reports and limits are stored as this, whole. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** A run that is to be stored. */
export interface NewRun {
  readonly id: RunId;
  readonly tenant: string;
  /** The key that asked. */
  readonly keyId: string;
  readonly requestId: string;
  /** `starting` where a place is free at once: it saves a write. */
  readonly state: "held" | "queued" | "starting";
  /** SHA-256 of the canonical request, in hex: equal requests have equal digests. */
  readonly requestDigest: string;
  /** The caller's `Idempotency-Key`, kept for 24 h as (tenant, key). */
  readonly idempotencyKey: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the language; `null` when the request gave argv. For lists and filters only. */
  readonly language: string | null;
  /** A run that goes on when its client goes away. */
  readonly detach: boolean;
  readonly createdAtMs: number;
  /** Wall time by which the run must have ended whatever happens, the wait in the queue included. `null`: no such time. */
  readonly expiresAtMs: number | null;
  /**
   * Everything needed to start the run again after a restart (code, files, stdin, environment), serialized by the
   * pipeline. It may hold secrets: it is deleted in the same write that finishes the run.
   */
  readonly input: Uint8Array;
  readonly decision: JsonObject | null;
  readonly risk: JsonObject | null;
  readonly limits: JsonObject | null;
  readonly runtime: RuntimeName | null;
  readonly level: IsolationLevel | null;
  /** Known already when `state` is `starting`. */
  readonly sandboxId: SandboxId | null;
  /** The runtime's `bootId` when the sandbox was about to be launched. `null`: not known, or not yet. */
  readonly bootId: string | null;
  /** Written in the same unit, so that no run exists without the record of its decision. */
  readonly audit: NewAuditEntry | null;
}

/** What came of `runs.create`. */
export type CreateRunOutcome =
  | { readonly kind: "created"; readonly run: RunRecord }
  /** The idempotency key is known with the same request digest: this is its run. Nothing was written. */
  | { readonly kind: "existing"; readonly run: RunRecord }
  /** The idempotency key is known with another request. Nothing was written. */
  | { readonly kind: "mismatch"; readonly runId: RunId };

/** What an idempotency key stands for already. */
export type KnownRun = Exclude<CreateRunOutcome, { readonly kind: "created" }>;

/** Facts that become known on the way. A field that is absent stays as it is. */
export interface RunPatch {
  /** When the program was started, for runs that finish before the store heard of their start. */
  readonly startedAtMs?: number;
  readonly runtime?: RuntimeName;
  readonly level?: IsolationLevel;
  readonly sandboxId?: SandboxId | null;
  /** Stays as it is when `null`. */
  readonly bootId?: string | null;
  readonly decision?: JsonObject;
  readonly risk?: JsonObject;
  readonly limits?: JsonObject;
  /** Limits of this run that nobody enforces. */
  readonly unenforced?: readonly LimitName[];
}

/** What came of a transition. */
export type TransitionOutcome =
  | { readonly kind: "done"; readonly run: RunRecord }
  /** The run was in another state than the caller thought, for instance cancelled meanwhile. Nothing was written. */
  | { readonly kind: "stale"; readonly run: RunRecord }
  | { readonly kind: "unknown" };

/** Output that is handed over: bytes in memory, or a file that the store reads and does not delete. */
export type OutputSource =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "spool"; readonly path: string; readonly bytes: number };

/** How a run ended. */
export interface RunOutcome {
  readonly reason: RunReason;
  readonly exitCode: number | null;
  /** The signal's name, as `SIGKILL`. */
  readonly signal: string | null;
  readonly finishedAtMs: number;
  readonly usage: JsonObject | null;
  /** The error object of the contract for runs that never ran (`denied`, `setup_failed`, `lost`). */
  readonly error: JsonObject | null;
  /** Bytes dropped beyond the output limit. */
  readonly stdoutTruncatedBytes: number;
  readonly stderrTruncatedBytes: number;
}

/** What came of `runs.finish`. */
export type FinishOutcome =
  | { readonly kind: "finished"; readonly run: RunRecord }
  /** Somebody finished it before; the first result stays and is returned. */
  | { readonly kind: "already"; readonly run: RunRecord }
  | { readonly kind: "unknown" };

/** A stored run, without its input and output bytes. */
export interface RunRecord {
  readonly id: RunId;
  readonly tenant: string;
  readonly keyId: string;
  readonly requestId: string;
  readonly state: RunState;
  readonly requestDigest: string;
  readonly idempotencyKey: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly language: string | null;
  readonly detach: boolean;
  readonly runtime: RuntimeName | null;
  readonly level: IsolationLevel | null;
  readonly sandboxId: SandboxId | null;
  readonly bootId: string | null;
  readonly createdAtMs: number;
  /** When the present attempt left the queue. */
  readonly startingAtMs: number | null;
  /** When the program was started. */
  readonly startedAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly decision: JsonObject | null;
  readonly risk: JsonObject | null;
  readonly limits: JsonObject | null;
  readonly unenforced: readonly LimitName[];
  /** Set exactly when `state` is `finished`. */
  readonly outcome: RunOutcome | null;
  /** Bytes kept of each stream; 0 until finished. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
}

/** Which runs to list: newest first, all conditions together. */
export interface RunFilter {
  /** `null` lists every tenant's, for administrators and for the gateway itself. */
  readonly tenant: string | null;
  readonly states?: readonly RunState[];
  readonly reason?: RunReason;
  readonly runtime?: string;
  readonly language?: string;
  /** Every label must be there with this value. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly createdAfterMs?: number;
  readonly createdBeforeMs?: number;
}

/** A part of a list. The cursor is opaque and stays good while rows come and go. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** What came of a list: a cursor that this store did not make is the caller's mistake. */
export type ListOutcome<Item> = { readonly kind: "page"; readonly page: Page<Item> } | { readonly kind: "bad_cursor" };

export interface RunStore {
  /** Stores a run with its input, its idempotency key and its audit entry, as one unit. */
  create(run: NewRun): Promise<CreateRunOutcome>;
  /** What `create` would answer for a key that is known, before anything is taken for the run; `null` for one that is not. */
  known(tenant: string, idempotencyKey: string, requestDigest: string, nowMs: number): Promise<KnownRun | null>;
  /**
   * Moves a run from one state to the next. `atMs` becomes `startingAtMs` or `startedAtMs` where the new state has one.
   * Throws `TypeError` when `runTransitions` of the contract does not allow the step; use `finish` to finish.
   */
  transition(
    id: RunId,
    from: RunState,
    to: Exclude<RunState, "finished">,
    atMs: number,
    patch?: RunPatch,
  ): Promise<TransitionOutcome>;
  /**
   * Ends a run, from whatever state it is in, and deletes its input. Output is written first, in bounded pieces, the
   * outcome last: a crash in between leaves the run unfinished and a second `finish` starts over. The first one wins.
   */
  finish(
    id: RunId,
    outcome: RunOutcome,
    output: { readonly stdout: OutputSource; readonly stderr: OutputSource },
    patch?: RunPatch,
  ): Promise<FinishOutcome>;
  /** `tenant: null` looks at every tenant's. */
  get(tenant: string | null, id: RunId): Promise<RunRecord | null>;
  list(filter: RunFilter, limit: number, cursor: string | null): Promise<ListOutcome<RunRecord>>;
  /** Every run that is not finished, oldest first: what a restarted gateway takes up again. */
  unfinished(): Promise<readonly RunRecord[]>;
  /** The input as `create` got it; `null` when the run is finished or unknown. */
  input(id: RunId): Promise<Uint8Array | null>;
  /** Bytes of a finished run's stream from `offset`, at most `length`; empty beyond the end and for unknown runs. */
  output(id: RunId, stream: "stdout" | "stderr", offset: number, length: number): Promise<Uint8Array>;
  /** How many runs are in each state now. */
  counts(): Promise<Readonly<Record<RunState, number>>>;
}

/** A caller's key as stored. The key itself is nowhere: only its SHA-256. */
export interface KeyRecord {
  /** Public name of the key, safe to log. */
  readonly id: string;
  readonly tenant: string;
  /** What its owner calls it. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAtMs: number;
  /** To the minute, to spare writes. */
  readonly lastUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
  /** After this time the key is refused. `null`: it does not expire. */
  readonly expiresAtMs: number | null;
}

/** What came of revoking a key. */
export type RevokeOutcome = "revoked" | "last" | "unknown";

export interface KeyStore {
  /** Stores a key under the SHA-256 of its text. Rejects if id or hash exist. */
  create(key: KeyRecord, hash: Uint8Array): Promise<void>;
  /** The key with this hash, revoked and expired ones too: the caller judges. */
  findByHash(hash: Uint8Array): Promise<KeyRecord | null>;
  get(tenant: string | null, id: string): Promise<KeyRecord | null>;
  /** Newest first. `tenant: null` lists every tenant's. */
  list(tenant: string | null, limit: number, cursor: string | null): Promise<ListOutcome<KeyRecord>>;
  /** Keys that are neither revoked nor expired at `atMs` and have one of the scopes. */
  countUsable(tenant: string | null, scopes: readonly Scope[], atMs: number): Promise<number>;
  /**
   * Revokes for ever; revoking twice keeps the first time. `last`: nothing was written, since afterwards no usable key of
   * any tenant would have the scope `admin`. Looked at in the same unit, so that two at once do not revoke each other.
   */
  revoke(tenant: string | null, id: string, atMs: number): Promise<RevokeOutcome>;
  /** Notes that the key was used. Cheap: it writes at most once a minute for each key. */
  touch(id: string, atMs: number): Promise<void>;
}

/**
 * A record of something that was decided or done. `data` holds the whole input of `decide` without code, environment
 * values, stdin, file contents or keys, then the policy digest, the clock and the decision, so that `decide` can be replayed.
 */
export interface NewAuditEntry {
  readonly timeMs: number;
  readonly type: EventType;
  readonly tenant: string;
  /** What it is about: an id of a run, a key, a policy. */
  readonly subject: string;
  readonly requestId: string | null;
  readonly data: JsonObject;
}

/** An entry in the chain: `hash` covers every other field and the hash before it. */
export interface AuditEntry extends NewAuditEntry {
  readonly seq: number;
  readonly previousHash: string;
  readonly hash: string;
}

/** What a walk over the chain found. */
export type AuditVerdict =
  | { readonly kind: "intact"; readonly entries: number; readonly head: string }
  | { readonly kind: "broken"; readonly seq: number; readonly reason: string };

export interface AuditLog {
  append(entry: NewAuditEntry): Promise<AuditEntry>;
  /** Oldest first. */
  list(
    filter: { readonly tenant: string | null; readonly type?: EventType; readonly subject?: string },
    limit: number,
    cursor: string | null,
  ): Promise<ListOutcome<AuditEntry>>;
  /** Walks the whole chain in bounded pieces and recomputes every hash. */
  verify(): Promise<AuditVerdict>;
}

/** A policy that came into force. */
export interface NewPolicyVersion {
  readonly source: "file" | "api";
  /** Of the rules, as decisions name them. */
  readonly digest: string;
  /** What the operator wrote. */
  readonly text: string;
  readonly atMs: number;
  /** The key that brought it in; `null` for the file. */
  readonly keyId: string | null;
}

/** Versions are numbered from 1 without gaps; the newest is the one in force. */
export interface PolicyVersion extends NewPolicyVersion {
  readonly version: number;
}

/** Policies by digest, so that a decision of long ago can be read with the rules of its day; and which was in force when. */
export interface PolicyStore {
  /** Idempotent. */
  put(digest: string, text: string, atMs: number): Promise<void>;
  get(digest: string): Promise<{ readonly text: string; readonly firstSeenAtMs: number } | null>;
  /** Notes that a policy comes into force, with its audit entry as one unit. */
  addVersion(version: NewPolicyVersion, audit: NewAuditEntry): Promise<PolicyVersion>;
  version(version: number): Promise<PolicyVersion | null>;
  /** The one in force; `null` before there was any. */
  latestVersion(): Promise<PolicyVersion | null>;
  /** Newest first. */
  versions(limit: number, cursor: string | null): Promise<ListOutcome<PolicyVersion>>;
}

/** What retention may delete. */
export interface PruneRequest {
  readonly nowMs: number;
  /** Finished runs and executions, and ended sandboxes, that ended before this are deleted. */
  readonly runsFinishedBeforeMs: number;
  /** Of the others only the newest so many of each are kept. */
  readonly keepFinishedRuns: number;
  /** While the store holds more bytes than this, its oldest finished runs and audit entries are deleted, however young. */
  readonly keepBytes: number;
  /** Audit entries older than this are cut off the chain's beginning; the chain stays verifiable from there. */
  readonly auditBeforeMs: number;
  readonly eventsBeforeMs: number;
  readonly keepEvents: number;
  /** At most so many rows of each kind per call. */
  readonly maxRows: number;
}

/** What one call of `prune` did. Call again soon while `more` is true. */
export interface PruneReport {
  readonly runs: number;
  readonly sandboxes: number;
  readonly executions: number;
  readonly events: number;
  readonly idempotencyKeys: number;
  readonly auditEntries: number;
  readonly more: boolean;
}

/** How the store is, for `/ready` and metrics. */
export interface StoreStatus {
  readonly kind: "sqlite" | "postgresql";
  readonly schemaVersion: number;
  readonly databaseBytes: number;
  /** Bytes of `databaseBytes` that hold something; the rest is free for what comes. */
  readonly usedBytes: number;
  readonly walBytes: number;
  /** A damaged database that was set aside at start. `null` when all was well. Operators must hear of it. */
  readonly quarantined: { readonly path: string; readonly atMs: number; readonly reason: string } | null;
}

/** Storage that several parts of the gateway share; one object, made and closed in `main.ts`. */
export interface Store {
  readonly runs: RunStore;
  readonly sandboxes: SandboxStore;
  readonly executions: ExecutionStore;
  readonly received: ReceivedFileStore;
  readonly events: EventStore;
  readonly webhooks: WebhookStore;
  readonly volumes: VolumeStore;
  readonly keys: KeyStore;
  readonly audit: AuditLog;
  readonly policies: PolicyStore;
  status(): Promise<StoreStatus>;
  /** Deletes a bounded amount of what is too old. */
  prune(request: PruneRequest): Promise<PruneReport>;
  /** Writes what is pending and lets go of the database and its lock. Idempotent; afterwards every method rejects. */
  close(): Promise<void>;
}

/** The database cannot be used: disk full, damaged while open, or closed. An `internal` or `unavailable` error outside. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: "closed" | "full" | "damaged" | "busy" | "failed" | "newer" | "locked";
  constructor(code: StoreError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
