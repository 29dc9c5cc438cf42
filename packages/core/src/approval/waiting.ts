/**
 * What waits for a person: runs, sandboxes and executions alike. Each waits under its id until it is answered, ended by
 * somebody, or late; the first of these counts. Its input lies in the store and not in memory, and one tenant has a bounded
 * share of that.
 */
import { HsrError } from "@hsr/contract";
import type { Clock } from "../ports.ts";

/** Who answers. */
export interface Approver {
  readonly keyId: string;
  readonly requestId: string;
}

export type Answer =
  | { readonly kind: "approve"; readonly by: Approver }
  | { readonly kind: "deny"; readonly by: Approver; readonly reason: string }
  | { readonly kind: "expire" };

/** A tenant's share of what may wait. */
export interface WaitingLimits {
  readonly tenantWaiting: number;
  readonly tenantBytes: number;
}

/** A place among those that wait, until it is given back. */
export interface Seat {
  /** Gives it back. Idempotent. */
  leave(): void;
}

interface Asked {
  readonly resolve: (answer: Answer) => void;
  readonly settled: Promise<void>;
}

/** How long a tenant that has its share is told to wait: people answer in minutes. */
const retryAfterMs = 60_000;

export class Waiting {
  readonly #limits: WaitingLimits;
  readonly #clock: Clock;
  readonly #asked = new Map<string, Asked>();
  readonly #tenants = new Map<string, { count: number; bytes: number }>();

  constructor(limits: WaitingLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Takes a place for an input of so many bytes. Throws `quota_exceeded`. `force` is for what an earlier gateway accepted. */
  enter(tenant: string, bytes: number, force = false): Seat {
    const share = this.#tenants.get(tenant) ?? { count: 0, bytes: 0 };
    const { tenantWaiting, tenantBytes } = this.#limits;
    if (!force && (share.count >= tenantWaiting || share.bytes + bytes > tenantBytes))
      throw new HsrError("quota_exceeded", {
        message: "Too much waits for an approval already.",
        hint: "Wait until somebody has answered, or end what is not needed any more.",
        retryAfterMs,
      });
    share.count += 1;
    share.bytes += bytes;
    this.#tenants.set(tenant, share);
    let left = false;
    return {
      leave: () => {
        if (left) return;
        left = true;
        share.count -= 1;
        share.bytes -= bytes;
        if (share.count === 0) this.#tenants.delete(tenant);
      },
    };
  }

  /**
   * Waits for the answer and resolves when `act` has dealt with it. `act` gets `null` where `stopped` came first, and must
   * not reject: nobody is there to hear it.
   */
  async ask(
    id: string,
    deadlineAtMs: number,
    stopped: Promise<unknown>,
    act: (answer: Answer | null) => Promise<void>,
  ): Promise<void> {
    const answered = Promise.withResolvers<Answer>();
    const settled = Promise.withResolvers<void>();
    this.#asked.set(id, { resolve: answered.resolve, settled: settled.promise });
    const leftMs = Math.max(0, deadlineAtMs - this.#clock.now());
    const timer = setTimeout(() => answered.resolve({ kind: "expire" }), leftMs).unref();
    const first = await Promise.race([answered.promise, stopped.then(() => null)]);
    clearTimeout(timer);
    this.#asked.delete(id);
    try {
      await act(first);
    } finally {
      settled.resolve();
    }
  }

  /** Gives an answer; the first one counts. Resolves when it is dealt with, with `false` where nothing waits under this id. */
  async answer(id: string, answer: Answer): Promise<boolean> {
    const asked = this.#asked.get(id);
    if (asked === undefined) return false;
    this.#asked.delete(id);
    asked.resolve(answer);
    await asked.settled;
    return true;
  }
}
