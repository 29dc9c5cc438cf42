/** Files of living sandboxes: reading, writing, and what else is done with them. */
import {
  changeModeRequestSchema,
  type ErrorCode,
  fileInfoSchema,
  fileListSchema,
  fileModeQuery,
  filePathFields,
  HsrError,
  makeFolderRequestSchema,
  moveFileRequestSchema,
  requestLimits,
  writtenFileSchema,
} from "@hsr/contract";
import { type SandboxFiles, tooLarge } from "@hsr/core";
import Type from "typebox";
import { bodyPieces, declaredBytes, goneSignal } from "./body-stream.ts";
import { sendFile } from "./file-content.ts";
import { checkQueryText, filePath, shownPath } from "./file-path.ts";
import { wireEntry, wireFile } from "./file-wire.ts";
import { type Call, type Route, route } from "./route.ts";
import { livingSandbox, type SandboxPorts, sandboxParams } from "./sandboxes.ts";

export interface FilePorts extends SandboxPorts {
  readonly files: SandboxFiles;
}

/** Errors that anything done with a file can meet. */
export const fileErrors = [
  "not_found",
  "sandbox_not_running",
  "sandbox_unreachable",
  "invalid_path",
  "file_not_found",
  "file_access_denied",
  "file_kind",
  "file_failed",
] as const satisfies readonly ErrorCode[];
/** Errors that a change of files can meet. */
export const changeErrors = [...fileErrors, "file_exists", "file_busy", "sandbox_full", "unsupported"] as const;

const pathQuery = Type.Object({ ...filePathFields }, { additionalProperties: false });

interface PathText {
  readonly path?: string;
  readonly path_base64?: string;
}

/** The path in a request's query. */
export function queryPath({ query, request }: Pick<Call<unknown, PathText, unknown>, "query" | "request">): Buffer {
  checkQueryText(request.url);
  return filePath(query.path, query.path_base64, "path");
}

