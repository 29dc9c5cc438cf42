import { readFile } from "node:fs/promises";
import { create, all } from "mathjs";

const math = create(all);
const { evaluate } = math;
math.import({ import: forbidden, createUnit: forbidden, evaluate: forbidden, parse: forbidden }, { override: true });

function forbidden() {
  throw new Error("not allowed in a formula");
}

const lines = (await readFile("formulas.txt", "utf8")).split("\n").filter(Boolean);
const scope = {};
for (const line of lines) console.log(`${line} = ${evaluate(line, scope)}`);
