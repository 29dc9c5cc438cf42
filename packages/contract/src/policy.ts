/** The policy on the wire: what is in force, its versions, and trying one out. */
import Type from "typebox";
import { errorInfoSchema } from "./error-body.ts";
import { idPattern } from "./ids.ts";
import { isolationLevelSchema } from "./isolation.ts";
import { nextCursor, nullable } from "./nullable.ts";
import { riskSchema } from "./risk.ts";
import { decisionSchema, timeSchema } from "./run.ts";
import { runRequestSchema } from "./run-request.ts";

/** Characters of a policy or of a file of cases. */
export const policyTextChars = 256 * 1024;

const textSchema = Type.String({ minLength: 1, maxLength: policyTextChars, description: "The policy as YAML." });
const digestSchema = Type.String({
  maxLength: 128,
  description: "Names the exact rules, the configuration's limits included; decisions have it as `policy_digest`.",
});
const versionSchema = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "Counts up with each policy that comes into force.",
});
const sourceSchema = Type.Enum(["file", "api"] as const, {
  description: "Where it comes from: the file of the configuration, or this API. Only one of them is ever in force.",
});

export const policyProblemSchema = Type.Object(
  {
    line: Type.Integer({ minimum: 1, description: "The line, from 1." }),
    column: Type.Integer({ minimum: 1, description: "The column, from 1." }),
    reason: Type.String({ description: "What is wrong." }),
    hint: Type.String({ description: "What to do about it." }),
  },
  { title: "PolicyProblem", additionalProperties: false, description: "Something that is wrong in a policy." },
);
export type PolicyProblemBody = Type.Static<typeof policyProblemSchema>;

const versionFields = {
  version: versionSchema,
  digest: digestSchema,
  source: sourceSchema,
  since: timeSchema,
  by: nullable(
    Type.String({ pattern: idPattern("key") }),
    "The key that brought it in; null when it came from the file.",
  ),
};

export const policyVersionSchema = Type.Object(versionFields, {
  title: "PolicyVersion",
  additionalProperties: false,
  description: "A policy that is or was in force.",
});
export type PolicyVersionBody = Type.Static<typeof policyVersionSchema>;

export const policyVersionTextSchema = Type.Object(
  { ...versionFields, policy: textSchema },
  { title: "PolicyVersionText", additionalProperties: false, description: "A policy that is or was in force, whole." },
);

export const policyVersionListSchema = Type.Object(
  {
    items: Type.Array(policyVersionSchema, { description: "Newest first." }),
    next_cursor: nextCursor,
  },
  { title: "PolicyVersionList", additionalProperties: false, description: "A page of versions." },
);
export type PolicyVersionList = Type.Static<typeof policyVersionListSchema>;

export const policySchema = Type.Object(
  {
    ...versionFields,
    policy: textSchema,
    file: Type.Object(
      {
        name: Type.String({ description: "The file's name, without its folder." }),
        in_force: Type.Boolean({ description: "Whether this file is the source." }),
        refused: nullable(
          Type.Object(
            {
              at: timeSchema,
              problems: Type.Array(policyProblemSchema, { description: "What is wrong with it." }),
            },
            { additionalProperties: false },
          ),
          "The last change of the file that was not taken, and why; null when it was.",
        ),
      },
      { additionalProperties: false, description: "The file that the configuration names." },
    ),
  },
  { title: "Policy", additionalProperties: false, description: "The policy in force." },
);
export type PolicyBody = Type.Static<typeof policySchema>;

export const changePolicyRequestSchema = Type.Object(
  {
    policy: Type.Optional(textSchema),
    version: Type.Optional(versionSchema),
  },
  {
    title: "ChangePolicyRequest",
    additionalProperties: false,
    description: "Another policy: its text, or the number of a version that was in force before.",
  },
);
export type ChangePolicyRequest = Type.Static<typeof changePolicyRequestSchema>;

export const checkPolicyRequestSchema = Type.Object(
  { policy: textSchema },
  { title: "CheckPolicyRequest", additionalProperties: false, description: "A policy that is only to be read." },
);
export const checkedPolicySchema = Type.Object(
  {
    valid: Type.Boolean({ description: "Whether it could come into force." }),
    rules: Type.Integer({ minimum: 0, description: "How many rules it has; 0 when it is wrong." }),
    problems: Type.Array(policyProblemSchema, { description: "What is wrong with it, from the top." }),
  },
  { title: "CheckedPolicy", additionalProperties: false, description: "What is wrong with a policy." },
);
export type CheckedPolicyBody = Type.Static<typeof checkedPolicySchema>;

const tryText = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: policyTextChars,
    description: "A policy as YAML to try instead of the one in force.",
  }),
);

export const evaluateRequestSchema = Type.Object(
  { request: runRequestSchema, policy: tryText },
  {
    title: "EvaluateRequest",
    additionalProperties: false,
    description: "A request that is not to be run: what would be decided about it?",
  },
);
export type EvaluateRequest = Type.Static<typeof evaluateRequestSchema>;

