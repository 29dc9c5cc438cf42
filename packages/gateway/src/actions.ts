/**
 * From the wire to the core: a body that fits its schema becomes an Action. What a schema cannot say is checked here,
 * for every door in the same way: what excludes what, bytes instead of characters, and what is not supported.
 */
import { createHash } from "node:crypto";
import {
  HsrError,
  type InputFileRequest,
  languageNames,
  type MountRequest,
  type RunRequest,
  requestLimits,
} from "@hsr/contract";
import {
  type AskedLimits,
  type InputFile,
  languages,
  type MountSpec,
  type Program,
  type RunAction,
  type RunInput,
} from "@hsr/core";
import { guestPath } from "./guest-path.ts";

/** Who asks. */
export interface Caller {
  readonly keyId: string;
  readonly tenant: string;
}

export interface Asked {
  readonly caller: Caller;
  readonly requestId: string;
  readonly idempotencyKey: string | null;
}

export function runAction(request: RunRequest, asked: Asked): RunAction {
  refuseUnsupported(request);
  const input: RunInput = {
    program: program(request),
    files: files(request.files ?? [], request),
    environment: environment(request.environment ?? {}),
    stdin: stdin(request),
    onOutputLimit: request.on_output_limit ?? "drop",
  };
  return {
    tenant: asked.caller.tenant,
    door: "rest",
    keyId: asked.caller.keyId,
    requestId: asked.requestId,
    input,
    wishes: {
      level: request.isolation_level ?? null,
      runtime: request.secure_runtime ?? null,
      preference: request.runtime_preference ?? null,
      limits: askedLimits(request),
      ...askedMounts(request.mounts),
    },
    labels: request.labels ?? {},
    // Nobody waits for a run that is answered at once, so nobody can go away from it.
    detach: request.detach === true || request.wait_ms === 0,
    idempotencyKey: asked.idempotencyKey,
    digest: createHash("sha256").update(canonical(request)).digest("hex"),
  };
}

export function refuseUnsupported(request: Pick<RunRequest, "network">): void {
  if (request.network !== undefined && request.network !== "none") {
    throw new HsrError("unsupported", {
      field: "network",
      message: `The network mode \`${request.network}\` is not supported; sandboxes have no network.`,
      hint: "Leave `network` out, or send `none`.",
    });
  }
}

export function program(request: Pick<RunRequest, "argv" | "code" | "language" | "args">): Program {
  if (request.argv !== undefined) {
    for (const field of ["code", "language", "args"] as const) {
      if (request[field] !== undefined) {
        throw new HsrError("invalid_request", { field, message: `\`argv\` and \`${field}\` exclude each other.` });
      }
    }
    if (request.argv[0] === "")
      throw new HsrError("invalid_request", { field: "argv[0]", message: "The program's name is empty." });
    checkTexts(request.argv, "argv", requestLimits.argv_bytes_total.value);
    return { kind: "argv", argv: request.argv };
  }
  if (request.code === undefined || request.language === undefined) {
    const field = request.code === undefined ? "code" : "language";
    throw new HsrError("invalid_request", {
      field,
      message: "A request needs either `code` and `language`, or `argv`.",
      hint: `Languages are ${languageNames.join(", ")}; for anything else give argv.`,
    });
  }
  checkTexts(request.args ?? [], "args", requestLimits.argv_bytes_total.value);
  const code = utf8(request.code, "code");
  if (code.length > requestLimits.code_bytes.value) throw tooLarge("code", requestLimits.code_bytes.value);
  return { kind: "code", language: request.language, code, args: request.args ?? [] };
}

function files(given: readonly InputFileRequest[], request: RunRequest): readonly InputFile[] {
  const seen = new Set<string>();
  if (request.language !== undefined) seen.add(languages[request.language].mainFile);
  let total = 0;
  return given.map((file, index) => {
    const field = `files[${index}]`;
    const path = guestPath(file.path, `${field}.path`);
    if (seen.has(path))
      throw new HsrError("invalid_path", { field: `${field}.path`, message: `\`${path}\` is given twice.` });
    seen.add(path);
    const content = bytesOf(file.content, file.content_base64, `${field}.content`, "content_base64");
    if (content === null)
      throw new HsrError("invalid_request", { field, message: "A file needs `content` or `content_base64`." });
    total += content.length;
    if (total > requestLimits.file_bytes_total.value) throw tooLarge("files", requestLimits.file_bytes_total.value);
    return { path, content, mode: file.mode ?? 0o644 };
  });
}

