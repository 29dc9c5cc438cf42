/** The worst that is known of anything that ran in a sandbox: its score is the highest of its life and never falls. */
import { type RiskCapability, riskCapabilityNames, riskLimits, riskRank } from "@hsr/contract";
import type { AnalyzedRisk, RiskReport } from "../analyze/report.ts";

/** Both reports as one. What was never analyzed stays unknown, whatever else is known. */
export function worstOf(before: RiskReport | null, now: RiskReport): RiskReport {
  if (before === null) return now;
  if (!before.analyzed || !now.analyzed) return { analyzed: false };
  const worse = riskRank(before.level) > riskRank(now.level) || before.score > now.score ? before : now;
  return {
    ...now,
    score: worse.score,
    level: worse.level,
    capabilities: riskCapabilityNames.filter((name): name is RiskCapability =>
      [...before.capabilities, ...now.capabilities].includes(name),
    ),
    findings: findingsOf(worse, worse === now ? before : now),
    binary: before.binary || now.binary,
    unknownLang: before.unknownLang || now.unknownLang,
  };
}

function findingsOf(worse: AnalyzedRisk, other: AnalyzedRisk): AnalyzedRisk["findings"] {
  const known = new Set(worse.findings.map((finding) => JSON.stringify(finding)));
  const more = other.findings.filter((finding) => !known.has(JSON.stringify(finding)));
  return [...worse.findings, ...more].slice(0, riskLimits.findings);
}
