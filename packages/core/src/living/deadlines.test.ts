import { expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";

const clock = { monotonic: () => performance.now() };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("each rings once, in its turn, and not after it was cleared or set anew", async () => {
  const deadlines = new Deadlines(clock);
  const rung: string[] = [];
  const [a, b, c, d] = [{}, {}, {}, {}];
  deadlines.set(a, 30, () => rung.push("a"));
  deadlines.set(b, 10, () => rung.push("b"));
  deadlines.set(c, 20, () => rung.push("c"));
  deadlines.set(d, 15, () => rung.push("d"));
  deadlines.clear(c);
  deadlines.set(d, 60, () => rung.push("d again"));
  await pause(200);
  expect(rung).toEqual(["b", "a", "d again"]);
  expect(deadlines.size).toBe(0);
});

test("what rings may set the next one, and an end far away is kept without a timer that overflows", async () => {
  const deadlines = new Deadlines(clock);
  const key = {};
  let rung = 0;
  const again = () => {
    rung += 1;
    if (rung < 3) deadlines.set(key, 5, again);
  };
  deadlines.set(key, 5, again);
  const far = {};
  deadlines.set(far, 40 * 24 * 3_600_000, () => {
    rung = -1;
  });
  await pause(150);
  expect(rung).toBe(3);
  expect(deadlines.has(far)).toBe(true);
  deadlines.clear(far);
});