export function environment(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const texts = Object.entries(given).map(([name, value]) => `${name}=${value}`);
  checkTexts(texts, "environment", requestLimits.environment_bytes_total.value);
  return given;
}

export function stdin(request: Pick<RunRequest, "stdin" | "stdin_base64">): Uint8Array | null {
  const bytes = bytesOf(request.stdin, request.stdin_base64, "stdin", "stdin_base64");
  if (bytes !== null && bytes.length > requestLimits.stdin_bytes.value)
    throw tooLarge("stdin", requestLimits.stdin_bytes.value);
  return bytes;
}

/** A text or its base64 form as bytes; both at once are refused, neither is `null`. */
export function bytesOf(
  text: string | undefined,
  base64: string | undefined,
  field: string,
  other: string,
): Uint8Array | null {
  if (text !== undefined && base64 !== undefined) {
    throw new HsrError("invalid_request", { field, message: `It excludes \`${other}\`.` });
  }
  if (text !== undefined) return utf8(text, field);
  if (base64 === undefined) return null;
  // Node's decoder skips what it does not know; what was sent has to be exactly what is meant.
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw new HsrError("invalid_request", {
      field: field.replace(/content$/, "content_base64").replace(/^stdin$/, "stdin_base64"),
      message: "It is not base64 in the standard alphabet with padding.",
    });
  }
  return Buffer.from(base64, "base64");
}

function utf8(text: string, field: string): Uint8Array {
  if (!text.isWellFormed()) throw new HsrError("invalid_request", { field, message: "It is not well-formed Unicode." });
  return Buffer.from(text);
}

/** Texts that end at a NUL in C, and share one start message. */
function checkTexts(texts: readonly string[], field: string, mostBytes: number): void {
  let total = 0;
  for (const [index, text] of texts.entries()) {
    if (text.includes("\0") || !text.isWellFormed()) {
      throw new HsrError("invalid_request", {
        field: `${field}[${index}]`,
        message: "It has a NUL or is not well-formed Unicode.",
      });
    }
    total += Buffer.byteLength(text) + 1;
  }
  if (total > mostBytes) throw tooLarge(field, mostBytes);
}

function tooLarge(field: string, mostBytes: number): HsrError {
  return new HsrError("invalid_request", { field, message: `It is more than ${mostBytes} bytes.` });
}

/** Each names a folder or a volume. Where it lies in the sandbox is checked by whoever mounts it. */
export function askedMounts(mounts: readonly MountRequest[] | undefined): { readonly mounts?: readonly MountSpec[] } {
  if (mounts === undefined || mounts.length === 0) return {};
  return {
    mounts: mounts.map(
      ({ folder, volume, sub_path: subPath = "", destination: target, read_only: readOnly, source }, index) => {
        if (source !== undefined)
          throw new HsrError("unsupported", {
            field: `mounts[${index}].source`,
            message: "A path of the host cannot be asked for.",
            hint: "Name a folder of the operator's list in `folder`; GET /v1/folders has it.",
          });
        const name = folder ?? volume;
        if (name === undefined || (folder !== undefined && volume !== undefined))
          throw new HsrError("invalid_request", {
            field: `mounts[${index}]`,
            message: "A mount names either a `folder` or a `volume`.",
            hint: "GET /v1/folders lists folders that the operator offers; a path of the host cannot be asked for.",
          });
        const isFolder = folder !== undefined;
        return {
          kind: isFolder ? "folder" : "volume",
          name,
          subPath,
          target,
          access: (readOnly ?? isFolder) ? "ro" : "rw",
        };
      },
    ),
  };
}

export function askedLimits(request: Partial<RunRequest>): AskedLimits {
  return {
    ...(request.timeout === undefined ? {} : { wallMs: request.timeout }),
    ...(request.cpu_limit === undefined ? {} : { cpuCores: request.cpu_limit }),
    ...(request.memory_limit === undefined ? {} : { memoryBytes: request.memory_limit }),
    ...(request.pids_limit === undefined ? {} : { pids: request.pids_limit }),
    ...(request.disk_limit_bytes === undefined ? {} : { diskBytes: request.disk_limit_bytes }),
    ...(request.output_limit_bytes === undefined ? {} : { outputBytes: request.output_limit_bytes }),
  };
}

/** The same JSON for the same request, however its keys were ordered. How long to wait is not part of what is run. */
export function canonical(request: { readonly wait_ms?: number }): string {
  const { wait_ms: _waitMs, ...rest } = request;
  return JSON.stringify(sorted(rest));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, sorted(child)]),
  );
}