export function fileRoutes(ports: FilePorts): readonly Route[] {
  const { files } = ports;
  const content = {
    path: "/v1/sandboxes/{id}/files",
    access: "files",
    params: sandboxParams,
    query: pathQuery,
    errors: [...fileErrors, "too_many_transfers", "range_not_satisfiable"],
  } as const;
  const contentHeaders = {
    ETag: "Names this version, weakly: a guest can change a file without changing its tag.",
    "Last-Modified": "When it was changed, as the guest has it.",
    "Content-Length": "How many bytes follow. An answer that ends before is broken off.",
  };

  const read = route(
    {
      ...content,
      method: "GET",
      operationId: "readFile",
      summary: "Read a file",
      description:
        "The bytes of a regular file, or a range of them. Links are followed as the guest's user would follow them; FIFOs, devices and files of /proc and /sys are refused.",
      headers: {
        Range: "One range of bytes, as `bytes=0-99`, `bytes=100-` or `bytes=-100`.",
        "If-None-Match": "An ETag: 304 if the file still has it.",
      },
      answers: {
        200: { description: "The file.", contentType: "application/octet-stream", headers: contentHeaders },
        206: {
          description: "The range.",
          contentType: "application/octet-stream",
          headers: { ...contentHeaders, "Content-Range": "Which bytes, and of how many." },
        },
        304: { description: "It has not changed." },
      },
    },
    async (call) => {
      const sandbox = await livingSandbox(ports, call.caller, call.params.id);
      return await sendFile({ files, sandbox, path: queryPath(call) }, call.request, call.reply);
    },
  );

  const head = route(
    {
      ...content,
      method: "HEAD",
      operationId: "headFile",
      summary: "Ask for a file's size and version",
      description: "The head of the answer that GET would give.",
      answers: { 200: { description: "It can be read.", headers: contentHeaders } },
    },
    async (call) => {
      const sandbox = await livingSandbox(ports, call.caller, call.params.id);
      return await sendFile({ files, sandbox, path: queryPath(call) }, call.request, call.reply);
    },
  );

  const write = route(
    {
      method: "PUT",
      path: "/v1/sandboxes/{id}/files",
      operationId: "writeFile",
      summary: "Write a file",
      description:
        "Writes the body as a file: under another name first, and in its place when all of it has come, so that nobody sees half of it. What was there is replaced, a link too; missing folders are made. A transfer that breaks off leaves nothing.",
      access: "files",
      params: sandboxParams,
      query: Type.Object({ ...filePathFields, mode: fileModeQuery }, { additionalProperties: false }),
      rawBody: {
        contentType: "application/octet-stream",
        description: "The file's bytes, at most as many as the sandbox's disk has.",
      },
      answers: { 200: { description: "It is in its place.", schema: writtenFileSchema } },
      errors: [...changeErrors, "too_many_transfers"],
    },
    async (call) => {
      const sandbox = await livingSandbox(ports, call.caller, call.params.id);
      const path = queryPath(call);
      const mostBytes = sandbox.decision.limits.diskBytes;
      if ((declaredBytes(call.request.raw) ?? 0) > mostBytes) throw tooLarge(mostBytes);
      const received = await files.write(sandbox, path, bodyPieces(call.request.raw), {
        mode: Number.parseInt(call.query.mode ?? "0644", 8),
        mostBytes,
        signal: goneSignal(call.reply.raw),
      });
      return { ...shownPath(path), ...received };
    },
  );

  const remove = route(
    {
      method: "DELETE",
      path: "/v1/sandboxes/{id}/files",
      operationId: "removeFile",
      summary: "Remove a file or folder",
      description:
        "Removes a file, a link itself, or an empty folder; with `recursive=true` a folder and all that is in it, never through a link.",
      access: "files",
      params: sandboxParams,
      query: Type.Object(
        {
          ...filePathFields,
          recursive: Type.Optional(
            Type.Enum(["true", "false"] as const, { description: "Whether a folder goes with its content." }),
          ),
        },
        { additionalProperties: false },
      ),
      answers: { 204: { description: "It is gone." } },
      errors: [...changeErrors, "folder_not_empty"],
    },
    async (call) => {
      const sandbox = await livingSandbox(ports, call.caller, call.params.id);
      await files.remove(sandbox, queryPath(call), call.query.recursive === "true" ? "tree" : "one");
      await call.reply.code(204).send();
      return undefined;
    },
  );

  const stat = route(
    {
      method: "GET",
      path: "/v1/sandboxes/{id}/files/stat",
      operationId: "statFile",
      summary: "Ask what lies at a path",
      description: "Kind, size, permissions and time of a file, folder or link.",
      access: "files",
      params: sandboxParams,
      query: Type.Object(
        {
          ...filePathFields,
          links: Type.Optional(
            Type.Enum(["show", "follow"] as const, {
              default: "show",
              description: "Whether a link at the end of the path is shown or followed.",
            }),
          ),
        },
        { additionalProperties: false },
      ),
      answers: { 200: { description: "What is there.", schema: fileInfoSchema } },
      errors: [...fileErrors],
    },
    async (call) => {
      const sandbox = await livingSandbox(ports, call.caller, call.params.id);
      const path = queryPath(call);
      return wireFile(path, await files.stat(sandbox, path, call.query.links ?? "show"));
    },
  );

  const list = route(
    {
      method: "GET",
      path: "/v1/sandboxes/{id}/files/list",
      operationId: "listFiles",
      summary: "List a folder",
      description:
        "What is in a folder, page by page, also below it down to `depth`. Links are shown and not followed. While the guest changes the folder, pages may miss entries or show them twice.",
      access: "files",
      params: sandboxParams,
      query: Type.Object(
        {
          ...filePathFields,
          depth: Type.Optional(
            Type.String({
              pattern: "^[1-9]\\d?$",
              description: `How deep, 1 to ${requestLimits.file_depth.value}; 1, the folder itself, if absent.`,
            }),
          ),
          limit: Type.Optional(
            Type.String({
              pattern: "^[1-9]\\d{0,3}$",
              description: `Entries on one page, 1 to ${requestLimits.file_entries.value}, which it also is if absent.`,
            }),
          ),
          cursor: Type.Optional(
            Type.String({ pattern: "^\\d{1,9}$", description: "`next_cursor` of the page before." }),
          ),
        },
        { additionalProperties: false },
      ),
      answers: { 200: { description: "A page of entries.", schema: fileListSchema } },
      errors: [...fileErrors],
    },
    async (call) => {
      const sandbox = await livingSandbox(ports, call.caller, call.params.id);
      const path = queryPath(call);
      const depth = Number(call.query.depth ?? 1);
      if (depth > requestLimits.file_depth.value)
        throw new HsrError("invalid_request", {
          field: "depth",
          message: `It can be at most ${requestLimits.file_depth.value}.`,
        });
      const limit = Math.min(
        Number(call.query.limit ?? requestLimits.file_entries.value),
        requestLimits.file_entries.value,
      );
      const skip = Number(call.query.cursor ?? 0);
      const { entries, more } = await files.list(sandbox, path, { depth, limit, skip });
      return {
        items: entries.map((entry) => wireEntry(path, entry)),
        next_cursor: more && entries.length > 0 ? String(skip + entries.length) : null,
        truncated: more && entries.length === 0,
      };
    },
  );

  const makeFolder = route(
    {
      method: "POST",
      path: "/v1/sandboxes/{id}/files/mkdir",
      operationId: "makeFolder",
      summary: "Make a folder",
      description: "Makes a folder, and those above it that are missing.",
      access: "files",
      params: sandboxParams,
      body: makeFolderRequestSchema,
      answers: { 200: { description: "The folder.", schema: fileInfoSchema } },
      errors: [...changeErrors],
    },
    async ({ params, body, caller }) => {
      const sandbox = await livingSandbox(ports, caller, params.id);
      const path = filePath(body.path, body.path_base64, "path");
      await files.makeFolder(sandbox, path, body.mode ?? 0o755, body.parents === false ? "require" : "make");
      return wireFile(path, await files.stat(sandbox, path, "show"));
    },
  );

  const move = route(
    {
      method: "POST",
      path: "/v1/sandboxes/{id}/files/move",
      operationId: "moveFile",
      summary: "Move or rename",
      description: "Renames a file, folder or link, within one mount, replacing a file that is there.",
      access: "files",
      params: sandboxParams,
      body: moveFileRequestSchema,
      answers: { 200: { description: "What was moved, at its new path.", schema: fileInfoSchema } },
      errors: [...changeErrors, "folder_not_empty"],
    },
    async ({ params, body, caller }) => {
      const sandbox = await livingSandbox(ports, caller, params.id);
      const from = filePath(body.path, body.path_base64, "path");
      const to = filePath(body.to, body.to_base64, "to");
      await files.move(sandbox, from, to);
      return wireFile(to, await files.stat(sandbox, to, "show"));
    },
  );

  const changeMode = route(
    {
      method: "POST",
      path: "/v1/sandboxes/{id}/files/chmod",
      operationId: "changeFileMode",
      summary: "Change permissions",
      description: "Sets the permissions of a file or folder; of what a link leads to.",
      access: "files",
      params: sandboxParams,
      body: changeModeRequestSchema,
      answers: { 200: { description: "The file with its new permissions.", schema: fileInfoSchema } },
      errors: [...changeErrors],
    },
    async ({ params, body, caller }) => {
      const sandbox = await livingSandbox(ports, caller, params.id);
      const path = filePath(body.path, body.path_base64, "path");
      await files.chmod(sandbox, path, body.mode);
      return wireFile(path, await files.stat(sandbox, path, "follow"));
    },
  );

  return [read, head, write, remove, stat, list, makeFolder, move, changeMode];
}
