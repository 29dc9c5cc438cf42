/** `hsrctl logs`: what a program in a sandbox wrote, as bytes. */
import type { ExecutionEvent } from "@hsr/contract";
import { Command, Option } from "commander";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { Failure, usageFailure } from "../failure.ts";
import { followExecution } from "../follow.ts";
import { bytesOf } from "../output.ts";
import { findSandbox, sandboxPath } from "../sandbox-name.ts";
import { showBytes } from "../units.ts";

type StreamName = "stdout" | "stderr";

interface LogsFlags {
  readonly follow?: boolean;
  readonly from?: string;
  readonly stream?: StreamName;
}

export function logsCommand(context: Context): Command {
  return new Command("logs")
    .description("Write an execution's stdout to stdout and its stderr to stderr, as bytes")
    .argument("<sandbox>", "its id or its name")
    .argument("<execution>", "the execution's id; `hsrctl ps -a` lists them")
    .option("-f, --follow", "go on until the program has ended")
    .option("--from <offset>", "begin at this byte of each stream; -1000 are the last thousand")
    .addOption(new Option("--stream <name>", "only this one").choices(["stdout", "stderr"]))
    .action(async (said: string, execution: string, flags: LogsFlags) => {
      if (flags.from !== undefined && !/^-?\d{1,15}$/.test(flags.from))
        throw usageFailure(`--from wants a number of bytes, not ${JSON.stringify(flags.from)}`);
      const client = context.client();
      const { id } = await findSandbox(client, said, "ended");
      const path = sandboxPath(id, `/executions/${encodeURIComponent(execution)}/logs`);
      const streams = flags.stream === undefined ? (["stdout", "stderr"] as const) : [flags.stream];
      const writer = new GapWriter(context, flags.from === undefined ? 0 : null);
      if (!flags.follow) {
        for (const stream of streams) await writeKept(client, path, stream, flags.from, writer);
        return;
      }
      const query = new URLSearchParams({ follow: "true" });
      if (flags.stream !== undefined) query.set("stream", flags.stream);
      if (flags.from !== undefined) query.set("offset", flags.from);
      const { events } = await client.events(`${path}?${query.toString()}`);
      const event = async (one: ExecutionEvent): Promise<void> => {
        if (one.type === "execution.output") await writer.write(one.data.stream, one.data.offset, bytesOf(one.data));
      };
      await followExecution(client, id, events, { event }, { id: execution });
    });
}

/** Writes pieces where they belong, and says on stderr where something between them was dropped. */
class GapWriter {
  readonly #context: Context;
  readonly #at: Record<StreamName, number | null>;

  constructor(context: Context, from: number | null) {
    this.#context = context;
    this.#at = { stdout: from, stderr: from };
  }

  async write(stream: StreamName, offset: number, bytes: Uint8Array): Promise<void> {
    const at = this.#at[stream];
    if (at !== null && offset > at)
      await this.#context.writeError(`hsrctl: ${showBytes(offset - at)} of ${stream} were dropped here\n`);
    this.#at[stream] = offset + bytes.length;
    // This is the program's own output: its bytes go through as they are.
    await (stream === "stdout" ? this.#context.write : this.#context.writeError)(bytes);
  }
}

/** Writes what is kept of a stream and was there when it was asked for. */
async function writeKept(
  client: Client,
  path: string,
  stream: StreamName,
  from: string | undefined,
  writer: GapWriter,
): Promise<void> {
  let until: number | null = null;
  for (let offset = from ?? "0"; ; ) {
    const query = new URLSearchParams({ stream, offset });
    const answer = await client.send(`${path}?${query.toString()}`, {
      headers: { accept: "application/octet-stream" },
    });
    const next = placeIn(answer, "hsr-next-offset");
    until ??= placeIn(answer, "hsr-stream-bytes");
    const bytes = new Uint8Array(await answer.arrayBuffer());
    await writer.write(stream, placeIn(answer, "hsr-offset"), bytes);
    if (bytes.length === 0 || next >= until) return;
    offset = String(next);
  }
}

function placeIn(answer: Response, header: string): number {
  const place = Number(answer.headers.get(header) ?? Number.NaN);
  if (!Number.isSafeInteger(place)) throw new Failure(`the gateway did not say ${header}`);
  return place;
}
