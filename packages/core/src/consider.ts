/** Everything that a decision about a request depends on, gathered at one moment. */
import { resolveMounts } from "./acquire/mounts.ts";
import type { Offers } from "./acquire/offers.ts";
import type { RunAction } from "./action.ts";
import type { Analyze, AnalyzeInput } from "./analyze/analyze.ts";
import type { DecideInput, Rules } from "./decide/decision.ts";
import { requestFacts } from "./decide/facts.ts";
import type { Store } from "./store.ts";

export interface ConsiderPorts {
  readonly store: Store;
  readonly analyze: Analyze;
  readonly offers: Pick<Offers, "current">;
  readonly rules: Rules;
}

/** What the analyzer looks at of a request. */
export function analyzeInput({ input, wishes }: RunAction): AnalyzeInput {
  const { program, files, environment, stdin } = input;
  const { mounts = [] } = wishes;
  return { program, files, environment, stdin, ...(mounts.length === 0 ? {} : { mounts }) };
}

/** Used where a run is made and where one is only tried out, so that both are decided alike. */
export async function consider(action: RunAction, ports: ConsiderPorts): Promise<DecideInput> {
  const risk = await ports.analyze(analyzeInput(action), action.tenant);
  // After the analysis: what came into force meanwhile holds.
  return {
    request: requestFacts(action),
    wishes: await resolveMounts(action.wishes, action.tenant, ports.store),
    risk,
    offers: ports.offers.current,
    rules: ports.rules,
  };
}
