/** `hsrctl ls`: the sandboxes that live. */
import { type Sandbox, type SandboxList, type SandboxState } from "@hsr/contract";
import { Command, Option } from "commander";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { repeated } from "../flags.ts";
import { parsePairs } from "../program.ts";
import { livingStates } from "../sandbox-name.ts";
import { json, table } from "../terminal.ts";
import { parseCount, showAge } from "../units.ts";
import { paintOutcome, sandboxOutcome, showLeft } from "../words.ts";

interface ListFlags {
  readonly all?: boolean;
  readonly state?: SandboxState;
  readonly label: readonly string[];
  readonly limit: string;
  readonly json?: boolean;
}

export function lsCommand(context: Context): Command {
  return new Command("ls")
    .description("List sandboxes that live, newest first")
    .option("-a, --all", "also those that have ended")
    .addOption(
      new Option("--state <state>", "only those in this state").choices([...livingStates, "ended", "failed", "lost"]),
    )
    .option("--label <name=value>", "only those with this label (repeat it for more)", repeated, [])
    .option("-n, --limit <number>", "how many", "100")
    .option("--json", "print JSON, one sandbox per line")
    .action(async (flags: ListFlags) => {
      const labels = parsePairs(flags.label, "--label");
      const states = flags.state === undefined ? (flags.all ? [] : livingStates) : [flags.state];
      const found = await listSandboxes(context.client(), { states, labels }, parseCount(flags.limit, "--limit"));
      if (flags.json) {
        for (const one of found) await context.write(`${json(one)}\n`);
        return;
      }
      if (found.length === 0) return context.writeError("no sandboxes\n");
      const now = Date.now();
      const rows = found.map((one) => [
        one.id,
        one.name ?? "",
        sandboxOutcome(one),
        one.decision?.runtime ?? "",
        showAge(now - Date.parse(one.created_at)),
        one.ended_at === null ? showLeft(one.expires_at, now) : "",
        Object.entries(one.labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(" "),
      ]);
      await context.write(
        table(
          ["ID", "NAME", "STATE", "RUNTIME", "AGE", "LEFT", "LABELS"],
          rows,
          (cell, column, row) => (column === 2 && row >= 0 ? paintOutcome(context.paint, cell) : cell),
          context.columns,
        ),
      );
    });
}

/** Goes through as many pages as it takes. No states are all states. */
export async function listSandboxes(
  client: Client,
  filter: { readonly states: readonly SandboxState[]; readonly labels: Readonly<Record<string, string>> },
  wanted: number,
): Promise<readonly Sandbox[]> {
  const found: Sandbox[] = [];
  let cursor: string | null = null;
  while (found.length < wanted) {
    const query = new URLSearchParams({ limit: String(Math.min(wanted - found.length, 200)) });
    for (const state of filter.states) query.append("state", state);
    for (const [name, value] of Object.entries(filter.labels)) query.append("label", `${name}=${value}`);
    if (cursor !== null) query.set("cursor", cursor);
    const page: SandboxList = await client.json<SandboxList>(`/v1/sandboxes?${query.toString()}`);
    found.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return found;
}
