/** Files as they are shown on the wire. */
import { isUtf8 } from "node:buffer";
import type { FileEntryBody, FileInfo } from "@hsr/contract";
import type { FileEntry, FileStat } from "@hsr/core";
import { shownPath } from "./file-path.ts";

/** The last moment of the year 9999: a guest may date its files beyond what the wire's times can say. */
const lastMs = 253_402_300_799_999;

export function guestTime(ms: number): Date {
  return new Date(Math.min(lastMs, Math.max(0, ms)));
}

export function wireFile(path: Uint8Array, stat: FileStat): FileInfo {
  const { kind, mode, bytes, uid, gid, target } = stat;
  return {
    ...shownPath(path),
    kind,
    mode,
    bytes,
    modified_at: guestTime(stat.modifiedMs).toISOString(),
    uid,
    gid,
    ...(target === null ? {} : shownTarget(Buffer.from(target))),
  };
}

function shownTarget(target: Buffer): Pick<FileInfo, "target" | "target_base64"> {
  if (isUtf8(target)) return { target: target.toString("utf8") };
  return { target: null, target_base64: target.toString("base64") };
}

/** An entry of this folder, by its absolute path. */
export function wireEntry(folder: Buffer, entry: FileEntry): FileEntryBody {
  const { kind, mode, bytes } = entry;
  return {
    ...shownPath(below(folder, entry.path)),
    kind,
    mode,
    bytes,
    modified_at: guestTime(entry.modifiedMs).toISOString(),
  };
}

/** The path of something below a folder. */
export function below(folder: Buffer, path: Uint8Array): Buffer {
  return Buffer.concat(folder.length === 1 ? [folder, path] : [folder, Buffer.from("/"), path]);
}
