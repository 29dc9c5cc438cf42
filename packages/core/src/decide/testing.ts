/** Policies and requests for tests, with only what a test cares about. */
import type { RequestFacts } from "./facts.ts";
import type { Policy, PolicyRule } from "./policy.ts";

const silent: Omit<PolicyRule, "place"> = {
  name: "",
  condition: { kind: "all", of: [] },
  always: false,
  use: null,
  level: null,
  deny: null,
  approval: null,
  limits: {},
  network: null,
  syscallProfile: null,
};

/** A rule that matches everything and says nothing, but for what is given. */
export function rule(place: number, given: Partial<PolicyRule> = {}): PolicyRule {
  return { ...silent, place: `test:${place}`, ...given };
}

export function fallback(given: Partial<PolicyRule>): PolicyRule {
  return rule(99, { name: "default", ...given });
}

export function policy(rules: readonly PolicyRule[], last: PolicyRule): Policy {
  return { rules, fallback: last };
}

export const request: RequestFacts = {
  tenant: "default",
  door: "rest",
  language: "python",
  image: null,
  network: "none",
  mounts: [],
  labels: {},
  opaque: false,
  binary: false,
  unknownLang: false,
};
