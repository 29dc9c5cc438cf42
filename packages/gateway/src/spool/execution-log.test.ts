/** What is kept of an execution's stream, in real files: against a model that keeps everything. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@hsr/contract";
import { type ExecutionId, ExecutionLog } from "@hsr/core";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LogFolder } from "./log-files.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hsr-log-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KiB = 1024;

/** A byte that says where it stood. */
function byteAt(offset: number): number {
  return (offset * 31 + (offset >> 8)) & 0xff;
}

function bytesAt(offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => byteAt(offset + index));
}

async function all(log: ExecutionLog): Promise<{ readonly offset: number; readonly bytes: Uint8Array }[]> {
  const found = [];
  for await (const piece of log.pieces(50_000)) found.push(piece);
  return found;
}

const step = fc.record({
  gap: fc.constantFrom(0, 0, 0, 1, 70_000),
  repeat: fc.nat(3000),
  length: fc.integer({ min: 1, max: 200 * KiB }),
});

for (const keep of ["first", "newest"] as const)
  test(`the ${keep} bytes are kept, each at its place, also by the next gateway`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), fc.constantFrom(0, 1000, 300 * KiB), async (steps, limit) => {
        const files = new LogFolder(folder);
        const id = newId("execution") as ExecutionId;
        let log = new ExecutionLog(id, "stdout", limit, keep, files);
        let end = 0;
        let taken = 0;
        for (const [index, { gap, repeat, length }] of steps.entries()) {
          // A stream that comes back repeats a little; a ring that was full has dropped something.
          const offset = gap > 0 ? end + gap : Math.max(0, end - repeat);
          await log.take(offset, bytesAt(offset, length));
          taken += Math.max(0, offset + length - Math.max(end, offset));
          end = Math.max(end, offset + length);
          expect(log.end).toBe(end);
          expect(log.safe).toBeLessThanOrEqual(end);
          if (index === 3) {
            // A gateway that dies here leaves its files, and the agent has everything after them.
            await log.flush();
            const restored = new ExecutionLog(id, "stdout", limit, keep, files);
            restored.restore(await new LogFolder(folder).list(id, "stdout"));
            if (keep === "newest" || end <= limit) {
              expect(restored.end).toBe(end);
              log = restored;
            }
          }
        }
        const pieces = await all(log);
        for (const piece of pieces)
          expect(Buffer.from(piece.bytes).equals(bytesAt(piece.offset, piece.bytes.length))).toBe(true);
        const kept = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
        expect(kept).toBeLessThanOrEqual(limit);
        if (keep === "first") expect(kept).toBe(Math.min(limit, taken));
        if (keep === "newest" && kept > 0) {
          const last = pieces.at(-1);
          expect((last?.offset ?? 0) + (last?.bytes.length ?? 0)).toBe(end);
        }
        await files.forget(id);
        expect(readdirSync(folder).filter((name) => name.startsWith(id))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

for (const keep of ["first", "newest"] as const)
  test(`an agent that leaves a gap before each byte gets few files for the ${keep} of them`, async () => {
    const files = new LogFolder(folder);
    const id = newId("execution") as ExecutionId;
    const log = new ExecutionLog(id, "stdout", 1_000_000, keep, files);
    for (let offset = 0; offset < 2000; offset += 2) {
      await log.take(offset, bytesAt(offset, 1));
      if (offset % 100 === 0) await log.flush();
    }
    await log.flush();
    expect(readdirSync(folder).filter((name) => name.startsWith(id)).length).toBeLessThan(100);
    expect(log.end).toBe(1999);
    expect((await all(log)).length).toBeLessThan(100);
    await files.forget(id);
  });
