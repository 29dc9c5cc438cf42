import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Spool, StreamName } from "../spool.ts";
import type { RunId } from "../types.ts";
import { KeptOutput } from "./kept-output.ts";

/** A spool in memory: the port is small enough for a second honest implementation. */
function memorySpool() {
  const kept: Record<StreamName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  const skipped = { stdout: 0, stderr: 0 };
  const spool: Spool = {
    append: async (_run, stream, bytes) => void (kept[stream] = Buffer.concat([kept[stream], ...bytes])),
    skip: async (_run, gap) => void (skipped[gap.stream] += gap.skippedBytes),
    read: async (_run, stream, offset, length) => kept[stream].subarray(offset, offset + length),
    path: (_run, stream) => stream,
    state: async () => ({
      keptBytes: { stdout: kept.stdout.length, stderr: kept.stderr.length },
      skippedBytes: skipped,
    }),
    remove: async () => {},
    sweep: async () => {},
  };
  return { spool, kept, skipped };
}

setFlagsFromString("--expose-gc");
const run = "run-x" as RunId;
const pattern = Buffer.from(Array.from({ length: 251 * 8000 }, (_, i) => i % 251));
const bytes = (length: number, start = 0) => pattern.subarray(start, start + length);
/** Compared at once: an assertion would walk hundreds of thousands of elements one by one. */
const holds = async (kept: KeptOutput, expected: Buffer) =>
  Buffer.compare(await kept.read(0, kept.bytes), expected) === 0;

describe("kept output", () => {
  test("little output never touches the spool", async () => {
    const { spool, kept } = memorySpool();
    const output = new KeptOutput(run, "stdout", 1000, spool);
    await output.take(0, bytes(100));
    expect(output.inMemory).toBe(true);
    expect(kept.stdout.length).toBe(0);
    expect(output.safeOffset).toBe(0);
    expect(await output.source()).toEqual({ kind: "bytes", bytes: bytes(100) });
  });

  test("what is safe is what is spooled, never more", async () => {
    const { spool, kept } = memorySpool();
    const output = new KeptOutput(run, "stdout", 1e9, spool);
    for (let at = 0; at < 500_000; at += 50_000) {
      await output.take(at, bytes(50_000, at));
      expect(output.safeOffset).toBe(kept.stdout.length);
    }
    expect(await holds(output, bytes(500_000))).toBe(true);
  });

  test("the limit is exact, and beyond it everything may leave the ring", async () => {
    const { spool } = memorySpool();
    const output = new KeptOutput(run, "stdout", 10, spool);
    await output.take(0, bytes(300_000));
    expect(output).toMatchObject({ bytes: 10, overLimit: true, agentOffset: 300_000, safeOffset: 300_000 });
    expect(await holds(output, bytes(10))).toBe(true);
  });

  test("cut anyhow, sent twice in part, and taken up by others in between, it is the same bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            length: fc.integer({ min: 1, max: 90_000 }),
            overlap: fc.integer({ min: 0, max: 500 }),
            die: fc.boolean(),
          }),
          { maxLength: 12 },
        ),
        fc.integer({ min: 0, max: 400_000 }),
        async (pieces, limit) => {
          const { spool } = memorySpool();
          let output = new KeptOutput(run, "stdout", limit, spool);
          let sent = 0;
          for (const { length, overlap, die } of pieces) {
            if (die) {
              const state = await spool.state(run);
              output = new KeptOutput(run, "stdout", limit, spool, {
                kept: state.keptBytes.stdout,
                skipped: state.skippedBytes.stdout,
              });
            }
            // The agent sends from where it is followed, or a little before.
            const from = Math.max(0, Math.min(output.agentOffset, sent) - overlap);
            sent = Math.max(sent, from + length);
            await output.take(from, bytes(sent - from, from));
          }
          expect(await holds(output, bytes(Math.min(limit, sent)))).toBe(true);
          expect(output.overLimit || sent <= limit).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("bytes that the agent's ring had dropped are a gap, also for the next gateway", async () => {
    const { spool, skipped } = memorySpool();
    const output = new KeptOutput(run, "stdout", 1e6, spool);
    await output.take(0, bytes(10));
    await output.take(1000, bytes(200_000));
    expect(skipped.stdout).toBe(990);
    expect(output.bytes).toBe(200_010);
    const next = new KeptOutput(run, "stdout", 1e6, spool, {
      kept: (await spool.state(run)).keptBytes.stdout,
      skipped: 990,
    });
    expect(next.agentOffset).toBe(201_000);
  });

  test("any part can be read, across spool and memory", async () => {
    const { spool } = memorySpool();
    const output = new KeptOutput(run, "stdout", 1e6, spool);
    await output.take(0, bytes(140_000));
    await output.take(140_000, bytes(1000, 140_000));
    for (const [offset, length] of [
      [0, 10],
      [139_990, 100],
      [140_000, 5],
      [140_500, 10_000],
      [141_000, 1],
    ] as const) {
      const part = await output.read(offset, length);
      const expected = bytes(141_000).subarray(offset, Math.min(offset + length, 141_000));
      expect(Buffer.compare(part, expected)).toBe(0);
    }
  });

  test("what is on its way into the spool when the run is stopped is kept once, and nothing after it", async () => {
    const { spool, kept } = memorySpool();
    const output = new KeptOutput(run, "stdout", 1e6, spool);
    await output.take(0, bytes(150_000));
    const taking = output.take(150_000, bytes(150_000, 150_000));
    const source = await output.source();
    await taking;
    await output.take(300_000, bytes(1000, 300_000));
    expect(source).toEqual({ kind: "spool", path: "stdout", bytes: 300_000 });
    expect(output.bytes).toBe(300_000);
    expect(Buffer.compare(kept.stdout, bytes(300_000))).toBe(0);
  });

  test("single bytes that trickle in cost no more than the bytes", async () => {
    const { spool } = memorySpool();
    const output = new KeptOutput(run, "stdout", 1e6, spool);
    const pieces = 60_000;
    const before = await memory();
    for (let at = 0; at < pieces; at += 1) await output.take(at, Uint8Array.of(at % 251));
    expect((await memory()) - before).toBeLessThan(4 * 1024 * 1024);
    expect(await holds(output, bytes(pieces))).toBe(true);
  });
});

/** What is in use, after collections: buffers are let go in the background, some time after the first. */
async function memory(): Promise<number> {
  const collect = globalThis.gc ?? (runInNewContext("gc") as () => void);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i += 1) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    least = Math.min(least, heapUsed + arrayBuffers);
  }
  return least;
}
