/** Trying a policy out over REST: reading it, deciding about a request, cases, another policy beside it, the past again. */
import {
  checkedPolicySchema,
  checkPolicyRequestSchema,
  comparedPolicySchema,
  comparePolicyRequestSchema,
  type EvaluationBody,
  errorInfo,
  evaluateRequestSchema,
  evaluationSchema,
  HsrError,
  type ReplayBody,
  replayRequestSchema,
  replaySchema,
  testedPolicySchema,
  testPolicyRequestSchema,
  type VerdictWord,
} from "@hsr/contract";
import {
  comparePolicies,
  consider,
  decide,
  keptDecision,
  type Pipeline,
  type Problem,
  type Rules,
  readCases,
  replayDecision,
  runCase,
  type Store,
  selectionOf,
  type Verdict,
} from "@hsr/core";
import { runAction } from "../actions.ts";
import { visibleTenant } from "../auth/index.ts";
import type { ActivePolicy } from "../policy/active.ts";
import { invalidPolicy } from "../policy/active.ts";
import { PolicyError, readPolicyText } from "../policy/read.ts";
import { readYaml } from "../policy/yaml.ts";
import { keptRules, type RuleSettings, rulesOf } from "../rules.ts";
import { wireDecision, wireRisk, wireTime } from "../wire.ts";
import { pageFrom } from "./page.ts";
import { type Route, route } from "./route.ts";

export interface TrialPorts {
  readonly pipeline: Pipeline;
  readonly policy: ActivePolicy;
  readonly store: Store;
  readonly settings: RuleSettings;
}

/** What a policy that is only tried is called in the places of its rules. */
const trialSource = "policy";
/** Entries of the audit log that one answer looks at. */
const replayEntries = 500;

