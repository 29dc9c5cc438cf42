/** `hsrctl cp`: files and folders into a sandbox and out of it. */
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { FileInfo, Sandbox } from "@hsr/contract";
import { Command } from "commander";
import { type Client, Refusal } from "../client.ts";
import type { Context } from "../context.ts";
import { contentOf, pack, walk } from "../copy/pack.ts";
import { type Progress, showProgress } from "../copy/progress.ts";
import { unpackHere, writeWhole } from "../copy/unpack.ts";
import { exitCodes, Failure, usageFailure } from "../failure.ts";
import { findSandbox, sandboxPath } from "../sandbox-name.ts";
import { visible } from "../terminal.ts";
import { parseBytes, showBytes } from "../units.ts";

interface CpFlags {
  readonly limit?: string;
}

const examples = `
Examples:
  hsrctl cp data.csv box:                    into /workspace
  hsrctl cp ./src box:/workspace/src         a folder; into /workspace/src if that is a folder already
  hsrctl cp box:out/report.txt .
  hsrctl cp box:/workspace ./copy

As cp does it: what is copied into a folder that exists keeps its name in there. Out of a sandbox nothing is written through a
link, and links that lead out of the folder that is copied are left away.`;

export function cpCommand(context: Context): Command {
  return new Command("cp")
    .description("Copy a file or a folder into a sandbox, or out of it")
    .argument("<from>", "a path here, or SANDBOX:PATH; paths in sandboxes are relative to /workspace")
    .argument("<to>", "the same; one of the two is in a sandbox")
    .option(
      "--limit <amount>",
      "copy no more than this out of a sandbox, such as 1g; the sandbox's disk unless told otherwise",
    )
    .addHelpText("after", examples)
    .action(async (from: string, to: string, flags: CpFlags) => {
      const [source, target] = [placeOf(from), placeOf(to)];
      const client = context.client();
      if (source.sandbox === null && target.sandbox !== null) {
        const { id } = await findSandbox(client, target.sandbox);
        await copyIn(context, client, id, source.path, target.path);
      } else if (source.sandbox !== null && target.sandbox === null) {
        const { id } = await findSandbox(client, source.sandbox);
        await copyOut(context, client, id, source.path, target.path, flags);
      } else throw usageFailure("one of the two is in a sandbox, as SANDBOX:PATH, and the other one is here");
    });
}

/** `box:/path` is in a sandbox; `./box:x` and `/box:x` are here. */
function placeOf(said: string): { readonly sandbox: string | null; readonly path: string } {
  const [, sandbox, path] = /^([a-z0-9-]+):(.*)$/s.exec(said) ?? [];
  if (sandbox === undefined || path === undefined) return { sandbox: null, path: said };
  return { sandbox, path: guestPath(path) };
}

/** The path as the gateway takes it, and whether it has to be a folder. */
function guestPath(path: string): string {
  const absolute = path.startsWith("/") ? path : `/workspace/${path}`;
  const names = absolute.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) throw usageFailure("a path in a sandbox has no `..`");
  return `/${names.join("/")}${path === "" || path.endsWith("/") ? "/" : ""}`;
}

const filesPath = (id: string, what: string, query: Readonly<Record<string, string>>): string =>
  sandboxPath(id, `/files${what}?${new URLSearchParams(query).toString()}`);

async function kindIn(client: Client, id: string, path: string): Promise<FileInfo | null> {
  try {
    return await client.json<FileInfo>(filesPath(id, "/stat", { path: withoutSlash(path), links: "follow" }));
  } catch (error) {
    if (error instanceof Refusal && error.body.code === "file_not_found") return null;
    throw error;
  }
}

function withoutSlash(path: string): string {
  return path === "/" ? path : path.replace(/\/$/, "");
}

async function copyIn(context: Context, client: Client, id: string, from: string, to: string): Promise<void> {
  const facts = await stat(from).catch((error: NodeJS.ErrnoException) => {
    throw usageFailure(error.code === "ENOENT" ? `there is no file ${from}` : `${from} cannot be read (${error.code})`);
  });
  const there = await kindIn(client, id, to);
  const into = to.endsWith("/") || there?.kind === "folder";
  const path = into && !/(^|\/)\.\/?$/.test(from) ? `${withoutSlash(to)}/${basename(resolve(from))}` : withoutSlash(to);
  if (!facts.isDirectory()) {
    if (!facts.isFile()) throw usageFailure(`${from} is neither a file nor a folder`);
    using progress = showProgress(process.stderr, facts.size);
    const mode = `0${(facts.mode & 0o777).toString(8).padStart(3, "0")}`;
    const body = counted(contentOf(from, facts.size), progress);
    await client.upload(filesPath(id, "", { path, mode }), "application/octet-stream", body, facts.size);
    return;
  }
  const walked = await walk(from);
  for (const one of walked.leftAway)
    await context.writeError(`hsrctl: not copied, as it is neither a file, a folder nor a link: ${visible(one)}\n`);
  using progress = showProgress(process.stderr, walked.bytes);
  const body = counted(pack(walked), progress);
  await client.upload(filesPath(id, "/archive", { path }), "application/x-tar", body, null);
}

async function copyOut(
  context: Context,
  client: Client,
  id: string,
  from: string,
  to: string,
  flags: CpFlags,
): Promise<void> {
  const there = await kindIn(client, id, from);
  if (there === null) throw new Failure(`there is nothing at ${from} in the sandbox`);
  const here = await stat(to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  const name = basename(withoutSlash(from));
  const into = to.endsWith("/") || here?.isDirectory() === true;
  if (into && name === "")
    throw usageFailure("the root of a sandbox has no name", "copy it to a folder that is not there yet");
  const target = resolve(into ? `${to}/${name}` : to);
  const { limits } = await client.json<Sandbox>(sandboxPath(id));
  const mostBytes = flags.limit === undefined ? limits.disk_limit_bytes : parseBytes(flags.limit, "--limit");
  if (there.kind === "folder") {
    const download = await client.download(filesPath(id, "/archive", { path: withoutSlash(from) }));
    using progress = showProgress(process.stderr, null);
    const { leftAway } = await unpackHere(download.body, {
      target,
      mostBytes,
      progress: (bytes) => progress.add(bytes),
    });
    await tellLeftAway(context, leftAway, Number(download.trailer("hsr-skipped") ?? 0));
    return;
  }
  if (there.bytes > mostBytes)
    throw new Failure(`it has ${showBytes(there.bytes)}`, { hint: "a sparse file counts whole; --limit allows more" });
  const download = await client.download(filesPath(id, "", { path: withoutSlash(from) }));
  using progress = showProgress(process.stderr, there.bytes);
  await writeWhole(Buffer.from(target), there.mode, counted(download.body, progress), () => {});
}

async function tellLeftAway(context: Context, links: readonly string[], unread: number): Promise<void> {
  for (const one of links)
    await context.writeError(`hsrctl: a link that leads elsewhere was left away: ${visible(one)}\n`);
  if (unread > 0) await context.writeError(`hsrctl: ${unread} entries could not be read in the sandbox\n`);
  if (links.length > 0 || unread > 0) process.exitCode = exitCodes.incomplete;
}

async function* counted<Piece extends Uint8Array>(
  pieces: AsyncIterable<Piece>,
  progress: Progress,
): AsyncGenerator<Piece> {
  for await (const piece of pieces) {
    progress.add(piece.length);
    yield piece;
  }
}
