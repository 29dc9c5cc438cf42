/** Streams of events that go on after a broken connection, from the event that was seen last. */
import { pieces } from "./bytes.ts";
import { HsrConnectionError } from "./errors.ts";
import { fromWire } from "./keys.ts";
import { pause, pauseBefore } from "./retry.ts";
import { readEvents } from "./sse.ts";

/** As much of an event as is needed here. */
interface AnyEvent {
  readonly type: string;
}

/** Where a stream comes from. */
export interface Source {
  /** Asks for the stream, after the event of this id if one was seen. */
  open(lastEventId: string | undefined): Promise<Response>;
  /** The last type of the stream; `null` for one that has no end. */
  readonly last: string | null;
  /** Whether an end without a last event is as good: the thing that it tells of is over. */
  readonly endsWhole?: boolean;
  readonly retries: number;
  readonly signal?: AbortSignal | undefined;
}

/** Yields each event once, in order, over as many connections as it takes. Throws when no further one helps. */
export async function* follow<Event extends AnyEvent>(source: Source): AsyncGenerator<Event, void, void> {
  let lastEventId: string | undefined;
  let failures = 0;
  // What is refused or lost before anything began is for the caller: a program may not be started twice.
  let response: Response | undefined = await source.open(undefined);
  for (;;) {
    try {
      response ??= await source.open(lastEventId);
      for await (const event of eventsOf(response)) {
        failures = 0;
        lastEventId = event.id ?? lastEventId;
        const value = fromWire(JSON.parse(event.data)) as Event;
        yield value;
        if (value.type === source.last) return;
      }
      if (source.endsWhole === true) return;
      throw new HsrConnectionError("the stream of events ended before its last event");
    } catch (thrown) {
      response = undefined;
      source.signal?.throwIfAborted();
      failures += 1;
      const wait = pauseBefore(thrown, failures, source.retries);
      if (wait === null) throw thrown;
      await pause(wait, source.signal);
    }
  }
}

function eventsOf(response: Response): ReturnType<typeof readEvents> {
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (!isStream) throw new HsrConnectionError("the answer is not a stream of events", { status: response.status });
  return readEvents(pieces(response));
}
