import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Wishes } from "../action.ts";
import { isolationLevels, type LimitName, levelRank } from "../types.ts";
import { decide } from "./decide.ts";
import type { DecideInput, Rules, RuntimeOffer } from "./decision.ts";
import { fallback, policy, request } from "./testing.ts";

const MiB = 1024 * 1024;
const limitNames: readonly LimitName[] = [
  "memory",
  "pids",
  "cpu",
  "wall_time",
  "disk",
  "inodes",
  "output",
  "open_files",
];
const rules: Rules = {
  digest: "sha256:x",
  defaults: {
    wallMs: 30_000,
    cpuCores: 1,
    memoryBytes: 256 * MiB,
    pids: 128,
    diskBytes: 64 * MiB,
    inodes: 4096,
    outputBytes: MiB,
    openFiles: 256,
  },
  most: {
    wallMs: 3_600_000,
    cpuCores: 4,
    memoryBytes: 1024 * MiB,
    pids: 1024,
    diskBytes: 512 * MiB,
    outputBytes: 16 * MiB,
  },
  required: ["memory", "pids", "wall_time", "output"],
  unenforced: "refuse",
  policy: policy([], fallback({ level: "basic" })),
};
const noWishes: Wishes = { level: null, runtime: null, preference: null, limits: {} };

function offer(
  name: string,
  levels: RuntimeOffer["capabilities"]["levels"],
  available = true,
  enforces = limitNames,
): RuntimeOffer {
  return {
    name,
    available,
    reason: available ? "" : `${name} is not installed`,
    hint: available ? "" : `install ${name}`,
    capabilities: { levels, roots: ["host"], networkModes: ["none"], enforces },
  };
}
function input(wishes: Partial<Wishes>, offers: readonly RuntimeOffer[], more: Partial<Rules> = {}): DecideInput {
  return {
    request,
    wishes: { ...noWishes, ...wishes },
    risk: { analyzed: false },
    offers,
    rules: { ...rules, ...more },
  };
}
function allowed(given: DecideInput) {
  const verdict = decide(given);
  if (verdict.kind !== "allow") throw new Error(JSON.stringify(verdict));
  return verdict.decision;
}
function refused(given: DecideInput) {
  const verdict = decide(given);
  if (verdict.kind !== "refuse") throw new Error(verdict.kind);
  return verdict.refusal;
}

const level = fc.constantFrom(...isolationLevels);
const anyOffer = fc
  .record({
    name: fc.constantFrom("bubblewrap", "gvisor", "kata", "firecracker"),
    levels: fc.subarray([...isolationLevels], { minLength: 1 }),
    available: fc.boolean(),
    enforces: fc.subarray([...limitNames]),
  })
  .map(({ name, levels, available, enforces }) => offer(name, levels, available, enforces));
const anyWishes = fc.record({
  level: fc.option(level),
  runtime: fc.option(fc.constantFrom("bubblewrap", "gvisor", "kata")),
  preference: fc.option(fc.constantFrom("bubblewrap", "gvisor", "kata")),
  limits: fc.record(
    {
      memoryBytes: fc.integer({ min: 16 * MiB, max: 2048 * MiB }),
      diskBytes: fc.integer({ min: MiB, max: 600 * MiB }),
    },
    { requiredKeys: [] },
  ),
});
const anyInput = fc
  .record({
    wishes: anyWishes,
    offers: fc.uniqueArray(anyOffer, { selector: (each) => each.name }),
    unenforced: fc.constantFrom("refuse" as const, "allow" as const),
  })
  .map(({ wishes, offers, unenforced }) => input(wishes, offers, { unenforced }));

