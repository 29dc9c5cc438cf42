/** What is known of the code's risk. Plain data: it is stored with the run, and a decision can be replayed from it. */
import type { Confidence, LanguageName, RiskCapability, RiskLevel } from "@hsr/contract";

/** One thing that weighs in a score. */
export interface Finding {
  /** The rule that matched. */
  readonly id: string;
  readonly severity: RiskLevel;
  /** What was found, in a sentence. */
  readonly title: string;
  /** The file in the sandbox that it stands in; `null` for the command line. */
  readonly file: string | null;
  /** From 1; `null` where there are no lines. */
  readonly line: number | null;
  /** In characters, from 1; `null` where there are no lines. */
  readonly column: number | null;
  /** What it was seen by, cut short. It is the caller's text: never logged. */
  readonly evidence: string;
  readonly confidence: Confidence;
}

/** A report about code that was read. */
export interface AnalyzedRisk {
  readonly analyzed: true;
  /** A whole number from 0 to 100. */
  readonly score: number;
  /** The score in a word, as `riskLevelOf` says it. */
  readonly level: RiskLevel;
  /** Each at most once, in the order of the contract's table. */
  readonly capabilities: readonly RiskCapability[];
  /** The heaviest first, bounded. */
  readonly findings: readonly Finding[];
  readonly language: {
    /** What the request says; `null` when it gave argv. */
    readonly declared: LanguageName | null;
    /** What the code reads as; `null` when it is none of the known languages. */
    readonly found: LanguageName | null;
  };
  /** Whether a program or a library of machine code or bytecode is among it. */
  readonly binary: boolean;
  /** Whether something that may be run is in no known language. */
  readonly unknownLang: boolean;
  /** The analyzer's version. */
  readonly analyzer: string;
  /** Names the exact rules that were applied. */
  readonly rules: string;
}

/** What is known of the code's risk: a report, or that nobody looked. */
export type RiskReport = AnalyzedRisk | { readonly analyzed: false };
