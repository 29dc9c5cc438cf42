/** Server-sent events out of a body's bytes, as far as HSR's streams use them: `id`, `event`, `data`, comments. */

export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** No event of HSR is larger; a server that sends more is not HSR. */
const MAX_EVENT_CHARS = 32 * 1024 * 1024;

/** Yields events until the stream ends. An event that is cut off by the end is dropped, as the standard has it. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  let id: string | undefined;
  let event = "message";
  let data: string[] = [];
  let chars = 0;
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? "";
    if (rest.length > MAX_EVENT_CHARS) throw new Error("an event of the stream is too large");
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { id, event, data: data.join("\n") };
        event = "message";
        data = [];
        chars = 0;
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") {
        chars += value.length;
        if (chars > MAX_EVENT_CHARS) throw new Error("an event of the stream is too large");
        data.push(value);
      } else if (field === "event") event = value;
      else if (field === "id" && !value.includes("\0")) id = value;
    }
  }
}
