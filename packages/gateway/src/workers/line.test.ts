import fc from "fast-check";
import { expect, test } from "vitest";
import { Line } from "./line.ts";

test("tenants take turns", () => {
  const line = new Line<string>({ places: 10, bytes: 100 });
  for (const job of ["a1", "a2", "a3", "b1", "c1", "c2"]) expect(line.push(job.slice(0, 1), job, 1)).toBe(true);
  expect(line.takeAll()).toEqual(["a1", "b1", "c1", "a2", "c2", "a3"]);
  expect(line.size).toBe(0);
});

test("a tenant who floods it leaves half of the places and of the bytes to others", () => {
  const places = new Line<number>({ places: 10, bytes: 1000 });
  expect(Array.from({ length: 20 }, (_, i) => places.push("flood", i, 1)).filter(Boolean)).toHaveLength(5);
  expect(places.push("other", 1, 1)).toBe(true);
  const bytes = new Line<number>({ places: 10, bytes: 100 });
  expect(bytes.push("flood", 1, 80)).toBe(true);
  expect(bytes.push("flood", 2, 1)).toBe(false);
  expect(bytes.push("other", 3, 20)).toBe(true);
  expect(bytes.push("third", 4, 1)).toBe(false);
});

test("whatever comes and goes: within the bounds, nothing lost, each tenant's in its order", () => {
  const step = fc.oneof(
    fc.record({ tenant: fc.constantFrom("a", "b", "c"), bytes: fc.nat(40) }),
    fc.constant("shift" as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const line = new Line<{ tenant: string; number: number; bytes: number }>({ places: 8, bytes: 100 });
      const inside: { tenant: string; number: number; bytes: number }[] = [];
      for (const [number, each] of steps.entries()) {
        if (each === "shift") {
          const job = line.shift();
          expect(job === undefined).toBe(inside.length === 0);
          if (job === undefined) continue;
          expect(inside.find(({ tenant }) => tenant === job.tenant)).toBe(job);
          inside.splice(inside.indexOf(job), 1);
        } else {
          const job = { ...each, number };
          if (line.push(each.tenant, job, each.bytes)) inside.push(job);
        }
        expect(line.size).toBe(inside.length);
        expect(inside.length).toBeLessThanOrEqual(8);
        expect(inside.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(100);
      }
      expect(line.takeAll()).toHaveLength(inside.length);
    }),
  );
});
