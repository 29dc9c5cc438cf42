/** Cases for a policy: what is given of a request, and what the policy is expected to want. `docs/policy.md` has the form. */
import {
  isolationLevels,
  languageNames,
  type RiskCapability,
  riskCapabilityNames,
  riskLevelOf,
  riskLevels,
  riskScores,
} from "@hsr/contract";
import type { RiskReport } from "../analyze/report.ts";
import type { Limits } from "../types.ts";
import { plainRequest, riskOf } from "./compare.ts";
import { doors, type Facts, factsOf, type RequestFacts } from "./facts.ts";
import { describeValue, type Located, type LocatedEntry, type Problem, Problems } from "./located.ts";
import { type LimitField, limitFields, networkModes, type Policy } from "./policy.ts";
import {
  readEntries,
  readFlag,
  readLimits,
  readQuantity,
  readText,
  readTexts,
  readWord,
  readWords,
} from "./read-values.ts";
import { policyStrategy, type Selection } from "./strategy.ts";

/** What is expected, as questions to what came. Each answers null, or says the difference. */
type Expectation = (selection: Selection) => string | null;

export interface PolicyCase {
  readonly line: number;
  readonly name: string;
  readonly facts: Facts;
  readonly expectations: readonly Expectation[];
}

export type CasesReading =
  | { readonly kind: "cases"; readonly cases: readonly PolicyCase[] }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/** How a case came out. */
export interface CaseResult {
  readonly line: number;
  readonly name: string;
  readonly rule: string;
  /** Empty when it came out as expected. */
  readonly differences: readonly string[];
}

const casesMax = 1000;

export function readCases(root: Located, limits: Limits): CasesReading {
  const problems = new Problems();
  const entries = readEntries(root, "the file", ["cases"], problems);
  const list = entries?.get("cases")?.value;
  if (entries !== null && (list?.kind !== "list" || list.items.length === 0 || list.items.length > casesMax))
    problems.add(list ?? root, `cases wants a list of 1 to ${casesMax}`, "Begin each case with `- `.");
  const items = list?.kind === "list" ? list.items : [];
  const cases = items.flatMap((item) => readCase(item, limits, problems) ?? []);
  return problems.found.length > 0 ? { kind: "problems", problems: problems.found } : { kind: "cases", cases };
}

export function runCase(policy: Policy, one: PolicyCase): CaseResult {
  const selection = policyStrategy.selectRuntime({ facts: one.facts, policy });
  const differences = one.expectations.flatMap((expectation) => expectation(selection) ?? []);
  return { line: one.line, name: one.name, rule: selection.rule, differences };
}

function readCase(item: Located, limits: Limits, problems: Problems): PolicyCase | null {
  const entries = readEntries(item, "a case", ["name", "given", "expect"], problems);
  const given = entries?.get("given");
  const expect = entries?.get("expect");
  const name = entries?.get("name");
  if (entries === null) return null;
  if (given === undefined || expect === undefined)
    return problems.add(
      item,
      "the case has no given or no expect",
      "Say what is given of the request, and what is expected.",
    );
  const facts = readGiven(given.value, limits, problems);
  const expectations = readExpectations(expect.value, problems);
  if (facts === null || expectations === null) return null;
  return {
    line: item.line,
    name: name === undefined ? `line ${item.line}` : (readText(name.value, "name", problems) ?? ""),
    facts,
    expectations,
  };
}

const givenKeys = [
  "lang",
  "risk",
  "score",
  "findings",
  "capabilities",
  "network",
  "binary",
  "unknown_lang",
  "image",
  "tenant",
  "labels",
  "mounts",
  "limits",
  "door",
  "opaque",
];

