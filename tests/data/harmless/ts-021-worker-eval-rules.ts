import pg from "pg";

interface Rule {
  readonly name: string;
  readonly condition: string;
}

type Metrics = Readonly<Record<string, number>>;

const db = new pg.Pool({ connectionString: process.env["DATABASE_URL"] });
const compiled = new Map<string, (metrics: Metrics) => boolean>();

function compile({ condition }: Rule): (metrics: Metrics) => boolean {
  let check = compiled.get(condition);
  if (check === undefined) {
    if (!/^[\w\s.<>=!&|()+*/-]+$/.test(condition)) throw new Error(`not a condition: ${condition}`);
    check = new Function("m", `"use strict"; return Boolean(${condition});`) as (metrics: Metrics) => boolean;
    compiled.set(condition, check);
  }
  return check;
}

export async function firing(metrics: Metrics): Promise<readonly string[]> {
  const { rows } = await db.query<Rule>("select name, condition from rule where enabled");
  return rows.filter((rule) => compile(rule)(metrics)).map((rule) => rule.name);
}
