import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blindPrograms } from "../../bench/risk/sets.ts";
import { root } from "./tree.ts";

/** Of both files, as they were written. */
const DIGEST = "e023ca484b00f70ab8823a055feb04849e6a1b00ce52260a27b74c57bb62428d";

test("nobody has edited the sets since they were written", () => {
  const hash = createHash("sha256");
  for (const name of ["threats.jsonl", "harmless.jsonl"])
    hash.update(readFileSync(join(root, "tests/data/blind", name)));
  expect(hash.digest("hex")).toBe(DIGEST);
});

test("every program has a name of its own, a language and words that are defined", () => {
  const { risky, harmless } = blindPrograms();
  expect(risky.length).toBe(342);
  expect(harmless.length).toBe(223);
  expect(new Set([...risky, ...harmless].map(({ id }) => id)).size).toBe(565);
});
