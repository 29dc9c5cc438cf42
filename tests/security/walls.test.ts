/** Every attack against every wall that is said to stop it, with its control. `make walls` writes the table that is compared here. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Attack, type Outcome, refusedByHost, tryAll } from "../support/attack.ts";
import { attacks } from "../support/attacks.ts";
import { describeWith } from "../support/host.ts";
import { faultsOf, idleWalls, wallsData, wallsJson, wallsMarkdown, wallsPage } from "../support/walls-table.ts";

test("every wall stops an attack, and no two attacks have one name", () => {
  expect(idleWalls(attacks)).toEqual([]);
  expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length);
});

test("the committed table is of these attacks (else: make walls)", () => {
  expect(readFileSync(wallsPage, "utf8")).toBe(wallsMarkdown(attacks));
  expect(readFileSync(wallsData, "utf8")).toBe(wallsJson(attacks));
});

describeWith(["bubblewrap", "root", "cgroup", "python3", "userns", "gcc"], "a guest that", () => {
  let outcomes: readonly Outcome[] = [];
  let refused: ReadonlyMap<Attack, string> = new Map();
  beforeAll(async () => {
    refused = await refusedByHost(attacks);
    outcomes = await tryAll(attacks.filter((attack) => !refused.has(attack)));
  }, 180_000);
  test("is refused little by the host itself, without any wall", () => {
    // Each of them is a skip below; many would mean that the probe is at fault.
    expect([...refused].map(([attack, why]) => `${attack.name}: ${why}`).length).toBeLessThanOrEqual(12);
  });
  afterAll(() => {
    console.log(`walls: ${attacks.length} attacks, ${outcomes.length} tries`);
  });

  for (const attack of attacks) {
    test(`${attack.name} fails behind ${attack.walls.join(", or ")}; without, it succeeds`, (context) => {
      context.skip(refused.has(attack), refused.get(attack));
      expect(outcomes.some((outcome) => outcome.attack === attack)).toBe(true);
      expect(faultsOf(attack, outcomes)).toEqual([]);
    });
  }
});
