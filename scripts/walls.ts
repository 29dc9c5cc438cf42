/**
 * `make walls`: tries every attack behind every wall, prints the table wall × attack, and writes docs/walls.md and docs/walls.json.
 * Ends with 1 if an attack succeeds behind a wall, fails without any, or if a wall stops nothing.
 */
import { writeFileSync } from "node:fs";
import { refusedByHost, tryAll } from "../tests/support/attack.ts";
import { attacks } from "../tests/support/attacks.ts";
import { faultsOf, idleWalls, wallsData, wallsJson, wallsMarkdown, wallsPage } from "../tests/support/walls-table.ts";

const refused = await refusedByHost(attacks);
const tried = attacks.filter((attack) => !refused.has(attack));
const outcomes = await tryAll(tried);
const faults = tried.flatMap((attack) => faultsOf(attack, outcomes).map((fault) => `${attack.name}: ${fault}`));
faults.push(...idleWalls(attacks).map((wall) => `${wall}: no attack shows that it stops anything`));

for (const { part, name, walls } of attacks) console.log(`${part}  ${name.padEnd(64)} ${walls.join(", ")}`);
for (const [{ name }, why] of refused) console.log(`not tried here: ${name} (${why})`);
console.log(`\n${attacks.length} attacks, ${outcomes.length} tries, ${faults.length} faults`);
for (const fault of faults) console.error(fault);
if (faults.length === 0) {
  writeFileSync(wallsPage, wallsMarkdown(attacks));
  writeFileSync(wallsData, wallsJson(attacks));
}
process.exitCode = faults.length === 0 ? 0 : 1;
