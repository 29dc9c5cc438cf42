/**
 * Follows a run or an execution to its end, over lost connections too: a gateway that is restarted takes up what it had.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { ExecutionEvent, ExecutionSummary, RunEvent, RunSummary } from "@hsr/contract";
import type { ServerEvent } from "@hsr/sdk/sse";
import type { Client } from "./client.ts";
import { Failure } from "./failure.ts";
import { sandboxPath } from "./sandbox-name.ts";

/** How long a gateway may be away before we give up; a restart takes one or two seconds. */
const RECONNECT_FOR_MS = 30_000;
const RECONNECT_EVERY_MS = 250;

/** What a caller is told as it happens. */
export interface Follower<Event> {
  /** Any event, in order, each once. */
  event(event: Event): void | Promise<void>;
  /** The connection was lost and is being made again. Called once per loss. */
  reconnecting?(): void | Promise<void>;
}

function parse<Event>(event: ServerEvent): Event {
  try {
    return JSON.parse(event.data) as Event;
  } catch (error) {
    throw new Failure("the gateway sent an event that is not JSON", { cause: error });
  }
}

/** Whether a connection ended without saying why, so that trying again makes sense. */
function isConnectionLoss(error: unknown): boolean {
  if (error instanceof Failure) return error.cause instanceof TypeError; // fetch could not connect
  return error instanceof TypeError || (error instanceof Error && "code" in error);
}

/** A stream that has an end, and where it is taken up again. */
interface Ending<Event, Last extends Event> {
  isLast(event: Event): event is Last;
  /** The subject's own stream. */
  path(id: string): string;
  /** What to do when the gateway stays away. */
  hint(id: string): string;
}

/** What is known beside the events. */
export interface Known {
  readonly id?: string;
  readonly signal?: AbortSignal;
}

type Finished<Event, Type> = Extract<Event, { readonly type: Type }>;

/** Reads events until `run.finished` and resolves with its summary. `first` is the answer that started or found the run. */
export async function followRun(
  client: Client,
  first: AsyncIterable<ServerEvent>,
  follower: Follower<RunEvent>,
  known: Known = {},
): Promise<RunSummary> {
  const last = await follow(client, first, follower, known, {
    isLast: (event): event is Finished<RunEvent, "run.finished"> => event.type === "run.finished",
    path: (id) => `/v1/runs/${encodeURIComponent(id)}/events`,
    hint: (id) => `when it is back, \`hsrctl runs get ${id}\` has the result`,
  });
  return last.data;
}

/** Reads events until `execution.finished` and resolves with its summary. */
export async function followExecution(
  client: Client,
  sandboxId: string,
  first: AsyncIterable<ServerEvent>,
  follower: Follower<ExecutionEvent>,
  known: Known = {},
): Promise<ExecutionSummary> {
  const last = await follow(client, first, follower, known, {
    isLast: (event): event is Finished<ExecutionEvent, "execution.finished"> => event.type === "execution.finished",
    path: (id) => sandboxPath(sandboxId, `/executions/${encodeURIComponent(id)}/logs?follow=true`),
    hint: (id) => `when it is back, \`hsrctl logs ${sandboxId} ${id}\` has its output`,
  });
  return last.data;
}

/** Reads events of a stream that has no end, until the gateway stays away for too long. */
export async function followForever<Event extends { readonly subject: string }>(
  client: Client,
  path: string,
  follower: Follower<Event>,
): Promise<never> {
  const { events } = await client.events(path);
  const ending: Ending<Event, never> = {
    isLast: (_event): _event is never => false,
    path: () => path,
    hint: () => "`hsrctl doctor` looks at everything",
  };
  return await follow(client, events, follower, { id: "the stream" }, ending);
}

async function follow<Event extends { readonly subject: string }, Last extends Event>(
  client: Client,
  first: AsyncIterable<ServerEvent>,
  follower: Follower<Event>,
  known: Known,
  ending: Ending<Event, Last>,
): Promise<Last> {
  let source: AsyncIterable<ServerEvent> = first;
  let id = known.id;
  let lastEventId: string | undefined;
  let lostSince: number | null = null;
  for (;;) {
    try {
      for await (const raw of source) {
        lostSince = null;
        lastEventId = raw.id ?? lastEventId;
        const event = parse<Event>(raw);
        id = event.subject;
        await follower.event(event);
        if (ending.isLast(event)) return event;
      }
    } catch (error) {
      if (known.signal?.aborted || !isConnectionLoss(error)) throw error;
    }
    if (id === undefined)
      throw new Failure("the gateway closed the connection before it said an id", { hint: "run it again" });
    if (lostSince === null) {
      lostSince = performance.now();
      await follower.reconnecting?.();
    } else if (performance.now() - lostSince > RECONNECT_FOR_MS) {
      throw new Failure(`the gateway went away while ${id} was running`, {
        hint: ending.hint(id),
      });
    }
    await sleep(RECONNECT_EVERY_MS);
    source = again(client, ending.path(id), lastEventId, known.signal);
  }
}

/** The rest of the events. Connecting is part of the iteration, so that a failure to connect is a lost connection too. */
async function* again(
  client: Client,
  path: string,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<ServerEvent> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  const { events } = await client.events(path, {
    headers,
    ...(signal ? { signal } : {}),
  });
  yield* events;
}
