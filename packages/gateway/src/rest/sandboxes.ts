/** Living sandboxes: making one, finding it again, renewing, ending. */
import {
  gatewayLimits,
  HsrError,
  idPattern,
  renewRequestSchema,
  requestLimits,
  type SandboxState,
  sandboxListSchema,
  sandboxMetricsSchema,
  sandboxNameSchema,
  sandboxRequestSchema,
  sandboxSchema,
  sandboxStates,
  sandboxStatusSchema,
} from "@hsr/contract";
import type { LiveSandbox, Sandboxes, SandboxId, SandboxRecord, Store } from "@hsr/core";
import Type from "typebox";
import { visibleTenant } from "../auth/index.ts";
import { sandboxAction } from "../living-actions.ts";
import { wireSandbox, wireStatus } from "../living-wire.ts";
import { throwIfNeverStarted } from "./failure.ts";
import { idempotencyKey, prefersAsync, wantsEvents } from "./headers.ts";
import { labelQuery, labelsOf } from "./labels.ts";
import { metricsOf, streamMetrics } from "./metrics-stream.ts";
import { pageFrom, pageOf, pageQuery } from "./page.ts";
import { type Caller, type Route, route } from "./route.ts";
import { within } from "./wait.ts";

export interface SandboxPorts {
  readonly sandboxes: Sandboxes;
  readonly store: Store;
}

/** The part of an address that names a sandbox. */
export const sandboxParams = Type.Object(
  { id: Type.String({ pattern: idPattern("sandbox"), description: "The sandbox's id." }) },
  { additionalProperties: false },
);

/** The sandbox as it is now; foreign ones do not exist. */
export async function findSandbox(
  { sandboxes, store }: SandboxPorts,
  caller: Caller,
  id: string,
): Promise<{ readonly record: SandboxRecord; readonly live: LiveSandbox | null }> {
  const tenant = visibleTenant(caller);
  const live = sandboxes.of(tenant, id as SandboxId);
  const record = live?.record ?? (await store.sandboxes.get(tenant, id as SandboxId));
  if (record === null) throw new HsrError("not_found");
  return { record, live };
}

/** The sandbox, or an error that says that it lives no more. */
export async function livingSandbox(ports: SandboxPorts, caller: Caller, id: string): Promise<LiveSandbox> {
  const { record, live } = await findSandbox(ports, caller, id);
  if (live === null) throw new HsrError("sandbox_not_running", { details: { state: record.state } });
  return live;
}

