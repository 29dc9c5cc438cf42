/** Who asks, and whether he may. Every door calls this and nothing else. */
import { HsrError, type Scope } from "@hsr/contract";
import type { Clock, KeyRecord, Log, Metrics, Store } from "@hsr/core";
import { hashKey, isKeyText } from "./key.ts";
import { createRateLimit } from "./rate.ts";

/** Somebody with a valid key. */
export interface Principal {
  readonly keyId: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
}

/** Why a request was refused, for metrics and the audit log. The caller learns only that the key is not valid. */
type Refusal = "missing" | "malformed" | "unknown" | "revoked" | "expired" | "scope" | "rate";

export interface Auth {
  /**
   * The owner of the key in an `Authorization` header. Rejects with `unauthorized`, or with `rate_limited` when the key
   * asks too often.
   */
  authenticate(header: string | undefined, requestId: string): Promise<Principal>;
  /** Throws `scope_missing` unless the principal has the scope; `admin` has them all. */
  demand(principal: Principal, scope: Scope, requestId: string): void;
  /** Whether the principal's key would still be let in: for connections that outlive a request. */
  isStillValid(principal: Principal): Promise<boolean>;
}

export interface AuthOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly requestsPerMinute: number;
  /** Without a key one is an administrator. Only for a machine that nobody else uses. */
  readonly unsafeNoKeys: boolean;
}

/** The tenant of the first key, and of everybody where no keys are asked for. */
export const firstTenant = "default";

/**
 * Refusals that are audited in a minute, after a first burst of 64: a flood of wrong keys must not fill the disk. At this
 * rate a year of flood is a gigabyte. The metric counts them all.
 */
const auditedPerMinute = 6;

const nobody: Principal = { keyId: "key-none", tenant: firstTenant, scopes: ["admin"] };

/** Whether a principal sees every tenant's things: the tenant to look for, or `null` for all. */
export function visibleTenant(principal: Principal): string | null {
  return principal.scopes.includes("admin") ? null : principal.tenant;
}

/** Whether a principal has a scope. */
export function hasScope(principal: Principal, scope: Scope): boolean {
  return principal.scopes.includes(scope) || principal.scopes.includes("admin");
}

export function createAuth(options: AuthOptions): Auth {
  const { store, clock, log, metrics } = options;
  const rate = createRateLimit(options.requestsPerMinute);
  const audited = createRateLimit(auditedPerMinute);

  function note(cause: Refusal, requestId: string, key: { readonly id: string; readonly tenant: string } | null): void {
    metrics.count("hsr_auth_failures_total", { cause });
    log.info({ cause, key_id: key?.id ?? null, request_id: requestId }, "a request was refused");
    if (audited.take("all", clock.monotonic()) > 0) return;
    store.audit
      .append({
        timeMs: clock.now(),
        type: "auth.refused",
        tenant: key?.tenant ?? firstTenant,
        subject: key?.id ?? "unknown",
        requestId,
        data: { cause },
      })
      .catch((err: unknown) => log.error({ err, request_id: requestId }, "an audit entry could not be written"));
  }

  function refuse(cause: Refusal, requestId: string, key: KeyRecord | null = null): never {
    note(cause, requestId, key);
    throw new HsrError("unauthorized");
  }

  return {
    authenticate: async (header, requestId) => {
      if (header === undefined) {
        if (options.unsafeNoKeys) return nobody;
        return refuse("missing", requestId);
      }
      const presented = /^bearer +(\S+)$/i.exec(header)?.[1];
      if (presented === undefined || !isKeyText(presented)) return refuse("malformed", requestId);
      const key = await store.keys.findByHash(hashKey(presented));
      if (key === null) return refuse("unknown", requestId);
      if (key.revokedAtMs !== null) return refuse("revoked", requestId, key);
      if (key.expiresAtMs !== null && key.expiresAtMs <= clock.now()) return refuse("expired", requestId, key);
      const waitMs = rate.take(key.id, clock.monotonic());
      if (waitMs > 0) {
        metrics.count("hsr_auth_failures_total", { cause: "rate" });
        throw new HsrError("rate_limited", { retryAfterMs: waitMs });
      }
      // Not waited for: when a key was last used is a courtesy, and a request is not.
      store.keys
        .touch(key.id, clock.now())
        .catch((err: unknown) => log.warn({ err }, "the last use of a key could not be noted"));
      return { keyId: key.id, tenant: key.tenant, scopes: key.scopes };
    },
    isStillValid: async (principal) => {
      if (principal === nobody) return true;
      const key = await store.keys.get(null, principal.keyId);
      return key !== null && key.revokedAtMs === null && (key.expiresAtMs === null || key.expiresAtMs > clock.now());
    },
    demand: (principal, scope, requestId) => {
      if (hasScope(principal, scope)) return;
      note("scope", requestId, { id: principal.keyId, tenant: principal.tenant });
      throw new HsrError("scope_missing", { details: { scope } });
    },
  };
}
