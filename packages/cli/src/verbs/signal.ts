/** `hsrctl signal`: a signal for a program in a sandbox. */
import type { ExecutionSummary, SignalRequest } from "@hsr/contract";
import { Command, Option } from "commander";
import type { Context } from "../context.ts";
import { findSandbox, sandboxPath } from "../sandbox-name.ts";

export function signalCommand(context: Context): Command {
  return new Command("signal")
    .description("Send a signal to a program and what it started")
    .argument("<sandbox>", "its id or its name")
    .argument("<execution>", "the execution's id; `hsrctl ps` lists them")
    .argument("<signal>", "its name, such as TERM or SIGUSR1")
    .addOption(
      new Option(
        "--scope <scope>",
        "who gets it: the program alone, what it started too, or its job-control groups too",
      )
        .choices(["process", "group", "session"])
        .default("group"),
    )
    .action(
      async (said: string, execution: string, name: string, flags: { readonly scope: SignalRequest["scope"] }) => {
        const client = context.client();
        const { id } = await findSandbox(client, said);
        const upper = name.toUpperCase();
        const body = { signal: upper.startsWith("SIG") ? upper : `SIG${upper}`, scope: flags.scope };
        await client.json<ExecutionSummary>(sandboxPath(id, `/executions/${encodeURIComponent(execution)}/signal`), {
          method: "POST",
          body,
        });
      },
    );
}
