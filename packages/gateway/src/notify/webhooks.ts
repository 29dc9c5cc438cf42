/**
 * Delivers events to webhooks: each in order, at least once, tried again with growing pauses, given up after the last
 * try. How far each is stands in the store, so that a new gateway goes on where the old one was.
 */
import { gatewayLimits } from "@hsr/contract";
import type { Clock, Log, Metrics, Store, StoredEvent, WebhookProgress, WebhookRecord } from "@hsr/core";
import { wireEvent } from "../rest/events.ts";
import { type Posted, post } from "./post.ts";
import { signedHeaders } from "./sign.ts";

export interface WebhookPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Whether an address that was allowed once still is. */
  readonly allows: (url: string) => boolean;
}

/** Events that are read at one time. */
const eventsPerLook = 20;
/** While many events pass that a webhook does not want, its place is noted this often. */
const notePlaceEvery = 1000;

export class Webhooks {
  readonly #ports: WebhookPorts;
  readonly #running = new Map<string, AbortController>();
  readonly #ended = new Set<Promise<void>>();

  constructor(ports: WebhookPorts) {
    this.#ports = ports;
  }

  /** Goes on with those that are stored. */
  async start(): Promise<void> {
    for (const webhook of await this.#ports.store.webhooks.list(null)) this.add(webhook);
  }

  /** Begins with one. */
  add(webhook: WebhookRecord): void {
    const stopped = new AbortController();
    this.#running.set(webhook.id, stopped);
    const ended = this.#deliver(webhook, stopped.signal).catch((err: unknown) =>
      this.#ports.log.error({ err, webhook: webhook.id }, "a webhook broke"),
    );
    this.#ended.add(ended);
    void ended.then(() => this.#ended.delete(ended));
  }

  /** Ends one that was removed. */
  remove(id: string): void {
    this.#running.get(id)?.abort();
    this.#running.delete(id);
  }

  /** Ends all; resolves when nothing is under way. */
  async close(): Promise<void> {
    for (const id of [...this.#running.keys()]) this.remove(id);
    await Promise.all(this.#ended);
  }

  async #deliver(webhook: WebhookRecord, stop: AbortSignal): Promise<void> {
    const { store, clock } = this.#ports;
    const filter = { tenant: webhook.tenant, types: webhook.types };
    let at: WebhookProgress = webhook;
    let noted = at.deliveredSeq;
    const note = async (change: Partial<WebhookProgress>) => {
      at = { ...at, ...change };
      noted = at.deliveredSeq;
      await store.webhooks.progress(webhook.id, at);
    };
    while (!stop.aborted) {
      const page = await store.events.after(at.deliveredSeq, filter, eventsPerLook);
      for (const event of page.events) {
        if (at.nextAttemptAtMs !== null) await pause(at.nextAttemptAtMs - clock.now(), stop);
        while (!stop.aborted && !(await this.#try(webhook, event, at, note, stop)))
          await pause((at.nextAttemptAtMs ?? 0) - clock.now(), stop);
        if (stop.aborted) return;
      }
      const isAtEnd = page.seenSeq === at.deliveredSeq;
      if (page.seenSeq > at.deliveredSeq) at = { ...at, deliveredSeq: page.seenSeq };
      if (at.deliveredSeq - noted >= notePlaceEvery) await note({});
      // Between the look and this line nothing was committed: both are in one turn.
      if (isAtEnd) await this.#nextEvents(stop);
    }
  }

  /** One try of one event. `true`: it is done with. */
  async #try(
    webhook: WebhookRecord,
    event: StoredEvent,
    at: WebhookProgress,
    note: (change: Partial<WebhookProgress>) => Promise<void>,
    stop: AbortSignal,
  ): Promise<boolean> {
    const { clock, metrics } = this.#ports;
    const posted = await this.#post(webhook, event, stop);
    if (stop.aborted) return false;
    const status = "status" in posted ? posted.status : null;
    if (status !== null && status >= 200 && status < 300) {
      metrics.count("hsr_webhook_deliveries_total", { outcome: "delivered" });
      const fresh = { attempts: 0, nextAttemptAtMs: null, lastStatus: status, lastError: null };
      await note({ ...fresh, deliveredSeq: event.seq, deliveredAtMs: clock.now() });
      return true;
    }
    const lastError = "error" in posted ? posted.error.slice(0, 256) : `the answer was ${status}`;
    const attempts = at.attempts + 1;
    if (attempts >= gatewayLimits.webhook_attempts.value) {
      metrics.count("hsr_webhook_deliveries_total", { outcome: "given_up" });
      const facts = { attempts: 0, nextAttemptAtMs: null, lastStatus: status, lastError, givenUp: at.givenUp + 1 };
      await note({ ...facts, deliveredSeq: event.seq });
      return true;
    }
    metrics.count("hsr_webhook_deliveries_total", { outcome: "failed" });
    await note({ attempts, nextAttemptAtMs: clock.now() + pauseMs(attempts), lastStatus: status, lastError });
    return false;
  }

  async #post(webhook: WebhookRecord, event: StoredEvent, signal: AbortSignal): Promise<Posted> {
    const { clock, allows } = this.#ports;
    if (!allows(webhook.url)) return { error: "the operator allows this host no more" };
    const body = JSON.stringify(wireEvent(event));
    const headers = signedHeaders(webhook.secret, `${webhook.id}.${event.seq}`, clock.now(), body);
    return await post({ url: webhook.url, headers, body, timeoutMs: gatewayLimits.webhook_timeout_ms.value, signal });
  }

  #nextEvents(stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        unwatch();
        stop.removeEventListener("abort", done);
        resolve();
      };
      const unwatch = this.#ports.store.events.watch(done);
      stop.addEventListener("abort", done);
    });
  }
}

/** A second, then twice as long each time up to an hour, and a little by chance, so that many do not come back at once. */
export function pauseMs(attempts: number): number {
  const whole = Math.min(3_600_000, 1000 * 2 ** (attempts - 1));
  return Math.round(whole * (0.8 + 0.4 * Math.random()));
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (ms <= 0 || stop.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, 2_147_000_000));
    timer.unref();
    stop.addEventListener("abort", done);
  });
}
