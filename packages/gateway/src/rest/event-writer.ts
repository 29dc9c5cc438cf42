/** One answer of server-sent events on its way to one reader: never more in memory than one event, and alive while it is silent. */
import type { ServerResponse } from "node:http";
import { httpLimits } from "@hsr/contract";
import type { Log } from "@hsr/core";
import type { FastifyReply } from "fastify";
import { writeWhole } from "./sse.ts";

export class EventWriter {
  readonly #response: ServerResponse;
  readonly #heartbeat: NodeJS.Timeout;
  #isGone: boolean;
  #onGone: () => void = () => {};

  /** The head of the answer is written. */
  constructor(response: ServerResponse) {
    this.#response = response;
    this.#isGone = response.closed || response.destroyed;
    this.#heartbeat = setInterval(() => {
      // A reader who takes nothing learns nothing from a comment; they would only pile up.
      if (!response.writableNeedDrain) response.write(": still here\n\n");
    }, httpLimits.sse_heartbeat_ms.value);
    response.once("close", () => {
      this.#isGone = true;
      this.#onGone();
    });
  }

  /** Nobody reads any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Called when the reader goes; for one listener. */
  set onGone(listener: () => void) {
    this.#onGone = listener;
  }

  /** Resolves when the next event may be written, or nobody reads any more. */
  async send(id: string, type: string, data: object): Promise<void> {
    if (this.#isGone) return;
    await writeWhole(this.#response, `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** No more comments. Once, whatever happened. */
  stop(): void {
    clearInterval(this.#heartbeat);
  }
}

/** Answers with events: writes the head, has `write` write them all, and ends the answer. Never rejects. */
export async function sendEvents(
  reply: FastifyReply,
  headers: Readonly<Record<string, string>>,
  log: Log,
  write: (writer: EventWriter) => Promise<void>,
): Promise<void> {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    ...headers,
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  // A watcher who comes back to a silent program learns at once that it is being watched, not with the first comment.
  response.flushHeaders();
  const writer = new EventWriter(response);
  try {
    await write(writer);
    response.end();
  } catch (thrown) {
    // The answer has begun, so it cannot become an error any more; an end without its last event says that it is none.
    response.destroy();
    log.error({ err: thrown, ...headers }, "a stream of events broke off");
  } finally {
    writer.stop();
  }
}
