/** Whole folders of living sandboxes, as tar archives. */
import { Readable } from "node:stream";
import { filePathFields, unpackedSchema } from "@hsr/contract";
import type { WalkedEntry } from "@hsr/core";
import Type from "typebox";
import { maybeGunzip } from "../archive/gunzip.ts";
import { readTar } from "../archive/read-tar.ts";
import { writeTar } from "../archive/write-tar.ts";
import { bodyPieces, goneSignal, sendPieces } from "./body-stream.ts";
import { shownPath } from "./file-path.ts";
import { changeErrors, type FilePorts, fileErrors, queryPath } from "./files.ts";
import { type Route, route } from "./route.ts";
import { livingSandbox, sandboxParams } from "./sandboxes.ts";

export function archiveRoutes(ports: FilePorts): readonly Route[] {
  const { files } = ports;
  const query = Type.Object({ ...filePathFields }, { additionalProperties: false });

  const unpack = route(
    {
      method: "PUT",
      path: "/v1/sandboxes/{id}/files/archive",
      operationId: "unpackArchive",
      summary: "Unpack an archive into a folder",
      description:
        "Puts the files, folders and symbolic links of a tar archive into a folder, which is made if it is missing. Nothing is in its place before the whole archive has come and is good; then files replace files, and folders are joined.",
      access: "files",
      params: sandboxParams,
      query,
      rawBody: {
        contentType: "application/x-tar",
        description: "tar in the ustar, pax or GNU form, or the same compressed with gzip.",
      },
      answers: { 200: { description: "Everything is in its place.", schema: unpackedSchema } },
      errors: [...changeErrors, "invalid_archive", "too_many_transfers"],
    },
    async (call) => {
      const sandbox = await livingSandbox(ports, call.caller, call.params.id);
      const path = queryPath(call);
      const entries = readTar(maybeGunzip(bodyPieces(call.request.raw)));
      const brought = await files.unpack(sandbox, path, entries, {
        mostBytes: sandbox.decision.limits.diskBytes,
        signal: goneSignal(call.reply.raw),
      });
      const { folders, links, bytes } = brought;
      return { ...shownPath(path), files: brought.files.length, folders, links, bytes };
    },
  );

  const pack = route(
    {
      method: "GET",
      path: "/v1/sandboxes/{id}/files/archive",
      operationId: "packArchive",
      summary: "Get a folder as an archive",
      description:
        "A folder with all that is below it, as a tar archive in GNU's form: files, folders, and links as they are. Modes come without set-id bits. Links lead where the guest has made them lead; unpack it with a tool that heeds that.",
      access: "files",
      params: sandboxParams,
      query,
      answers: {
        200: {
          description:
            "The archive. One that breaks off before its end is not whole. The trailer HSR-Skipped says how many entries could not be read and are not in it.",
          contentType: "application/x-tar",
        },
      },
      errors: [...fileErrors, "too_many_transfers"],
    },
    async (call) => {
      const sandbox = await livingSandbox(ports, call.caller, call.params.id);
      const walk = files.walk(sandbox, queryPath(call));
      // Whether the folder can be listed at all is known before the answer begins.
      const first = await walk.next();
      let skipped = 0;
      const entries = (async function* (): AsyncGenerator<WalkedEntry, void, void> {
        try {
          let next = first;
          for (; next.done !== true; next = await walk.next()) yield next.value;
          skipped = next.value.skipped;
        } finally {
          await walk.return({ skipped });
        }
      })();
      call.reply.hijack();
      const response = call.reply.raw;
      response.writeHead(200, { "content-type": "application/x-tar", trailer: "HSR-Skipped" });
      await sendPieces(response, Readable.from(writeTar(entries), { objectMode: false }), null, () => {
        response.addTrailers({ "HSR-Skipped": String(skipped) });
      });
      return undefined;
    },
  );

  return [unpack, pack];
}
