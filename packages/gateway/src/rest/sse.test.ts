import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { completeLength, parseLastEventId } from "./sse.ts";

test("text that is cut anywhere is sent in pieces that are all text, and put together it is the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.integer({ min: 1, max: 7 }), (text, size) => {
      const bytes = Buffer.from(text);
      const pieces: Buffer[] = [];
      let at = 0;
      let window = size;
      while (at < bytes.length) {
        const seen = bytes.subarray(at, at + window);
        const whole = at + seen.length >= bytes.length ? seen.length : completeLength(seen);
        window = whole === 0 ? window + 1 : size;
        if (whole > 0) pieces.push(seen.subarray(0, whole));
        at += whole;
      }
      for (const piece of pieces) expect(isUtf8(piece)).toBe(true);
      expect(Buffer.concat(pieces).toString()).toBe(bytes.toString());
    }),
  );
});

test("bytes that cannot begin a code point are not waited for", () => {
  for (const bytes of [[0xff], [0x80], [0xc0], [0xc1], [0xf5], [0x61, 0x80], [0x80, 0x80, 0x80, 0x80]])
    expect(completeLength(Uint8Array.from(bytes))).toBe(bytes.length);
  for (const bytes of [[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98]])
    expect(completeLength(Uint8Array.from([0x61, ...bytes]))).toBe(1);
});

test("only what we made is a Last-Event-ID", () => {
  expect(parseLastEventId("12.5")).toEqual({ seq: 12, stdout: 5 });
  for (const odd of [undefined, "", "12", "1.2.3", "-1.0", "1e3.0", " 1.0", "9".repeat(20)])
    expect(parseLastEventId(odd)).toBeNull();
});
