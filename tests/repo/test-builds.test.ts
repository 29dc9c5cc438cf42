/** Builds for tests can take walls away; what is installed must not be able to. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inCheckout } from "../../scripts/support/checkout.ts";

const names = ["id-range", "guest-id", "launcher-descriptors", "dumpable"];
const knows = (program: string): boolean => {
  const bytes = readFileSync(program).toString("latin1");
  return names.some((name) => bytes.includes(`\0${name}\0`)) || bytes.includes("--without");
};
const production = ["x86_64", "aarch64"]
  .flatMap((arch) => ["hsr-launcher", "hsr-agent"].map((name) => inCheckout(`build/native/${arch}/${name}`)))
  .filter(existsSync);

test("launcher and agent as installed know no way to take a wall away", () => {
  expect(production.length).toBeGreaterThan(0);
  for (const program of production) expect(knows(program), program).toBe(false);
});

const testBuild = inCheckout("build/native/walls/hsr-launcher");
test.skipIf(!existsSync(testBuild))("control: the test build knows them", () => {
  expect(knows(testBuild)).toBe(true);
});
