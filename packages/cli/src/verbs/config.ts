/** `hsrctl config`: the gateway's configuration in force. */
import type { ConfigInfo } from "@hsr/contract";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { json, table } from "../terminal.ts";

interface ShowFlags {
  readonly changed?: boolean;
  readonly json?: boolean;
}

function showCommand(context: Context): Command {
  return new Command("show")
    .description("Print every setting of the gateway, its value, and where it came from")
    .argument("[name]", "only settings whose name begins so, such as `limits`")
    .option("--changed", "only those that are not the default")
    .option("--json", "print JSON")
    .action(async (name: string | undefined, flags: ShowFlags) => {
      const { items } = await context.client().json<ConfigInfo>("/v1/config");
      const wanted = items.filter(
        (one) => one.key.startsWith(name ?? "") && (!flags.changed || one.source !== "default"),
      );
      if (flags.json) return context.write(`${json(wanted, 2)}\n`);
      if (wanted.length === 0) return context.writeError("no such settings\n");
      const rows = wanted.map((one) => [
        one.key,
        `${one.value === "" ? "(none)" : one.value}${one.unit === "" ? "" : ` ${one.unit}`}`,
        one.source,
        one.from ?? `(${one.env} would set it)`,
      ]);
      await context.write(
        table(
          ["SETTING", "VALUE", "SOURCE", "FROM"],
          rows,
          (cell, column, row) => {
            if (row < 0) return cell;
            if (column === 1 && wanted[row]?.unsafe) return context.paint.red(cell);
            return column === 3 && wanted[row]?.from === null ? context.paint.dim(cell) : cell;
          },
          context.columns,
        ),
      );
    });
}

export function configCommand(context: Context): Command {
  return new Command("config").description("The gateway's configuration in force").addCommand(showCommand(context));
}
