/** `hsrctl create`: a sandbox that lives. */
import type { MountRequest, Sandbox, SandboxRequest } from "@hsr/contract";
import { Command, Option } from "commander";
import type { Context } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { type LimitFlags, levelOption, limitFields, repeated } from "../flags.ts";
import { sandboxUp, sayHeld } from "../held.ts";
import { parsePairs } from "../program.ts";
import { json } from "../terminal.ts";
import { parseDuration } from "../units.ts";

interface CreateFlags extends LimitFlags {
  readonly name?: string;
  readonly ttl?: string;
  readonly idle?: string;
  readonly allow?: "opaque";
  readonly env: readonly string[];
  readonly label: readonly string[];
  readonly volume: readonly string[];
  readonly folder: readonly string[];
  readonly wait: boolean;
  readonly json?: boolean;
}

/** `NAME:PATH`, with `:ro` or `:rw` behind it. */
function parseMount(kind: "volume" | "folder", said: string): MountRequest {
  const [, name, destination, access] = /^([^:]+):(\/[^:]+)(?::(ro|rw))?$/.exec(said) ?? [];
  if (name === undefined || destination === undefined)
    throw usageFailure(`--${kind} wants NAME:PATH, and :ro or :rw if need be, not ${JSON.stringify(said)}`);
  return { [kind]: name, destination, ...(access === undefined ? {} : { read_only: access === "ro" }) };
}

export function createCommand(context: Context): Command {
  return new Command("create")
    .description("Make a sandbox that lives, and print its id and its name")
    .option("--name <name>", "a name of yours for it: lower-case letters, digits and dashes")
    .option("--ttl <time>", "how long it lives, such as 30m or 8h; `hsrctl renew` gives it more")
    .option("--idle <time>", "end it when nothing ran in it and nobody called it for so long, such as 10m")
    .option("--label <name=value>", "a label, for finding it again (repeat it for more)", repeated, [])
    .option(
      "-e, --env <name=value>",
      "environment of all its programs; NAME alone takes yours (repeat it for more)",
      repeated,
      [],
    )
    .option("-m, --memory <amount>", "memory for everything in it, such as 512m or 1g")
    .option("--cpus <number>", "cores for everything in it, such as 0.5 or 2")
    .option("--pids <number>", "processes and threads at one time")
    .option("--disk <amount>", "room for files, such as 100m; at most half of the memory")
    .option(
      "-v, --volume <name:path>",
      "a volume, and where it is in the sandbox; NAME:PATH:ro only to read (repeat it for more)",
      repeated,
      [],
    )
    .option(
      "--folder <name:path>",
      "a folder that the operator offers, the same way; NAME:PATH:rw to write (repeat it for more)",
      repeated,
      [],
    )
    .addOption(
      new Option(
        "--allow <what>",
        "opaque: what cannot be judged in advance, as terminals and input of shells and interpreters",
      ).choices(["opaque"]),
    )
    .addOption(levelOption())
    .option("--runtime <name>", "exactly this runtime, as `hsrctl runtimes` lists it")
    .option("--prefer <name>", "this runtime if it is available and strong enough")
    .option("--no-wait", "do not wait where a person has to approve it: print the id at once and leave")
    .option("--json", "print the sandbox as JSON")
    .action(async (flags: CreateFlags) => {
      const body: SandboxRequest = {
        ...(flags.name === undefined ? {} : { name: flags.name }),
        ...(flags.ttl === undefined ? {} : { ttl_ms: parseDuration(flags.ttl, "--ttl") }),
        ...(flags.idle === undefined ? {} : { idle_timeout_ms: parseDuration(flags.idle, "--idle") }),
        ...(flags.label.length === 0 ? {} : { labels: parsePairs(flags.label, "--label") }),
        ...(flags.env.length === 0
          ? {}
          : { environment: parsePairs(flags.env, "--env", context.environment.inherited) }),
        ...(flags.volume.length + flags.folder.length === 0
          ? {}
          : {
              mounts: [
                ...flags.volume.map((one) => parseMount("volume", one)),
                ...flags.folder.map((one) => parseMount("folder", one)),
              ],
            }),
        ...(flags.allow === undefined ? {} : { allow: [flags.allow] }),
        ...limitFields(flags),
      };
      const client = context.client();
      const made = await client.json<Sandbox>("/v1/sandboxes", { method: "POST", body });
      const isHeld = made.state === "pending" && made.decision.approval !== null;
      if (isHeld) await sayHeld(context, made.id, made.decision.approval);
      const sandbox = isHeld && flags.wait ? await sandboxUp(client, made.id) : made;
      if (flags.json) return context.write(`${json(sandbox, 2)}\n`);
      if (sandbox.unenforced.length > 0)
        await context.writeError(`hsrctl: this host did not enforce: ${sandbox.unenforced.join(", ")}\n`);
      await context.write(sandbox.name === null ? `${sandbox.id}\n` : `${sandbox.id}  ${sandbox.name}\n`);
    });
}
