/** A file's content over HTTP: ranges, and what names this version of it. */
import { HsrError, requestLimits } from "@hsr/contract";
import type { FileStat, LiveSandbox, SandboxFiles } from "@hsr/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { sendPieces } from "./body-stream.ts";
import { guestTime } from "./file-wire.ts";

/** What a Range header asks for. `last` of bytes has no first. */
type Wanted =
  | { readonly kind: "all" }
  | { readonly kind: "from"; readonly first: number; readonly last: number }
  | { readonly kind: "last"; readonly bytes: number };

/** One range of bytes. What is not one, or not well formed, is passed over, as the standard wants it: the whole file comes. */
export function wantedRange(header: string | undefined): Wanted {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? "");
  if (match === null) return { kind: "all" };
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? { kind: "all" } : { kind: "last", bytes: Number(last) };
  const from = {
    kind: "from",
    first: Number(first),
    last: last === "" ? Number.MAX_SAFE_INTEGER : Number(last),
  } as const;
  return from.last < from.first ? { kind: "all" } : from;
}

/** Where a range lies in a file of this size; `null` if outside. */
export function resolveRange(wanted: Wanted, size: number): { readonly offset: number; readonly bytes: number } | null {
  if (wanted.kind === "all") return { offset: 0, bytes: size };
  if (wanted.kind === "last") {
    if (wanted.bytes === 0 || size === 0) return null;
    const bytes = Math.min(wanted.bytes, size);
    return { offset: size - bytes, bytes };
  }
  if (wanted.first >= size) return null;
  return { offset: wanted.first, bytes: Math.min(wanted.last, size - 1) - wanted.first + 1 };
}

/** Weak: a guest may change a file without changing its time or its size. */
function etag(stat: FileStat): string {
  return `W/"${stat.modifiedMs.toString(16)}-${stat.bytes.toString(16)}"`;
}

export interface Reading {
  readonly files: SandboxFiles;
  readonly sandbox: LiveSandbox;
  readonly path: Buffer;
}

/** Answers GET and HEAD of a file. */
export async function sendFile(
  { files, sandbox, path }: Reading,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<undefined> {
  const stat = await files.stat(sandbox, path, "follow");
  if (stat.kind !== "file")
    throw new HsrError("file_kind", {
      field: "path",
      message: stat.kind === "folder" ? "It is a folder." : "It is not a regular file.",
    });
  // With If-Range a range is only for who has this very version; a weak tag never says so.
  const wanted =
    request.headers["if-range"] === undefined ? wantedRange(request.headers.range) : wantedRange(undefined);
  const range = resolveRange(wanted, stat.bytes);
  if (range === null) {
    reply.header("content-range", `bytes */${stat.bytes}`);
    throw new HsrError("range_not_satisfiable", { details: { bytes: stat.bytes } });
  }
  if (range.bytes > requestLimits.file_read_bytes.value)
    throw new HsrError("file_failed", {
      field: "path",
      message: `The file says that it has ${stat.bytes} bytes, more than any sandbox can hold: most of it is holes.`,
      hint: "Read it in ranges.",
    });
  const version = etag(stat);
  if (request.headers["if-none-match"]?.split(/\s*,\s*/).includes(version) === true) {
    reply.code(304).header("etag", version);
    await reply.send();
    return undefined;
  }
  const head = {
    "content-type": "application/octet-stream",
    "content-disposition": "attachment",
    "accept-ranges": "bytes",
    "last-modified": guestTime(stat.modifiedMs).toUTCString(),
    etag: version,
    "content-length": String(range.bytes),
    ...(wanted.kind === "all"
      ? {}
      : { "content-range": `bytes ${range.offset}-${range.offset + range.bytes - 1}/${stat.bytes}` }),
  };
  const status = wanted.kind === "all" ? 200 : 206;
  if (request.method === "HEAD") {
    reply.hijack();
    reply.raw.writeHead(status, head).end();
    return undefined;
  }
  const reading = await files.read(sandbox, path, range);
  reply.hijack();
  reply.raw.writeHead(status, head);
  await sendPieces(reply.raw, reading.bytes, range.bytes);
  return undefined;
}
