import { createKeyRequestSchema, HsrError, httpLimits, runRequestSchema } from "@hsr/contract";
import { expect, test } from "vitest";
import { compileCheck } from "./check.ts";

/** The largest bodies that the parser lets through, of the kinds that make a check work hardest. */
const many = httpLimits.json_values.value - 100;
const zeros = Array<number>(many).fill(0);
const keys = Object.fromEntries(Array.from({ length: many }, (_, i) => [`K${i}`, 0]));
const schemas = { run: runRequestSchema, key: createKeyRequestSchema };

for (const [name, schema] of Object.entries(schemas))
  test(`a complaint about thousands of wrong values in a ${name} request takes no time worth speaking of`, () => {
    const check = compileCheck(schema, "body");
    const fields = Object.keys(schema.properties);
    const bodies: unknown[] = [zeros, keys, ...fields.flatMap((field) => [{ [field]: zeros }, { [field]: keys }])];
    for (const body of bodies) {
      const began = performance.now();
      expect(() => check(body)).toThrow(HsrError);
      expect(performance.now() - began, JSON.stringify(body).slice(0, 40)).toBeLessThan(250);
    }
  });
