import { describe, expect, test } from "vitest";
import { kept } from "../ingress.ts";
import { keptJudgeInput } from "../living/execution-row.ts";
import type { JsonObject } from "../store.ts";
import { riskOf } from "./compare.ts";
import { decide } from "./decide.ts";
import type { DecideInput, Rules } from "./decision.ts";
import { type JudgeInput, judge } from "./judge.ts";
import type { PolicyRule } from "./policy.ts";
import { keptDecision, replayDecision } from "./replay.ts";
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
const rulesOf = (given: readonly PolicyRule[]): Rules => ({
  defaults: limits,
  most: limits,
  required: [],
  unenforced: "refuse",
  digest: "sha256:day",
  policy: policy(given, fallback({ level: "basic" })),
});
const asked: Omit<JudgeInput, "rules"> = {
  envelope: { level: "basic", limits },
  allow: [],
  request,
  risk: riskOf("low"),
  opacity: null,
  asked: { timeoutMs: 10_000, outputBytes: MiB },
};
/** As the log gives it back. */
const logged = (data: object) => JSON.parse(JSON.stringify(data)) as JsonObject;

function judged(rules: Rules, given: Partial<JudgeInput> = {}): JsonObject {
  const input = { ...asked, ...given, rules };
  const judgement = judge(input);
  const entry = { key: "key-x", sandbox: "sb-x", input: keptJudgeInput(input) };
  if (judgement.kind === "refuse") return logged({ ...entry, code: judgement.refusal.code });
  if (judgement.kind === "hold") return logged({ ...entry, decision: judgement.held, held: true });
  return logged({ ...entry, decision: judgement.decision });
}

function replayed(data: JsonObject, rules: Rules) {
  const found = keptDecision(data);
  if (found === null) throw new Error("there is no decision in it");
  return { kind: found.kind, ...replayDecision(found, rules) };
}

describe("a judgement of one execution in the audit log", () => {
  test.each([
    ["within", [], "within, wallMs 10000"],
    ["restricted", [rule(1, { limits: { wallMs: 1000 } })], "restrict, wallMs 1000"],
    ["beyond", [rule(1, { level: "strong" })], "refused: needs_stronger_sandbox"],
    ["denied", [rule(1, { deny: "no" })], "refused: policy_denied"],
    ["held", [rule(1, { approval: { message: "", deadlineMs: null } })], "after approval, within"],
  ] as const)("that was %s comes out the same again", (_name, given, words) => {
    const rules = rulesOf(given);
    const again = replayed(judged(rules), rules);
    expect(again).toMatchObject({ kind: "execution", isSame: true });
    expect(again.before).toBe(again.after);
    expect(again.before).toContain(words);
  });

  test("is held against the envelope of its own sandbox", () => {
    const rules = rulesOf([rule(1, { level: "strong" })]);
    const strong = judged(rules, { envelope: { level: "strong", limits } });
    expect(replayed(strong, rules)).toMatchObject({ before: expect.stringContaining("within"), isSame: true });
    const small = judged(rulesOf([]), { envelope: { level: "basic", limits: { ...limits, memoryBytes: 1 } } });
    const less = rulesOf([rule(1, { limits: { memoryBytes: MiB } })]);
    expect(replayed(small, less).after).toContain("within");
    expect(replayed(judged(rulesOf([])), less).after).toBe("refused: needs_stronger_sandbox");
  });

  test("is told from one that was changed in the log", () => {
    const rules = rulesOf([]);
    const entry = judged(rules);
    const changed = { ...entry, decision: { ...(entry["decision"] as JsonObject), outputBytes: 1 } };
    expect(replayed(changed, rules).isSame).toBe(false);
    expect(replayed({ ...entry, held: true }, rules).isSame).toBe(false);
  });

  test("says what another policy would have changed", () => {
    const entry = judged(rulesOf([]));
    const other = replayed(entry, rulesOf([rule(1, { level: "standard" })]));
    expect(other).toMatchObject({ isSame: false, after: "refused: needs_stronger_sandbox" });
  });
});

test("a decision about a request comes out the same again, and entries without one are none", () => {
  const rules = rulesOf([]);
  const capabilities = { levels: ["basic"], roots: ["host"], networkModes: ["none"], enforces: [] } as const;
  const input: DecideInput = {
    request,
    wishes: { level: null, runtime: null, preference: null, limits: {} },
    risk: riskOf("low"),
    offers: [{ name: "bubblewrap", available: true, reason: "", hint: "", capabilities }],
    rules,
  };
  const verdict = decide(input);
  if (verdict.kind !== "allow") throw new Error("it is allowed");
  const entry = logged({ input: kept(input), decision: verdict.decision });
  expect(replayed(entry, rules)).toMatchObject({ kind: "request", isSame: true });
  for (const other of [{}, { input: kept(input) }, { input: {}, code: "x" }, { key: "key-x" }])
    expect(keptDecision(logged(other))).toBeNull();
});
