/** `hsrctl kill`: the end of programs in a sandbox. */
import type { ExecutionSummary } from "@hsr/contract";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { findSandbox, sandboxPath } from "../sandbox-name.ts";
import { outcome } from "../words.ts";

export function killCommand(context: Context): Command {
  return new Command("kill")
    .description("Kill programs and what they started, and wait for their end; the sandbox lives on")
    .argument("<sandbox>", "its id or its name")
    .argument("<execution...>", "ids of executions; `hsrctl ps` lists them")
    .action(async (said: string, executions: readonly string[]) => {
      const client = context.client();
      const { id } = await findSandbox(client, said);
      for (const execution of executions) {
        const path = sandboxPath(id, `/executions/${encodeURIComponent(execution)}/cancel`);
        const ended = await client.json<ExecutionSummary>(path, { method: "POST" });
        await context.write(`${ended.id}  ${outcome(ended)}\n`);
      }
    });
}
