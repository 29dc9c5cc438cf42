import { defineConfig } from "vitest/config";

/** One project per promise. What a test needs of the host it asks of `tests/support/host.ts`. */
const kinds = ["conformance", "security", "faults", "e2e", "repo", "fuzz"] as const;

export default defineConfig({
  test: {
    reporters: ["default"],
    projects: [
      { test: { name: "unit", include: ["packages/*/src/**/*.test.ts"], testTimeout: 10_000 } },
      {
        test: {
          name: "sanitizer",
          include: ["packages/runtimes/src/agent/**/*.test.ts"],
          env: { HSR_TEST_AGENT: "asan" },
          testTimeout: 30_000,
        },
      },
      ...kinds.map((name) => ({
        test: {
          name,
          include: [`tests/${name}/**/*.test.ts`],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      })),
    ],
  },
});
