import { globSync, readFileSync } from "node:fs";
import { metricTable } from "@hsr/core";
import { createMetrics, environmentName, settingKeys } from "@hsr/gateway/documents";
import { expect, test } from "vitest";
import { staleDocuments } from "../../scripts/generate.ts";
import { inCheckout } from "../../scripts/support/checkout.ts";

test("every generated document is what the code says: node scripts/generate.ts makes them so", async () => {
  expect(await staleDocuments()).toEqual([]);
});

test("docs/configuration.md names every setting and its variable, and nothing that is none", () => {
  const page = readFileSync(inCheckout("docs/configuration.md"), "utf8");
  const named = [...page.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \|/gm)].map((match) => match[1] ?? "");
  expect(named.toSorted()).toEqual(settingKeys.toSorted());
  for (const key of settingKeys) expect(page).toContain(`\`${environmentName(key)}\``);
});

test("docs/metrics.md and a scrape name the same metrics, both ways", async () => {
  const page = readFileSync(inCheckout("docs/metrics.md"), "utf8");
  const documented = [...page.matchAll(/^\| `(hsr_[a-z0-9_]+)` \|/gm)].map((match) => match[1] ?? "");
  const scraped = [...(await createMetrics({ version: "0" }).scrape()).matchAll(/^# TYPE (\S+)/gm)].map(
    (m) => m[1] ?? "",
  );
  expect(documented.toSorted()).toEqual(scraped.toSorted());
});

test("every metric of the table is measured somewhere", () => {
  const sources = globSync("packages/*/src/**/*.ts", { cwd: inCheckout(".") })
    .filter((path) => !path.endsWith(".test.ts") && !path.endsWith("core/src/observe.ts"))
    .map((path) => readFileSync(inCheckout(path), "utf8"));
  const unmeasured = Object.keys(metricTable).filter((name) => !sources.some((text) => text.includes(`"${name}"`)));
  expect(unmeasured).toEqual([]);
});
