/** Bodies that go through in pieces, in both directions: nothing is kept, and whoever is slow slows down the other side. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { HsrError, httpLimits } from "@hsr/contract";

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
  const pieces = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  streaming.add(request.socket);
  try {
    for (;;) {
      const from = performance.now();
      const piece = await soon(pieces.next(), leftMs);
      if (piece.done === true) {
        if (!request.complete) throw gone();
        return;
      }
      leftMs = Math.min(
        httpLimits.body_timeout_ms.value,
        leftMs - (performance.now() - from) + (piece.value.length / httpLimits.body_bytes_per_second.value) * 1000,
      );
      yield piece.value;
    }
  } finally {
    streaming.delete(request.socket);
    // Lets go of the request, so that what is left of it can be read to nowhere. One that is late is not waited for.
    void pieces.return?.();
  }
}

function gone(cause?: unknown): HsrError {
  return new HsrError("bad_http", { message: "The body ended before its end.", cause });
}

async function soon<Value>(piece: Promise<Value>, ms: number): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new HsrError("request_timeout")), ms);
  const brought = piece.catch((thrown: unknown) => Promise.reject(gone(thrown)));
  brought.catch(() => "it came too late");
  try {
    return await Promise.race([brought, promise]);
  } finally {
    clearTimeout(timer);
  }
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

async function sendAll(response: ServerResponse, source: Readable): Promise<number> {
  let sent = 0;
  response.setTimeout(httpLimits.reader_stalled_ms.value, () => response.destroy());
  const stop = () => source.destroy();
  response.once("close", stop);
  try {
    for await (const piece of source as AsyncIterable<Buffer>) {
      sent += piece.length;
      if (response.write(piece)) continue;
      if (!(await drained(response))) break;
    }
  } finally {
    response.off("close", stop);
    response.setTimeout(0);
  }
  return sent;
}

/** Resolves when more may be written, with `true`, or when the client has gone, with `false`. */
function drained(response: ServerResponse): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const more = () => settle(true);
  const gone = () => settle(false);
  function settle(open: boolean): void {
    response.off("drain", more);
    response.off("close", gone);
    resolve(open);
  }
  response.once("drain", more);
  response.once("close", gone);
  return promise;
}
