/** What holds of every policy and every request. */
import { languageNames, riskCapabilityNames, riskLevelOf } from "@hsr/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RiskReport } from "../analyze/report.ts";
import { isolationLevels, type LimitName, type Limits, levelRank } from "../types.ts";
import { riskOf } from "./compare.ts";
import { decide, selectionOf } from "./decide.ts";
import type { DecideInput, RuntimeOffer } from "./decision.ts";
import { factsOf, type RequestFacts } from "./facts.ts";
import { looksAtHints, matches } from "./match.ts";
import { type Condition, networkModes, type Policy, type PolicyRule } from "./policy.ts";
import { runtimeLevels } from "./runtime-levels.ts";
import { policyStrategy, type Selection } from "./strategy.ts";
import { rule, request as somebody } from "./testing.ts";

const MiB = 1024 * 1024;
const limits: Limits = {
  wallMs: 30_000,
  cpuCores: 1,
  memoryBytes: 256 * MiB,
  pids: 128,
  diskBytes: 64 * MiB,
  inodes: 4096,
  outputBytes: MiB,
  openFiles: 256,
};
const names: readonly LimitName[] = ["memory", "pids", "cpu", "wall_time", "disk", "inodes", "output", "open_files"];

const labels = fc.dictionary(fc.constantFrom("team", "trusted"), fc.constantFrom("a", "yes", "ab"), { maxKeys: 2 });
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    kind: fc.constant("text" as const),
    fact: fc.constant("lang" as const),
    patterns: fc.subarray([...languageNames, "unknown"], { minLength: 1 }),
  }),
  fc.record({
    kind: fc.constant("text" as const),
    fact: fc.constant("risk" as const),
    patterns: fc.subarray(["low", "medium", "high"], { minLength: 1 }),
  }),
  fc.record({
    kind: fc.constant("text" as const),
    fact: fc.constant("door" as const),
    patterns: fc.constant(["rest"]),
  }),
  fc.record({
    kind: fc.constant("flag" as const),
    fact: fc.constantFrom("binary" as const, "unknown_lang" as const, "opaque" as const, "networked" as const),
    value: fc.boolean(),
  }),
  fc
    .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }))
    .map(([a, b]) => ({ kind: "number" as const, fact: "score" as const, min: Math.min(a, b), max: Math.max(a, b) })),
  fc.record({
    kind: fc.constant("list" as const),
    fact: fc.constant("capabilities" as const),
    quantity: fc.constantFrom("any" as const, "all" as const, "none" as const),
    patterns: fc.subarray([...riskCapabilityNames], { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("label" as const),
    label: fc.constantFrom("team", "trusted"),
    patterns: fc.option(fc.subarray(["a*", "yes"], { minLength: 1 })),
  }),
);
const condition = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constantFrom("all" as const, "any" as const),
      of: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }),
    }),
    tie("condition").map((of) => ({ kind: "not" as const, of })),
  ),
})).condition;

const level = fc.constantFrom(...isolationLevels);
const outcomes = fc
  .record({
    use: fc.option(fc.constantFrom(...runtimeLevels)),
    level: fc.option(level),
    deny: fc.option(fc.constant("no"), { freq: 8 }),
    approval: fc.option(fc.constant({ message: "", deadlineMs: null }), { freq: 5 }),
    limits: fc.record({ memoryBytes: fc.integer({ min: 16 * MiB, max: 512 * MiB }) }, { requiredKeys: [] }),
    network: fc.option(fc.constantFrom(...networkModes)),
    always: fc.boolean(),
  })
  .map(({ use, ...rest }) => ({ ...rest, use: use === null ? null : { runtime: use[0], level: use[1] } }));
