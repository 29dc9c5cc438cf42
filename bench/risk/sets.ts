/** Programs to measure with: those of this repository, the dev snippets that are kept beside it, and an operator's own. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type LanguageName, languageNames, type RiskCapability, riskCapabilityNames } from "@hsr/contract";

export interface Program {
  readonly id: string;
  readonly language: LanguageName;
  readonly code: string;
}

/** A program that does something risky, and what the analyzer should say of it. */
export interface Risky extends Program {
  readonly type: string;
  /** Whether it has to score medium or high. */
  readonly threat: boolean;
  /** Whether the right capability was named; `null` where none is wanted. */
  isNamed(capabilities: readonly RiskCapability[]): boolean | null;
}

/** A program that is what it seems, labelled with everything that it can do. */
export interface Harmless extends Program {
  readonly capabilities: readonly RiskCapability[];
  readonly groups: readonly string[];
}

const root = join(import.meta.dirname, "../..");
const devFile = process.env["HSR_REDCODE"] ?? join(root, "../shared/data/redcode-exec-dev.jsonl");

interface TypeRow {
  readonly type: string;
  readonly capable: boolean;
  readonly all: readonly RiskCapability[];
  readonly any?: readonly RiskCapability[];
  readonly [language: string]: unknown;
}

/** The dev snippets, with what each type has to be named; `null` where they are not. */
export function devSnippets(): readonly Risky[] | null {
  if (!existsSync(devFile)) return null;
  const types = new Map(
    (JSON.parse(readFileSync(join(root, "tests/data/redcode-types.json"), "utf8")) as TypeRow[]).map((row) => [
      row.type,
      row,
    ]),
  );
  return lines<Omit<Risky, "isNamed">>(devFile).map((row) => {
    const wanted = types.get(String(row.type));
    const own = wanted?.[row.language] as readonly RiskCapability[] | undefined;
    return {
      ...row,
      type: String(row.type),
      isNamed: (named) => {
        if (wanted?.capable !== true) return null;
        if (own !== undefined) return own.every((each) => named.includes(each));
        const some = wanted.any === undefined || wanted.any.some((each) => named.includes(each));
        return some && wanted.all.every((each) => named.includes(each));
      },
    };
  });
}

interface Label {
  readonly id: string;
  readonly language: LanguageName;
  readonly file: string;
  readonly groups: readonly string[];
  readonly capabilities: readonly RiskCapability[];
}

/** The harmless programs of this repository. */
export function harmlessPrograms(): readonly Harmless[] {
  const folder = join(root, "tests/data/harmless");
  return (JSON.parse(readFileSync(join(folder, "labels.json"), "utf8")) as Label[]).map((label) => ({
    ...label,
    code: readFileSync(join(folder, label.file), "utf8"),
  }));
}

export interface Extra {
  readonly path: string;
  readonly risky: readonly Risky[];
  readonly harmless: readonly Harmless[];
}

interface ExtraRow extends Program {
  readonly type?: string | number;
  readonly threat?: boolean;
  readonly capabilities?: readonly RiskCapability[];
}

/** The two sets that were written without a look at the rules: tests/data/blind. */
export function blindPrograms(): Extra {
  const folder = join(root, "tests/data/blind");
  const [risky, harmless] = [readExtra(join(folder, "threats.jsonl")), readExtra(join(folder, "harmless.jsonl"))];
  return { path: folder, risky: risky.risky, harmless: harmless.harmless };
}

/** Files of an operator's own programs: the paths in `HSR_RISK_EXTRA`, separated by colons. Throws with the line that is wrong. */
export function extraPrograms(): readonly Extra[] {
  const paths = (process.env["HSR_RISK_EXTRA"] ?? "").split(":").filter((path) => path !== "");
  return paths.map(readExtra);
}

function readExtra(path: string): Extra {
  const rows = lines<ExtraRow>(path).map((row, index) => checked(row, `${path}: program ${index + 1}`));
  const isRisky = (row: ExtraRow) => row.threat !== undefined || row.type !== undefined;
  return {
    path,
    risky: rows.filter(isRisky).map(({ id, language, code, type = "-", threat = false, capabilities: wanted }) => ({
      id,
      language,
      code,
      type: String(type),
      threat,
      isNamed: (named) => (wanted === undefined ? null : wanted.every((each) => named.includes(each))),
    })),
    harmless: rows
      .filter((row) => !isRisky(row))
      .map(({ id, language, code, capabilities = [] }) => ({ id, language, code, capabilities, groups: [] })),
  };
}

function checked(row: ExtraRow, where: string): ExtraRow {
  const languages: readonly string[] = languageNames;
  const words: readonly string[] = riskCapabilityNames;
  if (typeof row.id !== "string" || typeof row.code !== "string") throw new Error(`${where}: id and code are texts`);
  if (!languages.includes(row.language)) throw new Error(`${where}: the language is one of ${languages.join(", ")}`);
  const unknown = (row.capabilities ?? []).filter((each) => !words.includes(each));
  if (unknown.length > 0) throw new Error(`${where}: no capability is named ${unknown.join(", ")}`);
  return row;
}

function lines<Row>(path: string): readonly Row[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Row);
}
