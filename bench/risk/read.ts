/** Reading one program as the analyzer's processes do, with the rules that ship. */
import type { LanguageName } from "@hsr/contract";
import { type AnalyzedRisk, type AnalyzeInput, analyzeCode, builtinRules, ruleSet } from "@hsr/core";
import { loadParser } from "@hsr/gateway/analyzer";

const parse = await loadParser();
const set = ruleSet(builtinRules);
/** As the setting `analyze.max_bytes` has it. */
const mostBytes = 512 * 1024;

/** A request with nothing but code. */
export function codeInput(language: LanguageName, code: string): AnalyzeInput {
  const program = { kind: "code", language, code: Buffer.from(code), args: [] } as const;
  return { program, files: [], environment: {}, stdin: null };
}

/** What the analyzer says of a program. */
export function read(language: LanguageName, code: string): AnalyzedRisk {
  return analyzeCode(codeInput(language, code), { parse, mostBytes }, set);
}

/** Whether every character of a text belongs to a construct of the language. */
export function isWhole(language: LanguageName, text: string): boolean {
  return parse(language, text).wrongChars === 0;
}
