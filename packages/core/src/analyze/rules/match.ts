/** Whether an effect is what a rule looks for. */
import type { Effect, EffectKind } from "../effects.ts";
import { placesOf } from "../places.ts";
import { type Disguise, isSelfMade } from "../value.ts";
import type { RuleCondition } from "./rule.ts";

/** Ways to reach a name that change no text: honest code uses them too. */
const openWays = new Set(["getattr", "brackets", "import", "dictionary", "constructor", "separator", "path"]);

/** How many steps a flow is followed back. */
const mostSteps = 6;

/** Pre-compiled patterns; rules are few and live as long as the process. */
const compiled = new Map<string, RegExp>();

/** `*` is anything, `[0-9]` a digit; all other signs are themselves. */
function like(text: string, pattern: string): boolean {
  let regular = compiled.get(pattern);
  if (regular === undefined) {
    const plain = pattern.replace(/[.+^${}()|[\]\\?]/g, "\\$&").replace(/\*+/g, "[\\s\\S]*");
    regular = new RegExp(`^${plain.replaceAll("\\[0-9\\]", "[0-9]")}$`, "i");
    compiled.set(pattern, regular);
  }
  return regular.test(text.length > 2000 ? text.slice(0, 2000) : text);
}

/** Whether a text or a name was made in a way that hides it. */
export function isHidden(disguise: Disguise, ways: readonly string[] = ["*"]): boolean {
  return disguise.some((each) => (ways.includes("*") ? !openWays.has(each) : ways.includes(each)));
}

export function holds(condition: RuleCondition, effect: Effect, all: readonly Effect[]): boolean {
  const { target } = effect;
  if (condition.effect !== undefined && !condition.effect.includes(effect.kind)) return false;
  if (condition.tag !== undefined && !condition.tag.some((each) => hasTag(effect, each))) return false;
  if (condition.notTag?.some((each) => hasTag(effect, each)) === true) return false;
  if (condition.place !== undefined || condition.notPlace !== undefined) {
    const places = placesOf(effect).map((each) => each.name);
    if (condition.place !== undefined && !condition.place.some((each) => places.includes(each))) return false;
    if (condition.notPlace?.some((each) => places.includes(each)) === true) return false;
  }
  if (condition.target !== undefined && (target === null || !condition.target.some((each) => like(target, each))))
    return false;
  if (condition.notTarget !== undefined && target !== null && condition.notTarget.some((each) => like(target, each)))
    return false;
  if (condition.callee !== undefined && !condition.callee.some((each) => like(effect.callee, each))) return false;
  if (condition.hidden !== undefined && !isHidden(effect.disguise, condition.hidden)) return false;
  if (condition.selfMade !== undefined && !isOfItsOwn(effect, condition.selfMade, all)) return false;
  const { data } = effect;
  if (condition.data !== undefined && (data === null || !condition.data.some((each) => like(data, each)))) return false;
  if (condition.from !== undefined && !comesFrom(condition.from, effect, all)) return false;
  if (condition.notFrom !== undefined && comesFrom(condition.notFrom, effect, all)) return false;
  if (
    condition.also !== undefined &&
    !all.some((each) => each.index !== effect.index && holds(condition.also ?? {}, each, all))
  )
    return false;
  return true;
}

/** What brings something that the program does not hold itself. */
const outsideKinds: ReadonlySet<EffectKind> = new Set([
  "read",
  "list",
  "fetch",
  "connect",
  "listen",
  "send",
  "input",
  "environment",
  "processes",
]);

/** Whether data are made of a program's own constants and of nothing from outside; what it wrote to a file is its own. */
function isOfItsOwn(effect: Effect, way: "computed" | "any", all: readonly Effect[]): boolean {
  if (!isSelfMade(effect.from, way)) return false;
  return !effect.from.some((index) => {
    const source = all[index];
    return source !== undefined && outsideKinds.has(source.kind) && !source.tags.includes("own");
  });
}

function hasTag(effect: Effect, tag: string): boolean {
  return tag.includes("*") ? effect.tags.some((each) => like(each, tag)) : effect.tags.includes(tag);
}

/** Follows data back: what it came from, and what that came from. */
function comesFrom(condition: RuleCondition, effect: Effect, all: readonly Effect[]): boolean {
  const seen = new Set<number>([effect.index]);
  let current = effect.from;
  for (let step = 0; step < mostSteps && current.length > 0; step += 1) {
    const next: number[] = [];
    for (const index of current) {
      if (seen.has(index)) continue;
      seen.add(index);
      const source = all[index];
      if (source === undefined) continue;
      if (holds(condition, source, all)) return true;
      next.push(...source.from);
    }
    current = next;
  }
  return false;
}
