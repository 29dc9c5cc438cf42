/** Bodies that go through in pieces, in both directions: nothing is kept, and whoever is slow slows down the other side. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { finished, type Readable } from "node:stream";
import { HsrError, httpLimits } from "@hsr/contract";
import { notePassed } from "./young-memory.ts";

/** Connections on which such a body is coming in. */
const streaming = new WeakSet<object>();

export function isStreamingBody(socket: Socket): boolean {
  return streaming.has(socket);
}

/** The body's length where the request says it; `null` where it comes in chunks. */
export function declaredBytes(request: IncomingMessage): number | null {
  const length = request.headers["content-length"];
  return length === undefined ? null : Number(length);
}

/**
 * The pieces of a body as they come. A sender may let itself be waited for as long as for any body, and longer the more it has
 * sent; then `request_timeout`. The time that the reader takes is not the sender's. To be read once.
 */
export async function* bodyPieces(request: IncomingMessage): AsyncGenerator<Buffer, void, void> {
  let leftMs: number = httpLimits.body_timeout_ms.value;
  const arrived = new Arrived(request);
  streaming.add(request.socket);
  try {
    for (;;) {
      let piece = arrived.take();
      if (piece === null) {
        const from = performance.now();
        await arrived.more(leftMs);
        leftMs -= performance.now() - from;
        piece = arrived.take();
      }
      if (piece === null) return;
      leftMs = Math.min(
        httpLimits.body_timeout_ms.value,
        leftMs + (piece.length / httpLimits.body_bytes_per_second.value) * 1000,
      );
      notePassed(piece.length);
      yield piece;
    }
  } finally {
    streaming.delete(request.socket);
    arrived.letGo();
  }
}

/** What may have come of a body before its reader takes it. */
const aheadBytes = 256 * 1024;
/** What a piece costs beyond its bytes, so that many small ones are no way around the bound. */
const pieceBytes = 512;

/** What has come of a body and was not taken yet. */
class Arrived {
  readonly #request: IncomingMessage;
  readonly #pieces: Buffer[] = [];
  #heldBytes = 0;
  #state: "open" | "whole" | HsrError = "open";
  #waiting: PromiseWithResolvers<void> | null = null;
  readonly #stopWatching: () => void;

  constructor(request: IncomingMessage) {
    this.#request = request;
    this.#stopWatching = finished(request, { writable: false }, (error) => {
      this.#state = error === undefined || error === null ? (request.complete ? "whole" : gone()) : gone(error);
      this.#tell();
    });
    request.on("data", this.#put);
  }

  take(): Buffer | null {
    const piece = this.#pieces.shift() ?? null;
    if (piece === null) return null;
    this.#heldBytes -= piece.length + pieceBytes;
    if (this.#heldBytes < aheadBytes && this.#request.isPaused()) this.#request.resume();
    return piece;
  }

  /** Resolves when there is a piece, or none will come; rejects when the body broke off or took too long. */
  async more(ms: number): Promise<void> {
    if (this.#pieces.length > 0 || this.#state === "whole") return;
    if (this.#state !== "open") throw this.#state;
    this.#waiting = Promise.withResolvers();
    const { promise, reject } = this.#waiting;
    const timer = setTimeout(() => reject(new HsrError("request_timeout")), ms);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting = null;
    }
  }

  /** So that what is left of it can be read to nowhere. */
  letGo(): void {
    this.#stopWatching();
    this.#request.off("data", this.#put);
    this.#request.pause();
    this.#pieces.length = 0;
  }

  readonly #put = (piece: Buffer): void => {
    this.#pieces.push(piece);
    this.#heldBytes += piece.length + pieceBytes;
    if (this.#heldBytes >= aheadBytes) this.#request.pause();
    this.#tell();
  };

  #tell(): void {
    if (this.#state instanceof HsrError && this.#pieces.length === 0) this.#waiting?.reject(this.#state);
    else this.#waiting?.resolve();
  }
}

function gone(cause?: unknown): HsrError {
  return new HsrError("bad_http", { message: "The body ended before its end.", cause });
}

/** Aborted when the client goes away before its answer is complete. */
export function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const over = () => {
    if (!response.writableFinished) controller.abort();
  };
  if (response.destroyed || response.closed) over();
  else response.once("close", over);
  return controller.signal;
}

/**
 * Writes exactly so many bytes of a source, or all there are, to an answer that has its head. A source that fails or ends early breaks the
 * connection off: the head has promised more, and only so the client can tell. Resolves in any case, with whether all was sent.
 */
export async function sendPieces(
  response: ServerResponse,
  source: Readable,
  bytes: number | null,
  beforeEnd: () => void = () => {},
): Promise<boolean> {
  const whole = await sendAll(response, source).catch(() => null);
  source.destroy();
  if (whole !== null && (bytes === null || whole === bytes)) {
    beforeEnd();
    response.end();
    return true;
  }
  response.destroy();
  return false;
}

/** Resolves with how much was sent when all of it was; rejects when the source failed or the client has gone. */
async function sendAll(response: ServerResponse, source: Readable): Promise<number> {
  let sent = 0;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  response.setTimeout(httpLimits.reader_stalled_ms.value, () => response.destroy());
  const stop = () => source.destroy();
  const more = () => source.resume();
  const stopWatching = finished(source, { writable: false }, (error) => {
    if (error === undefined || error === null) resolve(sent);
    else reject(error);
  });
  response.once("close", stop);
  response.on("drain", more);
  // A loop over the source would join what has come, which copies it, and take some turns for each piece.
  source.on("data", (piece: Buffer) => {
    sent += piece.length;
    if (!response.write(piece)) source.pause();
    notePassed(piece.length);
  });
  if (response.destroyed) stop();
  try {
    return await promise;
  } finally {
    stopWatching();
    response.off("close", stop);
    response.off("drain", more);
    response.setTimeout(0);
  }
}