export function sandboxRoutes(ports: SandboxPorts): readonly Route[] {
  const { sandboxes, store } = ports;

  const create = route(
    {
      method: "POST",
      path: "/v1/sandboxes",
      operationId: "createSandbox",
      summary: "Make a sandbox that lives",
      description:
        "Makes a sandbox and answers when it runs. It lives until it is deleted, its time to live is over, or it was idle for too long. What is decided about it now is the envelope of everything that is later started in it. One that a person has to approve answers 202 at once, with the state `pending` and with `decision.approval`.",
      access: "sandboxes",
      body: sandboxRequestSchema,
      headers: {
        "Idempotency-Key": "Makes repeating the request harmless: the same key gives the same sandbox.",
        Prefer: "`respond-async` answers 202 at once.",
      },
      answers: {
        201: {
          description: "The sandbox runs.",
          schema: sandboxSchema,
          headers: { Location: "Where to find the sandbox." },
        },
        202: {
          description: "The sandbox is stored and is being started, or waits for a person's approval.",
          schema: sandboxSchema,
          headers: { Location: "Where to find the sandbox." },
        },
      },
      errors: [
        "name_taken",
        "policy_denied",
        "idempotency_conflict",
        "unsupported",
        "level_unavailable",
        "runtime_unavailable",
        "limit_unenforceable",
        "launcher_unavailable",
        "sandbox_failed",
        "draining",
        "queue_full",
        "quota_exceeded",
        "storage_full",
      ],
    },
    async ({ body, caller, requestId, request, reply }) => {
      const waitMs = prefersAsync(request) ? 0 : body.wait_ms;
      const created = await sandboxes.create(
        sandboxAction(body, { caller, requestId, idempotencyKey: idempotencyKey(request) }),
      );
      const record = () => (created.kind === "live" ? created.sandbox.record : created.record);
      reply.header("location", `/v1/sandboxes/${record().id}`);
      // Nobody waits for a person with an open connection.
      if (created.kind === "live" && created.sandbox.isHeld) {
        reply.code(202);
        return wireSandbox(record());
      }
      const isUp = created.kind === "live" ? await within(created.sandbox.up, waitMs) : false;
      if (created.kind === "live" && isUp === false) await created.sandbox.ended;
      throwIfNeverStarted(record().outcome?.error, { sandbox_id: record().id });
      reply.code(isUp === null ? 202 : 201);
      return wireSandbox(record());
    },
  );

  const list = route(
    {
      method: "GET",
      path: "/v1/sandboxes",
      operationId: "listSandboxes",
      summary: "List sandboxes",
      description:
        "The tenant's sandboxes, newest first; those that have ended too, until they are too old to be kept. An administrator sees every tenant's.",
      access: "read",
      query: Type.Object(
        {
          state: Type.Optional(
            Type.Union(
              [
                Type.Enum(Object.keys(sandboxStates) as SandboxState[]),
                Type.Array(Type.Enum(Object.keys(sandboxStates) as SandboxState[]), { maxItems: 16 }),
              ],
              { description: "Only sandboxes in this state; may be given several times." },
            ),
          ),
          name: Type.Optional(sandboxNameSchema),
          label: labelQuery("sandboxes"),
          ...pageQuery.properties,
        },
        { additionalProperties: false },
      ),
      answers: { 200: { description: "A page of sandboxes.", schema: sandboxListSchema } },
      errors: [],
    },
    async ({ query, caller }) => {
      const { limit, cursor } = pageOf(query);
      const labels = labelsOf(query.label);
      const outcome = await store.sandboxes.list(
        {
          tenant: visibleTenant(caller),
          ...(query.state === undefined ? {} : { states: [query.state].flat() }),
          ...(query.name === undefined ? {} : { name: query.name }),
          ...(labels === null ? {} : { labels }),
        },
        limit,
        cursor,
      );
      const page = pageFrom(outcome);
      // One that lives is further than its row.
      const items = page.items.map((stored) => wireSandbox(sandboxes.get(stored.id)?.record ?? stored));
      return { items, next_cursor: page.nextCursor };
    },
  );

  const get = route(
    {
      method: "GET",
      path: "/v1/sandboxes/{id}",
      operationId: "getSandbox",
      summary: "Get a sandbox",
      description:
        "A sandbox as it is now. With `wait_ms` the answer waits until it runs or has ended, at most so long. Looking at it does not keep it awake.",
      access: "read",
      params: sandboxParams,
      query: Type.Object(
        {
          wait_ms: Type.Optional(
            Type.String({ pattern: "^\\d{1,7}$", description: "Milliseconds to wait before answering." }),
          ),
        },
        { additionalProperties: false },
      ),
      answers: { 200: { description: "The sandbox.", schema: sandboxSchema } },
      errors: ["not_found"],
    },
    async ({ params, query, caller, reply }) => {
      const { record, live } = await findSandbox(ports, caller, params.id);
      const waitMs = Math.min(Number(query.wait_ms ?? 0), requestLimits.wait_ms.value);
      if (live !== null && waitMs > 0) {
        const settled = live.up.then((isUp) => (isUp ? live.record : live.ended));
        await within(settled, waitMs, reply.raw);
      }
      return wireSandbox(live?.record ?? record);
    },
  );

  const status = route(
    {
      method: "GET",
      path: "/v1/sandboxes/{id}/status",
      operationId: "getSandboxStatus",
      summary: "Get a sandbox's state",
      description: "What is worth polling, and little else. Looking at it does not keep it awake.",
      access: "read",
      params: sandboxParams,
      answers: { 200: { description: "Where it stands.", schema: sandboxStatusSchema } },
      errors: ["not_found"],
    },
    async ({ params, caller }) => {
      const { record, live } = await findSandbox(ports, caller, params.id);
      return wireStatus(record, live);
    },
  );

  const renew = route(
    {
      method: "POST",
      path: "/v1/sandboxes/{id}/renew",
      operationId: "renewSandbox",
      summary: "Give a sandbox more time",
      description:
        "Sets its time to live anew, from now: longer or shorter. A renewal that comes too late is refused; one that is answered holds.",
      access: "sandboxes",
      params: sandboxParams,
      body: renewRequestSchema,
      answers: { 200: { description: "The sandbox with its new time.", schema: sandboxSchema } },
      errors: ["not_found", "sandbox_not_running", "launcher_unavailable"],
    },
    async ({ params, body, caller, requestId }) => {
      const sandbox = await livingSandbox(ports, caller, params.id);
      await sandboxes.renew(sandbox, body.ttl_ms, caller.keyId, requestId);
      return wireSandbox(sandbox.record);
    },
  );

  const remove = route(
    {
      method: "DELETE",
      path: "/v1/sandboxes/{id}",
      operationId: "deleteSandbox",
      summary: "End a sandbox",
      description:
        "Kills everything in it and answers when nothing of it is left but its record. Ending one that has ended changes nothing.",
      access: "sandboxes",
      params: sandboxParams,
      answers: { 200: { description: "The sandbox, ended.", schema: sandboxSchema } },
      errors: ["not_found"],
    },
    async ({ params, caller, requestId }) => {
      const { record, live } = await findSandbox(ports, caller, params.id);
      return wireSandbox(live === null ? record : await sandboxes.remove(live, caller.keyId, requestId));
    },
  );

  const metrics = route(
    {
      method: "GET",
      path: "/v1/sandboxes/{id}/metrics",
      operationId: "getSandboxMetrics",
      summary: "Get what a sandbox uses now",
      description:
        "Processor, memory, processes and traffic to disks, measured from outside. With `Accept: text/event-stream` again and again until the sandbox ends. Looking does not keep it awake.",
      access: "read",
      params: sandboxParams,
      query: Type.Object(
        {
          interval_ms: Type.Optional(
            Type.String({
              pattern: "^\\d{3,6}$",
              description: `Milliseconds between two events of a stream, at least 100; ${gatewayLimits.metrics_interval_ms.value} if absent.`,
            }),
          ),
        },
        { additionalProperties: false },
      ),
      headers: { Accept: "`text/event-stream` answers with a stream." },
      answers: { 200: { description: "The figures.", schema: sandboxMetricsSchema } },
      errors: ["not_found", "sandbox_not_running", "launcher_unavailable"],
    },
    async ({ params, query, caller, request, reply }) => {
      const sandbox = await livingSandbox(ports, caller, params.id);
      const first = await metricsOf(sandbox);
      if (!wantsEvents(request)) return first;
      await streamMetrics(reply, sandbox, first, Number(query.interval_ms ?? gatewayLimits.metrics_interval_ms.value));
      return undefined;
    },
  );

  return [create, list, get, status, metrics, renew, remove];
}
