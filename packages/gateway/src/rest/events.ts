/** Events as server-sent events: what happens to sandboxes, executions and runs, in one order that can be resumed. */

import type { ServerResponse } from "node:http";
import { type BusEvent, type BusEventType, busEventTypes, HsrError, httpLimits } from "@hsr/contract";
import type { EventFilter, Log, Store, StoredEvent } from "@hsr/core";
import Type from "typebox";
import { visibleTenant } from "../auth/index.ts";
import { wireTime } from "../wire.ts";
import { type Route, route } from "./route.ts";
import { writeWhole } from "./sse.ts";

export interface EventPorts {
  readonly store: Store;
  readonly log: Log;
}

/** Events that are sent before others get their turn. */
const eventsPerTurn = 100;

export function eventRoutes({ store, log }: EventPorts): readonly Route[] {
  const typeSchema = Type.Enum([...busEventTypes] as const, { description: "A type of event." });
  const watch = route(
    {
      method: "GET",
      path: "/v1/events",
      operationId: "watchEvents",
      summary: "Watch what happens",
      description:
        "Events of the tenant as server-sent events, from now on, or after `Last-Event-ID`, or from the oldest that is kept with `from=oldest`. An administrator sees every tenant's. Where events are kept no more, `events.missed` says so. A comment comes every 15 s when nothing else does; the stream has no end.",
      access: "read",
      query: Type.Object(
        {
          type: Type.Optional(
            Type.Union([typeSchema, Type.Array(typeSchema, { maxItems: busEventTypes.length })], {
              description: "Only events of this type; may be given several times.",
            }),
          ),
          subject: Type.Optional(
            Type.String({
              pattern: "^[a-z]{2,8}-[a-z2-7]{26}$",
              description: "Only events of this thing, or of what is in this sandbox.",
            }),
          ),
          from: Type.Optional(
            Type.Enum(["now", "oldest"] as const, { default: "now", description: "Where to begin." }),
          ),
        },
        { additionalProperties: false },
      ),
      headers: { "Last-Event-ID": "The id of the last event that was seen." },
      answers: {
        200: { description: "Server-sent events; `data` is an Event.", contentType: "text/event-stream" },
      },
      errors: [],
    },
    async ({ query, caller, request, reply }) => {
      const filter: EventFilter = {
        tenant: visibleTenant(caller),
        ...(query.type === undefined ? {} : { types: [query.type].flat() as BusEventType[] }),
        ...(query.subject === undefined ? {} : { subject: query.subject }),
      };
      const last = request.headers["last-event-id"];
      const from = last === undefined ? (query.from === "oldest" ? 0 : store.events.head()) : placeOf(last);
      reply.hijack();
      reply.raw.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      });
      reply.raw.flushHeaders();
      try {
        // Whoever asks for the oldest knows that there may have been older ones.
        await follow(reply.raw, store, filter, from, last !== undefined);
      } catch (thrown) {
        reply.raw.destroy();
        log.error({ err: thrown }, "a stream of events broke off");
      }
      return undefined;
    },
  );
  return [watch];
}

function placeOf(text: string | string[]): number {
  if (typeof text !== "string" || !/^\d{1,15}$/.test(text))
    throw new HsrError("invalid_request", { field: "Last-Event-ID", message: "It is not the id of an event." });
  return Number(text);
}

/** An event as it is sent, by streams and webhooks alike. */
export function wireEvent(event: StoredEvent): BusEvent {
  return {
    id: String(event.seq),
    seq: event.seq,
    time: wireTime(event.timeMs),
    type: event.type,
    tenant: event.tenant,
    subject: event.subject,
    request_id: event.requestId,
    data: { ...event.data },
  };
}

/** Sends events until the reader is gone. It keeps nothing for the reader but its place. */
async function follow(
  response: ServerResponse,
  store: Store,
  filter: EventFilter,
  from: number,
  tellMissed: boolean,
): Promise<void> {
  let wake: () => void = () => {};
  let gone = response.closed;
  const unwatch = store.events.watch(() => wake());
  const heartbeat = setInterval(() => response.write(": still here\n\n"), httpLimits.sse_heartbeat_ms.value);
  response.once("close", () => {
    gone = true;
    wake();
  });
  try {
    for (let seq = from, isFirst = true; !gone; isFirst = false) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const page = await store.events.after(seq, filter, eventsPerTurn);
      if (page.missed && isFirst && tellMissed) await send(response, missed(seq, filter));
      for (const event of page.events) {
        if (gone) return;
        await send(response, wireEvent(event));
      }
      const isAtEnd = page.seenSeq === seq;
      seq = page.seenSeq;
      if (isAtEnd) await changed;
      else await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    clearInterval(heartbeat);
    unwatch();
  }
}

function missed(seq: number, filter: EventFilter): BusEvent {
  const tenant = filter.tenant ?? "";
  return {
    id: String(seq),
    seq,
    time: wireTime(Date.now()),
    type: "events.missed",
    tenant,
    subject: "",
    request_id: null,
    data: { after: String(seq) },
  };
}

async function send(response: ServerResponse, event: BusEvent): Promise<void> {
  await writeWhole(response, `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}
