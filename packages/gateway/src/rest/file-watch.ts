/**
 * Changes in a folder of a sandbox as server-sent events. The agent keeps a watch and its newest changes over streams and
 * gateways; a reader who was away for a moment goes on where he was, and is told where something is missing.
 */
import { randomInt } from "node:crypto";
import { type FileChange, HsrError } from "@hsr/contract";
import { type Agent, type AgentWatch, fileError, type LiveSandbox, type Log, type WatchEvent } from "@hsr/core";
import Type from "typebox";
import { wireTime } from "../wire.ts";
import { type EventWriter, sendEvents } from "./event-writer.ts";
import { filePath, shownPath } from "./file-path.ts";
import { type FilePorts, fileErrors } from "./files.ts";
import { type Route, route } from "./route.ts";
import { livingSandbox, sandboxParams } from "./sandboxes.ts";

/** How long a watch goes on when its reader is gone. */
const lingerMs = 30_000;
const mostDepth = 32;

/** Where a reader is: a watch of the agent's, and the last change that it saw. */
interface Place {
  readonly watchId: number;
  readonly sequence: number;
}

export interface WatchPorts extends FilePorts {
  readonly log: Log;
}

export function fileWatchRoutes(ports: WatchPorts): readonly Route[] {
  /** Watches that somebody follows, or may come back to: the others were left by a gateway that is gone. */
  const wanted = new Map<number, NodeJS.Timeout | null>();
  const freeing = new WeakMap<Agent, Promise<void>>();

  const watch = route(
    {
      method: "GET",
      path: "/v1/sandboxes/{id}/files/watch",
      operationId: "watchFiles",
      summary: "Watch a folder",
      description:
        "What changes in a folder, and with `depth` in those below it, as server-sent events `file.changed`, from now on or after `Last-Event-ID`; also at the next gateway. `overflow` says that more happened than was told: list the folder again. The stream ends when the folder is gone.",
      access: "files",
      params: sandboxParams,
      query: Type.Object(
        {
          path: Type.String({
            minLength: 1,
            maxLength: 4096,
            description: "The folder, absolute or below /workspace.",
          }),
          depth: Type.Optional(
            Type.String({
              pattern: "^[1-9]\\d?$",
              description: `How deep: 1 is what lies in the folder itself, at most ${mostDepth}; 1 if absent.`,
            }),
          ),
        },
        { additionalProperties: false },
      ),
      headers: { "Last-Event-ID": "The id of the last event that was seen." },
      answers: {
        200: { description: "Server-sent events; `data.data` is a FileChange.", contentType: "text/event-stream" },
      },
      errors: [...fileErrors, "file_busy", "too_many_transfers"],
    },
    async ({ params, query, caller, request, reply }) => {
      const sandbox = await livingSandbox(ports, caller, params.id);
      const path = filePath(query.path, undefined, "path").toString();
      const depth = Number(query.depth ?? 1);
      if (depth > mostDepth)
        throw new HsrError("invalid_request", { field: "depth", message: `It is at most ${mostDepth}.` });
      const last = placeOf(request.headers["last-event-id"]);
      const first = await join(sandbox, await sandbox.agent(), path, depth, last);
      const release = sandbox.hold();
      try {
        await sendEvents(reply, {}, ports.log, (writer) => follow(writer, sandbox, path, depth, first));
      } finally {
        release();
      }
      return undefined;
    },
  );

  /** The watch from a reader's place on, or a new one, and whether changes in between are lost. */
  async function join(
    sandbox: LiveSandbox,
    agent: Agent,
    path: string,
    depth: number,
    last: Place | null,
    isMine = false,
  ): Promise<Joined> {
    const known = last === null ? undefined : (await agent.watches()).find((one) => one.watchId === last.watchId);
    const isSame = known?.active === true && known.depth === depth && Buffer.from(known.path).toString() === path;
    // A place that two readers claim is the first one's: the other begins anew, and is told.
    const isFree = last !== null && (isMine || wanted.get(last.watchId) !== null);
    if (last !== null && isSame && isFree)
      return { watch: agent.followWatch(last.watchId, last.sequence + 1), missed: false };
    for (let tries = 1; ; tries += 1) {
      // By chance: those of a gateway that is gone are not met.
      const watchId = randomInt(1, 2 ** 31 - 1);
      wanted.set(watchId, null);
      const watch = agent.watch(watchId, path, depth);
      try {
        await watch.started;
        return { watch, missed: last !== null };
      } catch (thrown) {
        forget(watchId);
        if (tries > 2 || !isFull(thrown)) throw fileError(thrown, sandbox, "path");
        await freeLeft(agent);
      }
    }
  }

  /** There are as many watches as may be: those that nobody comes back to are ended, by whoever meets it first. */
  function freeLeft(agent: Agent): Promise<void> {
    const begun = freeing.get(agent) ?? endLeft(agent).finally(() => freeing.delete(agent));
    freeing.set(agent, begun);
    return begun;
  }

  async function endLeft(agent: Agent): Promise<void> {
    const left = (await agent.watches()).filter(({ watchId }) => !wanted.has(watchId));
    const stops = left.map(({ watchId, end }) => agent.followWatch(watchId, end).stop());
    // One whose folder went away meanwhile is gone too.
    await Promise.allSettled(stops);
  }

  /** Sends changes over as many streams to the agent as it takes. */
  async function follow(
    writer: EventWriter,
    sandbox: LiveSandbox,
    path: string,
    depth: number,
    first: Joined,
  ): Promise<void> {
    let joined = first;
    let place: Place = { watchId: joined.watch.watchId, sequence: 0 };
    while (!writer.isGone) {
      const { watch } = joined;
      const { watchId } = watch;
      const timer = wanted.get(watchId);
      if (timer) clearTimeout(timer);
      wanted.set(watchId, null);
      place = { watchId, sequence: place.watchId === watchId ? place.sequence : 0 };
      if (joined.missed) await send(writer, sandbox, watchId, lost(place.sequence));
      const changes = watch.events[Symbol.asyncIterator]();
      try {
        for (;;) {
          const step = await nextUnlessGone(changes, writer);
          if (step === null) return linger(watch);
          if (step.done === true) return forget(watchId);
          place = { watchId, sequence: step.value.sequence };
          await send(writer, sandbox, watchId, step.value);
          if (step.value.kind === "deleted" && step.value.path.length === 0) return forget(watchId);
        }
      } catch {
        // The stream to the agent broke: the watch is there, and the next stream goes on with it.
        const link = await sandbox.agent().catch(() => null);
        if (link === null) return forget(watchId);
        joined = await join(sandbox, link, path, depth, place, true);
        if (joined.watch.watchId !== watchId) forget(watchId);
      }
    }
  }

  /** The reader may come back. */
  function linger(watch: AgentWatch): void {
    const timer = setTimeout(() => {
      wanted.delete(watch.watchId);
      watch.stop().catch(() => "it is gone with its sandbox, or with the stream");
    }, lingerMs);
    timer.unref();
    wanted.set(watch.watchId, timer);
  }

  function forget(watchId: number): void {
    wanted.delete(watchId);
  }

  return [watch];
}

