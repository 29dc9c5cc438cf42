/** Follows a run to its end, over lost connections too: a gateway that is restarted takes its runs up again. */

import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent, RunSummary } from "@hsr/contract";
import type { Client } from "./client.ts";
import { Failure } from "./failure.ts";
import type { ServerEvent } from "./sse.ts";

/** How long a gateway may be away before we give up; a restart takes one or two seconds. */
const RECONNECT_FOR_MS = 30_000;
const RECONNECT_EVERY_MS = 250;

/** What a caller of `followRun` is told as it happens. */
export interface Follower {
  /** Any event, in order, each once. */
  event(event: RunEvent): void | Promise<void>;
  /** The connection was lost and is being made again. Called once per loss. */
  reconnecting?(): void | Promise<void>;
}

function parse(event: ServerEvent): RunEvent {
  try {
    return JSON.parse(event.data) as RunEvent;
  } catch (error) {
    throw new Failure("the gateway sent an event that is not JSON", { cause: error });
  }
}

/** Whether a connection ended without saying why, so that trying again makes sense. */
function isConnectionLoss(error: unknown): boolean {
  if (error instanceof Failure) return error.cause instanceof TypeError; // fetch could not connect
  return error instanceof TypeError || (error instanceof Error && "code" in error);
}

/** Reads events until `run.finished` and resolves with its summary. `first` is the answer that started or found the run. */
export async function followRun(
  client: Client,
  first: AsyncIterable<ServerEvent>,
  follower: Follower,
  known: { readonly id?: string; readonly signal?: AbortSignal } = {},
): Promise<RunSummary> {
  let source: AsyncIterable<ServerEvent> = first;
  let id = known.id;
  let lastEventId: string | undefined;
  let lostSince: number | null = null;
  for (;;) {
    try {
      for await (const raw of source) {
        lostSince = null;
        lastEventId = raw.id ?? lastEventId;
        const event = parse(raw);
        id = event.subject;
        await follower.event(event);
        if (event.type === "run.finished") return event.data;
      }
    } catch (error) {
      if (known.signal?.aborted || !isConnectionLoss(error)) throw error;
    }
    if (id === undefined)
      throw new Failure("the gateway closed the connection before the run had an id", { hint: "run it again" });
    if (lostSince === null) {
      lostSince = performance.now();
      await follower.reconnecting?.();
    } else if (performance.now() - lostSince > RECONNECT_FOR_MS) {
      throw new Failure(`the gateway went away while ${id} was running`, {
        hint: `when it is back, \`hsrctl runs get ${id}\` has the result`,
      });
    }
    await sleep(RECONNECT_EVERY_MS);
    source = again(client, id, lastEventId, known.signal);
  }
}

/** The rest of a run's events. Connecting is part of the iteration, so that a failure to connect is a lost connection too. */
async function* again(
  client: Client,
  id: string,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<ServerEvent> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  const { events } = await client.events(`/v1/runs/${encodeURIComponent(id)}/events`, {
    headers,
    ...(signal ? { signal } : {}),
  });
  yield* events;
}
