/** Deadlines of many things with one timer. They run on the monotonic clock: a wall clock that jumps moves none of them. */
import type { Clock } from "../ports.ts";

/** What `setTimeout` takes at most. */
const longestMs = 2_147_000_000;

export class Deadlines {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #due = new Map<object, { readonly atMs: number; readonly ring: () => void }>();
  #timer: NodeJS.Timeout | null = null;
  #wakesAtMs = Number.POSITIVE_INFINITY;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Rings once after so many ms, unless it is set anew or cleared before. `key` names the deadline. */
  set(key: object, delayMs: number, ring: () => void): void {
    const atMs = this.#clock.monotonic() + delayMs;
    this.#due.set(key, { atMs, ring });
    if (atMs < this.#wakesAtMs) this.#wakeAt(atMs);
  }

  clear(key: object): void {
    this.#due.delete(key);
    if (this.#due.size === 0) this.close();
  }

  has(key: object): boolean {
    return this.#due.has(key);
  }

  /** How many are set. */
  get size(): number {
    return this.#due.size;
  }

  /** Rings no more, until something is set. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
  }

  #wakeAt(atMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#wakesAtMs = atMs;
    const delayMs = Math.min(longestMs, Math.max(0, Math.ceil(atMs - this.#clock.monotonic())));
    this.#timer = setTimeout(() => this.#ring(), delayMs);
    this.#timer.unref();
  }

  #ring(): void {
    this.#timer = null;
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    let next = Number.POSITIVE_INFINITY;
    const over: (() => void)[] = [];
    for (const [key, { atMs, ring }] of this.#due) {
      if (atMs <= now) {
        this.#due.delete(key);
        over.push(ring);
      } else next = Math.min(next, atMs);
    }
    if (next !== Number.POSITIVE_INFINITY) this.#wakeAt(next);
    for (const ring of over) ring();
  }
}
