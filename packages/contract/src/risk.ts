/** What the analyzer says of code: words, bounds and the form on the wire. */
import Type from "typebox";
import { nullable } from "./nullable.ts";
import { languageNames } from "./run-request.ts";

/** What code can do to the world around it, each with a sentence. `docs/risk-rules.md` prints this table. */
export const riskCapabilities = {
  network: "Talks to other machines, or listens for them.",
  process: "Starts, signals or waits for other processes.",
  file_read: "Reads files or lists folders.",
  file_write: "Makes, changes, copies or renames files.",
  delete: "Removes files or folders.",
  environment: "Reads or changes environment variables.",
  native_code: "Runs machine code that is not the interpreter's own: a binary, a foreign function, a kernel module.",
  dynamic_code: "Makes code while it runs and executes it: eval, exec, a decoded text, a deserialized object.",
  persistence: "Plants something that runs later: start-up files, scheduled jobs, services, aliases, keys.",
  system: "Reads or changes the state of the machine: processes, users, kernel settings, services, mounts.",
  unanalysable: "Cannot be read: hidden, too large, broken, or in a form that the analyzer does not know.",
} as const;
export type RiskCapability = keyof typeof riskCapabilities;
export const riskCapabilityNames = Object.keys(riskCapabilities) as RiskCapability[];

/** From harmless to dangerous; compare with `riskRank`. */
export const riskLevels = ["low", "medium", "high"] as const;
export type RiskLevel = (typeof riskLevels)[number];

/** Position on the scale: a higher rank is a higher risk. */
export function riskRank(level: RiskLevel): number {
  return riskLevels.indexOf(level);
}

/** The least score of each level. */
export const riskScores: Readonly<Record<RiskLevel, number>> = { low: 0, medium: 40, high: 70 };

/** The level of a score. */
export function riskLevelOf(score: number): RiskLevel {
  return riskLevels.findLast((level) => score >= riskScores[level]) ?? "low";
}

/** How sure a finding is: seen as it stands, concluded from what is known, or a guess. */
export const confidences = ["certain", "likely", "possible"] as const;
export type Confidence = (typeof confidences)[number];

/** Bounds of a report: it is stored with each run and shown to people. */
export const riskLimits = {
  findings: 32,
  title_chars: 160,
  evidence_chars: 160,
  file_chars: 1024,
} as const;

/** A rule's name, as findings and policies say it. */
export const ruleIdPattern = "^[a-z][a-z0-9-]{0,62}$";

export const findingSchema = Type.Object(
  {
    id: Type.String({ pattern: ruleIdPattern, description: "The rule that matched, as docs/risk-rules.md lists it." }),
    severity: Type.Enum([...riskLevels] as const, { description: "How much it weighs." }),
    title: Type.String({ maxLength: riskLimits.title_chars, description: "What was found, in a sentence." }),
    file: nullable(
      Type.String({ maxLength: riskLimits.file_chars }),
      "The file in the sandbox that it stands in; null for the command line.",
    ),
    line: nullable(Type.Integer({ minimum: 1 }), "The line, from 1; null where there are no lines."),
    column: nullable(Type.Integer({ minimum: 1 }), "The column in characters, from 1; null where there are no lines."),
    evidence: Type.String({
      maxLength: riskLimits.evidence_chars,
      description: "What it was seen by, cut short. Text of the code: show it with care.",
    }),
    confidence: Type.Enum([...confidences] as const, {
      description: "certain: seen as it stands; likely: concluded from what is known; possible: a guess.",
    }),
  },
  { title: "Finding", additionalProperties: false, description: "One thing that weighs in a score." },
);
export type FindingBody = Type.Static<typeof findingSchema>;

export const analyzedRiskSchema = Type.Object(
  {
    analyzed: Type.Literal(true, { description: "The code was analyzed." }),
    score: Type.Integer({ minimum: 0, maximum: 100, description: "The risk, from 0 to 100." }),
    level: Type.Enum([...riskLevels] as const, {
      description: `The score in a word: medium from ${riskScores.medium}, high from ${riskScores.high}.`,
    }),
    capabilities: Type.Array(Type.Enum([...riskCapabilityNames] as const), {
      uniqueItems: true,
      description: "What the code can do. A capability alone is no risk.",
    }),
    findings: Type.Array(findingSchema, {
      maxItems: riskLimits.findings,
      description: "What weighed in the score, the heaviest first.",
    }),
    language: Type.Object(
      {
        declared: nullable(Type.Enum([...languageNames] as const), "What the request says; null when it gave argv."),
        found: nullable(
          Type.Enum([...languageNames] as const),
          "What the code reads as; null when it is none of these.",
        ),
      },
      { additionalProperties: false, description: "The language of the program." },
    ),
    binary: Type.Boolean({ description: "Whether a program or a library of machine code or bytecode is among it." }),
    unknown_lang: Type.Boolean({ description: "Whether something that may be run is in no known language." }),
    analyzer: Type.String({ maxLength: 32, description: "The analyzer's version." }),
    rules: Type.String({ maxLength: 128, description: "Names the exact rules that were applied." }),
  },
  { title: "AnalyzedRisk", additionalProperties: false, description: "What the analyzer found in the code." },
);
export type AnalyzedRiskBody = Type.Static<typeof analyzedRiskSchema>;

export const riskSchema = Type.Union(
  [
    analyzedRiskSchema,
    Type.Object(
      { analyzed: Type.Literal(false, { description: "The code was not analyzed, so there is no score." }) },
      { title: "NotAnalyzed", additionalProperties: false, description: "Nothing is known of the code." },
    ),
  ],
  { title: "Risk", description: "What is known of the code's risk." },
);
export type RiskBody = Type.Static<typeof riskSchema>;
