/** Two policies side by side: typical requests, and which of them would be decided otherwise. */
import { languageNames, type RiskLevel, riskLevels, riskScores } from "@hsr/contract";
import type { AnalyzedRisk, RiskReport } from "../analyze/report.ts";
import type { Limits } from "../types.ts";
import { factsOf, type RequestFacts } from "./facts.ts";
import { describeSelection } from "./outcome-words.ts";
import type { Policy } from "./policy.ts";
import { policyStrategy } from "./strategy.ts";

/** A request that is decided otherwise. */
export interface Difference {
  readonly request: string;
  readonly before: string;
  readonly after: string;
}

/** A report about code with nothing in it but a level. */
export function riskOf(level: RiskLevel, given: Partial<AnalyzedRisk> = {}): AnalyzedRisk {
  return {
    analyzed: true,
    score: riskScores[level],
    level,
    capabilities: [],
    findings: [],
    language: { declared: null, found: null },
    binary: false,
    unknownLang: false,
    analyzer: "given",
    rules: "given",
    ...given,
  };
}

/** A request with nothing special about it. */
export const plainRequest: RequestFacts = {
  tenant: "default",
  door: "rest",
  language: null,
  image: null,
  network: "none",
  mounts: [],
  labels: {},
  opaque: false,
  binary: false,
  unknownLang: false,
};

/** Every typical request: languages by risks, with and without network, machine code and opaque executions. */
function* typicalRequests(): Generator<{
  readonly words: string;
  readonly request: RequestFacts;
  readonly risk: RiskReport;
}> {
  for (const language of [...languageNames, null]) {
    for (const level of [...riskLevels, null]) {
      for (const network of ["none", "open"] as const) {
        for (const binary of [false, true]) {
          for (const opaque of [false, true]) {
            const request = { ...plainRequest, language, network, binary, opaque, unknownLang: language === null };
            const risk: RiskReport =
              level === null ? { analyzed: false } : riskOf(level, { binary, unknownLang: language === null });
            const words = [
              `lang ${language ?? "unknown"}`,
              `risk ${level ?? "unknown"}`,
              ...(network === "none" ? [] : ["network"]),
              ...(binary ? ["binary"] : []),
              ...(opaque ? ["opaque"] : []),
            ].join(", ");
            yield { words, request, risk };
          }
        }
      }
    }
  }
}

export function comparePolicies(
  before: Policy,
  after: Policy,
  limits: Limits,
): { readonly requests: number; readonly differences: readonly Difference[] } {
  const differences: Difference[] = [];
  let requests = 0;
  for (const { words, request, risk } of typicalRequests()) {
    requests += 1;
    const facts = factsOf(request, risk, limits);
    const was = describeSelection(policyStrategy.selectRuntime({ facts, policy: before }));
    const becomes = describeSelection(policyStrategy.selectRuntime({ facts, policy: after }));
    if (was !== becomes) differences.push({ request: words, before: was, after: becomes });
  }
  return { requests, differences };
}
