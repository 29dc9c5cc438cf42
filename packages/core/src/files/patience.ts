/** Waiting for an agent, which belongs to the guest and may never answer. */
import { gatewayLimits, HsrError } from "@hsr/contract";

/** The agent's answer, or an error when it does not come in time or the caller has gone. */
export async function answered<Value>(answer: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new HsrError("sandbox_unreachable")), gatewayLimits.file_answer_ms.value);
  const gone = () => reject(new HsrError("bad_http", { message: "The client went away." }));
  if (signal?.aborted === true) gone();
  signal?.addEventListener("abort", gone, { once: true });
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", gone);
    // Whichever came second is of no interest.
    answer.catch(() => "its outcome came too late");
  }
}

/** As `answered`, for one answer after the other: a transfer has thousands, and one timer and one listener for all of them. */
export class Patience {
  readonly #signal: AbortSignal | undefined;
  #timer: NodeJS.Timeout | null = null;
  #reject: ((reason: HsrError) => void) | null = null;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener("abort", this.#gone, { once: true });
  }

  /** For one answer at a time. Where the clock runs out between two of them, nobody waits who could be told. */
  waitFor<Value>(answer: Promise<Value>): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    this.#reject = reject;
    if (this.#timer === null) this.#timer = setTimeout(this.#late, gatewayLimits.file_answer_ms.value);
    else this.#timer.refresh();
    answer.then(resolve, reject);
    if (this.#signal?.aborted === true) this.#gone();
    return promise;
  }

  end(): void {
    this.#reject = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#gone);
  }

  readonly #late = (): void => this.#reject?.(new HsrError("sandbox_unreachable"));
  readonly #gone = (): void => this.#reject?.(new HsrError("bad_http", { message: "The client went away." }));
}
