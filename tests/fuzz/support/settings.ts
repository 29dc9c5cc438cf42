import { randomInt } from "node:crypto";

/** How long each fuzzer runs, all three beside each other. On two processors 40 s are 30 s of one alone; `make soak` gives 80. */
export const fuzzSeconds = Number(process.env["HSR_FUZZ_SECONDS"] ?? 40);
/** Repeats a run: HSR_FUZZ_SEED=… */
export const fuzzSeed = Number(process.env["HSR_FUZZ_SEED"] ?? randomInt(1, 2 ** 31));
/** A test's timeout: the time to fuzz, and some to start and to report. */
export const fuzzTimeoutMs = (fuzzSeconds + 60) * 1000;
