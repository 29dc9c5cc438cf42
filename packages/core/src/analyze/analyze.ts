import type { RunInput } from "../action.ts";

/** What is known of the code's risk. */
export interface RiskReport {
  readonly analyzed: false;
}

/** Reads a request and says how risky it is. Pure; parsing and model calls would sit behind it. */
export type Analyze = (input: RunInput) => RiskReport;

/** No analyzer is part of this version: nothing is claimed about the code, and no score is invented. */
export const analyze: Analyze = () => ({ analyzed: false });
