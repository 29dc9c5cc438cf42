/** `hsrctl ps`: the programs of a sandbox. */
import type { ExecutionList, ExecutionState, ExecutionSummary } from "@hsr/contract";
import { Command } from "commander";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { findSandbox, sandboxPath } from "../sandbox-name.ts";
import { json, table } from "../terminal.ts";
import { parseCount, showAge, showBytes } from "../units.ts";
import { outcome, paintOutcome } from "../words.ts";

interface PsFlags {
  readonly all?: boolean;
  readonly limit: string;
  readonly json?: boolean;
}

export function psCommand(context: Context): Command {
  return new Command("ps")
    .description("List the programs that run in a sandbox, newest first")
    .argument("<sandbox>", "its id or its name")
    .option("-a, --all", "also those that have ended")
    .option("-n, --limit <number>", "how many", "50")
    .option("--json", "print JSON, one execution per line")
    .action(async (said: string, flags: PsFlags) => {
      const client = context.client();
      const { id } = await findSandbox(client, said, "ended");
      const found = await listExecutions(
        client,
        id,
        flags.all ? [null] : ["starting", "running"],
        parseCount(flags.limit, "--limit"),
      );
      if (flags.json) {
        for (const one of found) await context.write(`${json(one)}\n`);
        return;
      }
      if (found.length === 0)
        return context.writeError(flags.all ? "no executions\n" : "nothing runs in it; -a shows what has ended\n");
      const now = Date.now();
      const rows = found.map((one) => [
        one.id,
        outcome(one),
        one.terminal ? "terminal" : one.background ? "background" : "foreground",
        showAge(now - Date.parse(one.created_at)),
        showBytes(one.stdout_bytes + one.stderr_bytes),
        one.argv.join(" "),
      ]);
      await context.write(
        table(
          ["EXECUTION", "STATE", "HOW", "AGE", "OUTPUT", "PROGRAM"],
          rows,
          (cell, column, row) => (column === 1 && row >= 0 ? paintOutcome(context.paint, cell) : cell),
          context.columns,
        ),
      );
    });
}

/** Goes through as many pages as it takes. */
async function listExecutions(
  client: Client,
  id: string,
  states: readonly (ExecutionState | null)[],
  wanted: number,
): Promise<readonly ExecutionSummary[]> {
  const found: ExecutionSummary[] = [];
  for (const state of states) {
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ limit: String(Math.max(1, Math.min(wanted - found.length, 200))) });
      if (state !== null) query.set("state", state);
      if (cursor !== null) query.set("cursor", cursor);
      const page: ExecutionList = await client.json<ExecutionList>(sandboxPath(id, `/executions?${query.toString()}`));
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null && found.length < wanted);
  }
  return found.slice(0, wanted);
}
