/** A policy as decisions read it: plain data, made by `read-policy.ts` from what the operator wrote. */
import type { IsolationLevel, Limits, RuntimeName } from "../types.ts";

/** What a sandbox may reach, from nothing to everything. */
export const networkModes = ["none", "allowlist", "open"] as const;
export type NetworkMode = (typeof networkModes)[number];

/** Filters of system calls that a policy can name, from the widest to the narrowest; the launcher has a table of the same names. */
export const syscallProfiles: readonly string[] = ["default"];

/** Limits that a policy can bound, as the wire calls them, and where they stand in `Limits`. */
export const limitFields = {
  timeout: { key: "wallMs", name: "wall_time", unit: "ms" },
  cpu_limit: { key: "cpuCores", name: "cpu", unit: "cores" },
  memory_limit: { key: "memoryBytes", name: "memory", unit: "bytes" },
  pids_limit: { key: "pids", name: "pids", unit: "count" },
  disk_limit_bytes: { key: "diskBytes", name: "disk", unit: "bytes" },
  output_limit_bytes: { key: "outputBytes", name: "output", unit: "bytes" },
} as const;
export type LimitField = keyof typeof limitFields;
export type ClampedLimit = (typeof limitFields)[LimitField]["key"];
/** The most that a request may have of each. */
export type LimitClamps = Readonly<Partial<Pick<Limits, ClampedLimit>>>;

/** Facts of one word. */
export type TextFact = "lang" | "risk" | "network" | "image" | "tenant" | "door";
/** Facts that hold or do not. */
export type FlagFact = "binary" | "unknown_lang" | "opaque" | "mounted" | "networked" | "imaged";
/** Facts of several words. */
export type ListFact = "findings" | "capabilities" | "mounts";
/** Facts that are numbers. */
export type NumberFact = "score" | `limits.${LimitField}`;

/** What has to hold of a request. Texts may have `*` for any characters. */
export type Condition =
  | { readonly kind: "all" | "any"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: Condition }
  | { readonly kind: "text"; readonly fact: TextFact; readonly patterns: readonly string[] }
  | { readonly kind: "flag"; readonly fact: FlagFact; readonly value: boolean }
  | { readonly kind: "number"; readonly fact: NumberFact; readonly min: number | null; readonly max: number | null }
  | {
      readonly kind: "list";
      readonly fact: ListFact;
      readonly quantity: "any" | "all" | "none";
      readonly patterns: readonly string[];
    }
  /** `null` asks only whether the label is there. */
  | { readonly kind: "label"; readonly label: string; readonly patterns: readonly string[] | null };

/** That a person has to agree first. */
export interface ApprovalDemand {
  /** For the person who decides; empty if the operator wrote none. */
  readonly message: string;
  /** After this time without an answer it is denied; `null` takes the configuration's. */
  readonly deadlineMs: number | null;
}

/** One rule: what it looks at, and what holds if that is so. */
export interface PolicyRule {
  /** Where it stands, as `policy.yaml:12`: the name under which decisions and errors speak of it. */
  readonly place: string;
  /** What the operator calls it; empty if nothing. */
  readonly name: string;
  readonly condition: Condition;
  /** Read wherever it stands; it restricts and never ends the reading. */
  readonly always: boolean;
  readonly use: { readonly runtime: RuntimeName; readonly level: IsolationLevel } | null;
  readonly level: IsolationLevel | null;
  /** The message for the caller; `null` does not deny. */
  readonly deny: string | null;
  readonly approval: ApprovalDemand | null;
  readonly limits: LimitClamps;
  /** The most network that is allowed. */
  readonly network: NetworkMode | null;
  readonly syscallProfile: string | null;
}

export interface Policy {
  readonly rules: readonly PolicyRule[];
  /** What holds when no rule named `use`, `level` or `deny`. */
  readonly fallback: PolicyRule;
}
