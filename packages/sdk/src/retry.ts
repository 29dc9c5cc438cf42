/** What is tried again, when, and how often. */
import { HsrApiError, HsrConnectionError } from "./errors.ts";

/** The first pause is up to so long; each further one up to twice as long. */
const firstPauseMs = 250;
/** No pause is longer, so that a caller is told in time that it does not work. */
const mostPauseMs = 10_000;

/** Whether a failure may go away by itself. What was done is never asked here: only requests that may be repeated are. */
function mayPass(error: unknown): boolean {
  if (error instanceof HsrApiError) return error.retryable;
  if (!(error instanceof HsrConnectionError)) return false;
  // Without a status nothing came, below 400 not all of it.
  return error.status === undefined || error.status < 400 || [429, 502, 503, 504].includes(error.status);
}

/**
 * How long to wait before the next try; `null` if there is none. Pauses are random up to their length, so that many
 * callers do not come back all at once; but never shorter than the gateway asks for.
 */
export function pauseBefore(error: unknown, failures: number, retries: number, random = Math.random()): number | null {
  if (failures > retries || !mayPass(error)) return null;
  const longest = Math.min(mostPauseMs, firstPauseMs * 2 ** (failures - 1));
  const asked = error instanceof HsrApiError ? (error.retryAfterMs ?? 0) : 0;
  if (asked > mostPauseMs) return null;
  return asked + longest * random;
}

/** Waits, or throws the reason of the signal. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      // The caller's own reason is what it gets.
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
