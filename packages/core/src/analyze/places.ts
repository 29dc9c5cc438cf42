/** In which places a path lies that matter, by what is kept there. Rules name the kinds. */
import type { Effect } from "./effects.ts";
import { globSource, pathSigns } from "./glob.ts";
import { plainPath } from "./paths.ts";
import { type PlaceKind, placeKinds } from "./place-kinds.ts";
import { hole } from "./value.ts";

/** Names of the kinds. */
export type PlaceName = string;

const compiled = placeKinds.map((kind) => ({
  kind,
  patterns: kind.patterns.map(patternOf),
  anywhere: kind.patterns.filter((each) => each.startsWith("**/")).map(patternOf),
}));
const cache = new Map<string, readonly PlaceKind[]>();

function patternOf(pattern: string): RegExp {
  const home = pattern.startsWith("~/") ? "(?:~[\\w.-]*|/root|/home/[^/]+|/Users/[^/]+)" : "";
  const rest = pattern.startsWith("~/") ? pattern.slice(1) : pattern;
  const body = rest
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\/\*\*$/g, "(?:/.*)?")
    .replace(/\*\*\//g, "(?:.*/)?")
    .replace(/(?<![.)])\*/g, "[^/]*");
  return new RegExp(`^${home}${body}/?$`);
}

/** The kinds of places that an effect's target lies in. */
export function placesOf(effect: Pick<Effect, "kind" | "target" | "tags">): readonly PlaceKind[] {
  if (effect.target === null || !["read", "write", "delete", "list"].includes(effect.kind)) return [];
  return placesOfPath(effect.target);
}

export function placesOfPath(target: string): readonly PlaceKind[] {
  const known = cache.get(target);
  if (known !== undefined) return known;
  const path = plainPath(target);
  // A target that is not known from its beginning could be anything, and so is nothing but what its name says.
  const found =
    path === ""
      ? []
      : path.startsWith(hole)
        ? compiled.filter((each) => each.anywhere.some((pattern) => pattern.test(path))).map(({ kind }) => kind)
        : compiled.filter((each) => matches(each, path)).map(({ kind }) => kind);
  if (cache.size > 4096) cache.clear();
  cache.set(target, found);
  return found;
}

function matches({ kind, patterns }: (typeof compiled)[number], path: string): boolean {
  if (patterns.some((pattern) => pattern.test(path.replaceAll(hole, "x")))) return true;
  if (!/[*?[]/.test(path)) return false;
  // A pattern for files: it means every file that it fits.
  const source = globSource(path, pathSigns, 3);
  if (source === null) return false;
  const wanted = new RegExp(`^${source}$`);
  return kind.patterns.some((each) => !each.includes("*") && wanted.test(each));
}
