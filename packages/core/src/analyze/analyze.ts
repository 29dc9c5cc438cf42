import type { RunInput } from "../action.ts";
import type { MountSpec } from "../types.ts";
import type { RiskReport } from "./report.ts";

/** What the analyzer looks at. It never sees who asks or what isolation was asked for: the same code has the same risk. */
export interface AnalyzeInput extends Pick<RunInput, "program" | "files" | "environment" | "stdin"> {
  /** Where folders of the host and volumes lie in the sandbox: what is there outlives it, and belongs to somebody. */
  readonly mounts?: readonly Pick<MountSpec, "target" | "access">[];
}

/**
 * Reads a request and says how risky it is. The same input gives the same report. It never rejects for what the code is:
 * code that cannot be analyzed, whatever the cause, has a report that says so and weighs as much as the worst. The tenant is for
 * the line in front of it alone, in which tenants take turns.
 */
export type Analyze = (input: AnalyzeInput, tenant: string) => Promise<RiskReport>;
