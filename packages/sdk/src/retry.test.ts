import { expect, test } from "vitest";
import { HsrApiError, HsrConnectionError } from "./errors.ts";
import { pause, pauseBefore } from "./retry.ts";

function apiError(retryable: boolean, retryAfterMs?: number): HsrApiError {
  const info = { code: "queue_full", class: "exhausted", message: "", hint: "", retryable } as const;
  return new HsrApiError(info, { status: 503, requestId: "", retryAfterMs });
}

test("what cannot pass is not tried again, and nothing more often than was allowed", () => {
  expect(pauseBefore(apiError(false), 1, 4)).toBeNull();
  expect(pauseBefore(new Error("a bug"), 1, 4)).toBeNull();
  expect(pauseBefore(new HsrConnectionError("", { status: 404 }), 1, 4)).toBeNull();
  expect(pauseBefore(apiError(true), 5, 4)).toBeNull();
  expect(pauseBefore(apiError(true), 1, 0)).toBeNull();
});

test("pauses grow, are random, and never shorter than the gateway asks for", () => {
  const longest = [1, 2, 3, 4].map((failures) => pauseBefore(new HsrConnectionError(""), failures, 4, 1));
  expect(longest).toEqual([250, 500, 1000, 2000]);
  expect(pauseBefore(new HsrConnectionError(""), 4, 4, 0)).toBe(0);
  expect(pauseBefore(apiError(true, 3000), 1, 4, 0)).toBe(3000);
});

test("a gateway that asks for more than a caller waits is believed at once", () => {
  expect(pauseBefore(apiError(true, 60_000), 1, 4)).toBeNull();
});

test("a pause ends with its signal, with the caller's own reason", async () => {
  const stop = new AbortController();
  const waiting = pause(60_000, stop.signal);
  const reason = new Error("enough");
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(pause(1, stop.signal)).rejects.toBe(reason);
});
