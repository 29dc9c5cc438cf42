import fc from "fast-check";
import { expect, test } from "vitest";
import { type Place, Places } from "./places.ts";

const limits = { concurrency: 4, starts: 2, queue: 6, tenantConcurrency: 3, tenantQueue: 4 };

function code(action: () => unknown): string {
  try {
    action();
    return "taken";
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
}

test("no more start at one time than may, and the next starts when one has started", async () => {
  const places = new Places(limits);
  const [first, second, third] = [places.enter("a"), places.enter("b"), places.enter("a")];
  expect([first.immediate, second.immediate, third.immediate]).toEqual([true, true, false]);
  first.started();
  await third.granted;
  expect(places.counts).toEqual({ living: 3, starting: 2, waiting: 0 });
});

test("a full queue and a tenant's full share are told apart", () => {
  const places = new Places({ ...limits, concurrency: 1 });
  places.enter("a");
  for (let i = 0; i < 4; i += 1) places.enter("a");
  expect(code(() => places.enter("a"))).toBe("quota_exceeded");
  places.enter("b");
  places.enter("b");
  expect(code(() => places.enter("b"))).toBe("queue_full");
  expect(code(() => places.enter("a", true))).toBe("taken");
});

test("whoever waits is served in turn by tenant, not by arrival", async () => {
  const places = new Places({ ...limits, concurrency: 1, queue: 100, tenantQueue: 100 });
  const order: string[] = [];
  let living = places.enter("first");
  const waiting: Place[] = [];
  for (const tenant of ["a", "a", "a", "a", "b", "c"]) {
    const place = places.enter(tenant);
    void place.granted.then(() => {
      order.push(tenant);
      living = place;
    });
    waiting.push(place);
  }
  for (let i = 0; i < waiting.length; i += 1) {
    living.leave();
    await Promise.resolve();
    await Promise.resolve();
  }
  expect(order).toEqual(["a", "b", "c", "a", "a", "a"]);
});

test("a tenant at its share does not stand in the way of others", () => {
  const places = new Places({ ...limits, concurrency: 10, starts: 10 });
  for (let i = 0; i < 3; i += 1) expect(places.enter("a").immediate).toBe(true);
  expect(places.enter("a").immediate).toBe(false);
  expect(places.enter("b").immediate).toBe(true);
});

test("whatever comes and goes, no bound is ever broken and nobody waits while there is room", () => {
  const step = fc.record({
    what: fc.constantFrom("enter", "started", "leave", "leave"),
    tenant: fc.constantFrom("a", "b", "c"),
    which: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const places = new Places(limits);
      const held: { place: Place; tenant: string }[] = [];
      for (const { what, tenant, which } of steps) {
        if (what === "enter") {
          if (code(() => held.push({ place: places.enter(tenant), tenant })) !== "taken") {
            expect(places.counts.waiting).toBeGreaterThan(0);
          }
        } else {
          const entry = held[which % Math.max(1, held.length)];
          if (what === "started") entry?.place.started();
          else entry?.place.leave();
        }
        const { living, starting, waiting } = places.counts;
        expect(living).toBeLessThanOrEqual(limits.concurrency);
        expect(starting).toBeLessThanOrEqual(limits.starts);
        expect(waiting).toBeLessThanOrEqual(limits.queue);
        expect(starting).toBeLessThanOrEqual(living);
      }
      for (const { place } of held) place.leave();
      for (const { place } of held) place.leave();
      expect(places.counts).toEqual({ living: 0, starting: 0, waiting: 0 });
    }),
  );
});
