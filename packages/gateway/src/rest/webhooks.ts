/** Webhooks: making, listing and removing them. */
import {
  busEventTypes,
  createdWebhookSchema,
  createWebhookRequestSchema,
  HsrError,
  idPattern,
  newId,
  requestLimits,
  type Webhook,
  webhookListSchema,
} from "@hsr/contract";
import type { Clock, Store, WebhookRecord } from "@hsr/core";
import Type from "typebox";
import { visibleTenant } from "../auth/index.ts";
import { mustBeAllowed } from "../notify/allowed.ts";
import { newSecret } from "../notify/sign.ts";
import type { Webhooks } from "../notify/webhooks.ts";
import { timeOrNull, wireTime } from "../wire.ts";
import { type Route, route } from "./route.ts";

export interface WebhookRoutePorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly webhooks: Webhooks;
  readonly allowedHosts: readonly string[];
}

export function webhookRoutes({ store, clock, webhooks, allowedHosts }: WebhookRoutePorts): readonly Route[] {
  const create = route(
    {
      method: "POST",
      path: "/v1/webhooks",
      operationId: "createWebhook",
      summary: "Have events posted",
      description:
        "From now on the tenant's events are posted to this address, in order and at least once, as JSON with the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` of the Standard Webhooks specification. An answer other than 2xx is tried again with growing pauses. The secret is in this answer and nowhere else.",
      access: "sandboxes",
      body: createWebhookRequestSchema,
      answers: { 201: { description: "The webhook was made.", schema: createdWebhookSchema } },
      errors: ["unsupported", "quota_exceeded"],
    },
    async ({ body, caller, requestId, reply }) => {
      mustBeAllowed(body.url, allowedHosts);
      const nowMs = clock.now();
      const record: WebhookRecord = {
        id: newId("webhook"),
        tenant: caller.tenant,
        url: body.url,
        types: body.types ?? busEventTypes,
        secret: newSecret(),
        createdAtMs: nowMs,
        deliveredSeq: store.events.head(),
        attempts: 0,
        nextAttemptAtMs: null,
        lastStatus: null,
        lastError: null,
        deliveredAtMs: null,
        givenUp: 0,
      };
      if (!(await store.webhooks.create(record, requestLimits.webhooks.value)))
        throw new HsrError("quota_exceeded", {
          message: `A tenant has at most ${requestLimits.webhooks.value} webhooks.`,
          hint: "Remove one.",
        });
      const data = { key: caller.keyId, host: new URL(body.url).host };
      const { tenant, id: subject } = record;
      await store.audit.append({ timeMs: nowMs, type: "webhook.created", tenant, subject, requestId, data });
      webhooks.add(record);
      reply.code(201);
      return { ...wireWebhook(record), secret: record.secret };
    },
  );

  const list = route(
    {
      method: "GET",
      path: "/v1/webhooks",
      operationId: "listWebhooks",
      summary: "List webhooks",
      description: "The tenant's webhooks without their secrets, with how they fare.",
      access: "read",
      answers: { 200: { description: "All of them.", schema: webhookListSchema } },
      errors: [],
    },
    async ({ caller }) => ({ items: (await store.webhooks.list(visibleTenant(caller))).map(wireWebhook) }),
  );

  const remove = route(
    {
      method: "DELETE",
      path: "/v1/webhooks/{id}",
      operationId: "deleteWebhook",
      summary: "Remove a webhook",
      description: "Nothing is posted there any more.",
      access: "sandboxes",
      params: Type.Object(
        { id: Type.String({ pattern: idPattern("webhook"), description: "The webhook's id." }) },
        { additionalProperties: false },
      ),
      answers: { 204: { description: "It is removed." } },
      errors: ["not_found"],
    },
    async ({ params, caller, requestId, reply }) => {
      if (!(await store.webhooks.remove(visibleTenant(caller), params.id))) throw new HsrError("not_found");
      webhooks.remove(params.id);
      const { tenant, keyId } = caller;
      const entry = { timeMs: clock.now(), type: "webhook.deleted", tenant, subject: params.id, requestId } as const;
      await store.audit.append({ ...entry, data: { key: keyId } });
      await reply.code(204).send();
      return undefined;
    },
  );

  return [create, list, remove];
}

function wireWebhook(record: WebhookRecord): Webhook {
  return {
    id: record.id,
    url: record.url,
    types: [...record.types],
    created_at: wireTime(record.createdAtMs),
    delivered_at: timeOrNull(record.deliveredAtMs),
    failing: record.lastError !== null,
    last_status: record.lastStatus,
    last_error: record.lastError,
    given_up: record.givenUp,
  };
}
