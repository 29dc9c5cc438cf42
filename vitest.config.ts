import { defineConfig } from "vitest/config";

/**
 * One project per promise, and how many of its files run beside each other. What a test needs of the host it asks of
 * `tests/support/host.ts`.
 *
 * A test of the last five kinds has a launcher, control groups and host ids of its own, so its neighbour may be any other; it
 * waits about as long as it works, so two of them fill two processors. The fuzzers are three, of which one mostly waits.
 */
const workers = { conformance: 2, security: 2, faults: 2, e2e: 2, fuzz: 3 };
/** The first three kinds only compute: one file a processor. */
const everyProcessor = "100%";

export default defineConfig({
  test: {
    reporters: ["default"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts"],
          testTimeout: 10_000,
          maxWorkers: everyProcessor,
        },
      },
      {
        test: {
          name: "sanitizer",
          include: ["packages/runtimes/src/agent/**/*.test.ts"],
          env: { HSR_TEST_AGENT: "asan" },
          testTimeout: 30_000,
          maxWorkers: everyProcessor,
        },
      },
      { test: { name: "repo", include: ["tests/repo/**/*.test.ts"], testTimeout: 60_000, maxWorkers: everyProcessor } },
      ...Object.entries(workers).map(([name, maxWorkers], index) => ({
        test: {
          name,
          include: [`tests/${name}/**/*.test.ts`],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers,
          // Kinds do not mix: each has another number of workers.
          sequence: { groupOrder: index + 1 },
        },
      })),
    ],
  },
});