export const verdicts = {
  run: "It would run, as `decision` says.",
  hold: "It would wait for a person's approval, and then run as `decision` says.",
  deny: "The policy denies it.",
  refuse: "It cannot be run here: `error` says why.",
} as const;
export type VerdictWord = keyof typeof verdicts;

export const ruleReadingSchema = Type.Object(
  {
    rule: Type.String({ description: "Where the rule stands." }),
    name: Type.String({ description: "What the operator calls it; empty if nothing." }),
    match: Type.Enum(["yes", "maybe", "no", "unread"] as const, {
      description:
        "Whether it matched. `maybe`: it looks at what nobody knows, or at words of the caller, so it only restricts. `unread`: a rule before it had decided.",
    }),
    decided: Type.Boolean({ description: "Whether it named the level, the runtime or the denial that holds." }),
  },
  { title: "RuleReading", additionalProperties: false, description: "What became of one rule." },
);

export const evaluationSchema = Type.Object(
  {
    verdict: Type.Enum(Object.keys(verdicts) as VerdictWord[], {
      description: Object.entries(verdicts)
        .map(([word, meaning]) => `${word}: ${meaning}`)
        .join(" "),
    }),
    risk: riskSchema,
    level: nullable(isolationLevelSchema, "The least level that the policy wants; null when it was not asked."),
    decision: nullable(decisionSchema, "What would be decided; null when nothing would run."),
    error: nullable(errorInfoSchema, "Why nothing would run; null when something would."),
    rules: Type.Array(ruleReadingSchema, { description: "Every rule from the top, the default last." }),
    policy_digest: digestSchema,
  },
  { title: "Evaluation", additionalProperties: false, description: "What would be decided about a request." },
);
export type EvaluationBody = Type.Static<typeof evaluationSchema>;

export const testPolicyRequestSchema = Type.Object(
  {
    cases: Type.String({ minLength: 1, maxLength: policyTextChars, description: "The cases as YAML." }),
    policy: tryText,
  },
  { title: "TestPolicyRequest", additionalProperties: false, description: "A file of cases for a policy." },
);
export const testedPolicySchema = Type.Object(
  {
    passed: Type.Integer({ minimum: 0, description: "Cases that came out as expected." }),
    failed: Type.Integer({ minimum: 0, description: "Cases that did not." }),
    cases: Type.Array(
      Type.Object(
        {
          name: Type.String({ description: "What the case is called." }),
          line: Type.Integer({ minimum: 1, description: "Where it stands in the file." }),
          passed: Type.Boolean({ description: "Whether it came out as expected." }),
          rule: Type.String({ description: "The rule that decided." }),
          differences: Type.Array(Type.String(), { description: "What was expected and what came, in sentences." }),
        },
        { additionalProperties: false },
      ),
      { description: "Every case, in the order of the file." },
    ),
  },
  { title: "TestedPolicy", additionalProperties: false, description: "How the cases came out." },
);
export type TestedPolicyBody = Type.Static<typeof testedPolicySchema>;

export const comparePolicyRequestSchema = Type.Object(
  { policy: textSchema },
  {
    title: "ComparePolicyRequest",
    additionalProperties: false,
    description: "A policy to hold against the one in force.",
  },
);
export const comparedPolicySchema = Type.Object(
  {
    requests: Type.Integer({ minimum: 0, description: "How many typical requests were looked at." }),
    differences: Type.Array(
      Type.Object(
        {
          request: Type.String({ description: "The typical request, in the words of a policy." }),
          before: Type.String({ description: "What the policy in force wants." }),
          after: Type.String({ description: "What the other one wants." }),
        },
        { additionalProperties: false },
      ),
      { description: "Those that would be decided otherwise." },
    ),
  },
  { title: "ComparedPolicy", additionalProperties: false, description: "What another policy would change." },
);
export type ComparedPolicyBody = Type.Static<typeof comparedPolicySchema>;

export const replayRequestSchema = Type.Object(
  {
    policy: tryText,
    since: Type.Optional(timeSchema),
    cursor: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: "`next_cursor` of the answer before." }),
    ),
  },
  {
    title: "ReplayRequest",
    additionalProperties: false,
    description:
      "Decides what the audit log has again: by `policy`, or without it by the rules of the day, which has to give the same.",
  },
);
export type ReplayRequest = Type.Static<typeof replayRequestSchema>;
export const replaySchema = Type.Object(
  {
    requests: Type.Integer({ minimum: 0, description: "Decisions that were made again." }),
    skipped: Type.Integer({ minimum: 0, description: "Decisions whose rules are not kept." }),
    differences: Type.Array(
      Type.Object(
        {
          time: timeSchema,
          subject: Type.String({
            description: "The run, sandbox or execution; of one that was refused its request or its sandbox.",
          }),
          before: Type.String({ description: "What was decided then." }),
          after: Type.String({ description: "What would be decided now." }),
        },
        { additionalProperties: false },
      ),
      { description: "Those that come out otherwise, oldest first." },
    ),
    next_cursor: nullable(Type.String({ maxLength: 256 }), "Give it as `cursor` to go on; null at the end of the log."),
  },
  { title: "Replay", additionalProperties: false, description: "A part of the audit log, decided again." },
);
export type ReplayBody = Type.Static<typeof replaySchema>;
