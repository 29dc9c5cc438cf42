/**
 * The decision about one request. Pure and synchronous: the same input gives the same decision, today and in a replay.
 * What the operator wants comes from the strategy, by default the policy; what the caller demands only adds to it; then
 * the lightest runtime of this host that satisfies both is taken, or the request is refused with what is missing.
 */
import { type IsolationLevel, type LimitName, levelRank } from "../types.ts";
import type { Approval, DecideInput, Decision, RuntimeOffer, Verdict } from "./decision.ts";
import { factsOf } from "./facts.ts";
import { clampLimits, settleLimits } from "./limits.ts";
import { limitFields } from "./policy.ts";
import { cannotEnforce, denied, levelAt, nothingFits, whyNotPreferred } from "./refusals.ts";
import { policyStrategy, type Selection, type Strategy } from "./strategy.ts";

/** Limits that the gateway itself holds, whatever the runtime can do. */
const heldByGateway: readonly LimitName[] = ["wall_time", "output"];

export function decide(input: DecideInput, strategy: Strategy = policyStrategy): Verdict {
  const { wishes, rules } = input;
  const settled = settleLimits(wishes.limits, rules);
  if (settled.kind === "refuse") return settled;
  const facts = factsOf(input.request, input.risk, settled.limits);
  const selection = strategy.selectRuntime({ facts, policy: rules.policy });
  if (selection.denied !== null) return { kind: "refuse", refusal: denied(selection.denied, rules.digest) };
  const level = stronger(selection.level, wishes.level);
  const { limits, clamped } = clampLimits(settled.limits, selection.limits);

  const fitting = input.offers.filter((offer) => offer.available && levelAt(offer, level) !== null);
  const candidates = wishes.runtime === null ? fitting : fitting.filter((offer) => offer.name === wishes.runtime);
  const named = candidates.find((offer) => offer.name === selection.runtime);
  const preferred = candidates.find((offer) => offer.name === wishes.preference);

  const required = new Set<LimitName>([
    ...rules.required,
    ...settled.named,
    ...clamped.map((field) => limitFields[field].name),
  ]);
  const lacks = (offer: RuntimeOffer) =>
    [...required].filter((name) => !heldByGateway.includes(name) && !offer.capabilities.enforces.includes(name));
  const whole = candidates.filter((offer) => lacks(offer).length === 0);
  const first = named ?? preferred ?? cheapest(candidates, level);
  if (first === undefined) return { kind: "refuse", refusal: nothingFits(input, level, selection) };
  // A runtime that enforces everything goes before one that does not, unless the operator allows the lack.
  const chosen = lacks(first).length === 0 || rules.unenforced === "allow" ? first : (cheapest(whole, level) ?? first);
  const missing = lacks(chosen);
  if (missing.length > 0 && rules.unenforced === "refuse") {
    return { kind: "refuse", refusal: cannotEnforce(chosen, missing) };
  }

  const reasons = [describeRisk(input), selection.reason];
  if (wishes.level !== null) reasons.push(`The isolation level ${wishes.level} was asked for.`);
  if (wishes.runtime !== null) reasons.push(`The runtime ${wishes.runtime} was demanded.`);
  if (wishes.preference !== null && chosen.name !== wishes.preference) {
    reasons.push(whyNotPreferred(input, wishes.preference, level, selection.runtime === chosen.name));
  }
  if (clamped.length > 0) reasons.push(`The policy lowered: ${clamped.join(", ")}.`);
  reasons.push(
    chosen.name === selection.runtime
      ? `${chosen.name} is the runtime that the policy names.`
      : `${chosen.name} is the lightest runtime of this host that fits.`,
  );
  if (missing.length > 0) reasons.push(`The operator allows that nobody enforces: ${missing.join(", ")}.`);
  const decision: Decision = {
    level: levelAt(chosen, level) ?? level,
    runtime: chosen.name,
    rule: selection.rule,
    reasons,
    preferenceMet: wishes.preference === null ? null : chosen.name === wishes.preference,
    policyDigest: rules.digest,
    limits,
    requiredLimits: [...required].filter((name) => !missing.includes(name)),
    unenforced: missing,
    // Nothing else can be asked for, and no bound of a policy lies below it.
    network: "none",
    syscallProfile: selection.syscallProfile,
    ...((wishes.mounts ?? []).length === 0 ? {} : { mounts: wishes.mounts ?? [] }),
  };
  const approval = approvalOf(selection);
  return approval === null ? { kind: "allow", decision } : { kind: "hold", held: decision, approval };
}

/** What the policy wants of a request, without a look at the host; `null` where its limits are refused before it is asked. */
export function selectionOf(
  { wishes, rules, request, risk }: DecideInput,
  strategy = policyStrategy,
): Selection | null {
  const settled = settleLimits(wishes.limits, rules);
  if (settled.kind === "refuse") return null;
  return strategy.selectRuntime({ facts: factsOf(request, risk, settled.limits), policy: rules.policy });
}

function approvalOf({ approval }: Selection): Approval | null {
  return approval === null ? null : { rule: approval.rule, message: approval.message, deadlineMs: approval.deadlineMs };
}

function stronger(one: IsolationLevel, other: IsolationLevel | null): IsolationLevel {
  return other !== null && levelRank(other) > levelRank(one) ? other : one;
}

function describeRisk({ risk }: DecideInput): string {
  return risk.analyzed ? `The code's risk is ${risk.level} (${risk.score}).` : "The code was not analyzed.";
}

/** The lowest level that suffices; among equals the order of the list, which is cost. */
function cheapest(offers: readonly RuntimeOffer[], wanted: IsolationLevel): RuntimeOffer | undefined {
  const rank = (offer: RuntimeOffer) => levelRank(levelAt(offer, wanted) ?? "maximum");
  return offers.reduce<RuntimeOffer | undefined>(
    (best, offer) => (best === undefined || rank(offer) < rank(best) ? offer : best),
    undefined,
  );
}
