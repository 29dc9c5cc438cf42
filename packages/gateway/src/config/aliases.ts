/**
 * The `SANDBOX_…` variables of the daemon that this gateway takes the place of, each with its own unit. They rank with
 * the environment, below an `HSR_…` of the same setting. None of them may open what is closed here.
 */

import type { SettingKey } from "./settings.ts";
import type { Given, Problem } from "./sources.ts";

/** What an alias does. */
interface Alias {
  readonly name: string;
  readonly unit: string;
  /** What the documents say of it. */
  readonly meaning: string;
  /** The setting and the value, or a warning and nothing. Throws `RangeError` when the text means nothing. */
  readonly apply: (text: string) => { readonly key: SettingKey; readonly value: number } | { readonly warning: string };
}

function count(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new RangeError("wants a number");
  return value;
}

export const aliases: readonly Alias[] = [
  {
    name: "SANDBOX_CPU_QUOTA",
    unit: "cores",
    meaning: "sets `limits.cpu_cores`",
    apply: (text) => ({ key: "limits.cpu_cores", value: count(text) }),
  },
  {
    name: "SANDBOX_MEMORY_LIMIT",
    unit: "KiB",
    meaning: "sets `limits.memory_bytes`",
    apply: (text) => ({ key: "limits.memory_bytes", value: Math.round(count(text) * 1024) }),
  },
  {
    name: "SANDBOX_TIMEOUT_SECONDS",
    unit: "s",
    meaning: "sets `limits.timeout_ms`",
    apply: (text) => ({ key: "limits.timeout_ms", value: Math.round(count(text) * 1000) }),
  },
  {
    name: "SANDBOX_ALLOW_NETWORK",
    unit: "",
    meaning: "`false` is how it is; `true` opens nothing and is warned of",
    apply: (text) => {
      if (text === "false" || text === "0") return { warning: "" };
      return { warning: "is ignored: sandboxes have no network, and no variable opens one" };
    },
  },
  {
    name: "SANDBOX_POOL_SIZE",
    unit: "sandboxes",
    meaning: "is ignored with a warning: there is no warm pool",
    apply: () => ({ warning: "is ignored: there is no pool of waiting sandboxes" }),
  },
];

/** The aliases that are set. Warnings are for the log; they stop nothing. */
export function readAliases(env: Readonly<Record<string, string | undefined>>): {
  readonly given: readonly Given[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
} {
  const given: Given[] = [];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  for (const alias of aliases) {
    const text = env[alias.name];
    if (text === undefined) continue;
    try {
      const meant = alias.apply(text.trim());
      if ("key" in meant) given.push({ ...meant, source: "environment", from: alias.name });
      else if (meant.warning !== "") warnings.push({ from: alias.name, message: meant.warning });
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      problems.push({ from: alias.name, message: thrown.message });
    }
  }
  return { given, problems, warnings };
}
