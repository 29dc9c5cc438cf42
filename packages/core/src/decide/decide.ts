/** The decision about one request. Pure and synchronous: the same input gives the same decision, today and in a replay. */
import { type IsolationLevel, type LimitName, levelRank } from "../types.ts";
import type { DecideInput, Refusal, RuntimeOffer, Verdict } from "./decision.ts";
import { settleLimits } from "./limits.ts";

/** The one rule until there is a policy: the isolation that was asked for, or the lowest. */
export const builtinRule = "builtin:asked-or-basic";

/** Limits that the gateway itself holds, whatever the runtime can do. */
const heldByGateway: readonly LimitName[] = ["wall_time", "output"];

export function decide(input: DecideInput): Verdict {
  const { wishes, rules } = input;
  const level = wishes.level ?? "basic";
  const settled = settleLimits(wishes.limits, rules);
  if (settled.kind === "refuse") return settled;

  const fitting = input.offers.filter((offer) => offer.available && levelAt(offer, level) !== null);
  const candidates = wishes.runtime === null ? fitting : fitting.filter((offer) => offer.name === wishes.runtime);
  const preferred = candidates.find((offer) => offer.name === wishes.preference);
  const required = new Set<LimitName>([...rules.required, ...settled.named]);
  const lacks = (offer: RuntimeOffer) =>
    [...required].filter((name) => !heldByGateway.includes(name) && !offer.capabilities.enforces.includes(name));
  const whole = candidates.filter((offer) => lacks(offer).length === 0);
  const first = preferred ?? cheapest(candidates, level);
  if (first === undefined) return { kind: "refuse", refusal: refusal(input, level) };
  // A runtime that enforces everything goes before one that does not, unless the operator allows the lack.
  const chosen = lacks(first).length === 0 || rules.unenforced === "allow" ? first : (cheapest(whole, level) ?? first);
  const missing = lacks(chosen);
  if (missing.length > 0 && rules.unenforced === "refuse") {
    return { kind: "refuse", refusal: cannotEnforce(chosen, missing) };
  }

  const reasons = [
    wishes.level === null
      ? `No isolation level was asked for; ${describeRisk(input)}; the lowest level holds.`
      : `The isolation level ${wishes.level} was asked for.`,
  ];
  if (wishes.runtime !== null) reasons.push(`The runtime ${wishes.runtime} was demanded.`);
  if (wishes.preference !== null && chosen.name !== wishes.preference) {
    reasons.push(whyNotPreferred(input, wishes.preference, level));
  }
  reasons.push(`${chosen.name} is the lightest runtime of this host that fits.`);
  if (missing.length > 0) reasons.push(`The operator allows that nobody enforces: ${missing.join(", ")}.`);

  return {
    kind: "allow",
    decision: {
      level: levelAt(chosen, level) ?? level,
      runtime: chosen.name,
      rule: builtinRule,
      reasons,
      preferenceMet: wishes.preference === null ? null : chosen.name === wishes.preference,
      policyDigest: rules.digest,
      limits: settled.limits,
      requiredLimits: [...required].filter((name) => !missing.includes(name)),
      unenforced: missing,
      network: "none",
      syscallProfile: "default",
    },
  };
}

function describeRisk({ risk }: DecideInput): string {
  return risk.analyzed ? `the code's risk is ${risk.level} (${risk.score})` : "the code was not analyzed";
}

/** The weakest level of a runtime that is at least the wanted one. */
function levelAt(offer: RuntimeOffer, wanted: IsolationLevel): IsolationLevel | null {
  return offer.capabilities.levels.find((level) => levelRank(level) >= levelRank(wanted)) ?? null;
}

/** The lowest level that suffices; among equals the order of the list, which is cost. */
function cheapest(offers: readonly RuntimeOffer[], wanted: IsolationLevel): RuntimeOffer | undefined {
  const rank = (offer: RuntimeOffer) => levelRank(levelAt(offer, wanted) ?? "maximum");
  return offers.reduce<RuntimeOffer | undefined>(
    (best, offer) => (best === undefined || rank(offer) < rank(best) ? offer : best),
    undefined,
  );
}

/** Nothing fits: which of the demands fails, what this host has, and what would help. */
function refusal(input: DecideInput, level: IsolationLevel): Refusal {
  const { wishes, offers } = input;
  const offered = offers.map((offer) => ({
    runtime: offer.name,
    available: offer.available,
    levels: offer.capabilities.levels,
    ...(offer.available ? {} : { reason: offer.reason, hint: offer.hint }),
  }));
  const has = describe(offers);
  if (wishes.runtime !== null) {
    const wanted = offers.find((offer) => offer.name === wishes.runtime);
    const why =
      wanted === undefined
        ? "this gateway does not know it"
        : wanted.available
          ? `it offers ${wanted.capabilities.levels.join(", ")} and ${level} was asked for`
          : wanted.reason;
    return {
      code: "runtime_unavailable",
      options: {
        field: "secure_runtime",
        message: `The runtime ${wishes.runtime} cannot be used: ${why}. ${has}`,
        ...(wanted !== undefined && !wanted.available ? { hint: wanted.hint } : {}),
        details: { demanded: { level, runtime: wishes.runtime }, offered },
      },
    };
  }
  const broken = offers.find((offer) => !offer.available && levelAt(offer, level) !== null);
  return {
    code: "level_unavailable",
    options: {
      field: "isolation_level",
      message: `The isolation level ${level} is not to be had here. ${has}`,
      ...(broken === undefined ? {} : { hint: broken.hint }),
      details: { demanded: { level }, offered },
    },
  };
}

function describe(offers: readonly RuntimeOffer[]): string {
  const usable = offers.filter((offer) => offer.available);
  if (usable.length > 0) {
    return `This host has ${usable.map((offer) => `${offer.name} (${offer.capabilities.levels.join(", ")})`).join("; ")}.`;
  }
  const causes = offers.map((offer) => `${offer.name}: ${offer.reason}`).join("; ");
  return `No runtime of this host is available${causes === "" ? "" : ` (${causes})`}.`;
}

function cannotEnforce(offer: RuntimeOffer, missing: readonly LimitName[]): Refusal {
  return {
    code: "limit_unenforceable",
    options: {
      message: `${offer.name} on this host cannot enforce: ${missing.join(", ")}.`,
      details: { runtime: offer.name, limits: missing },
    },
  };
}

function whyNotPreferred(input: DecideInput, preference: string, level: IsolationLevel): string {
  const offer = input.offers.find((each) => each.name === preference);
  if (offer === undefined) return `The preferred runtime ${preference} is not known here.`;
  if (!offer.available) return `The preferred runtime ${preference} is not available: ${offer.reason}`;
  if (levelAt(offer, level) === null) return `The preferred runtime ${preference} does not reach the level ${level}.`;
  if (input.wishes.runtime !== null) return `The preferred runtime ${preference} is not the demanded one.`;
  return `The preferred runtime ${preference} cannot enforce every required limit.`;
}
