import { type EventOptions, watchEvents } from "./events.ts";
import type { Event, Operations, RunRequest } from "./gen/api.ts";
import type { CreateOptions, HsrOptions } from "./options.ts";
import { type PendingRun, Runs } from "./runs.ts";
import { Sandboxes } from "./sandboxes.ts";
import { type Ask, type OperationName, Transport } from "./transport.ts";

/**
 * A gateway, as its callers see it.
 *
 * Requests that may be repeated without harm are tried again when the gateway cannot be reached or asks for it. What the
 * gateway refuses is an `HsrApiError`, a connection that fails an `HsrConnectionError`; what a program does is a result.
 */
export class Hsr {
  readonly runs: Runs;
  readonly sandboxes: Sandboxes;
  readonly #transport: Transport;

  constructor(options: HsrOptions) {
    this.#transport = new Transport(options);
    this.runs = new Runs(this.#transport);
    this.sandboxes = new Sandboxes(this.#transport);
  }

  /**
   * Runs a program in a fresh sandbox. Awaited, it gives the result; `output` and `events` come while it runs. Who goes away
   * from it ends it, unless `detach` is set. A run that waits for a person's approval is waited for.
   */
  run(request: Omit<RunRequest, "waitMs">, options: CreateOptions = {}): PendingRun {
    return this.runs.run(request, options);
  }

  /** What happens to the tenant's sandboxes, programs and runs: from now on, or after an event that was seen. */
  events(options: EventOptions & { readonly subject?: string | undefined } = {}): AsyncIterable<Event> {
    return watchEvents(this.#transport, options);
  }

  /** Any operation of the API by its name, for what has no method here: webhooks, volumes, keys, policy, approvals. */
  async call<Name extends OperationName>(name: Name, ask: Ask<Name>): Promise<Operations[Name]["answer"]> {
    return await this.#transport.json(name, ask);
  }
}
