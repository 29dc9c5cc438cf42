/**
 * Events: what happened, kept for a while in one order, for those who follow it. The store writes each in the same unit
 * as what it tells of, so that nothing happens without its event. Its manual is the store's.
 */
import type { BusEventType } from "@hsr/contract";
import type { ExecutionRecord, SandboxRecord } from "./living/records.ts";
import type { JsonObject, RunRecord } from "./store.ts";

export interface NewEvent {
  readonly timeMs: number;
  readonly type: BusEventType;
  readonly tenant: string;
  readonly subject: string;
  readonly requestId: string | null;
  readonly data: JsonObject;
}

export interface StoredEvent extends NewEvent {
  readonly seq: number;
}

export interface EventFilter {
  /** `null` is every tenant's. */
  readonly tenant: string | null;
  readonly types?: readonly BusEventType[];
  /** The thing itself, or the sandbox that it is in. */
  readonly subject?: string;
}

/** A part of the order of events. */
export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** Everything up to here was looked at. */
  readonly seenSeq: number;
  /** Events after the asked place that are kept no more. */
  readonly missed: boolean;
}

export interface EventStore {
  /** Events after a place, oldest first, at most so many. Looks at a bounded number of rows. */
  after(seq: number, filter: EventFilter, limit: number): Promise<EventPage>;
  /** The place of the newest event; 0 if there was none. */
  head(): number;
  /** Calls back after each commit that brought events, until the returned function is called. */
  watch(onEvents: () => void): () => void;
}

/** A webhook as it is stored. */
export interface WebhookRecord {
  readonly id: string;
  readonly tenant: string;
  readonly url: string;
  readonly types: readonly BusEventType[];
  readonly secret: string;
  readonly createdAtMs: number;
  readonly deliveredSeq: number;
  /** Tries of the event that is next. */
  readonly attempts: number;
  readonly nextAttemptAtMs: number | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly deliveredAtMs: number | null;
  readonly givenUp: number;
}

/** How far a webhook is. */
export type WebhookProgress = Pick<
  WebhookRecord,
  "deliveredSeq" | "attempts" | "nextAttemptAtMs" | "lastStatus" | "lastError" | "deliveredAtMs" | "givenUp"
>;

export interface WebhookStore {
  /** `false`: the tenant has that many already, and nothing was written. */
  create(webhook: WebhookRecord, most: number): Promise<boolean>;
  /** Newest first. */
  list(tenant: string | null): Promise<readonly WebhookRecord[]>;
  progress(id: string, progress: WebhookProgress): Promise<void>;
  /** `false`: there is none. */
  remove(tenant: string | null, id: string): Promise<boolean>;
}

export function sandboxEvent(
  type:
    | "sandbox.held"
    | "sandbox.approved"
    | "sandbox.starting"
    | "sandbox.started"
    | "sandbox.renewed"
    | "sandbox.ended",
  sandbox: SandboxRecord,
  timeMs: number,
): NewEvent {
  const { id: subject, tenant, requestId, name, state, outcome } = sandbox;
  const data = { sandbox_id: subject, name, state: outcome?.state ?? state, reason: outcome?.reason ?? null };
  return { timeMs, type, tenant, subject, requestId, data };
}

export function executionEvent(
  type: "execution.held" | "execution.approved" | "execution.started" | "execution.finished",
  execution: ExecutionRecord,
  timeMs: number,
): NewEvent {
  const { id: subject, tenant, requestId, sandboxId, state, outcome } = execution;
  const data = { sandbox_id: sandboxId, state, ...endOf(outcome) };
  return { timeMs, type, tenant, subject, requestId, data };
}

export function runEvent(type: "run.held" | "run.approved" | "run.finished", run: RunRecord, timeMs: number): NewEvent {
  const { id: subject, tenant, requestId, sandboxId, state, outcome } = run;
  return { timeMs, type, tenant, subject, requestId, data: { sandbox_id: sandboxId, state, ...endOf(outcome) } };
}

function endOf(
  outcome: { readonly reason: string; readonly exitCode: number | null; readonly signal: string | null } | null,
) {
  return { reason: outcome?.reason ?? null, exit_code: outcome?.exitCode ?? null, signal: outcome?.signal ?? null };
}
