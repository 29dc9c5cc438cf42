/** `hsrctl rm`: the end of sandboxes. */
import type { Sandbox } from "@hsr/contract";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { exitCodes, Failure } from "../failure.ts";
import { findSandbox, sandboxPath } from "../sandbox-name.ts";
import { visibleLines } from "../terminal.ts";
import { sandboxOutcome } from "../words.ts";

export function rmCommand(context: Context): Command {
  return new Command("rm")
    .description("End sandboxes and all that runs in them; one that has ended is left as it is")
    .argument("<sandbox...>", "their ids or names")
    .action(async (said: readonly string[]) => {
      const client = context.client();
      for (const one of said) {
        try {
          const { id } = await findSandbox(client, one);
          const sandbox = await client.json<Sandbox>(sandboxPath(id), { method: "DELETE" });
          await context.write(`${sandbox.id}  ${sandboxOutcome(sandbox)}\n`);
        } catch (error) {
          // The others are still to be ended: one wrong name must not leave them running.
          if (!(error instanceof Failure)) throw error;
          await context.writeError(`hsrctl: ${visibleLines(`${one}: ${error.message}`)}\n`);
          process.exitCode = exitCodes.hsr;
        }
      }
    });
}
