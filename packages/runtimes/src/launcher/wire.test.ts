import fc from "fast-check";
import { expect, test } from "vitest";
import { decode, encode, headerBytes, MessageReader, messageTypes } from "./wire.ts";

test("a message comes out as it went in, whatever the chunks' borders", () => {
  fc.assert(
    fc.property(
      fc.record({
        count: fc.integer({ min: 0, max: 2 ** 48 }),
        names: fc.array(fc.string({ maxLength: 40 }), { maxLength: 5 }),
        cut: fc.integer({ min: 1, max: 50 }),
      }),
      ({ count, names, cut }) => {
        const bytes = Buffer.concat([
          encode(messageTypes.list, 7, { numbers: { count }, texts: { sandbox: names } }),
          encode(messageTypes.ended, 0, { texts: { sandbox: "sb-1" } }),
        ]);
        const reader = new MessageReader();
        const messages = [];
        for (let at = 0; at < bytes.length; at += cut) messages.push(...reader.push(bytes.subarray(at, at + cut)));
        expect(messages).toEqual([
          {
            type: messageTypes.list,
            request: 7,
            numbers: { count },
            texts: names.length > 0 ? { sandbox: names } : {},
          },
          { type: messageTypes.ended, request: 0, numbers: {}, texts: { sandbox: ["sb-1"] } },
        ]);
      },
    ),
    { numRuns: 200 },
  );
});

test("arbitrary bytes give messages or an error, and nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        new MessageReader().push(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { numRuns: 500 },
  );
});

test("a length that no launcher sends is refused before anything is kept", () => {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(0xffff_ffff, 0);
  expect(() => new MessageReader().push(header)).toThrow("4294967295");
});

test("fields of a newer launcher are passed over", () => {
  const known = encode(messageTypes.ok, 1, { numbers: { version: 1 } }).subarray(headerBytes);
  const unknown = Buffer.from([0xe7, 0x03, 2, 0, 1, 2]);
  expect(decode(messageTypes.ok, 1, Buffer.concat([unknown, known])).numbers).toEqual({ version: 1 });
});
