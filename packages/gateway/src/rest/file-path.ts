/** Paths of the file API: all that the sandbox's own kernel could mean, each said in one way only. */

import { isUtf8 } from "node:buffer";
import { HsrError, requestLimits } from "@hsr/contract";

const longestName = 255;
const slash = 0x2f;

/** A path as it is shown: text where it is text, and its bytes where that text would not be taken in a request. */
export interface ShownPath {
  readonly path: string | null;
  readonly path_base64?: string;
}

/** Text that could be read in two ways, or that hides itself in a log. Such names are given as bytes. */
const doubtful = /[\u0000-\u001f\u007f\\]/;

/**
 * The absolute path that a request names, by `path` or by `path_base64`. `invalid_path` for everything that a file system could
 * read in two ways; where a path may lead is decided inside, by what the guest's user may.
 */
export function filePath(text: string | undefined, base64: string | undefined, field: string): Buffer {
  if ((text === undefined) === (base64 === undefined))
    throw new HsrError("invalid_request", {
      field,
      message: `Exactly one of \`${field}\` and \`${field}_base64\` has to be given.`,
    });
  if (text !== undefined) {
    if (!text.isWellFormed()) throw refuse(field, "It is not well-formed Unicode.");
    if (doubtful.test(text))
      throw refuse(field, `It has a backslash or a control character; send it as \`${field}_base64\` if it is meant.`);
    return absolute(Buffer.from(text), field);
  }
  return absolute(Buffer.from(base64 ?? "", "base64"), `${field}_base64`);
}

function absolute(given: Buffer, field: string): Buffer {
  const bytes = given[0] === slash ? given : Buffer.concat([Buffer.from("/workspace/"), given]);
  if (bytes.length > requestLimits.file_path_bytes.value) throw refuse(field, "It is too long.");
  if (bytes.includes(0)) throw refuse(field, "It has a NUL.");
  if (bytes.length === 1) return bytes;
  let from = 1;
  for (let at = 1; at <= bytes.length; at += 1) {
    if (at < bytes.length && bytes[at] !== slash) continue;
    const name = bytes.subarray(from, at);
    if (name.length === 0) throw refuse(field, "It has an empty part.");
    if (name.equals(dot) || name.equals(dotDot)) throw refuse(field, "It has a part `.` or `..`.");
    if (name.length > longestName) throw refuse(field, "A part of it is longer than 255 bytes.");
    from = at + 1;
  }
  return bytes;
}

const dot = Buffer.from(".");
const dotDot = Buffer.from("..");

export function shownPath(path: Uint8Array): ShownPath {
  const bytes = Buffer.from(path);
  const text = isUtf8(bytes) ? bytes.toString("utf8") : null;
  if (text !== null && !doubtful.test(text)) return { path: text };
  return { path: text, path_base64: bytes.toString("base64") };
}

/** Percent signs that make no UTF-8 would otherwise name a file with a percent sign. */
export function checkQueryText(url: string): void {
  const query = url.slice(url.indexOf("?") + 1);
  try {
    decodeURIComponent(query);
  } catch {
    throw refuse("path", "The address is not percent-encoded UTF-8; send bytes as `path_base64`.");
  }
}

function refuse(field: string, why: string): HsrError {
  return new HsrError("invalid_path", {
    field,
    message: `The path is not acceptable. ${why}`,
    hint: "Use an absolute path, or one relative to /workspace, without `.`, `..` and empty parts.",
  });
}