const anyRule = fc.tuple(condition, outcomes).map(([of, given]) => rule(1, { ...given, condition: of }));
const anyPolicy: fc.Arbitrary<Policy> = fc.tuple(fc.array(anyRule, { maxLength: 6 }), level).map(([rules, last]) => ({
  rules: rules.map((one, at) => ({ ...one, place: `test:${at + 1}` })),
  fallback: rule(99, { name: "default", level: last }),
}));
const anyRequest: fc.Arbitrary<RequestFacts> = fc.record({
  tenant: fc.constant("default"),
  door: fc.constant("rest" as const),
  language: fc.constantFrom(...languageNames, null),
  image: fc.constant(null),
  network: fc.constantFrom(...networkModes),
  mounts: fc.constant([]),
  labels,
  opaque: fc.boolean(),
  binary: fc.boolean(),
  unknownLang: fc.boolean(),
});
const analyzed = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.subarray([...riskCapabilityNames]))
  .map(([score, capabilities]) => riskOf(riskLevelOf(score), { score, capabilities }));
const anyRisk: fc.Arbitrary<RiskReport> = fc.oneof(analyzed, fc.constant({ analyzed: false } as const));
const anyOffer: fc.Arbitrary<RuntimeOffer> = fc
  .record({
    name: fc.constantFrom(...runtimeLevels.keys()),
    levels: fc.subarray([...isolationLevels], { minLength: 1 }),
    available: fc.boolean(),
    enforces: fc.subarray([...names], { minLength: 6 }),
  })
  .map(({ name, levels, available, enforces }) => ({
    name,
    available,
    reason: "",
    hint: "",
    capabilities: { levels, roots: ["host"], networkModes: ["none"], enforces },
  }));
const anyInput: fc.Arbitrary<DecideInput> = fc
  .record({
    request: anyRequest,
    risk: anyRisk,
    policy: anyPolicy,
    offers: fc.uniqueArray(anyOffer, { selector: (each) => each.name, maxLength: 5 }),
    wishes: fc.record({
      level: fc.option(level),
      runtime: fc.option(fc.constantFrom(...runtimeLevels.keys()), { freq: 4 }),
      preference: fc.option(fc.constantFrom(...runtimeLevels.keys())),
      limits: fc.record({ memoryBytes: fc.integer({ min: 16 * MiB, max: 512 * MiB }) }, { requiredKeys: [] }),
    }),
  })
  .map(({ policy, ...rest }) => ({
    ...rest,
    rules: {
      digest: "sha256:x",
      defaults: limits,
      most: { ...limits, memoryBytes: 512 * MiB },
      required: ["memory"],
      unenforced: "refuse",
      policy,
    },
  }));

function select(policy: Policy, request: RequestFacts, risk: RiskReport): Selection {
  return policyStrategy.selectRuntime({ facts: factsOf(request, risk, limits), policy });
}

/** Every way in which `after` could be less strict than `before`. */
function weaknesses(before: Selection, after: Selection): readonly string[] {
  const found: string[] = [];
  if (before.denied !== null && after.denied === null) found.push("a denial is gone");
  if (after.denied === null && before.denied === null && levelRank(after.level) < levelRank(before.level))
    found.push(`${before.level} became ${after.level}`);
  if (before.approval !== null && after.approval === null) found.push("an approval is gone");
  for (const [key, most] of Object.entries(before.limits) as [keyof Selection["limits"], number][])
    if ((after.limits[key] ?? Number.POSITIVE_INFINITY) > most) found.push(`${key} rose`);
  if (networkModes.indexOf(after.network) > networkModes.indexOf(before.network)) found.push("network rose");
  return found;
}

function insert(policy: Policy, at: number, added: PolicyRule): Policy {
  const rules = [...policy.rules];
  rules.splice(at % (rules.length + 1), 0, { ...added, place: "test:new" });
  return { ...policy, rules };
}

