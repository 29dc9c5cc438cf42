/** `hsrctl events`: what happens, as it happens. */
import type { BusEvent } from "@hsr/contract";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { repeated } from "../flags.ts";
import { followForever } from "../follow.ts";
import { findSandbox } from "../sandbox-name.ts";
import { json, visible } from "../terminal.ts";

interface EventsFlags {
  readonly type: readonly string[];
  readonly sandbox?: string;
  readonly oldest?: boolean;
  readonly json?: boolean;
}

export function eventsCommand(context: Context): Command {
  return new Command("events")
    .description("Watch what happens to sandboxes, executions and runs, until Ctrl-C")
    .option("--type <type>", "only events of this type, such as sandbox.ended (repeat it for more)", repeated, [])
    .option("--sandbox <sandbox>", "only of this sandbox and what is in it: its id or its name")
    .option("--oldest", "begin with the oldest that is kept, instead of now")
    .option("--json", "print JSON, one event per line")
    .action(async (flags: EventsFlags) => {
      const client = context.client();
      const query = new URLSearchParams();
      for (const type of flags.type) query.append("type", type);
      if (flags.sandbox !== undefined) query.set("subject", (await findSandbox(client, flags.sandbox, "ended")).id);
      if (flags.oldest) query.set("from", "oldest");
      await followForever<BusEvent>(client, `/v1/events?${query.toString()}`, {
        event: (event) => context.write(flags.json ? `${json(event)}\n` : line(context, event)),
        reconnecting: () => context.writeError("hsrctl: the connection was lost; connecting again\n"),
      });
    });
}

/** The longest type, so that what follows is aligned. */
const typeColumns = "execution.finished".length;

function line(context: Context, { time, type, subject, data }: BusEvent): string {
  const said = Object.entries(data)
    .filter(
      ([name, value]) => value !== null && typeof value !== "object" && !(name === "sandbox_id" && value === subject),
    )
    .map(([name, value]) => `${name}=${String(value)}`);
  const { dim, bold } = context.paint;
  return `${dim(visible(time))}  ${bold(visible(type).padEnd(typeColumns))}  ${visible(subject)}  ${visible(said.join(" "))}`
    .trimEnd()
    .concat("\n");
}
