/** From what was seen to a report: the rules that match, and what they weigh together. */
import { createHash } from "node:crypto";
import { type RiskCapability, riskCapabilityNames, riskLevelOf, riskLimits } from "@hsr/contract";
import type { AnalyzeInput } from "./analyze.ts";
import type { EffectKind } from "./effects.ts";
import { type Inspection, type InspectOptions, inspect } from "./inspect.ts";
import type { AnalyzedRisk, Finding } from "./report.ts";
import { holds } from "./rules/match.ts";
import { type Rule, severityOf } from "./rules/rule.ts";
import { hole } from "./value.ts";

/** Raised with every change of what the analyzer sees: reports of different versions are not compared. */
export const analyzerVersion = "1";

/** Rules with the name of exactly these. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly digest: string;
}

export function ruleSet(rules: readonly Rule[]): RuleSet {
  const kept = rules.map(({ match: _match, not: _not, why: _why, ...rest }) => rest);
  return { rules, digest: `sha256:${createHash("sha256").update(JSON.stringify(kept)).digest("hex")}` };
}

/** What each capability adds where nothing was found: code that can do more is worth more care, but never medium by that. */
const capabilityWeight = 3;
const mostOfCapabilities = 24;
/** What further findings add to the heaviest, in parts of their weight and at most. */
const shareOfOthers = 0.1;
const mostOfOthers = 15;
/** The same rule in many places is one finding, shown at most so often. */
const mostOfOneRule = 4;

export function analyzeCode(input: AnalyzeInput, options: InspectOptions, set: RuleSet): AnalyzedRisk {
  return assess(inspect(input, options), set);
}

export function assess(seen: Inspection, set: RuleSet): AnalyzedRisk {
  const found: { readonly rule: Rule; readonly finding: Finding }[] = [];
  const extra = new Set<RiskCapability>();
  const present = new Set(seen.effects.map(({ kind }) => kind));
  for (const rule of set.rules) {
    const places = placesOfRule(rule, seen, present);
    if (places.length > 0 && rule.capability !== undefined) extra.add(rule.capability);
    for (const finding of places.slice(0, mostOfOneRule)) found.push({ rule, finding });
  }
  found.sort((a, b) => b.rule.weight - a.rule.weight || (a.finding.line ?? 0) - (b.finding.line ?? 0));
  const weights = [...new Map(found.map(({ rule }) => [rule.id, rule.weight])).values()].sort((a, b) => b - a);
  const capabilities = riskCapabilityNames.filter((each) => seen.capabilities.has(each) || extra.has(each));
  const [heaviest = 0, ...others] = weights;
  const base = Math.min(mostOfCapabilities, capabilities.length * capabilityWeight);
  const more = Math.min(
    mostOfOthers,
    others.reduce((sum, each) => sum + each * shareOfOthers, 0),
  );
  const score = Math.min(100, Math.round(Math.max(base, heaviest === 0 ? 0 : heaviest + more)));
  return {
    analyzed: true,
    score,
    level: riskLevelOf(score),
    capabilities,
    findings: found.slice(0, riskLimits.findings).map(({ finding }) => finding),
    language: seen.language,
    binary: seen.binary,
    unknownLang: seen.unknownLang,
    analyzer: analyzerVersion,
    rules: set.digest,
  };
}

/** What kinds of effects a rule looks at first; `null` for any. Most programs have few kinds, and most rules want others. */
function kindsOf(rule: Rule): ReadonlySet<EffectKind> | null {
  let kinds = wanted.get(rule);
  if (kinds === undefined) {
    const named = rule.when.map(({ effect }) => effect);
    kinds = named.includes(undefined) ? null : new Set(named.flatMap((each) => each ?? []));
    wanted.set(rule, kinds);
  }
  return kinds;
}
const wanted = new WeakMap<Rule, ReadonlySet<EffectKind> | null>();

function placesOfRule(rule: Rule, seen: Inspection, present: ReadonlySet<EffectKind>): readonly Finding[] {
  const kinds = rule.remark === undefined ? kindsOf(rule) : null;
  if (kinds !== null && ![...kinds].some((kind) => present.has(kind))) return [];
  const about = { id: rule.id, severity: severityOf(rule.weight), title: rule.title, confidence: rule.confidence };
  if (rule.remark !== undefined)
    return seen.remarks
      .filter((each) => each.what === rule.remark)
      .map((each) => ({
        ...about,
        file: each.place.file,
        line: each.place.line,
        column: each.place.column,
        evidence: shortened(each.evidence),
      }));
  const lines = new Set<string>();
  const findings: Finding[] = [];
  for (const effect of seen.effects) {
    if (kinds !== null && !kinds.has(effect.kind)) continue;
    if (!rule.when.some((condition) => holds(condition, effect, seen.effects))) continue;
    const { file, line, column, evidence } = effect.place;
    const key = `${file}:${line}`;
    if (lines.has(key)) continue;
    lines.add(key);
    findings.push({ ...about, file, line, column, evidence: shortened(evidence) });
  }
  return findings;
}

/** Text of the code, in one line and cut short. */
export function shortened(text: string): string {
  const line = text
    .replaceAll(hole, "…")
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return (
    line.length > riskLimits.evidence_chars ? `${line.slice(0, riskLimits.evidence_chars - 1)}…` : line
  ).toWellFormed();
}

/** The report of code that could not be analyzed, whatever the cause: it weighs as much as the worst. */
export function failedReport(
  why: string,
  declared: AnalyzedRisk["language"]["declared"],
  digest: string,
): AnalyzedRisk {
  return {
    analyzed: true,
    score: 100,
    level: "high",
    capabilities: ["unanalysable"],
    findings: [
      {
        id: "analysis-failed",
        severity: "high",
        title: "The code could not be analyzed.",
        file: null,
        line: null,
        column: null,
        evidence: shortened(why),
        confidence: "certain",
      },
    ],
    language: { declared, found: null },
    binary: false,
    unknownLang: true,
    analyzer: analyzerVersion,
    rules: digest,
  };
}
