/** A token bucket for each key: bursts pass, floods wait. */

/** Buckets that are kept. A full bucket is as good as none, so those are dropped first. */
const keptBuckets = 10_000;
/** Even a slow rate allows a small burst: a person's few quick commands. */
const leastBurst = 64;

interface Bucket {
  tokens: number;
  atMs: number;
}

export interface RateLimit {
  /** Takes one token. Answers 0, or how many ms to wait until there is one. */
  take(key: string, nowMs: number): number;
}

/** `nowMs` is monotonic. */
export function createRateLimit(perMinute: number): RateLimit {
  const perMs = perMinute / 60_000;
  const burst = Math.max(leastBurst, perMinute / 60);
  const buckets = new Map<string, Bucket>();

  function makeRoom(nowMs: number): void {
    for (const [key, bucket] of buckets)
      if (bucket.tokens + (nowMs - bucket.atMs) * perMs >= burst) buckets.delete(key);
    // All are in use: forgetting the oldest half lets those keys have one burst too many, and keeps this loop rare.
    for (const key of buckets.keys()) {
      if (buckets.size < keptBuckets / 2) return;
      buckets.delete(key);
    }
  }

  return {
    take: (key, nowMs) => {
      let bucket = buckets.get(key);
      if (bucket === undefined) {
        if (buckets.size >= keptBuckets) makeRoom(nowMs);
        bucket = { tokens: burst, atMs: nowMs };
        buckets.set(key, bucket);
      }
      bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.atMs) * perMs);
      bucket.atMs = nowMs;
      if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perMs);
      bucket.tokens -= 1;
      return 0;
    },
  };
}
