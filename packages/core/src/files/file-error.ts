/** What the agent answers about files, as errors of the contract. The errno is the guest's word and decides nothing else. */
import { type ErrorCode, HsrError } from "@hsr/contract";
import type { LiveSandbox } from "../living/live-sandbox.ts";
import { errnoOf } from "../run/start-error.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly message?: string;
  readonly hint?: string;
}

const meanings: Readonly<Record<string, Meaning>> = {
  ENOENT: { code: "file_not_found" },
  EACCES: { code: "file_access_denied" },
  EPERM: { code: "file_access_denied" },
  EROFS: {
    code: "file_access_denied",
    message: "This part of the sandbox cannot be written.",
    hint: "Write to /workspace or /tmp.",
  },
  EEXIST: { code: "file_exists" },
  ENOTEMPTY: { code: "folder_not_empty" },
  EISDIR: { code: "file_kind", message: "It is a folder." },
  ENOTDIR: { code: "file_kind", message: "It, or a part of the path to it, is not a folder." },
  EINVAL: { code: "file_kind", message: "It is not a regular file, or cannot be there." },
  EXDEV: {
    code: "unsupported",
    message: "The two paths lie on different file systems or mounts, as /workspace and /tmp do.",
    hint: "Read it, write it to the new path, and remove it at the old one.",
  },
  ENAMETOOLONG: {
    code: "invalid_path",
    message: "The path, or a part of it, is longer than the sandbox's kernel takes.",
  },
  ELOOP: { code: "invalid_path", message: "Too many links or folders lie on this path." },
  ENOSPC: { code: "sandbox_full" },
  EDQUOT: { code: "sandbox_full" },
  ENOMEM: { code: "sandbox_full", message: "The sandbox has no memory for this." },
  EFBIG: { code: "sandbox_full", message: "The file is larger than a file can be there." },
  EMFILE: { code: "sandbox_full", message: "The sandbox has no descriptor for this." },
  ENFILE: { code: "sandbox_full", message: "The sandbox has no descriptor for this." },
  EBUSY: { code: "file_busy" },
  ETXTBSY: { code: "file_busy" },
  EAGAIN: { code: "too_many_transfers" },
};

/** Anything that a file operation threw, as the error whose fault it is; `field` names the path in the request. */
export function fileError(thrown: unknown, sandbox: LiveSandbox, field: string): HsrError {
  if (thrown instanceof HsrError) return thrown;
  const errno = errnoOf(thrown);
  if (errno === null) {
    const code: unknown = thrown instanceof Error && "code" in thrown ? thrown.code : null;
    if (code !== "CLOSED" && code !== "PROTOCOL") return new HsrError("internal", { cause: thrown });
    // The sandbox ended in the middle of it, or its agent did something that no honest agent does.
    try {
      sandbox.mustRun();
    } catch (ended) {
      return HsrError.from(ended);
    }
    return new HsrError("sandbox_unreachable", { cause: thrown });
  }
  const meaning: Meaning = meanings[errno] ?? { code: "file_failed" };
  return new HsrError(meaning.code, {
    field,
    details: { errno },
    cause: thrown,
    ...(meaning.message === undefined ? {} : { message: meaning.message }),
    ...(meaning.hint === undefined ? {} : { hint: meaning.hint }),
  });
}
