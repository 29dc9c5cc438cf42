/**
 * `needs` is how a test says what it wants of the host. A missing feature is a visible skip with its reason, and an error where
 * `HSR_REQUIRE` (a comma-separated list, or `all`) says that the host has it.
 */
import { describe, test } from "vitest";
import { type FeatureName, features, type Probe, probe } from "./features.ts";

export { type FeatureName, runscPath } from "./features.ts";

/** Names in HSR_REQUIRE; an unknown name is an error, since a misspelt one would require nothing. */
function required(): ReadonlySet<string> {
  const names = (process.env["HSR_REQUIRE"] ?? "").split(",").flatMap((name) => name.trim() || []);
  for (const name of names) {
    if (name !== "all" && !(name in features)) {
      throw new Error(
        `HSR_REQUIRE names "${name}", which is not a feature; known: ${Object.keys(features).join(", ")}`,
      );
    }
  }
  return new Set(names);
}

/**
 * Whether the host has all of these features. The reason names the first that is missing and how to get it.
 * Throws when `HSR_REQUIRE` says that the host must have it.
 */
export function needs(...names: readonly FeatureName[]): Probe {
  const must = required();
  for (const name of names) {
    const found = probe(name);
    if (found.ok) continue;
    const reason = `needs ${name}: ${found.reason} (${features[name].get})`;
    if (must.has(name) || must.has("all"))
      throw new Error(`HSR_REQUIRE says that this host has ${name}, but: ${reason}`);
    return { ok: false, reason };
  }
  return { ok: true, reason: names.map((name) => probe(name).reason).join("; ") };
}

/** `describe`, skipped with the reason in its name where the host lacks a feature: `describeWith(["root"], "…", () => …)`. */
export function describeWith(names: readonly FeatureName[], title: string, body: () => void): void {
  const found = needs(...names);
  if (found.ok) describe(title, body);
  else describe.skip(`${title} [skipped: ${found.reason}]`, body);
}

/** `test`, skipped with the reason in its name where the host lacks a feature. */
export function testWith(
  names: readonly FeatureName[],
  title: string,
  body: () => void | Promise<void>,
  timeoutMs?: number,
): void {
  const found = needs(...names);
  if (found.ok) test(title, body, timeoutMs);
  else test.skip(`${title} [skipped: ${found.reason}]`, body);
}
