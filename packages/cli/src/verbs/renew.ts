/** `hsrctl renew`: more time for a sandbox. */
import type { Sandbox } from "@hsr/contract";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { findSandbox, sandboxPath } from "../sandbox-name.ts";
import { json } from "../terminal.ts";
import { parseDuration } from "../units.ts";

export function renewCommand(context: Context): Command {
  return new Command("renew")
    .description("Set a sandbox's time to live anew, from now, and print when it ends")
    .argument("<sandbox>", "its id or its name")
    .argument("<time>", "how long it lives from now, such as 2h")
    .option("--json", "print the sandbox as JSON")
    .action(async (said: string, time: string, flags: { readonly json?: boolean }) => {
      const body = { ttl_ms: parseDuration(time, "the time") };
      const client = context.client();
      const { id } = await findSandbox(client, said);
      const sandbox = await client.json<Sandbox>(sandboxPath(id, "/renew"), { method: "POST", body });
      await context.write(flags.json ? `${json(sandbox, 2)}\n` : `${sandbox.expires_at ?? "-"}\n`);
    });
}
