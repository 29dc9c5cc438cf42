import fc from "fast-check";
import { expect, test } from "vitest";
import { readEvents, type ServerEvent } from "./sse.ts";

async function eventsOf(pieces: readonly Uint8Array[]): Promise<ServerEvent[]> {
  async function* body() {
    yield* pieces;
  }
  const events: ServerEvent[] = [];
  for await (const event of readEvents(body())) events.push(event);
  return events;
}

test("events are the same however the bytes are cut", async () => {
  const text =
    ': still here\n\nid: 1.0\nevent: run.output\ndata: {"text":"ö😀"}\n\nid: 2\r\ndata: a\r\ndata: b\r\n\r\ndata: cut off';
  const bytes = new TextEncoder().encode(text);
  const expected = [
    { id: "1.0", event: "run.output", data: '{"text":"ö😀"}' },
    { id: "2", event: "message", data: "a\nb" },
  ];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((end, i) => bytes.slice(places[i], end));
      expect(await eventsOf(pieces)).toEqual(expected);
    }),
  );
});

test("a field without a value is an empty one, and an event without an id has none", async () => {
  const bytes = new TextEncoder().encode("event: x\r\ndata\r\n\r\n");
  expect(await eventsOf([bytes])).toEqual([{ id: undefined, event: "x", data: "" }]);
});

test("who sends an event without an end is given up", async () => {
  const piece = new TextEncoder().encode("x".repeat(1024 * 1024));
  await expect(eventsOf(Array.from({ length: 33 }, () => piece))).rejects.toThrow(/too large/);
});
