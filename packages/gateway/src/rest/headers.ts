/** Request headers that mean the same at several addresses. */
import { HsrError } from "@hsr/contract";
import type { FastifyRequest } from "fastify";

/** Whether the answer is to be a stream. */
export function wantsEvents(request: FastifyRequest): boolean {
  return /(^|,)\s*text\/event-stream\s*(;|,|$)/i.test(request.headers.accept ?? "");
}

/** Whether the answer is to come at once. */
export function prefersAsync(request: FastifyRequest): boolean {
  const prefer = request.headers.prefer;
  return /(^|,)\s*respond-async\s*(;|,|$)/i.test(Array.isArray(prefer) ? prefer.join(",") : (prefer ?? ""));
}

/** The key that makes repeating a request harmless. */
export function idempotencyKey(request: FastifyRequest): string | null {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new HsrError("invalid_request", {
      field: "Idempotency-Key",
      message: "It must be 1 to 255 printable ASCII characters without spaces.",
    });
  }
  return key;
}
