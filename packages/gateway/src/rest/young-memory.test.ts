import { expect, test } from "vitest";
import { notePassed } from "./young-memory.ts";

test("buffers that passed are freed without a look through the whole heap, and no code is given the means", () => {
  const pieceBytes = 64 * 1024;
  let mostBytes = 0;
  const before = process.memoryUsage().arrayBuffers;
  for (let passed = 0; passed < 256 * 1024 * 1024; passed += pieceBytes) {
    expect(Buffer.allocUnsafeSlow(pieceBytes).length).toBe(pieceBytes);
    notePassed(pieceBytes);
    mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - before);
  }
  expect(mostBytes).toBeLessThan(24 * 1024 * 1024);
  expect(globalThis).not.toHaveProperty("gc");
});
