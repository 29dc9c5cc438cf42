import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { levelRank } from "../types.ts";
import { riskOf } from "./compare.ts";
import type { Decision, Rules } from "./decision.ts";
import { type JudgeInput, judge } from "./judge.ts";
import type { PolicyRule } from "./policy.ts";
import { fallback, policy, request, rule } from "./testing.ts";

const MiB = 1024 * 1024;
const limits = {
  wallMs: 30_000,
  cpuCores: 1,
  memoryBytes: 256 * MiB,
  pids: 128,
  diskBytes: 64 * MiB,
  inodes: 4096,
  outputBytes: MiB,
  openFiles: 256,
};
const envelope: Decision = {
  level: "basic",
  runtime: "bubblewrap",
  rule: "test:1",
  reasons: [],
  preferenceMet: null,
  policyDigest: "sha256:then",
  limits,
  requiredLimits: [],
  unenforced: [],
  network: "none",
  syscallProfile: "default",
};
const riskTwo = { kind: "text", fact: "risk", patterns: ["medium", "high"] } as const;

function input(rules: readonly PolicyRule[], given: Partial<JudgeInput> = {}): JudgeInput {
  const settings = { defaults: limits, most: limits, required: [], unenforced: "refuse" as const };
  const now: Rules = { ...settings, digest: "sha256:now", policy: policy(rules, fallback({ level: "basic" })) };
  return {
    envelope,
    allow: [],
    request,
    risk: riskOf("low"),
    opacity: null,
    asked: { timeoutMs: 10_000, outputBytes: MiB },
    rules: now,
    ...given,
  };
}

describe("an execution", () => {
  test("runs within its sandbox by the rules of now", () => {
    expect(judge(input([]))).toMatchObject({
      kind: "allow",
      decision: { verdict: "within", rule: "test:99", policyDigest: "sha256:now", timeoutMs: 10_000 },
    });
  });

  test("runs restricted where the policy wants less time or output", () => {
    const less = rule(1, { limits: { wallMs: 1000, outputBytes: 10 } });
    expect(judge(input([less]))).toMatchObject({
      decision: { verdict: "restrict", timeoutMs: 1000, outputBytes: 10 },
    });
    expect(judge(input([less], { asked: { timeoutMs: null, outputBytes: 5 } }))).toMatchObject({
      decision: { verdict: "restrict", timeoutMs: 1000, outputBytes: 5 },
    });
  });

  test("is beyond a sandbox that is too weak, or that has more than the policy allows of what cannot be taken away", () => {
    const stronger = rule(3, { condition: riskTwo, level: "standard" });
    expect(judge(input([stronger]))).toMatchObject({ kind: "allow" });
    const refused = judge(input([stronger], { risk: riskOf("medium") }));
    expect(refused).toMatchObject({
      kind: "refuse",
      needs: "standard",
      refusal: { code: "needs_stronger_sandbox", options: { details: { level: "standard", rule: "test:3" } } },
    });
    const narrow = rule(4, { condition: riskTwo, limits: { memoryBytes: 64 * MiB } });
    expect(judge(input([narrow], { risk: riskOf("high") }))).toMatchObject({
      kind: "refuse",
      needs: "basic",
      refusal: { options: { details: { limits: { memory_limit: 64 * MiB } } } },
    });
  });

  test("that nobody can see needs the sandbox's leave, and the policy's", () => {
    for (const opacity of ["terminal", "typed_input", "unseen_file", "computed"] as const) {
      expect(judge(input([], { opacity }))).toMatchObject({ refusal: { code: "opaque_not_allowed" } });
      const asked = { opacity, allow: ["opaque"] as const, request: { ...request, opaque: true } };
      expect(judge(input([], asked))).toMatchObject({ kind: "allow" });
      const unseen = rule(1, { condition: { kind: "flag", fact: "opaque", value: true }, level: "strong" });
      expect(judge(input([unseen], asked))).toMatchObject({ needs: "strong" });
    }
  });

  test("is denied where the policy denies it, and held where a person has to agree", () => {
    const approval = { message: "look", deadlineMs: 5000 };
    const judged = (given: Partial<PolicyRule>) => judge(input([rule(1, given)]));
    expect(judged({ deny: "no" })).toMatchObject({ needs: null, refusal: { code: "policy_denied" } });
    expect(judged({ deny: "no", approval })).toMatchObject({ kind: "refuse", refusal: { code: "policy_denied" } });
    const held = judged({ approval, limits: { wallMs: 1000 } });
    expect(held).toMatchObject({ kind: "hold", held: { verdict: "restrict", timeoutMs: 1000 } });
    expect(held).toMatchObject({ approval: { rule: "test:1", message: "look", deadlineMs: 5000 } });
  });

  test("is not asked about where it could not run anyway: nobody's yes makes a sandbox stronger", () => {
    const approval = { message: "", deadlineMs: null };
    expect(judge(input([rule(1, { approval, level: "strong" })]))).toMatchObject({ kind: "refuse", needs: "strong" });
    expect(judge(input([rule(1, { approval })], { opacity: "terminal" }))).toMatchObject({
      refusal: { code: "opaque_not_allowed" },
    });
  });

  test("never runs in a sandbox below the level that the policy wants of it", () => {
    const levels = fc.constantFrom("basic", "standard", "strong", "maximum");
    fc.assert(
      fc.property(levels, levels, fc.constantFrom("low", "medium", "high"), (has, wants, risk) => {
        const judged = judge(
          input([rule(1, { level: wants })], { envelope: { ...envelope, level: has }, risk: riskOf(risk) }),
        );
        expect(judged.kind === "allow").toBe(levelRank(has) >= levelRank(wants));
      }),
    );
  });
});
