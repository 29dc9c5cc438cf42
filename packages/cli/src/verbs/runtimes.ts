/** `hsrctl runtimes`: the ways to isolate, and which of them this host can do. */
import type { RuntimeInfo, RuntimeList } from "@hsr/contract";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { json, table, visible } from "../terminal.ts";
import { showDuration } from "../units.ts";

export function runtimesCommand(context: Context): Command {
  return new Command("runtimes")
    .description("List the ways to isolate, and what this host lacks for them")
    .option("--json", "print JSON")
    .action(async (flags: { readonly json?: boolean }) => {
      const { items } = await context.client().json<RuntimeList>("/v1/runtimes");
      if (flags.json) return context.write(`${json(items, 2)}\n`);
      const rows = items.map((one) => [
        one.name,
        one.available ? "yes" : "no",
        one.version ?? "",
        one.capabilities.levels.join(" "),
        one.capabilities.users,
        one.capabilities.enforces.join(" "),
        one.probe_ms === null ? "" : showDuration(one.probe_ms),
      ]);
      await context.write(
        table(["NAME", "AVAILABLE", "VERSION", "LEVELS", "IDS", "ENFORCES", "PROBE"], rows, (cell, column, row) =>
          column !== 1 || row < 0 ? cell : cell === "yes" ? context.paint.green(cell) : context.paint.red(cell),
        ),
      );
      for (const one of items) await context.write(missing(one));
    });
}

/** What is missing for a runtime and how to get it; nothing for one that is available. */
function missing({ available, name, reason, hint }: RuntimeInfo): string {
  if (available) return "";
  return `\n${name}: ${visible(reason ?? "not available")}\n${hint === null ? "" : `  ${visible(hint)}\n`}`;
}
