/** Errors on their way out: always the contract's JSON, whoever threw. */
import type { Duplex } from "node:stream";
import { type ErrorInfo, errorBody, HsrError } from "@hsr/contract";
import { type JsonObject, StoreError } from "@hsr/core";
import type { FastifyReply } from "fastify";

/** Fastify's own complaints about a request, in the contract's words. */
const fastifyCodes: Readonly<Record<string, () => HsrError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => new HsrError("body_too_large"),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new HsrError("unsupported_media_type"),
  FST_ERR_CTP_EMPTY_TYPE: () => new HsrError("unsupported_media_type"),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new HsrError("bad_http", { message: "The body is not as long as Content-Length says." }),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new HsrError("invalid_json", { message: "The body is empty." }),
  FST_ERR_BAD_URL: () => new HsrError("bad_http", { message: "The address is not a valid URL." }),
};

/** A request that the router itself gave up on: an address that cannot be read, or a part that is too long to name anything. */
export function unroutable(thrown: Error): HsrError {
  const known = failureOf(thrown);
  return known.code === "internal" ? new HsrError("route_not_found", { cause: thrown }) : known;
}

export function failureOf(thrown: unknown): HsrError {
  if (thrown instanceof HsrError) return thrown;
  if (thrown instanceof StoreError) {
    if (thrown.code === "full") return new HsrError("storage_full", { cause: thrown });
    if (thrown.code === "closed") return new HsrError("draining", { cause: thrown });
    return new HsrError("internal", { cause: thrown });
  }
  // The client went away while it sent; nobody reads the answer.
  if (thrown instanceof Error && thrown.message === "aborted") return new HsrError("bad_http", { cause: thrown });
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  const known = typeof code === "string" ? fastifyCodes[code] : undefined;
  return known === undefined ? new HsrError("internal", { cause: thrown }) : known();
}

/** Seconds to wait where trying again makes sense; a short run's length where nobody knows better. */
function retryAfterSeconds(error: HsrError): number | null {
  if (error.retryAfterMs !== undefined) return Math.max(1, Math.ceil(error.retryAfterMs / 1000));
  return error.row.retryable && error.row.http >= 429 ? 1 : null;
}

export function sendFailure(reply: FastifyReply, error: HsrError, requestId: string): FastifyReply {
  const seconds = retryAfterSeconds(error);
  if (seconds !== null) reply.header("retry-after", String(seconds));
  if (error.code === "unauthorized") reply.header("www-authenticate", 'Bearer realm="hsr"');
  return reply
    .code(error.row.http)
    .header("content-type", "application/json; charset=utf-8")
    .send(JSON.stringify(errorBody(error, requestId)));
}

/** An answer by hand, where no response exists: to what is no request, or will not become a WebSocket. */
export function writeFailure(socket: Duplex, error: HsrError, requestId: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(errorBody(error, requestId));
  const seconds = retryAfterSeconds(error);
  const head = [
    `HTTP/1.1 ${error.row.http} ${error.code}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    `hsr-request-id: ${requestId}`,
    ...(seconds === null ? [] : [`retry-after: ${seconds}`]),
    "x-content-type-options: nosniff",
    "cache-control: no-store",
    "connection: close",
  ];
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** A program that was never started has no result: whoever waits gets the error that is stored in its place. */
export function throwIfNeverStarted(stored: JsonObject | null | undefined, details: JsonObject): void {
  if (stored === null || stored === undefined) return;
  const error = stored as unknown as ErrorInfo;
  throw new HsrError(error.code, {
    message: error.message,
    hint: error.hint,
    ...(error.field === undefined ? {} : { field: error.field }),
    details: { ...error.details, ...details },
  });
}
