import type { ErrorCode, HsrErrorOptions } from "@hsr/contract";
import type { Wishes } from "../action.ts";
import type { RiskReport } from "../analyze/report.ts";
import type { Capabilities } from "../ports.ts";
import type { IsolationLevel, LimitName, Limits, MountSpec, RuntimeName } from "../types.ts";
import type { RequestFacts } from "./facts.ts";
import type { Policy } from "./policy.ts";

/** What this host offers of one runtime when the decision is made. Order in a list is cost: the cheapest first. */
export interface RuntimeOffer {
  readonly name: RuntimeName;
  readonly available: boolean;
  /** What is missing and how to get it; empty when it is available. */
  readonly reason: string;
  readonly hint: string;
  readonly capabilities: Pick<Capabilities, "levels" | "roots" | "networkModes" | "enforces">;
}

/** The operator's rules, of which the defaults and the most that a caller may have are a part. */
export interface Rules {
  /** Names the exact rules in stored decisions. */
  readonly digest: string;
  readonly defaults: Limits;
  readonly most: Omit<Limits, "inodes" | "openFiles">;
  /** Limits that must be enforced even if nobody names them. */
  readonly required: readonly LimitName[];
  /** Whether a required limit that this host cannot enforce refuses the run. */
  readonly unenforced: "refuse" | "allow";
  readonly policy: Policy;
}

/** Everything that a decision depends on. Kept whole in the audit log, so that it can be replayed. */
export interface DecideInput {
  readonly request: RequestFacts;
  readonly wishes: Wishes;
  readonly risk: RiskReport;
  readonly offers: readonly RuntimeOffer[];
  readonly rules: Rules;
}

/** A decision's input as the audit log has it: the rules by their digest, under which the store keeps them. */
export type KeptInput = Omit<DecideInput, "rules"> & { readonly rules: Pick<Rules, "digest"> };

/** What was decided of one request. */
export interface Decision {
  readonly level: IsolationLevel;
  readonly runtime: RuntimeName;
  readonly rule: string;
  readonly reasons: readonly string[];
  readonly preferenceMet: boolean | null;
  readonly policyDigest: string;
  readonly limits: Limits;
  /** The launch fails if one of these cannot be enforced. */
  readonly requiredLimits: readonly LimitName[];
  /** Required limits that the operator allows to be missing on this host. */
  readonly unenforced: readonly LimitName[];
  readonly network: "none";
  readonly syscallProfile: string;
  /** Folders and volumes that are in the sandbox. Absent in decisions without any. */
  readonly mounts?: readonly MountSpec[];
  /** Only of a run that was held for a person's answer. */
  readonly approval?: HeldFor;
}

/** What a held run waits for, and who agreed. */
export interface HeldFor {
  /** The rule that wants it. */
  readonly rule: string;
  readonly message: string;
  /** Wall time after which it is denied. */
  readonly deadlineAtMs: number;
  readonly approvedBy: string | null;
  readonly approvedAtMs: number | null;
}

/** A request that is not run, as the error that its caller gets. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly options: HsrErrorOptions;
}

/** What a person is asked. */
export interface Approval {
  /** The rule that wants it. */
  readonly rule: string;
  readonly message: string;
  /** After this time without an answer it is denied; `null` takes the operator's default. */
  readonly deadlineMs: number | null;
}

/** Whoever gets a `hold` must not start anything: `held` becomes the decision only once a person agreed. */
export type Verdict =
  | { readonly kind: "allow"; readonly decision: Decision }
  | { readonly kind: "hold"; readonly held: Decision; readonly approval: Approval }
  | { readonly kind: "refuse"; readonly refusal: Refusal };
