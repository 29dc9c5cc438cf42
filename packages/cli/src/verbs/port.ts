/** `hsrctl port`: the address of what a program in a sandbox serves. */
import type { PortGrant } from "@hsr/contract";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { findSandbox, sandboxPath } from "../sandbox-name.ts";
import { json } from "../terminal.ts";
import { parseCount, parseDuration } from "../units.ts";

export function portCommand(context: Context): Command {
  return new Command("port")
    .description("Print the address at which a port of a sandbox is reached; whoever has it gets in, until it ends")
    .argument("<sandbox>", "its id or its name")
    .argument("<port>", "the port that a program in it listens on, on the loopback")
    .option("--ttl <time>", "how long the address holds, such as 10m; an hour unless told otherwise")
    .option("--json", "print JSON, with the origin and the token apart")
    .action(async (said: string, port: string, flags: { readonly ttl?: string; readonly json?: boolean }) => {
      const body = {
        port: parseCount(port, "the port"),
        ...(flags.ttl === undefined ? {} : { ttl_ms: parseDuration(flags.ttl, "--ttl") }),
      };
      const client = context.client();
      const { id } = await findSandbox(client, said);
      const grant = await client.json<PortGrant>(sandboxPath(id, "/ports"), { method: "POST", body });
      await context.write(flags.json ? `${json(grant, 2)}\n` : `${grant.url}\n`);
    });
}
