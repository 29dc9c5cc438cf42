import { HsrError } from "@hsr/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ExecutionExit } from "../types.ts";
import { type EndFacts, outcomeOf } from "./outcome.ts";

const exited = (change: Partial<ExecutionExit> = {}): ExecutionExit => ({
  source: "guest",
  timedOut: false,
  exitCode: 0,
  signal: null,
  stdoutBytes: 0,
  stderrBytes: 0,
  stdoutDroppedBytes: 0,
  stderrDroppedBytes: 0,
  userCpuUs: 0,
  systemCpuUs: 0,
  maxRssBytes: 0,
  ...change,
});
const usage = (oomKills = 0) => ({ wallMs: 5, cpuMs: 1, memoryPeakBytes: 1, oomKills });
const none = { exit: null, failed: null, ended: null, detail: null };
const facts = (change: Partial<EndFacts>): EndFacts => ({
  drive: none,
  stopCause: null,
  started: true,
  usage: usage(),
  finishedAtMs: 1,
  kept: { stdoutBytes: 0, stderrBytes: 0 },
  seen: { stdoutBytes: 0, stderrBytes: 0 },
  ...change,
});
const reason = (change: Partial<EndFacts>) => outcomeOf(facts(change)).reason;

test.for([
  ["an exit", { drive: { ...none, exit: exited({ exitCode: 3 }) } }, "exited"],
  ["a signal", { drive: { ...none, exit: exited({ exitCode: null, signal: 11 }) } }, "signaled"],
  [
    "a kill with an out-of-memory kill",
    { drive: { ...none, exit: exited({ exitCode: null, signal: 9 }) }, usage: usage(1) },
    "out_of_memory",
  ],
  [
    "a shell's 137 with an out-of-memory kill",
    { drive: { ...none, exit: exited({ exitCode: 137 }) }, usage: usage(1) },
    "out_of_memory",
  ],
  ["a good exit in spite of one", { drive: { ...none, exit: exited() }, usage: usage(1) }, "exited"],
  ["a stop before the exit was heard", { stopCause: "timeout" }, "timeout"],
  ["an exit before the stop took hold", { drive: { ...none, exit: exited() }, stopCause: "timeout" }, "exited"],
  ["the launcher's deadline", { drive: { ...none, ended: "deadline" } }, "timeout"],
  ["the launcher's out of memory", { drive: { ...none, ended: "out_of_memory" } }, "out_of_memory"],
  ["a sandbox that is gone", { drive: { ...none, ended: "lost" } }, "lost"],
  ["a cancel before the start", { started: false, stopCause: "cancelled" }, "cancelled"],
  [
    "a failure to start",
    { started: false, drive: { ...none, failed: new HsrError("program_not_found") } },
    "setup_failed",
  ],
  [
    "a sandbox that ended before the start",
    { started: false, drive: { ...none, ended: "setup_failed" } },
    "setup_failed",
  ],
] as const)("%s is told as it was", ([, change, expected]) => {
  expect(reason(change as Partial<EndFacts>)).toBe(expected);
});

test("an error is there exactly when the program was never started, and leaks no cause", () => {
  const outcome = outcomeOf(
    facts({ started: false, drive: { ...none, ended: "setup_failed", detail: "/var/lib/secret" } }),
  );
  expect(outcome.error).toMatchObject({ code: "sandbox_failed" });
  expect(JSON.stringify(outcome)).not.toContain("/var/lib/secret");
  expect(outcomeOf(facts({ drive: { ...none, exit: exited() } })).error).toBeNull();
});

test("a guest's count of its own output never makes dropped bytes negative or kept ones more", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), (total, kept, extra) => {
      const outcome = outcomeOf(
        facts({
          drive: { ...none, exit: exited({ stdoutBytes: total }) },
          kept: { stdoutBytes: kept, stderrBytes: 0 },
          seen: { stdoutBytes: kept + extra, stderrBytes: 0 },
        }),
      );
      expect(outcome.stdoutTruncatedBytes).toBe(Math.max(total, kept + extra) - kept);
    }),
  );
});
