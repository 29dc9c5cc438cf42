/**
 * Every error that a caller can meet, in one table. Types, documents and the wire come from it, and a test compares them.
 * A guest that crashes, times out or is killed for memory is a result with a reason, not an error.
 */

export const errorClasses = {
  invalid_request: "The request is wrong; sending it again will not help.",
  unauthorized: "No key, or one that is not known.",
  denied: "The key is known, and may not do this.",
  not_found: "There is no such thing, or it belongs to somebody else.",
  conflict: "The request contradicts something that already is.",
  unsupported: "The request is well formed, and asks for something that this version does not do.",
  unavailable: "This host cannot do it, now or as it is set up.",
  exhausted: "There is no room at the moment; try again later.",
  internal: "The fault is here, not with the caller.",
} as const;
export type ErrorClass = keyof typeof errorClasses;

/** Names of gRPC status codes that the table uses. */
export type GrpcStatus =
  | "INVALID_ARGUMENT"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "FAILED_PRECONDITION"
  | "UNIMPLEMENTED"
  | "UNAVAILABLE"
  | "RESOURCE_EXHAUSTED"
  | "DEADLINE_EXCEEDED"
  | "INTERNAL";

export interface ErrorRow {
  readonly class: ErrorClass;
  readonly http: number;
  readonly grpc: GrpcStatus;
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

function row(
  errorClass: ErrorClass,
  http: number,
  grpc: GrpcStatus,
  retryable: boolean,
  message: string,
  hint: string,
): ErrorRow {
  return { class: errorClass, http, grpc, retryable, message, hint };
}

export const errors = {
  invalid_json: row(
    "invalid_request",
    400,
    "INVALID_ARGUMENT",
    false,
    "The body is not acceptable JSON.",
    "Send one JSON object without duplicate keys.",
  ),
  invalid_request: row(
    "invalid_request",
    400,
    "INVALID_ARGUMENT",
    false,
    "The request does not fit its schema.",
    "See /docs or /openapi.json for the fields and their bounds.",
  ),
  invalid_path: row(
    "invalid_request",
    400,
    "INVALID_ARGUMENT",
    false,
    "A file's path is not acceptable.",
    "Use a path relative to /workspace, or an absolute one below /workspace or /tmp, without `..`, backslashes or control characters.",
  ),
  policy_invalid: row(
    "invalid_request",
    400,
    "INVALID_ARGUMENT",
    false,
    "The policy has mistakes, so it was not taken.",
    "`details.problems` has each with its line, its column and what to do; docs/policy.md has the form.",
  ),
  precondition_required: row(
    "invalid_request",
    428,
    "FAILED_PRECONDITION",
    false,
    "A change of the policy has to say which one it replaces.",
    "Send `If-Match` with the ETag of GET /v1/policy.",
  ),
  program_not_found: row(
    "invalid_request",
    400,
    "INVALID_ARGUMENT",
    false,
    "The program in argv does not exist in the sandbox.",
    "Give its absolute path, or a name that is found in the PATH of the sandbox.",
  ),
  program_not_executable: row(
    "invalid_request",
    400,
    "INVALID_ARGUMENT",
    false,
    "The program in argv cannot be executed.",
    "Give the file mode 0755 and an interpreter line or a binary format that the sandbox has.",
  ),
  request_timeout: row(
    "invalid_request",
    408,
    "DEADLINE_EXCEEDED",
    true,
    "The request did not arrive in time.",
    "Send the whole request without long pauses.",
  ),
  body_too_large: row(
    "invalid_request",
    413,
    "INVALID_ARGUMENT",
    false,
    "The body is too large.",
    "Send fewer or smaller files; the bounds stand in docs/api-conventions.md.",
  ),
  unsupported_media_type: row(
    "invalid_request",
    415,
    "INVALID_ARGUMENT",
    false,
    "The body's content type is not supported.",
    "Send `content-type: application/json`, in UTF-8 and uncompressed.",
  ),
  headers_too_large: row(
    "invalid_request",
    431,
    "INVALID_ARGUMENT",
    false,
    "The request's headers are too large.",
    "Send fewer or shorter headers.",
  ),
  bad_http: row(
    "invalid_request",
    400,
    "INVALID_ARGUMENT",
    false,
    "This is not a valid HTTP request.",
    "Speak HTTP/1.1.",
  ),
  upgrade_required: row(
    "invalid_request",
    426,
    "INVALID_ARGUMENT",
    false,
    "This address speaks WebSocket.",
    "Ask with `Connection: Upgrade`, `Upgrade: websocket` and `Sec-WebSocket-Version: 13`.",
  ),
  method_not_allowed: row(
    "invalid_request",
    405,
    "UNIMPLEMENTED",
    false,
    "This method does not exist for this address.",
    "The header Allow names the methods that do.",
  ),
  unauthorized: row(
    "unauthorized",
    401,
    "UNAUTHENTICATED",
    false,
    "A valid key is needed.",
    "Send `Authorization: Bearer hsr_…`; the first key lies in the data directory, in the file `key`.",
  ),
  scope_missing: row(
    "denied",
    403,
    "PERMISSION_DENIED",
    false,
    "The key does not have the scope for this.",
    "Ask for a key with the scope that `details.scope` names.",
  ),
  host_not_allowed: row(
    "denied",
    403,
    "PERMISSION_DENIED",
    false,
    "The Host header names a host that this gateway does not serve.",
    "Use the address that the gateway listens on, or add the name to `allowed_hosts` in its configuration.",
  ),
  origin_not_allowed: row(
    "denied",
    403,
    "PERMISSION_DENIED",
    false,
    "Requests from web pages of this origin are not allowed.",
    "Add the origin to `allowed_origins` in the configuration if the page is yours.",
  ),
  policy_denied: row(
    "denied",
    403,
    "PERMISSION_DENIED",
    false,
    "The policy refuses this request.",
    "`details.rule` names the rule; ask the operator.",
  ),
  approval_denied: row(
    "denied",
    403,
    "PERMISSION_DENIED",
    false,
    "A person denied this request.",
    "`details.rule` names the rule that wanted an approval; ask the operator.",
  ),
  approval_expired: row(
    "denied",
    403,
    "PERMISSION_DENIED",
    false,
    "Nobody approved this request in time.",
    "Send it again when somebody is there who can approve it.",
  ),
  approval_void: row(
    "denied",
    403,
    "PERMISSION_DENIED",
    false,
    "What it runs was changed while it waited for an approval, so the approval is for something else.",
    "Send it again, and leave the sandbox's files alone until it is answered.",
  ),
  approval_pending: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    false,
    "It waits for a person's approval; nothing of it was started.",
    "Try again when it is approved: `decision.approval` says until when it waits.",
  ),
  not_found: row(
    "not_found",
    404,
    "NOT_FOUND",
    false,
    "There is no such thing.",
    "Check the id; things of other tenants are not shown.",
  ),
  route_not_found: row(
    "not_found",
    404,
    "NOT_FOUND",
    false,
    "There is nothing at this address.",
    "See /docs or /openapi.json.",
  ),
  file_not_found: row(
    "not_found",
    404,
    "NOT_FOUND",
    false,
    "There is no such file in the sandbox.",
    "List the folder above it.",
  ),
  invalid_archive: row(
    "invalid_request",
    400,
    "INVALID_ARGUMENT",
    false,
    "The archive is not acceptable.",
    "Send tar in the ustar, pax or GNU form, or the same as gzip, with files, folders and symbolic links at relative paths.",
  ),
  file_access_denied: row(
    "denied",
    403,
    "PERMISSION_DENIED",
    false,
    "The sandbox's user may not do this with the file.",
    "Files are reached as the guest's own user; `details.errno` has the kernel's reason.",
  ),
  file_exists: row(
    "conflict",
    409,
    "ALREADY_EXISTS",
    false,
    "There is something at this path already.",
    "Remove it first, or use another path.",
  ),
  file_kind: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    false,
    "What lies at this path is of another kind than the request needs.",
    "Only regular files are read and written, only folders are listed; links are followed in the middle of a path.",
  ),
  folder_not_empty: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    false,
    "The folder is not empty.",
    "Remove it with `recursive=true`.",
  ),
  file_busy: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    true,
    "The file is in use in a way that excludes this.",
    "Try again when the program that uses it has ended; a mounted folder cannot be moved or removed.",
  ),
  file_failed: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    false,
    "The sandbox could not do this with the file.",
    "`details.errno` has the reason that its agent gave.",
  ),
  range_not_satisfiable: row(
    "invalid_request",
    416,
    "INVALID_ARGUMENT",
    false,
    "The range lies outside of the file.",
    "The header Content-Range has the file's size.",
  ),
  sandbox_full: row(
    "exhausted",
    507,
    "RESOURCE_EXHAUSTED",
    false,
    "The sandbox has no room for this.",
    "Remove files in it, or make one with a larger `disk_limit_bytes`.",
  ),
  too_many_transfers: row(
    "exhausted",
    429,
    "RESOURCE_EXHAUSTED",
    true,
    "As many files of this sandbox are on their way as can be at one time.",
    "Wait until one of them has arrived.",
  ),
  idempotency_conflict: row(
    "conflict",
    409,
    "ALREADY_EXISTS",
    false,
    "This Idempotency-Key was used with another request.",
    "Use a new key for a new request.",
  ),
  name_taken: row(
    "conflict",
    409,
    "ALREADY_EXISTS",
    false,
    "A living sandbox of this tenant has this name.",
    "Use another name, or the sandbox that `details.sandbox_id` names.",
  ),
  sandbox_not_running: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    false,
    "The sandbox does not run.",
    "`details.state` says where it stands; a sandbox that has ended does not come back.",
  ),
  stdin_closed: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    false,
    "Nobody reads this execution's standard input any more, or ever did.",
    "Start it with `open_stdin` or a terminal; what its program has closed, or a request has ended, stays closed.",
  ),
  seat_taken: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    false,
    "Somebody else writes to this terminal.",
    "Attach with `mode=view`, or with `take=true` to write in his place.",
  ),
  execution_ended: row("conflict", 409, "FAILED_PRECONDITION", false, "The execution has ended.", "Start another one."),
  opaque_not_allowed: row(
    "denied",
    403,
    "PERMISSION_DENIED",
    false,
    "What this execution will run cannot be seen in advance, and the sandbox was not made for that.",
    'Make the sandbox with `allow: ["opaque"]`.',
  ),
  volume_in_use: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    true,
    "The volume is in use.",
    "A volume has one writer or many readers at a time: wait until the sandbox that has it has ended.",
  ),
  volume_exists: row(
    "conflict",
    409,
    "ALREADY_EXISTS",
    false,
    "There is a volume of this id.",
    "Choose another id, or remove the volume first.",
  ),
  needs_stronger_sandbox: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    false,
    "The policy wants stronger walls for this than the sandbox has.",
    'Make a sandbox with the `isolation_level` that `details.level` names and do it there, or send `escalation: "recreate"`.',
  ),
  last_admin_key: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    false,
    "This is the last key with the scope `admin`.",
    "Make another key with the scope `admin` first.",
  ),
  not_held: row(
    "conflict",
    409,
    "FAILED_PRECONDITION",
    false,
    "It does not wait for an approval.",
    "It was answered, cancelled or late already: ask for the run, the sandbox or the execution itself.",
  ),
  policy_changed: row(
    "conflict",
    412,
    "FAILED_PRECONDITION",
    false,
    "Another policy came into force meanwhile.",
    "Read GET /v1/policy again, look at what changed, and send `If-Match` with its ETag.",
  ),
  unsupported: row(
    "unsupported",
    422,
    "UNIMPLEMENTED",
    false,
    "This version does not support what was asked for.",
    "Leave the named field out.",
  ),
  level_unavailable: row(
    "unavailable",
    503,
    "FAILED_PRECONDITION",
    false,
    "No runtime on this host offers the isolation that was asked for.",
    "`details` has what this host offers; ask for a lower level, or have the operator install a stronger runtime.",
  ),
  runtime_unavailable: row(
    "unavailable",
    503,
    "FAILED_PRECONDITION",
    false,
    "The runtime that was asked for is not available on this host.",
    "GET /v1/runtimes says what is available and what is missing.",
  ),
  limit_unenforceable: row(
    "unavailable",
    503,
    "FAILED_PRECONDITION",
    false,
    "This host cannot enforce a limit that is required.",
    "Run `make up` as root or with a delegated cgroup; `limits.unenforced: allow` in the configuration accepts the lack.",
  ),
  interpreter_missing: row(
    "unavailable",
    503,
    "FAILED_PRECONDITION",
    false,
    "The interpreter for this language is not installed where the sandbox looks.",
    "Have the operator install it on the host; it appears in the sandbox at once.",
  ),
  launcher_unavailable: row(
    "unavailable",
    503,
    "UNAVAILABLE",
    true,
    "The launcher does not answer.",
    "Try again; the operator finds the cause with `hsrctl doctor`.",
  ),
  draining: row(
    "unavailable",
    503,
    "UNAVAILABLE",
    true,
    "The gateway is shutting down.",
    "Try again after the time in Retry-After.",
  ),
  sandbox_failed: row(
    "unavailable",
    503,
    "UNAVAILABLE",
    true,
    "The sandbox could not be started.",
    "Try again, perhaps with more memory; the operator finds the cause in the log under the request id.",
  ),
  storage_full: row(
    "exhausted",
    503,
    "RESOURCE_EXHAUSTED",
    true,
    "The gateway's disk is full.",
    "Try again later; the operator has to free space in the data directory.",
  ),
  too_many_executions: row(
    "exhausted",
    429,
    "RESOURCE_EXHAUSTED",
    true,
    "As many programs run in the sandbox as it may have.",
    "Wait until one of them has ended, or end one.",
  ),
  port_unreachable: row(
    "unavailable",
    502,
    "UNAVAILABLE",
    true,
    "Nothing answers on this port of the sandbox.",
    "Start a server there that listens on 127.0.0.1, ::1 or every address.",
  ),
  stdin_full: row(
    "exhausted",
    429,
    "RESOURCE_EXHAUSTED",
    true,
    "More input waits for this program than is kept for it.",
    "Write more when it has read some.",
  ),
  sandbox_unreachable: row(
    "unavailable",
    503,
    "UNAVAILABLE",
    true,
    "The sandbox's agent does not answer.",
    "Try again; if it stays so, its guest has frozen or broken it: delete the sandbox.",
  ),
  queue_full: row(
    "exhausted",
    503,
    "RESOURCE_EXHAUSTED",
    true,
    "All places are taken and the queue is full.",
    "Try again after the time in Retry-After.",
  ),
  quota_exceeded: row(
    "exhausted",
    429,
    "RESOURCE_EXHAUSTED",
    true,
    "This tenant has as many runs at one time as it may have.",
    "Wait for one to end, or try again after the time in Retry-After.",
  ),
  rate_limited: row(
    "exhausted",
    429,
    "RESOURCE_EXHAUSTED",
    true,
    "Too many requests in too short a time.",
    "Try again after the time in Retry-After.",
  ),
  internal: row(
    "internal",
    500,
    "INTERNAL",
    false,
    "Something failed in the gateway.",
    "Report it with the request id; the log has the cause.",
  ),
} as const satisfies Record<string, ErrorRow>;
export type ErrorCode = keyof typeof errors;

export interface HsrErrorOptions {
  /** Says more than the table's sentence; never a host path, never a secret. */
  readonly message?: string;
  readonly hint?: string;
  /** The request's field at fault, as `files[2].path`. */
  readonly field?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** When a retry makes sense; becomes Retry-After. */
  readonly retryAfterMs?: number;
  /** For the log only; nothing of it goes outward. */
  readonly cause?: unknown;
}

/** The one error class. What it says to the outside is the table's row and these options, nothing of `cause`. */
export class HsrError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly field: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, options: HsrErrorOptions = {}) {
    super(options.message ?? errors[code].message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "HsrError";
    this.code = code;
    this.hint = options.hint ?? errors[code].hint;
    this.field = options.field;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }

  get row(): ErrorRow {
    return errors[this.code];
  }

  /** Anything that was thrown, as an HsrError: what is not one already becomes `internal` and keeps its cause for the log. */
  static from(thrown: unknown): HsrError {
    return thrown instanceof HsrError ? thrown : new HsrError("internal", { cause: thrown });
  }
}
