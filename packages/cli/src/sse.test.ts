import { expect, test } from "vitest";
import { readEvents, type ServerEvent } from "./sse.ts";

async function* chunked(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size: number) {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(chunked(text, size))) events.push(event);
  return events;
}

const stream = ': hello\n\nid: 1\nevent: run.output\ndata: {"text":"grüße"}\n\ndata: a\ndata: b\n\nid: 3\ndata: cut';

test.each([1, 2, 3, 7, 1000])(
  "events come whole from chunks of %i bytes; one that is cut off does not come",
  async (size) => {
    expect(await read(stream, size)).toEqual([
      { id: "1", event: "run.output", data: '{"text":"grüße"}' },
      { id: "1", event: "message", data: "a\nb" },
    ]);
  },
);

test("carriage returns and fields without a value are understood", async () => {
  expect(await read("event: x\r\ndata\r\n\r\n", 4)).toEqual([{ id: undefined, event: "x", data: "" }]);
});
