/** `hsrctl volume`: space that outlives sandboxes. */
import type { CreateVolumeRequest, Volume } from "@hsr/contract";
import { Command } from "commander";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { Failure } from "../failure.ts";
import { json, table } from "../terminal.ts";
import { parseBytes, parseCount, showAge, showBytes } from "../units.ts";

async function listVolumes(client: Client): Promise<readonly Volume[]> {
  return (await client.json<{ readonly items: readonly Volume[] }>("/v1/volumes")).items;
}

function createCommand(context: Context): Command {
  return new Command("create")
    .description("Make a volume; its space is taken from the host's disk at once")
    .argument("<name>", "a name of yours for it: lower-case letters, digits and dashes")
    .argument("<size>", "how much fits into it, such as 100m or 2g")
    .option("--files <number>", "how many files and folders fit into it; one for each 16 KiB unless told otherwise")
    .option("--json", "print the volume as JSON")
    .action(async (name: string, size: string, flags: { readonly files?: string; readonly json?: boolean }) => {
      const body: CreateVolumeRequest = {
        name,
        size_bytes: parseBytes(size, "the size"),
        ...(flags.files === undefined ? {} : { inodes: parseCount(flags.files, "--files") }),
      };
      const volume = await context.client().json<Volume>("/v1/volumes", { method: "POST", body });
      await context.write(flags.json ? `${json(volume, 2)}\n` : `${volume.id}  ${volume.name}\n`);
    });
}

function listCommand(context: Context): Command {
  return new Command("ls")
    .description("List volumes, newest first")
    .option("--json", "print JSON, one volume per line")
    .action(async (flags: { readonly json?: boolean }) => {
      const volumes = await listVolumes(context.client());
      if (flags.json) {
        for (const one of volumes) await context.write(`${json(one)}\n`);
        return;
      }
      if (volumes.length === 0) return context.writeError("no volumes\n");
      const rows = volumes.map((one) => [
        one.id,
        one.name,
        showBytes(one.size_bytes),
        String(one.inodes),
        showAge(Date.now() - Date.parse(one.created_at)),
      ]);
      await context.write(table(["ID", "NAME", "SIZE", "FILES", "AGE"], rows, (cell) => cell, context.columns));
    });
}

function removeCommand(context: Context): Command {
  return new Command("rm")
    .description("Remove volumes with all that is in them; one that a sandbox has is not removed")
    .argument("<volume...>", "their ids or names")
    .action(async (said: readonly string[]) => {
      const client = context.client();
      for (const one of said) {
        const found = (await listVolumes(client)).filter(({ id, name }) => id === one || name === one);
        const [volume, second] = found;
        if (volume === undefined)
          throw new Failure(`no volume is named ${one}`, { hint: "`hsrctl volume ls` lists them" });
        if (second !== undefined)
          throw new Failure(`several volumes are named ${one}`, {
            hint: `say which one by its id: ${found.map(({ id }) => id).join(", ")}`,
          });
        await client.send(`/v1/volumes/${encodeURIComponent(volume.id)}`, { method: "DELETE" });
        await context.write(`${volume.id}  removed\n`);
      }
    });
}

export function volumeCommand(context: Context): Command {
  const command = new Command("volume").description("Make, list and remove volumes, which outlive sandboxes");
  for (const verb of [createCommand, listCommand, removeCommand]) command.addCommand(verb(context));
  return command;
}