export function trialRoutes({ pipeline, policy, store, settings }: TrialPorts): readonly Route[] {
  /** The rules in force, or those of a text that is tried. */
  function rulesFor(text: string | undefined): Rules {
    if (text === undefined) return policy.rules;
    try {
      return rulesOf(settings, { source: trialSource, text }).rules;
    } catch (thrown) {
      throw thrown instanceof PolicyError ? invalidPolicy(thrown.problems) : thrown;
    }
  }

  const check = route(
    {
      method: "POST",
      path: "/v1/policy/check",
      operationId: "checkPolicy",
      summary: "Read a policy without using it",
      description: "Says everything that is wrong with a policy, each with its line, its column and what to do.",
      access: "policy:read",
      body: checkPolicyRequestSchema,
      answers: { 200: { description: "What is wrong with it, if anything is.", schema: checkedPolicySchema } },
      errors: [],
    },
    async ({ body }) => {
      const reading = readPolicyText(body.policy, trialSource);
      return reading.kind === "policy"
        ? { valid: true, rules: reading.policy.rules.length, problems: [] }
        : { valid: false, rules: 0, problems: reading.problems };
    },
  );

  const evaluate = route(
    {
      method: "POST",
      path: "/v1/policy/evaluate",
      operationId: "evaluatePolicy",
      summary: "Decide about a request without running it",
      description:
        "Looks at a request as a run would and says what would be decided, rule by rule: by the policy in force, or by one that is only tried. Nothing is stored.",
      access: "policy:read",
      body: evaluateRequestSchema,
      answers: { 200: { description: "What would be decided.", schema: evaluationSchema } },
      errors: ["invalid_path", "unsupported", "policy_invalid"],
    },
    async ({ body, caller, requestId }): Promise<EvaluationBody> => {
      const rules = rulesFor(body.policy);
      const action = runAction(body.request, { caller, requestId, idempotencyKey: null });
      const considered = await consider(action, { ...pipeline.ports, rules });
      const selection = selectionOf(considered);
      return {
        ...wireVerdict(decide(considered)),
        risk: wireRisk(considered.risk),
        level: selection?.level ?? null,
        rules: (selection?.readings ?? []).map(({ place, name, match, decided }) => ({
          rule: place,
          name,
          match,
          decided,
        })),
        policy_digest: rules.digest,
      };
    },
  );

  const test = route(
    {
      method: "POST",
      path: "/v1/policy/test",
      operationId: "testPolicy",
      summary: "Run a file of cases against a policy",
      description:
        "Each case gives facts of a request and says what the policy has to want. docs/policy.md has the form of the file.",
      access: "policy:read",
      body: testPolicyRequestSchema,
      answers: { 200: { description: "How each case came out.", schema: testedPolicySchema } },
      errors: ["policy_invalid"],
    },
    async ({ body }) => {
      const rules = rulesFor(body.policy);
      const yaml = readYaml(body.cases);
      const reading = yaml.kind === "problems" ? yaml : readCases(yaml.root, rules.defaults);
      if (reading.kind === "problems") throw invalidCases(reading.problems);
      const cases = reading.cases.map((one) => {
        const { line, name, rule, differences } = runCase(rules.policy, one);
        return { name, line, passed: differences.length === 0, rule, differences };
      });
      const passed = cases.filter((one) => one.passed).length;
      return { passed, failed: cases.length - passed, cases };
    },
  );

  const compare = route(
    {
      method: "POST",
      path: "/v1/policy/compare",
      operationId: "comparePolicy",
      summary: "Hold another policy against the one in force",
      description:
        "Decides about typical requests (every language, risk, with and without network, machine code and opaque executions) by both, and shows where they differ.",
      access: "policy:read",
      body: comparePolicyRequestSchema,
      answers: { 200: { description: "Where they differ.", schema: comparedPolicySchema } },
      errors: ["policy_invalid"],
    },
    async ({ body }) => comparePolicies(policy.rules.policy, rulesFor(body.policy).policy, settings.defaults),
  );

  const replay = route(
    {
      method: "POST",
      path: "/v1/policy/replay",
      operationId: "replayPolicy",
      summary: "Decide again what was decided before",
      description:
        "Takes the decisions of the audit log, about runs, sandboxes and single executions, each with everything that it was made from, and makes them again: by another policy, to see what it would have changed, or without one by the rules of the day, which has to give the same. The tenant's own; an administrator's are everybody's.",
      access: "policy:read",
      body: replayRequestSchema,
      answers: { 200: { description: "A part of the log, decided again.", schema: replaySchema } },
      errors: ["policy_invalid"],
    },
    async ({ body, caller }): Promise<ReplayBody> => {
      const tried = body.policy === undefined ? null : rulesFor(body.policy);
      const sinceMs = body.since === undefined ? 0 : Date.parse(body.since);
      const filter = { tenant: visibleTenant(caller) };
      const page = pageFrom(await store.audit.list(filter, replayEntries, body.cursor ?? null));
      const rulesOfTheDay = rulesByDigest(store);
      const answer = { requests: 0, skipped: 0, differences: [] as ReplayBody["differences"] };
      for (const { timeMs, subject, data } of page.items) {
        const kept = timeMs < sinceMs ? null : keptDecision(data);
        if (kept === null) continue;
        const rules = tried ?? (await rulesOfTheDay(kept.input.rules.digest));
        if (rules === null) {
          answer.skipped += 1;
          continue;
        }
        const { before, after, isSame } = replayDecision(kept, rules);
        answer.requests += 1;
        if (tried === null ? isSame : before === after) continue;
        answer.differences.push({ time: wireTime(timeMs), subject, before, after });
      }
      return { ...answer, next_cursor: page.nextCursor };
    },
  );

  return [check, evaluate, test, compare, replay];
}

/** The rules that a digest names, each read once; `null` for those that are not kept. */
function rulesByDigest(store: Store): (digest: string) => Promise<Rules | null> {
  const known = new Map<string, Rules | null>();
  return async (digest) => {
    const found = known.get(digest);
    if (found !== undefined) return found;
    const kept = await store.policies.get(digest);
    const rules = kept === null ? null : keptRules(kept.text);
    known.set(digest, rules);
    return rules;
  };
}

function wireVerdict(verdict: Verdict): Pick<EvaluationBody, "verdict" | "decision" | "error"> {
  switch (verdict.kind) {
    case "allow":
      return { verdict: "run", decision: wireDecision(verdict.decision), error: null };
    case "hold":
      return { verdict: "hold", decision: wireDecision(verdict.held), error: null };
    case "refuse": {
      const { code, options } = verdict.refusal;
      const word: VerdictWord = code === "policy_denied" ? "deny" : "refuse";
      return { verdict: word, decision: null, error: errorInfo(new HsrError(code, options)) };
    }
  }
}

function invalidCases(problems: readonly Problem[]): HsrError {
  const [first] = problems;
  return new HsrError("policy_invalid", {
    field: "cases",
    message: `The cases cannot be read: line ${first?.line ?? 1}: ${first?.reason ?? ""}. ${first?.hint ?? ""}`,
    details: { problems },
  });
}
