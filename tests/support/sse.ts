/** Reads a stream of server-sent events, for tests: events in order, comments beside them. */
import type { RunEvent } from "@hsr/contract";

export interface SeenEvent<Event = RunEvent> {
  readonly id: string;
  readonly type: string;
  readonly data: Event;
}

/** Yields each event as it comes; ends when the stream does. */
export async function* eventsOf<Event = RunEvent>(response: Response): AsyncGenerator<SeenEvent<Event>> {
  if (response.body === null) return;
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const field = (name: string) =>
        block
          .split("\n")
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2) ?? "";
      if (field("event") !== "")
        yield { id: field("id"), type: field("event"), data: JSON.parse(field("data")) as Event };
    }
  }
}

/** All events of a stream that ends. */
export async function allEvents<Event = RunEvent>(response: Response): Promise<SeenEvent<Event>[]> {
  const events: SeenEvent<Event>[] = [];
  for await (const event of eventsOf<Event>(response)) events.push(event);
  return events;
}

/** The bytes of one output stream, put together from its events. Throws when a piece is missing or comes twice. */
export function outputOf(events: readonly SeenEvent[], stream: "stdout" | "stderr", from = 0): Buffer {
  let at = from;
  const parts: Buffer[] = [];
  for (const { data } of events) {
    if (data.type !== "run.output" || data.data.stream !== stream) continue;
    if (data.data.offset !== at) throw new Error(`a piece of ${stream} is at ${data.data.offset} and not at ${at}`);
    const piece =
      data.data.text === undefined ? Buffer.from(data.data.base64 ?? "", "base64") : Buffer.from(data.data.text);
    at += piece.length;
    parts.push(piece);
  }
  return Buffer.concat(parts);
}
