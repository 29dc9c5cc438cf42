import fc from "fast-check";
import { expect, test } from "vitest";
import { parseStrictJson } from "./strict-json.ts";

const parse = (text: string) => parseStrictJson(Buffer.from(text));

test("what is accepted is what JSON.parse makes of it, and JSON that is neither deep nor ambiguous is accepted", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8, noUnicodeString: false } as never), (text) => {
      if (/__proto__|constructor|prototype/.test(text)) return;
      expect(parse(text)).toEqual(JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test.for([
  '{"a":1,"a":2}',
  '{"a":1,"b":{"c":1,"c":1}}',
  '[{"a":1},{"a":1 , "a" :2}]',
  '{"a":1,"\\u0061":2}',
  '{"\\\\":1,"\\u005c":2}',
  '{"__proto__":1}',
  '{"a":{"\\u005f_proto__":1}}',
  '{"constructor":{"prototype":{}}}',
  "[".repeat(17) + "]".repeat(17),
])("%s is refused", (text) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: "invalid_json" }) as Error);
});

test.for([
  '{"a":"a","b":"b:","c":["a","a"]}',
  '{"a":"\\"","b":"\\\\"}',
  '{"a":{"a":{"a":1}}}',
  '{"a":"{\\"b\\":1,\\"b\\":2}"}',
  "[".repeat(16) + "]".repeat(16),
])("%s is accepted: strings and other objects are no keys of this one", (text) => {
  expect(parse(text)).toEqual(JSON.parse(text));
});

test("a megabyte of code, and a megabyte of quotes, take no time worth speaking of", () => {
  for (const code of ["print(1)\n".repeat(110_000), '"'.repeat(500_000), "\\".repeat(500_000)]) {
    const text = JSON.stringify({ code });
    const began = performance.now();
    expect(parse(text)).toEqual({ code });
    expect(performance.now() - began).toBeLessThan(500);
  }
});

test("more values than any request has are refused before anything is made of them", () => {
  const most = 8192;
  expect(parse(`[${Array(most).fill("0").join(",")}]`)).toHaveLength(most);
  for (const text of [
    `[${Array(most + 1)
      .fill("0")
      .join(",")}]`,
    `{${Array.from({ length: most + 1 }, (_, i) => `"k${i}":0`).join(",")}}`,
    `[${"[],".repeat(5000)}0]`,
    `[${"0,".repeat(5_000_000)}0]`,
  ]) {
    const began = performance.now();
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "invalid_json" }) as Error);
    expect(performance.now() - began).toBeLessThan(500);
  }
  // Commas and brackets inside of strings are text.
  const code = ',[{"\\"'.repeat(5000);
  expect(parse(JSON.stringify({ code }))).toEqual({ code });
});
