/** Server-sent events out of a body's bytes, as far as the gateway uses them: `id`, `event`, `data`, comments. */

/** One event as it came. */
export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** No event of a gateway is larger; who sends more is none. */
const mostChars = 32 * 1024 * 1024;

/** Yields events until the stream ends. One that is cut off by the end is dropped, as the standard has it. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  let id: string | undefined;
  let event = "message";
  let data: string[] = [];
  let chars = 0;
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const ended of lines) {
      const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
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
        data.push(value);
      } else if (field === "event") event = value;
      else if (field === "id" && !value.includes("\0")) id = value;
    }
    if (rest.length + chars > mostChars) throw new Error("an event of the stream is too large");
  }
}
