/** From a request and its decision to what the store keeps of a sandbox: the row, and the entries of the audit log. */
import type { ErrorCode, EventType } from "@hsr/contract";
import { mountNames } from "../acquire/mounts.ts";
import type { DecideInput, Decision } from "../decide/decision.ts";
import type { RequestFacts } from "../decide/facts.ts";
import { asJson, kept, withoutApproval } from "../ingress.ts";
import type { JsonObject, NewAuditEntry } from "../store.ts";
import type { SandboxId } from "../types.ts";
import type { SandboxAction } from "./actions.ts";
import type { NewSandbox, SandboxRecord } from "./records.ts";

export interface SandboxFacts {
  readonly id: SandboxId;
  readonly state: "pending" | "starting";
  readonly nowMs: number;
  readonly ttlMs: number;
  readonly idleTimeoutMs: number;
  /** Whether the policy wanted a person to agree, whoever has agreed already. */
  readonly wantsApproval: boolean;
  readonly held: Uint8Array | null;
}

/** What a policy can look at of a request for a sandbox: it has no program yet. */
export function sandboxFacts(action: SandboxAction): RequestFacts {
  return {
    tenant: action.tenant,
    door: action.door,
    language: null,
    image: null,
    network: "none",
    mounts: mountNames(action.wishes),
    labels: action.labels,
    opaque: action.allow.includes("opaque"),
    binary: false,
    unknownLang: false,
  };
}

export function newSandbox(
  action: SandboxAction,
  considered: DecideInput,
  decision: Decision,
  facts: SandboxFacts,
): NewSandbox {
  const { id, state, nowMs, ttlMs, idleTimeoutMs, wantsApproval, held } = facts;
  const { tenant, keyId, requestId, name, labels, allow, environment, idempotencyKey } = action;
  return {
    id,
    tenant,
    keyId,
    requestId,
    state,
    name,
    labels,
    allow,
    ttlMs,
    idleTimeoutMs,
    createdAtMs: nowMs,
    requestDigest: action.digest,
    idempotencyKey,
    environment,
    decision: asJson(decision),
    risk: asJson(considered.risk),
    runtime: decision.runtime,
    level: decision.level,
    held,
    audit: {
      timeMs: nowMs,
      type: "sandbox.decided",
      tenant,
      subject: id,
      requestId,
      data: asJson({
        ...said(action),
        input: kept(considered),
        decision: withoutApproval(decision),
        ...(wantsApproval ? { held: true } : {}),
      }),
    },
  };
}

/** A request that did not become a sandbox. */
export function sandboxRefusedEntry(
  action: SandboxAction,
  considered: DecideInput,
  code: ErrorCode,
  nowMs: number,
  /** What was decided where nobody could be asked. */
  held: Decision | null = null,
): NewAuditEntry {
  return {
    timeMs: nowMs,
    type: "sandbox.refused",
    tenant: action.tenant,
    subject: action.requestId,
    requestId: action.requestId,
    data: asJson({
      ...said(action),
      input: kept(considered),
      code,
      ...(held === null ? {} : { decision: held, held: true }),
    }),
  };
}

/** Something that happened to a sandbox. */
export function sandboxEntry(
  sandbox: Pick<SandboxRecord, "id" | "tenant">,
  type: EventType,
  timeMs: number,
  requestId: string | null,
  data: JsonObject,
): NewAuditEntry {
  return { timeMs, type, tenant: sandbox.tenant, subject: sandbox.id, requestId, data };
}

/** What is said of a request without its environment's values. */
function said(action: SandboxAction): object {
  return { key: action.keyId, requestDigest: action.digest, name: action.name, allow: action.allow };
}
