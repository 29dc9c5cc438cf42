/**
 * Whether a condition holds of a request. Three answers: what nobody knows makes a `maybe`, and whoever reads a policy
 * has to take a maybe for the stricter of yes and no.
 */
import type { Facts } from "./facts.ts";
import type { Condition } from "./policy.ts";

export type Match = "yes" | "no" | "maybe";

export function matches(condition: Condition, facts: Facts): Match {
  switch (condition.kind) {
    case "all":
      return every(condition.of.map((one) => matches(one, facts)));
    case "any":
      return opposite(every(condition.of.map((one) => opposite(matches(one, facts)))));
    case "not":
      return opposite(matches(condition.of, facts));
    case "text": {
      const text = facts.texts[condition.fact];
      // A risk that is unknown can be asked for by that name; asked for by any other name it may be anything.
      if (condition.fact === "risk" && text === "unknown") {
        return condition.patterns.includes("unknown") ? "yes" : "maybe";
      }
      return text === null ? "maybe" : answer(condition.patterns.some((pattern) => fits(pattern, text)));
    }
    case "flag":
      return answer(facts.flags[condition.fact] === condition.value);
    case "number": {
      const value = facts.numbers[condition.fact];
      if (value === null) return "maybe";
      return answer(
        (condition.min === null || value >= condition.min) && (condition.max === null || value <= condition.max),
      );
    }
    case "list": {
      const list = facts.lists[condition.fact];
      if (list === null) return "maybe";
      const has = (pattern: string) => list.some((each) => fits(pattern, each));
      switch (condition.quantity) {
        case "any":
          return answer(condition.patterns.some(has));
        case "all":
          return answer(condition.patterns.every(has));
        case "none":
          return answer(!condition.patterns.some(has));
      }
      break;
    }
    case "label": {
      const value = Object.hasOwn(facts.labels, condition.label) ? facts.labels[condition.label] : undefined;
      if (value === undefined) return "no";
      return answer(condition.patterns === null || condition.patterns.some((pattern) => fits(pattern, value)));
    }
  }
}

/** Whether a condition looks at words that the caller chooses freely, and that say nothing of what runs. */
export function looksAtHints(condition: Condition): boolean {
  switch (condition.kind) {
    case "all":
    case "any":
      return condition.of.some(looksAtHints);
    case "not":
      return looksAtHints(condition.of);
    case "label":
      return true;
    case "text":
      return condition.fact === "door";
    case "flag":
    case "number":
    case "list":
      return false;
  }
}

function answer(holds: boolean): Match {
  return holds ? "yes" : "no";
}

function every(answers: readonly Match[]): Match {
  if (answers.includes("no")) return "no";
  return answers.includes("maybe") ? "maybe" : "yes";
}

function opposite(match: Match): Match {
  return match === "yes" ? "no" : match === "no" ? "yes" : "maybe";
}

/** Whether a text is what a pattern with `*` says. Steps back to the last star only, so no text takes long. */
export function fits(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let from = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p;
      from = t;
      p += 1;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p += 1;
      t += 1;
    } else if (star !== -1) {
      p = star + 1;
      from += 1;
      t = from;
    } else return false;
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}
