/** `hsrctl version`: ours, and the gateway's when one answers. */

import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { Failure } from "../failure.ts";
import { facts, json } from "../terminal.ts";

/** The version of this package. */
export function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}

export function versionCommand(context: Context): Command {
  return new Command("version")
    .description("Print the version of hsrctl, and of the gateway if one answers")
    .option("--json", "print JSON")
    .action(async (flags: { readonly json?: boolean }) => {
      const gateway = await gatewayVersion(context);
      const rows = [
        ["hsrctl", ownVersion()],
        ["gateway", gateway ?? "none answers"],
        ["node", process.versions.node],
      ] as const;
      await context.write(
        flags.json ? `${json({ hsrctl: ownVersion(), gateway, node: process.versions.node })}\n` : facts(rows),
      );
    });
}

async function gatewayVersion(context: Context): Promise<string | null> {
  try {
    const { version } = await context.client().json<{ version: string }>("/health");
    return version;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
