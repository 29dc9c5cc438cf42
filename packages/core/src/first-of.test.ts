import { expect, test } from "vitest";
import { firstOf } from "./first-of.ts";

/** Counts who listens to it. */
class Counted<Value> extends Promise<Value> {
  listeners = 0;
  static override get [Symbol.species]() {
    return Promise;
  }
  // oxlint-disable-next-line unicorn/no-thenable -- it counts those who call it
  override then<Kept = Value, Caught = never>(
    onValue?: ((value: Value) => Kept | PromiseLike<Kept>) | null,
    onReason?: ((reason: unknown) => Caught | PromiseLike<Caught>) | null,
  ): Promise<Kept | Caught> {
    this.listeners += 1;
    return super.then(onValue, onReason);
  }
}

test("what lives long is listened to once, however often somebody waits a moment for it", async () => {
  const never = new Counted<"never">(() => {});
  for (let i = 0; i < 1000; i += 1) expect(await firstOf([never, Promise.resolve(i)])).toBe(i);
  expect(never.listeners).toBe(1);
});

test("control: a race leaves a listener each time", async () => {
  const never = new Counted<"never">(() => {});
  for (let i = 0; i < 1000; i += 1) expect(await Promise.race([never, Promise.resolve(i)])).toBe(i);
  expect(never.listeners).toBe(1000);
});

test("it settles as the first does, also when that was long ago, and with its error", async () => {
  const never = new Promise<"never">(() => {});
  const done = Promise.resolve("done" as const);
  expect(await firstOf([never, done])).toBe("done");
  expect(await firstOf([never, done])).toBe("done");
  const broken = Promise.reject(new Error("broken"));
  await expect(firstOf([never, broken])).rejects.toThrow("broken");
  await expect(firstOf([broken, never])).rejects.toThrow("broken");
  const ends = Promise.withResolvers<"later">();
  const both = Promise.all([firstOf([ends.promise, never]), firstOf([never, ends.promise])]);
  ends.resolve("later");
  expect(await both).toEqual(["later", "later"]);
});
