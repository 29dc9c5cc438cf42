/**
 * Writes the documents that are printed from tables in the code. With `--check` it writes nothing and fails when one of
 * them is not what the code says.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { clientTypes } from "./generate/client-types.ts";
import { configurationPage } from "./generate/configuration.ts";
import { conventionsPage } from "./generate/conventions.ts";
import { errorsPage } from "./generate/errors.ts";
import { metricsPage } from "./generate/metrics.ts";
import { riskRulesPage } from "./generate/risk-rules.ts";
import { inCheckout } from "./support/checkout.ts";
import { print } from "./support/print.ts";

/** Every generated document: its path and what it should be. A new one is a line here. */
export const documents: Readonly<Record<string, () => string | Promise<string>>> = {
  "docs/api-conventions.md": conventionsPage,
  "docs/configuration.md": configurationPage,
  "docs/errors.md": errorsPage,
  "docs/metrics.md": metricsPage,
  "docs/risk-rules.md": riskRulesPage,
  "packages/sdk/src/gen/api.ts": clientTypes,
};

/** The documents that are not what the code says. */
export async function staleDocuments(): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const [path, page] of Object.entries(documents)) {
    const file = inCheckout(path);
    if (!existsSync(file) || readFileSync(file, "utf8") !== (await page())) stale.push(path);
  }
  return stale;
}

if (import.meta.main) {
  const stale = await staleDocuments();
  if (process.argv.includes("--check")) {
    for (const path of stale) print(`${path} is not what the code says; run: node scripts/generate.ts`);
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else
    for (const path of stale) {
      writeFileSync(inCheckout(path), (await documents[path]?.()) ?? "");
      print(`wrote ${path}`);
    }
}
