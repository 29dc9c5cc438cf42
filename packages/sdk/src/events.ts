import { follow } from "./follow.ts";
import type { Event, Operations } from "./gen/api.ts";
import type { CallOptions } from "./options.ts";
import { streamHeaders } from "./runs.ts";
import type { Transport } from "./transport.ts";

/** Which events, and from where on. */
export interface EventOptions extends CallOptions, Omit<Operations["watchEvents"]["query"], "subject"> {
  /** The id of the last event that was seen: nothing after it is missed, and nothing comes twice. */
  readonly after?: string | undefined;
}

/** Events without an end, over as many connections as it takes. */
export function watchEvents(
  transport: Transport,
  { after, signal, ...query }: EventOptions & { readonly subject?: string | undefined },
): AsyncIterable<Event> {
  const open = (lastEventId: string | undefined) =>
    transport.send("watchEvents", { query, headers: streamHeaders(lastEventId ?? after), signal });
  return follow({ open, last: null, retries: transport.retries, signal });
}