/** The facts of a request that has nothing special but what is given: analyzed, low risk, no network, default limits. */
function readGiven(value: Located, defaults: Limits, problems: Problems): Facts | null {
  const entries = readEntries(value, "given", givenKeys, problems);
  if (entries === null) return null;
  const get = <Value>(key: string, read: (value: Located, what: string) => Value | null): Value | undefined => {
    const entry = entries.get(key);
    return entry === undefined ? undefined : (read(entry.value, entry.key) ?? undefined);
  };
  const word =
    <const Word extends string>(words: readonly Word[]) =>
    (inner: Located, what: string) =>
      readWord(inner, what, words, problems);
  const flag = (inner: Located, what: string) => readFlag(inner, what, problems);
  const text = (inner: Located, what: string) => readText(inner, what, problems);
  const texts = (inner: Located, what: string) => readTexts(inner, what, problems);

  const language = get("lang", word([...languageNames, "unknown"]));
  const risk = get("risk", word([...riskLevels, "unknown"]));
  const score = get("score", (inner, what) => readQuantity(inner, what, { unit: "count", min: 0, max: 100 }, problems));
  const unknownLang = get("unknown_lang", flag) ?? language === "unknown";
  const binary = get("binary", flag) ?? false;
  const capabilities =
    get("capabilities", (inner, what) => readWords(inner, what, riskCapabilityNames, problems)) ?? [];
  const findings = get("findings", texts) ?? [];
  const level = risk === undefined || risk === "unknown" ? riskLevelOf(score ?? 0) : risk;
  const report: RiskReport =
    risk === "unknown"
      ? { analyzed: false }
      : riskOf(level, {
          score: score ?? riskScores[level],
          capabilities: capabilities as readonly RiskCapability[],
          findings: findings.map((id) => ({
            id,
            severity: level,
            title: id,
            file: null,
            line: null,
            column: null,
            evidence: "",
            confidence: "certain",
          })),
          binary,
          unknownLang,
        });
  const request: RequestFacts = {
    ...plainRequest,
    language: language === undefined ? "python" : language === "unknown" ? null : language,
    network: get("network", word(networkModes)) ?? "none",
    image: get("image", text) ?? null,
    tenant: get("tenant", text) ?? plainRequest.tenant,
    labels: get("labels", (inner, what) => readLabels(inner, what, problems)) ?? {},
    mounts: get("mounts", texts) ?? [],
    door: get("door", word(doors)) ?? "rest",
    opaque: get("opaque", flag) ?? false,
    binary,
    unknownLang,
  };
  const limits = get("limits", (inner) => readLimits(inner, "limits", problems)) ?? {};
  return factsOf(request, report, { ...defaults, ...limits });
}

function readLabels(value: Located, what: string, problems: Problems): Readonly<Record<string, string>> | null {
  if (value.kind !== "map")
    return problems.add(value, `${what} wants a map, not ${describeValue(value)}`, "Write `labels: {name: value}`.");
  const pairs = value.entries.map((entry) => [entry.key, readText(entry.value, entry.key, problems)] as const);
  return Object.fromEntries(pairs.flatMap(([key, text]) => (text === null ? [] : [[key, text]])));
}

function readExpectations(value: Located, problems: Problems): readonly Expectation[] | null {
  const keys = ["level", "use", "deny", "require_approval", "limits", "network", "rule"];
  const entries = readEntries(value, "expect", keys, problems);
  if (entries === null) return null;
  if (entries.size === 0) return problems.add(value, "the case expects nothing", `Name one of: ${keys.join(", ")}.`);
  return [...entries].flatMap(([key, entry]) => readExpectation(key, entry, problems) ?? []);
}

function readExpectation(key: string, { value }: LocatedEntry, problems: Problems): readonly Expectation[] | null {
  const same = (what: string, wanted: unknown, found: (selection: Selection) => unknown): readonly Expectation[] => [
    (selection) => {
      const came = found(selection);
      return came === wanted ? null : `${what} is ${said(came)} and was expected to be ${said(wanted)}`;
    },
  ];
  switch (key) {
    case "level": {
      const level = readWord(value, key, isolationLevels, problems);
      return level === null
        ? null
        : same(key, level, (selection) => (selection.denied === null ? selection.level : "denied"));
    }
    case "use": {
      const runtime = readText(value, key, problems);
      return runtime === null ? null : same(key, runtime, (selection) => selection.runtime);
    }
    case "deny": {
      if (value.kind === "scalar" && typeof value.value === "boolean")
        return same(key, value.value, (selection) => selection.denied !== null);
      const message = readText(value, key, problems);
      return message === null ? null : same(key, message, (selection) => selection.denied?.message ?? null);
    }
    case "require_approval": {
      const wanted = readFlag(value, key, problems);
      return wanted === null ? null : same(key, wanted, (selection) => selection.approval !== null);
    }
    case "limits":
      return Object.entries(readLimits(value, key, problems)).flatMap(([name, most]) =>
        same(
          `the most of ${fieldOf(name)}`,
          most,
          (selection) => selection.limits[name as keyof Selection["limits"]] ?? null,
        ),
      );
    case "network": {
      const mode = readWord(value, key, networkModes, problems);
      return mode === null ? null : same(key, mode, (selection) => selection.network);
    }
    default:
      return readRule(value, problems);
  }
}

/** A rule by its line or by its name. */
function readRule(value: Located, problems: Problems): readonly Expectation[] | null {
  const wanted = value.kind === "scalar" ? value.value : null;
  if (typeof wanted !== "number" && typeof wanted !== "string")
    return problems.add(value, "rule wants a line or a name", "Write the rule's line, or its name in quotes.");
  return [
    (selection) => {
      const deciding = selection.readings.find((reading) => reading.decided);
      const isIt = typeof wanted === "number" ? selection.rule.endsWith(`:${wanted}`) : deciding?.name === wanted;
      return isIt
        ? null
        : `the rule is ${selection.rule} (${deciding?.name ?? ""}) and was expected to be ${said(wanted)}`;
    },
  ];
}

function fieldOf(key: string): string {
  return (Object.keys(limitFields) as LimitField[]).find((field) => limitFields[field].key === key) ?? key;
}

function said(value: unknown): string {
  return value === null || value === undefined ? "none" : String(value);
}
