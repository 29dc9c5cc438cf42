/** `hsrctl key`: make, list and revoke keys. */
import type { CreatedKey, CreateKeyRequest, KeyInfo, KeyList, Scope } from "@hsr/contract";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { facts, json, table } from "../terminal.ts";
import { parseDuration, showAge } from "../units.ts";

interface CreateFlags {
  readonly scope: readonly Scope[];
  readonly tenant?: string;
  readonly expires?: string;
  readonly json?: boolean;
}

function createCommand(context: Context): Command {
  return new Command("create")
    .description("Make a key; it is shown once and stored only as a hash")
    .argument("<name>", "what the key is for, in your words")
    .option(
      "-s, --scope <scope>",
      "what it may do: run, read, keys, admin, … (repeat it for more; otherwise run and read)",
      (one: string, more: readonly string[]) => [...more, one],
      [],
    )
    .option("--tenant <name>", "whose key it is; only an admin may name another tenant")
    .option("--expires <time>", "how long it is valid, such as 24h; otherwise until it is revoked")
    .option("--json", "print JSON")
    .action(async (name: string, flags: CreateFlags) => {
      const body: CreateKeyRequest = {
        name,
        scopes: flags.scope.length > 0 ? [...flags.scope] : ["run", "read"],
        ...(flags.tenant === undefined ? {} : { tenant: flags.tenant }),
        ...(flags.expires === undefined ? {} : { expires_in_ms: parseDuration(flags.expires, "--expires") }),
      };
      const key = await context.client().json<CreatedKey>("/v1/keys", { method: "POST", body });
      if (flags.json) return context.write(`${json(key, 2)}\n`);
      await context.write(
        facts([
          ["key", key.key],
          ["id", key.id],
          ["scopes", key.scopes.join(" ")],
          ["tenant", key.tenant],
          ["expires", key.expires_at ?? "never"],
        ]),
      );
      await context.writeError("Keep the key now: it is not shown again.\n");
    });
}

function listCommand(context: Context): Command {
  return new Command("ls")
    .alias("list")
    .description("List keys; their secrets are not known any more")
    .option("--json", "print JSON")
    .action(async (flags: { readonly json?: boolean }) => {
      const client = context.client();
      const keys: KeyInfo[] = [];
      let cursor: string | null = null;
      do {
        const page: KeyList = await client.json<KeyList>(
          cursor === null ? "/v1/keys" : `/v1/keys?cursor=${encodeURIComponent(cursor)}`,
        );
        keys.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null);
      if (flags.json) return context.write(`${json(keys, 2)}\n`);
      const now = Date.now();
      const age = (time: string | null): string => (time === null ? "" : showAge(now - Date.parse(time)));
      const rows = keys.map((one) => [
        one.id,
        one.revoked_at !== null
          ? "revoked"
          : one.expires_at !== null && Date.parse(one.expires_at) < now
            ? "expired"
            : "valid",
        one.name,
        one.tenant,
        one.scopes.join(" "),
        age(one.created_at),
        // Kept to the minute, so seconds would say more than is known.
        one.last_used_at !== null && now - Date.parse(one.last_used_at) < 120_000 ? "just now" : age(one.last_used_at),
      ]);
      await context.write(table(["ID", "STATE", "NAME", "TENANT", "SCOPES", "AGE", "LAST USED"], rows));
    });
}

function revokeCommand(context: Context): Command {
  return new Command("revoke")
    .description("Revoke a key; requests with it are refused from now on")
    .argument("<id>", "its id, as `key ls` shows it; not the key itself")
    .action(async (id: string) => {
      await context.client().send(`/v1/keys/${encodeURIComponent(id)}`, { method: "DELETE" });
      await context.write(`${id}  revoked\n`);
    });
}

export function keyCommand(context: Context): Command {
  const command = new Command("key").description("Make, list and revoke keys");
  for (const verb of [createCommand, listCommand, revokeCommand]) command.addCommand(verb(context));
  return command;
}
