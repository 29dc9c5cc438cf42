/** Paths of files in a request: where they may lead is decided on their text, before anything is touched. */
import { HsrError, requestLimits } from "@hsr/contract";

/** Folders that a caller may write into, seen from inside the sandbox. */
const writable = ["/workspace", "/tmp"] as const;
const longestName = 255;

/**
 * The absolute path in the sandbox that a request's path means. Relative ones start in /workspace. Refused with
 * `invalid_path`: everything that a file system could read in two ways, or that leads out of the writable folders.
 * The agent inside looks again, with the kernel's own rules against links.
 */
export function guestPath(given: string, field: string): string {
  const bytes = Buffer.byteLength(given);
  if (bytes === 0 || bytes > requestLimits.path_bytes.value) throw refuse(field, "It is empty or too long.");
  if (!given.isWellFormed()) throw refuse(field, "It is not well-formed Unicode.");
  // Control characters end or hide a path in logs and in C; a backslash separates folders elsewhere.
  if (/[\u0000-\u001f\u007f\\]/.test(given)) throw refuse(field, "It has a backslash or a control character.");
  const absolute = given.startsWith("/");
  const names = (absolute ? given.slice(1) : given).split("/");
  for (const name of names) {
    if (name === "") throw refuse(field, "It has an empty part.");
    if (name === "." || name === "..") throw refuse(field, "It has a part `.` or `..`.");
    if (Buffer.byteLength(name) > longestName) throw refuse(field, "A part of it is longer than 255 bytes.");
  }
  if (names.length > requestLimits.path_depth.value) throw refuse(field, "It is too deep.");
  if (!absolute) return `/workspace/${given}`;
  if (!writable.some((folder) => given.startsWith(`${folder}/`)))
    throw refuse(field, "It is outside of /workspace and /tmp.");
  return given;
}

function refuse(field: string, why: string): HsrError {
  return new HsrError("invalid_path", { field, message: `The path is not acceptable. ${why}` });
}
