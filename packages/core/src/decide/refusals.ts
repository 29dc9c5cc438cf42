/** Why a request is not run, in words that help: what was found in the code, which rule wants what, what this host has. */
import { type IsolationLevel, type LimitName, levelRank } from "../types.ts";
import type { Approval, DecideInput, Refusal, Rules, RuntimeOffer } from "./decision.ts";
import type { Selection } from "./strategy.ts";

/** Findings that a message names; the report has them all. */
const findingsNamed = 3;

/** The weakest level of a runtime that is at least the wanted one. */
export function levelAt(offer: RuntimeOffer, wanted: IsolationLevel): IsolationLevel | null {
  return offer.capabilities.levels.find((level) => levelRank(level) >= levelRank(wanted)) ?? null;
}

export function denied(
  { message, rule }: { readonly message: string; readonly rule: string },
  policyDigest: string,
): Refusal {
  return {
    code: "policy_denied",
    options: { ...(message === "" ? {} : { message }), details: { rule, policy_digest: policyDigest } },
  };
}

/** What was to be done cannot wait: it belongs to something that is there already. */
export function needsApproval({ rule }: Pick<Approval, "rule">, { digest }: Pick<Rules, "digest">): Refusal {
  return {
    code: "policy_denied",
    options: {
      message: `The rule at ${rule} wants a person's approval, and nobody has given it for this.`,
      details: { rule, policy_digest: digest },
    },
  };
}

/** Nothing fits: which of the demands fails, what this host has, and what would help. */
export function nothingFits(input: DecideInput, level: IsolationLevel, selection: Selection): Refusal {
  const { wishes, offers } = input;
  const offered = offers.map((offer) => ({
    runtime: offer.name,
    available: offer.available,
    levels: offer.capabilities.levels,
    ...(offer.available ? {} : { reason: offer.reason, hint: offer.hint }),
  }));
  const has = describeHost(offers);
  const byPolicy = levelRank(selection.level) >= levelRank(wishes.level ?? "basic") && selection.level !== "basic";
  const why = byPolicy ? `${describeFindings(input)} ${selection.reason} ` : "";
  const details = {
    demanded: { level, ...(wishes.runtime === null ? {} : { runtime: wishes.runtime }) },
    offered,
    ...(byPolicy ? { rule: selection.rule, policy_digest: input.rules.digest } : {}),
  };
  if (wishes.runtime !== null) {
    const wanted = offers.find((offer) => offer.name === wishes.runtime);
    const fault =
      wanted === undefined
        ? "this gateway does not know it"
        : wanted.available
          ? `it offers ${wanted.capabilities.levels.join(", ")} and ${level} ${byPolicy ? "is wanted" : "was asked for"}`
          : wanted.reason;
    return {
      code: "runtime_unavailable",
      options: {
        field: "secure_runtime",
        message: `${why}The runtime ${wishes.runtime} cannot be used: ${fault}. ${has}`,
        ...(wanted !== undefined && !wanted.available ? { hint: wanted.hint } : {}),
        details,
      },
    };
  }
  const broken = offers.find((offer) => !offer.available && levelAt(offer, level) !== null);
  const allow = byPolicy ? `the rule at ${selection.rule} is where the operator can allow a lower level` : null;
  const install = broken?.hint ?? `this version of HSR can drive no runtime of the level ${level}`;
  return {
    code: "level_unavailable",
    options: {
      ...(byPolicy ? {} : { field: "isolation_level" }),
      message: `${why}The isolation level ${level} is not to be had here. ${has}`,
      ...(allow === null
        ? broken === undefined
          ? {}
          : { hint: broken.hint }
        : { hint: sentence(`${install}; ${allow}`) }),
      details,
    },
  };
}

export function cannotEnforce(offer: RuntimeOffer, missing: readonly LimitName[]): Refusal {
  return {
    code: "limit_unenforceable",
    options: {
      message: `${offer.name} on this host cannot enforce: ${missing.join(", ")}.`,
      details: { runtime: offer.name, limits: missing },
    },
  };
}

export function whyNotPreferred(
  input: DecideInput,
  preference: string,
  level: IsolationLevel,
  isNamed: boolean,
): string {
  const offer = input.offers.find((each) => each.name === preference);
  if (offer === undefined) return `The preferred runtime ${preference} is not known here.`;
  if (!offer.available) return `The preferred runtime ${preference} is not available: ${offer.reason}`;
  if (levelAt(offer, level) === null) return `The preferred runtime ${preference} does not reach the level ${level}.`;
  if (input.wishes.runtime !== null) return `The preferred runtime ${preference} is not the demanded one.`;
  if (isNamed) return `The preferred runtime ${preference} is not the one that the policy names.`;
  return `The preferred runtime ${preference} cannot enforce every required limit.`;
}

/** What the analyzer saw, the heaviest first. Titles are ours; evidence is the caller's and stays out. */
export function describeFindings({ risk }: Pick<DecideInput, "risk">): string {
  if (!risk.analyzed) return "The code was not analyzed.";
  const found = risk.findings.slice(0, findingsNamed).map(({ title, line }) => {
    const said = title.replace(/\.$/, "");
    return line === null ? said : `${said} (line ${line})`;
  });
  return `The code's risk is ${risk.level} (${risk.score})${found.length === 0 ? "" : `: ${found.join("; ")}`}.`;
}

function describeHost(offers: readonly RuntimeOffer[]): string {
  const usable = offers.filter((offer) => offer.available);
  if (usable.length > 0) {
    return `This host has ${usable.map((offer) => `${offer.name} (${offer.capabilities.levels.join(", ")})`).join("; ")}.`;
  }
  const causes = offers.map((offer) => `${offer.name}: ${offer.reason}`).join("; ");
  return `No runtime of this host is available${causes === "" ? "" : ` (${causes})`}.`;
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
