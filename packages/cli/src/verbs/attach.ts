/** `hsrctl attach`: back to the terminal of a program that runs. */
import { Command } from "commander";
import type { Context } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { findSandbox } from "../sandbox-name.ts";
import { mustBeTerminal, terminalSession } from "../terminal-session.ts";

interface AttachFlags {
  readonly view?: boolean;
  readonly take?: boolean;
  readonly from: string;
}

export function attachCommand(context: Context): Command {
  return new Command("attach")
    .description("Return to the terminal of a program that runs; Ctrl-P Ctrl-Q leaves it again")
    .argument("<sandbox>", "its id or its name")
    .argument("<execution>", "the execution's id; `hsrctl ps` lists them")
    .option("--view", "only look; somebody else may write")
    .option("--take", "take the writer's seat from whoever has it")
    .option("--from <offset>", "show again from this byte on; -1000 are the last thousand", "0")
    .action(async (said: string, executionId: string, flags: AttachFlags) => {
      if (!/^-?\d{1,15}$/.test(flags.from))
        throw usageFailure(`--from wants a number of bytes, not ${JSON.stringify(flags.from)}`);
      mustBeTerminal();
      const client = context.client();
      const { id } = await findSandbox(client, said);
      process.exitCode = await terminalSession(context, client, {
        sandboxId: id,
        executionId,
        mode: flags.view ? "view" : "write",
        take: flags.take === true,
        from: flags.from,
        isOwner: false,
      });
    });
}
