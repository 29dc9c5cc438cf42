/** Keys: making, listing and revoking them. */
import {
  createdKeySchema,
  createKeyRequestSchema,
  HsrError,
  idPattern,
  type KeyInfo,
  keyInfoSchema,
  keyListSchema,
} from "@hsr/contract";
import type { Clock, KeyRecord, Store } from "@hsr/core";
import Type from "typebox";
import { hasScope, issueKey, visibleTenant } from "../auth/index.ts";
import { wireTime } from "../wire.ts";
import { pageFrom, pageOf, pageQuery } from "./page.ts";
import { type Route, route } from "./route.ts";

export interface KeyPorts {
  readonly store: Store;
  readonly clock: Clock;
}

const keyIdParams = Type.Object(
  { id: Type.String({ pattern: idPattern("key"), description: "The key's id." }) },
  { additionalProperties: false },
);

export function keyRoutes({ store, clock }: KeyPorts): readonly Route[] {
  const create = route(
    {
      method: "POST",
      path: "/v1/keys",
      operationId: "createKey",
      summary: "Make a key",
      description:
        "Makes a key with no more scopes than the one that asks has. The key itself is in this answer and nowhere else.",
      access: "keys",
      body: createKeyRequestSchema,
      answers: { 201: { description: "The key was made.", schema: createdKeySchema } },
      errors: [],
    },
    async ({ body, caller, requestId, reply }) => {
      const missing = body.scopes.find((scope) => !hasScope(caller, scope));
      if (missing !== undefined) throw new HsrError("scope_missing", { field: "scopes", details: { scope: missing } });
      const tenant = body.tenant ?? caller.tenant;
      if (tenant !== caller.tenant && !hasScope(caller, "admin"))
        throw new HsrError("scope_missing", { field: "tenant", details: { scope: "admin" } });
      const nowMs = clock.now();
      const issued = issueKey();
      const record: KeyRecord = {
        id: issued.id,
        tenant,
        name: body.name,
        scopes: [...new Set(body.scopes)],
        createdAtMs: nowMs,
        lastUsedAtMs: null,
        revokedAtMs: null,
        expiresAtMs: body.expires_in_ms === undefined ? null : nowMs + body.expires_in_ms,
      };
      await store.keys.create(record, issued.hash);
      await store.audit.append({
        timeMs: nowMs,
        type: "key.created",
        tenant,
        subject: issued.id,
        requestId,
        data: { by: caller.keyId, scopes: record.scopes },
      });
      reply.code(201);
      return { ...wireKey(record), key: issued.text };
    },
  );

  const list = route(
    {
      method: "GET",
      path: "/v1/keys",
      operationId: "listKeys",
      summary: "List keys",
      description:
        "The tenant's keys without their secrets, newest first, revoked ones too. An administrator sees every tenant's.",
      access: "keys",
      query: pageQuery,
      answers: { 200: { description: "A page of keys.", schema: keyListSchema } },
      errors: [],
    },
    async ({ caller, query }) => {
      const { limit, cursor } = pageOf(query);
      const { items, nextCursor } = pageFrom(await store.keys.list(visibleTenant(caller), limit, cursor));
      return { items: items.map(wireKey), next_cursor: nextCursor };
    },
  );

  const revoke = route(
    {
      method: "DELETE",
      path: "/v1/keys/{id}",
      operationId: "revokeKey",
      summary: "Revoke a key",
      description:
        "From the answer on nobody gets in with this key. What it started goes on. Revoking twice changes nothing. A key revokes none that may more than itself, and the last one with the scope `admin` stays.",
      access: "keys",
      params: keyIdParams,
      answers: { 200: { description: "The key, revoked.", schema: keyInfoSchema } },
      errors: ["not_found", "last_admin_key"],
    },
    async ({ params, caller, requestId }) => {
      const tenant = visibleTenant(caller);
      const nowMs = clock.now();
      const key = await store.keys.get(tenant, params.id);
      if (key === null) throw new HsrError("not_found");
      const beyond = key.scopes.find((scope) => !hasScope(caller, scope));
      if (beyond !== undefined) throw new HsrError("scope_missing", { details: { scope: beyond } });
      if (key.revokedAtMs === null) {
        if ((await store.keys.revoke(tenant, params.id, nowMs)) === "last") throw new HsrError("last_admin_key");
        await store.audit.append({
          timeMs: nowMs,
          type: "key.revoked",
          tenant: key.tenant,
          subject: key.id,
          requestId,
          data: { by: caller.keyId },
        });
      }
      return wireKey((await store.keys.get(tenant, params.id)) ?? key);
    },
  );

  return [create, list, revoke];
}

function wireKey(key: KeyRecord): KeyInfo {
  const time = (ms: number | null) => (ms === null ? null : wireTime(ms));
  return {
    id: key.id,
    name: key.name,
    tenant: key.tenant,
    scopes: [...key.scopes],
    created_at: wireTime(key.createdAtMs),
    expires_at: time(key.expiresAtMs),
    last_used_at: time(key.lastUsedAtMs),
    revoked_at: time(key.revokedAtMs),
  };
}