function isFull(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "EAGAIN";
}

interface Joined {
  readonly watch: AgentWatch;
  readonly missed: boolean;
}

function placeOf(text: string | string[] | undefined): Place | null {
  if (text === undefined) return null;
  const match = typeof text === "string" ? /^(\d{1,10})\.(\d{1,15})$/.exec(text) : null;
  if (match === null)
    throw new HsrError("invalid_request", { field: "Last-Event-ID", message: "It is not the id of an event." });
  return { watchId: Number(match[1]), sequence: Number(match[2]) };
}

/** The next change; `null` when the reader goes first. A promise of its own each time: nothing gathers on one. */
function nextUnlessGone(
  changes: AsyncIterator<WatchEvent>,
  writer: EventWriter,
): Promise<IteratorResult<WatchEvent> | null> {
  if (writer.isGone) return Promise.resolve(null);
  return new Promise((resolve, reject) => {
    writer.onGone = () => resolve(null);
    changes.next().then(resolve, reject);
  });
}

function lost(sequence: number): WatchEvent {
  return { sequence, kind: "overflow", path: new Uint8Array(), to: null, folder: true };
}

async function send(writer: EventWriter, sandbox: LiveSandbox, watchId: number, change: WatchEvent): Promise<void> {
  const { sequence: seq, kind, folder } = change;
  const id = `${watchId}.${seq}`;
  const data: FileChange = {
    kind,
    folder,
    ...shownPath(change.path),
    to: change.to === null ? null : shownPath(change.to),
  };
  const { id: subject, tenant, requestId } = sandbox;
  const time = wireTime(Date.now());
  await writer.send(id, "file.changed", {
    id,
    seq,
    time,
    type: "file.changed",
    tenant,
    subject,
    request_id: requestId,
    data,
  });
}
