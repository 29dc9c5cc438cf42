/**
 * The first of several promises. `Promise.race` leaves a reaction at each of those that stay pending, until they settle: whoever
 * waits a thousand times for a tick or for the end of something that lives long has left a thousand. Here each promise
 * is listened to once, and who does not wait any more leaves nothing behind.
 */

type Settled = { readonly value: unknown } | { readonly reason: unknown };
interface Watched {
  readonly listeners: Set<(settled: Settled) => void>;
  settled: Settled | null;
}

const watched = new WeakMap<Promise<unknown>, Watched>();

function watch(promise: Promise<unknown>): Watched {
  const known = watched.get(promise);
  if (known !== undefined) return known;
  const fresh: Watched = { listeners: new Set(), settled: null };
  watched.set(promise, fresh);
  const settle = (settled: Settled) => {
    fresh.settled = settled;
    for (const listener of fresh.listeners) listener(settled);
    fresh.listeners.clear();
  };
  promise.then(
    (value) => settle({ value }),
    (reason: unknown) => settle({ reason }),
  );
  return fresh;
}

/** Settles as the first of them does. */
export function firstOf<Promises extends readonly Promise<unknown>[]>(
  promises: Promises,
): Promise<Awaited<Promises[number]>> {
  return new Promise((resolve, reject) => {
    const all = promises.map(watch);
    const listener = (settled: Settled) => {
      for (const { listeners } of all) listeners.delete(listener);
      if ("value" in settled) resolve(settled.value as Awaited<Promises[number]>);
      else reject(settled.reason);
    };
    for (const { listeners } of all) listeners.add(listener);
    const over = all.find(({ settled }) => settled !== null)?.settled;
    if (over) listener(over);
  });
}