describe("for every request", () => {
  test("the same input gives the same decision", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        expect(decide(structuredClone(given))).toEqual(decide(given));
      }),
    );
  });

  test("the level is never below what was demanded, and the runtime offers it and is available", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const verdict = decide(given);
        if (verdict.kind !== "allow") return;
        const { decision } = verdict;
        const chosen = given.offers.find((each) => each.name === decision.runtime);
        expect(chosen?.available).toBe(true);
        expect(chosen?.capabilities.levels).toContain(decision.level);
        expect(levelRank(decision.level)).toBeGreaterThanOrEqual(levelRank(given.wishes.level ?? "basic"));
        if (given.wishes.runtime !== null) expect(decision.runtime).toBe(given.wishes.runtime);
      }),
    );
  });

  test("a preference never lowers the isolation below the demand, never refuses, and never lets a limit go", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const without = decide({ ...given, wishes: { ...given.wishes, preference: null } });
        const withIt = decide(given);
        expect(withIt.kind).toBe(without.kind);
        if (withIt.kind === "allow") {
          expect(levelRank(withIt.decision.level)).toBeGreaterThanOrEqual(levelRank(given.wishes.level ?? "basic"));
          if (given.rules.unenforced === "refuse") expect(withIt.decision.unenforced).toEqual([]);
        }
      }),
    );
  });

  test("demanding more never gives less", () => {
    fc.assert(
      fc.property(anyInput, level, (given, demanded) => {
        const before = decide(given);
        const harder = levelRank(demanded) >= levelRank(given.wishes.level ?? "basic") ? demanded : given.wishes.level;
        const after = decide({ ...given, wishes: { ...given.wishes, level: harder, preference: null } });
        if (before.kind === "refuse" && before.refusal.code !== "limit_unenforceable")
          expect(after.kind).toBe("refuse");
        if (after.kind === "allow")
          expect(levelRank(after.decision.level)).toBeGreaterThanOrEqual(levelRank(harder ?? "basic"));
      }),
    );
  });

  test("a required limit is enforced, or the operator allowed the lack, or the run is refused", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const verdict = decide(given);
        if (verdict.kind !== "allow") return;
        const { decision } = verdict;
        const enforces = given.offers.find((each) => each.name === decision.runtime)?.capabilities.enforces ?? [];
        for (const name of rules.required) {
          const held = enforces.includes(name) || name === "wall_time" || name === "output";
          expect(held || (given.rules.unenforced === "allow" && decision.unenforced.includes(name))).toBe(true);
          expect(decision.requiredLimits.includes(name)).toBe(!decision.unenforced.includes(name));
        }
      }),
    );
  });

  test("limits stay within what the operator allows, and files take at most half of the memory", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const verdict = decide(given);
        if (verdict.kind !== "allow") return;
        const { limits } = verdict.decision;
        for (const key of ["wallMs", "cpuCores", "memoryBytes", "pids", "diskBytes", "outputBytes"] as const)
          expect(limits[key]).toBeLessThanOrEqual(rules.most[key]);
        expect(limits.diskBytes + limits.inodes * 1024).toBeLessThanOrEqual(limits.memoryBytes * 0.625);
        expect(limits.diskBytes % 4096).toBe(0);
      }),
    );
  });
});

describe("what a caller is told", () => {
  const bubblewrap = offer("bubblewrap", ["basic"]);
  const gvisor = offer("gvisor", ["standard"], false);

  test("without wishes the lightest runtime runs at the lowest level", () => {
    expect(allowed(input({}, [bubblewrap, offer("gvisor", ["standard"])]))).toMatchObject({
      level: "basic",
      runtime: "bubblewrap",
      rule: "test:99",
      preferenceMet: null,
    });
  });

  test("a wish that cannot be met is said, with its reason", () => {
    const decision = allowed(input({ preference: "gvisor" }, [bubblewrap, gvisor]));
    expect(decision.preferenceMet).toBe(false);
    expect(decision.reasons.join(" ")).toContain("gvisor is not installed");
  });

  test("a level that is not to be had names what this host has and what would help", () => {
    const refusal = refused(input({ level: "standard" }, [bubblewrap, gvisor]));
    expect(refusal.code).toBe("level_unavailable");
    expect(refusal.options.message).toContain("bubblewrap (basic)");
    expect(refusal.options.hint).toBe("install gvisor");
  });

  test("without any runtime the reasons are all there", () => {
    expect(refused(input({}, [offer("bubblewrap", ["basic"], false), gvisor])).options.message).toContain(
      "bubblewrap is not installed; gvisor: gvisor is not installed",
    );
  });

  test("a limit that this host cannot enforce is named", () => {
    const refusal = refused(input({}, [offer("bubblewrap", ["basic"], true, ["pids"])]));
    expect(refusal).toMatchObject({ code: "limit_unenforceable", options: { details: { limits: ["memory"] } } });
    expect(
      allowed(input({}, [offer("bubblewrap", ["basic"], true, ["pids"])], { unenforced: "allow" })).unenforced,
    ).toEqual(["memory"]);
  });

  test("a limit that the caller names is required too", () => {
    const weak = offer("bubblewrap", ["basic"], true, ["memory", "pids"]);
    expect(allowed(input({}, [weak])).requiredLimits).not.toContain("cpu");
    expect(refused(input({ limits: { cpuCores: 1 } }, [weak])).code).toBe("limit_unenforceable");
  });

  test("more than the operator allows is refused with its field", () => {
    expect(refused(input({ limits: { cpuCores: 64 } }, [bubblewrap]))).toMatchObject({
      code: "invalid_request",
      options: { field: "cpu_limit" },
    });
    expect(refused(input({ limits: { memoryBytes: 64 * MiB, diskBytes: 33 * MiB } }, [bubblewrap])).options.field).toBe(
      "disk_limit_bytes",
    );
  });

  test("with little memory the files' share shrinks with it", () => {
    expect(allowed(input({ limits: { memoryBytes: 16 * MiB } }, [bubblewrap])).limits).toMatchObject({
      diskBytes: 4 * MiB,
      inodes: 2048,
    });
  });
});