describe("a rule that is added", () => {
  test("changes nothing for a request that it does not match", () => {
    fc.assert(
      fc.property(anyPolicy, anyRule, fc.nat(10), anyRequest, anyRisk, (policy, added, at, request, risk) => {
        fc.pre(matches(added.condition, factsOf(request, risk, limits)) === "no");
        const { readings: _before, ...before } = select(policy, request, risk);
        const { readings: _after, ...after } = select(insert(policy, at, added), request, risk);
        expect(after).toEqual(before);
      }),
    );
  });

  test("and is marked `always` weakens no request at all", () => {
    fc.assert(
      fc.property(anyPolicy, anyRule, fc.nat(10), anyRequest, anyRisk, (policy, added, at, request, risk) => {
        const after = select(insert(policy, at, { ...added, always: true }), request, risk);
        expect(weaknesses(select(policy, request, risk), after)).toEqual([]);
      }),
    );
  });

  test("and looks at labels or the door weakens no request either", () => {
    fc.assert(
      fc.property(anyPolicy, anyRule, fc.nat(10), anyRequest, anyRisk, (policy, added, at, request, risk) => {
        fc.pre(looksAtHints(added.condition));
        const after = select(insert(policy, at, added), request, risk);
        expect(weaknesses(select(policy, request, risk), after)).toEqual([]);
      }),
    );
  });
});

describe("for every policy and every request", () => {
  test("no label makes the outcome weaker than it is without the rules that look at labels", () => {
    fc.assert(
      fc.property(anyPolicy, anyRequest, anyRisk, labels, (policy, request, risk, chosen) => {
        const plain = { ...policy, rules: policy.rules.filter((one) => !looksAtHints(one.condition)) };
        const floor = select(plain, { ...request, labels: {} }, risk);
        expect(weaknesses(floor, select(policy, { ...request, labels: chosen }, risk))).toEqual([]);
      }),
    );
  });

  test("what nobody knows is taken for at least as bad as anything that could have been found", () => {
    fc.assert(
      fc.property(anyPolicy, anyRequest, analyzed, (policy, request, risk) => {
        const same = { ...risk, binary: request.binary, unknownLang: request.unknownLang };
        expect(weaknesses(select(policy, request, same), select(policy, request, { analyzed: false }))).toEqual([]);
      }),
    );
  });

  test("no demand, wish, label or door leads to a runtime below the required level, or around a denial", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const selection = selectionOf(input);
        const verdict = decide(input);
        if (verdict.kind === "refuse") return;
        const decision = verdict.kind === "allow" ? verdict.decision : verdict.held;
        expect(selection?.denied).toBeNull();
        expect(levelRank(decision.level)).toBeGreaterThanOrEqual(levelRank(selection?.level ?? "maximum"));
        expect(levelRank(decision.level)).toBeGreaterThanOrEqual(levelRank(input.wishes.level ?? "basic"));
        const chosen = input.offers.find((offer) => offer.name === decision.runtime);
        expect(chosen?.available && chosen.capabilities.levels.includes(decision.level)).toBe(true);
        expect(verdict.kind === "hold").toBe(selection?.approval !== null);
        for (const [key, most] of Object.entries(selection?.limits ?? {}))
          expect(decision.limits[key as keyof Limits]).toBeLessThanOrEqual(most);
      }),
    );
  });

  test("the same input gives the same decision, also when it was kept as JSON in between", () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        expect(decide(JSON.parse(JSON.stringify(input)) as DecideInput)).toEqual(decide(input));
      }),
    );
  });

  test("`use` takes the named runtime where it fits, and never a weaker one", () => {
    fc.assert(
      fc.property(anyInput, fc.constantFrom(...runtimeLevels), (input, [runtime, least]) => {
        const policy = { rules: [], fallback: rule(99, { use: { runtime, level: least } }) };
        const verdict = decide({ ...input, rules: { ...input.rules, policy } });
        if (verdict.kind !== "allow") return;
        expect(levelRank(verdict.decision.level)).toBeGreaterThanOrEqual(levelRank(least));
      }),
    );
  });
});

test("nobody's words are needed: a request with nothing special is decided too", () => {
  const policy = { rules: [], fallback: rule(99, { level: "strong" }) };
  expect(select(policy, somebody, { analyzed: false })).toMatchObject({ level: "strong", rule: "test:99" });
});
