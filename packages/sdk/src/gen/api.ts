/**
 * What the gateway takes and answers, in camelCase.
 *
 * Printed from the gateway's OpenAPI document by scripts/generate.ts. Do not edit.
 */
import type { Bytes } from "../bytes.ts";

/** What the analyzer found in the code. */
export interface AnalyzedRisk {
  /** The code was analyzed. */
  readonly analyzed: true;
  /** The risk, from 0 to 100. */
  readonly score: number;
  /** The score in a word: medium from 40, high from 70. */
  readonly level: "low" | "medium" | "high";
  /** What the code can do. A capability alone is no risk. */
  readonly capabilities: readonly ("network" | "process" | "file_read" | "file_write" | "delete" | "environment" | "native_code" | "dynamic_code" | "persistence" | "system" | "unanalysable")[];
  /** What weighed in the score, the heaviest first. */
  readonly findings: readonly Finding[];
  /** The language of the program. */
  readonly language: {
    /** What the request says; null when it gave argv. */
    readonly declared: "python" | "javascript" | "typescript" | "bash" | null;
    /** What the code reads as; null when it is none of these. */
    readonly found: "python" | "javascript" | "typescript" | "bash" | null;
  };
  /** Whether a program or a library of machine code or bytecode is among it. */
  readonly binary: boolean;
  /** Whether something that may be run is in no known language. */
  readonly unknownLang: boolean;
  /** The analyzer's version. */
  readonly analyzer: string;
  /** Names the exact rules that were applied. */
  readonly rules: string;
}

/** What a person has, or had, to agree to. */
export interface Approval {
  /** The rule that wants it. */
  readonly rule: string;
  /** What the operator says to whoever approves. */
  readonly message: string;
  /** When it is denied without an answer. */
  readonly deadline: string;
  /** The key that approved it. */
  readonly approvedBy: string | null;
  /** When it was approved. */
  readonly approvedAt: string | null;
}

/** What waits for an approval. */
export interface ApprovalList {
  /** Newest first; the prefix of `id` says what each is. */
  readonly items: readonly (RunSummary | Sandbox | ExecutionSummary)[];
  /** Give it as `cursor` for the next page; null on the last. */
  readonly nextCursor: string | null;
}

/** A runtime's abilities as data. */
export interface Capabilities {
  /** Levels offered, weakest first. */
  readonly levels: readonly ("basic" | "standard" | "strong" | "maximum")[];
  /** Where a sandbox's read-only root may come from. */
  readonly roots: readonly ("host" | "image")[];
  /** What a guest may reach. */
  readonly networkModes: readonly "none"[];
  /** Whether a sandbox has many user ids, or one. */
  readonly users: "range" | "single";
  /** Limits that it enforces on this host. */
  readonly enforces: readonly ("memory" | "pids" | "cpu" | "wall_time" | "disk" | "inodes" | "output" | "open_files")[];
  /** Where a guest's files are kept. */
  readonly scratchBackings: readonly ("memory" | "disk")[];
  /** Whether a sandbox can be paused. */
  readonly pause: boolean;
  /** What a snapshot can hold. */
  readonly snapshotKinds: readonly ("memory" | "files")[];
  /** Whether a guest can have a graphics processor. */
  readonly gpu: boolean;
  /** Whether a guest's network has IPv6. */
  readonly ipv6: boolean;
  /** Processors that a guest may be built for. */
  readonly architectures: readonly ("x86_64" | "aarch64")[];
}

/** New permissions of a file or folder. */
export interface ChangeModeRequest {
  /** A path in the sandbox, absolute or relative to /workspace. */
  readonly path?: string | undefined;
  /** Instead of `path`, its bytes in base64: for names that are not plain text. */
  readonly pathBase64?: string | undefined;
  /** Permission bits as a number: 420 is 0644, 493 is 0755. */
  readonly mode: number;
}

/** Another policy: its text, or the number of a version that was in force before. */
export interface ChangePolicyRequest {
  /** The policy as YAML. */
  readonly policy?: string | undefined;
  /** Counts up with each policy that comes into force. */
  readonly version?: number | undefined;
}

/** A policy that is only to be read. */
export interface CheckPolicyRequest {
  /** The policy as YAML. */
  readonly policy: string;
}

/** What is wrong with a policy. */
export interface CheckedPolicy {
  /** Whether it could come into force. */
  readonly valid: boolean;
  /** How many rules it has; 0 when it is wrong. */
  readonly rules: number;
  /** What is wrong with it, from the top. */
  readonly problems: readonly PolicyProblem[];
}

/** A policy to hold against the one in force. */
export interface ComparePolicyRequest {
  /** The policy as YAML. */
  readonly policy: string;
}

/** What another policy would change. */
export interface ComparedPolicy {
  /** How many typical requests were looked at. */
  readonly requests: number;
  /** Those that would be decided otherwise. */
  readonly differences: readonly {
    /** The typical request, in the words of a policy. */
    readonly request: string;
    /** What the policy in force wants. */
    readonly before: string;
    /** What the other one wants. */
    readonly after: string;
  }[];
}

/** The configuration in force. */
export interface ConfigInfo {
  /** Every setting, in the order of the documents. */
  readonly items: readonly Setting[];
  /** There is only one page. */
  readonly nextCursor: null;
}

/** A new key. */
export interface CreateKeyRequest {
  /** What the key is for, in the words of a person. */
  readonly name: string;
  /** What the key may do; no more than the key that makes it. */
  readonly scopes: readonly ("run" | "sandboxes" | "read" | "files" | "snapshots" | "images" | "policy:read" | "policy:write" | "approve" | "keys" | "admin")[];
  /** Whose key it is. Only a key with the scope `admin` may name another tenant than its own. */
  readonly tenant?: string | undefined;
  /** How long it is valid; without it, until it is revoked. */
  readonly expiresInMs?: number | undefined;
}

/** A port to be reached from outside. */
export interface CreatePortRequest {
  /** The port that a program listens on. */
  readonly port: number;
  /** How long the token holds. It dies with its sandbox anyway. */
  readonly ttlMs?: number | undefined;
}

/** Space that outlives sandboxes. */
export interface CreateVolumeRequest {
  /** The caller's own name for it: lower-case letters, digits and dashes; unique for the tenant. */
  readonly name: string;
  /** Bytes that fit into it. Its space is taken from the disk when it is made. */
  readonly sizeBytes: number;
  /** Files, folders and links that fit into it; one for each 16 KiB if absent. */
  readonly inodes?: number | undefined;
}

/** A new webhook; all types if none are named. */
export interface CreateWebhookRequest {
  /** Where events are posted. Its host must be one that the operator allows. */
  readonly url: string;
  /** The types that are delivered. */
  readonly types?: readonly ("sandbox.held" | "sandbox.approved" | "sandbox.starting" | "sandbox.started" | "sandbox.renewed" | "sandbox.ended" | "execution.held" | "execution.approved" | "execution.started" | "execution.finished" | "run.held" | "run.approved" | "run.finished")[] | undefined;
}

/** A new key with its secret. */
export interface CreatedKey {
  /** Names the key; it is not the key. */
  readonly id: string;
  /** What the key is for, in the words of a person. */
  readonly name: string;
  /** Whose key it is. Only a key with the scope `admin` may name another tenant than its own. */
  readonly tenant: string;
  /** What the key may do. */
  readonly scopes: readonly ("run" | "sandboxes" | "read" | "files" | "snapshots" | "images" | "policy:read" | "policy:write" | "approve" | "keys" | "admin")[];
  /** RFC 3339 in UTC with milliseconds. */
  readonly createdAt: string;
  /** When it stops being valid; null if never. */
  readonly expiresAt: string | null;
  /** When it was last used, to the minute; null if never. */
  readonly lastUsedAt: string | null;
  /** When it was revoked; null if it was not. */
  readonly revokedAt: string | null;
  /** The key itself. It is shown once and stored only as a hash. */
  readonly key: string;
}

/** A webhook with its secret. */
export interface CreatedWebhook {
  /** Names the webhook. */
  readonly id: string;
  /** Where events are posted. Its host must be one that the operator allows. */
  readonly url: string;
  /** The types that are delivered. */
  readonly types: readonly ("sandbox.held" | "sandbox.approved" | "sandbox.starting" | "sandbox.started" | "sandbox.renewed" | "sandbox.ended" | "execution.held" | "execution.approved" | "execution.started" | "execution.finished" | "run.held" | "run.approved" | "run.finished")[];
  /** RFC 3339 in UTC with milliseconds. */
  readonly createdAt: string;
  /** When an event was last taken; null if none was. */
  readonly deliveredAt: string | null;
  /** Whether the last try failed; it is tried again. */
  readonly failing: boolean;
  /** The HTTP status of the last try; null when there was no answer. */
  readonly lastStatus: number | null;
  /** Why the last try failed; null when it did not. */
  readonly lastError: string | null;
  /** Events that were given up after too many tries. */
  readonly givenUp: number;
  /** `whsec_` and base64 of the bytes that sign deliveries. Shown once. */
  readonly secret: string;
}

/** What was decided about the run, and why. */
export interface Decision {
  /** What stands between guest and host, from weak to strong: basic (namespaces, cgroups, system-call filter), standard (a kernel or engine in user space), strong (a virtual machine), maximum (a minimal virtual machine in a jail of its own). */
  readonly level: "basic" | "standard" | "strong" | "maximum";
  /** Name of a way to isolate, as GET /v1/runtimes lists it. */
  readonly runtime: string;
  /** The rule that decided. */
  readonly rule: string;
  /** Why, in sentences. */
  readonly reasons: readonly string[];
  /** Whether `runtime_preference` was followed; null when there was none. */
  readonly preferenceMet: boolean | null;
  /** Names the exact policy that was in force. */
  readonly policyDigest: string;
  /** What a person has, or had, to agree to; null where nobody had to approve. */
  readonly approval: Approval | null;
}

/** A denial. */
export interface DenyRequest {
  /** Why, in a sentence: whoever asked gets it. */
  readonly reason: string;
}

/** Every answer with a status of 400 or more has this form. */
export interface Error {
  /** The one error of this answer. */
  readonly error: {
    /** What went wrong, from the closed table in docs/errors.md. */
    readonly code: "invalid_json" | "invalid_request" | "invalid_path" | "policy_invalid" | "precondition_required" | "program_not_found" | "program_not_executable" | "request_timeout" | "body_too_large" | "unsupported_media_type" | "headers_too_large" | "bad_http" | "upgrade_required" | "method_not_allowed" | "unauthorized" | "scope_missing" | "host_not_allowed" | "origin_not_allowed" | "policy_denied" | "approval_denied" | "approval_expired" | "approval_void" | "approval_pending" | "not_found" | "route_not_found" | "file_not_found" | "invalid_archive" | "file_access_denied" | "file_exists" | "file_kind" | "folder_not_empty" | "file_busy" | "file_failed" | "range_not_satisfiable" | "sandbox_full" | "too_many_transfers" | "idempotency_conflict" | "name_taken" | "sandbox_not_running" | "stdin_closed" | "seat_taken" | "execution_ended" | "opaque_not_allowed" | "volume_in_use" | "volume_exists" | "needs_stronger_sandbox" | "last_admin_key" | "not_held" | "policy_changed" | "unsupported" | "level_unavailable" | "runtime_unavailable" | "limit_unenforceable" | "interpreter_missing" | "launcher_unavailable" | "draining" | "sandbox_failed" | "storage_full" | "too_many_executions" | "port_unreachable" | "stdin_full" | "sandbox_unreachable" | "queue_full" | "quota_exceeded" | "rate_limited" | "internal";
    /** Whose fault it is. */
    readonly class: "invalid_request" | "unauthorized" | "denied" | "not_found" | "conflict" | "unsupported" | "unavailable" | "exhausted" | "internal";
    /** One or two sentences for a person. */
    readonly message: string;
    /** What to do about it. */
    readonly hint: string;
    /** The field of the request that is at fault. */
    readonly field?: string | undefined;
    /** Whether the same request may succeed later. */
    readonly retryable: boolean;
    /** Facts for programs; they depend on the code. */
    readonly details?: Readonly<Record<string, unknown>> | undefined;
    /** Names this request in the gateway's log. */
    readonly requestId: string;
  };
}

/** An error without the request it answered. */
export interface ErrorInfo {
  /** What went wrong, from the closed table in docs/errors.md. */
  readonly code: "invalid_json" | "invalid_request" | "invalid_path" | "policy_invalid" | "precondition_required" | "program_not_found" | "program_not_executable" | "request_timeout" | "body_too_large" | "unsupported_media_type" | "headers_too_large" | "bad_http" | "upgrade_required" | "method_not_allowed" | "unauthorized" | "scope_missing" | "host_not_allowed" | "origin_not_allowed" | "policy_denied" | "approval_denied" | "approval_expired" | "approval_void" | "approval_pending" | "not_found" | "route_not_found" | "file_not_found" | "invalid_archive" | "file_access_denied" | "file_exists" | "file_kind" | "folder_not_empty" | "file_busy" | "file_failed" | "range_not_satisfiable" | "sandbox_full" | "too_many_transfers" | "idempotency_conflict" | "name_taken" | "sandbox_not_running" | "stdin_closed" | "seat_taken" | "execution_ended" | "opaque_not_allowed" | "volume_in_use" | "volume_exists" | "needs_stronger_sandbox" | "last_admin_key" | "not_held" | "policy_changed" | "unsupported" | "level_unavailable" | "runtime_unavailable" | "limit_unenforceable" | "interpreter_missing" | "launcher_unavailable" | "draining" | "sandbox_failed" | "storage_full" | "too_many_executions" | "port_unreachable" | "stdin_full" | "sandbox_unreachable" | "queue_full" | "quota_exceeded" | "rate_limited" | "internal";
  /** Whose fault it is. */
  readonly class: "invalid_request" | "unauthorized" | "denied" | "not_found" | "conflict" | "unsupported" | "unavailable" | "exhausted" | "internal";
  /** One or two sentences for a person. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
  /** The field of the request that is at fault. */
  readonly field?: string | undefined;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Facts for programs; they depend on the code. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** A request that is not to be run: what would be decided about it? */
export interface EvaluateRequest {
  readonly request: RunRequest;
  /** A policy as YAML to try instead of the one in force. */
  readonly policy?: string | undefined;
}

/** What would be decided about a request. */
export interface Evaluation {
  /** run: It would run, as `decision` says. hold: It would wait for a person's approval, and then run as `decision` says. deny: The policy denies it. refuse: It cannot be run here: `error` says why. */
  readonly verdict: "run" | "hold" | "deny" | "refuse";
  /** What is known of the code's risk. */
  readonly risk: AnalyzedRisk | NotAnalyzed;
  /** The least level that the policy wants; null when it was not asked. */
  readonly level: "basic" | "standard" | "strong" | "maximum" | null;
  /** What would be decided; null when nothing would run. */
  readonly decision: Decision | null;
  /** Why nothing would run; null when something would. */
  readonly error: ErrorInfo | null;
  /** Every rule from the top, the default last. */
  readonly rules: readonly RuleReading[];
  /** Names the exact rules, the configuration's limits included; decisions have it as `policy_digest`. */
  readonly policyDigest: string;
}

/** Something that happened. */
export interface Event {
  /** Resumes the stream as Last-Event-ID. */
  readonly id: string;
  /** Grows from event to event, with gaps. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** What happened. */
  readonly type: "sandbox.held" | "sandbox.approved" | "sandbox.starting" | "sandbox.started" | "sandbox.renewed" | "sandbox.ended" | "execution.held" | "execution.approved" | "execution.started" | "execution.finished" | "run.held" | "run.approved" | "run.finished" | "events.missed";
  /** Whose it is. */
  readonly tenant: string;
  /** The id of what it happened to. */
  readonly subject: string;
  /** The request that made its subject. */
  readonly requestId: string | null;
  /** Facts, by the type. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** One program in a sandbox: either `argv`, or `code` with `language`. */
export interface ExecRequest {
  /** The program and its arguments. There is no shell. */
  readonly argv?: readonly string[] | undefined;
  /** A program's text, with `language`, instead of `argv`. It becomes a file of its own in /tmp. */
  readonly code?: string | undefined;
  /** How `code` is run. */
  readonly language?: "python" | "javascript" | "typescript" | "bash" | undefined;
  /** Arguments for the program in `code`. */
  readonly args?: readonly string[] | undefined;
  /** The folder in which it starts, absolute. */
  readonly cwd?: string | undefined;
  /** Its user id in the sandbox, and its group id. Without it, the guest's own, 1000. */
  readonly user?: number | undefined;
  /** Added to PATH, HOME and LANG. Nothing of the gateway's environment reaches the guest. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Text for standard input, which ends after it. */
  readonly stdin?: string | undefined;
  /** Bytes for standard input, instead of `stdin`. */
  readonly stdinBase64?: string | undefined;
  /** Whether standard input stays open for more. Without it and `stdin`, reading answers end of file. */
  readonly openStdin?: boolean | undefined;
  readonly terminal?: TerminalSize | undefined;
  /** Whether the answer comes as soon as the program runs. Its newest output is kept, and it goes on when nobody reads. */
  readonly background?: boolean | undefined;
  /** Milliseconds of wall-clock time from the start of the program. Without it 30 seconds in the foreground, and no limit but the sandbox's own in the background and for terminals. */
  readonly timeout?: number | undefined;
  /** Bytes kept of each of stdout and stderr: the first in the foreground, the newest in the background and of terminals. */
  readonly outputLimitBytes?: number | undefined;
  /** What happens where the policy wants stronger walls for this than the sandbox has: 409, or a stronger sandbox takes its place under the same name and with its files. Processes are lost, and `sandbox_id` says where it runs. */
  readonly escalation?: "refuse" | "recreate" | undefined;
  /** How long the answer may take; afterwards it is 202 with the execution's address, and it goes on. Without it the answer comes when it has ended. */
  readonly waitMs?: number | undefined;
}

/** An execution with its output, which is complete once it has finished. */
export interface Execution {
  /** The execution's id. */
  readonly id: string;
  /** The sandbox it runs in. */
  readonly sandboxId: string;
  /** Where the execution stands. */
  readonly state: "held" | "starting" | "running" | "finished";
  /** Why it ended; null before it has. */
  readonly reason: "exited" | "signaled" | "timeout" | "out_of_memory" | "output_limit" | "cancelled" | "killed" | "denied" | "setup_failed" | "lost" | null;
  /** The program and its arguments. There is no shell. */
  readonly argv: readonly string[];
  /** Whether it was started in the background. */
  readonly background: boolean;
  /** Whether it has a terminal. */
  readonly terminal: boolean;
  /** The program's exit status as the guest reported it; null if it did not exit by itself. */
  readonly exitCode: number | null;
  /** The signal that ended the program, as SIGKILL; null if none did. */
  readonly signal: string | null;
  /** Bytes of stdout so far, kept or not. */
  readonly stdoutBytes: number;
  /** Bytes of stderr so far, kept or not. */
  readonly stderrBytes: number;
  /** Bytes of stdout that were dropped. */
  readonly stdoutTruncated: number;
  /** Bytes of stderr that were dropped. */
  readonly stderrTruncated: number;
  /** What it used; null before it has ended or when it never started. */
  readonly usage: ExecutionUsage | null;
  readonly decision: ExecutionDecision;
  /** What is known of the code's risk. */
  readonly risk: AnalyzedRisk | NotAnalyzed;
  /** Why the program was never started, with the reason `setup_failed` or `denied`; null otherwise. */
  readonly error: ErrorInfo | null;
  /** RFC 3339 in UTC with milliseconds. */
  readonly createdAt: string;
  /** When its program was started. */
  readonly startedAt: string | null;
  /** When it ended. */
  readonly finishedAt: string | null;
  /** What is kept of stdout as text; null when it is not valid UTF-8, or not there yet. */
  readonly stdout: string | null;
  /** The same as bytes, when it is not valid UTF-8. */
  readonly stdoutBase64?: string | undefined;
  /** What is kept of stderr as text; null when it is not valid UTF-8, or not there yet. */
  readonly stderr: string | null;
  /** The same as bytes, when it is not valid UTF-8. */
  readonly stderrBase64?: string | undefined;
}

/** What was decided about an execution. */
export interface ExecutionDecision {
  /** within: it runs as it was asked for. restrict: the policy gives it less time or output. */
  readonly verdict: "within" | "restrict";
  /** The rule that decided. */
  readonly rule: string;
  /** Why, in sentences. */
  readonly reasons: readonly string[];
  /** Names the exact policy that was in force. */
  readonly policyDigest: string;
  /** The weaker sandbox whose place this one took for it, with all its processes lost; null otherwise. */
  readonly escalatedFrom: string | null;
  /** What a person has, or had, to agree to; null where nobody had to approve. */
  readonly approval: Approval | null;
}

/** A program in a sandbox ended. */
export interface ExecutionFinishedEvent {
  /** Resumes the stream as Last-Event-ID. */
  readonly id: string;
  /** Grows from event to event. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** A program in a sandbox ended. */
  readonly type: "execution.finished";
  /** Whose it is. */
  readonly tenant: string;
  /** The id of the run or execution. */
  readonly subject: string;
  /** The request that made it. */
  readonly requestId: string;
  readonly data: ExecutionSummary;
}

/** A program waits for a person's approval before it is started in its sandbox. */
export interface ExecutionHeldEvent {
  /** Resumes the stream as Last-Event-ID. */
  readonly id: string;
  /** Grows from event to event. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** A program waits for a person's approval before it is started in its sandbox. */
  readonly type: "execution.held";
  /** Whose it is. */
  readonly tenant: string;
  /** The id of the run or execution. */
  readonly subject: string;
  /** The request that made it. */
  readonly requestId: string;
  readonly data: ExecutionSummary;
}

/** A page of executions. */
export interface ExecutionList {
  /** Newest first. */
  readonly items: readonly ExecutionSummary[];
  /** Give it as `cursor` for the next page; null on the last. */
  readonly nextCursor: string | null;
}

/** A program in a sandbox wrote to stdout or stderr. */
export interface ExecutionOutputEvent {
  /** Resumes the stream as Last-Event-ID. */
  readonly id: string;
  /** Grows from event to event. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** A program in a sandbox wrote to stdout or stderr. */
  readonly type: "execution.output";
  /** Whose it is. */
  readonly tenant: string;
  /** The id of the run or execution. */
  readonly subject: string;
  /** The request that made it. */
  readonly requestId: string;
  readonly data: OutputData;
}

/** A program was started in a sandbox. */
export interface ExecutionStartedEvent {
  /** Resumes the stream as Last-Event-ID. */
  readonly id: string;
  /** Grows from event to event. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** A program was started in a sandbox. */
  readonly type: "execution.started";
  /** Whose it is. */
  readonly tenant: string;
  /** The id of the run or execution. */
  readonly subject: string;
  /** The request that made it. */
  readonly requestId: string;
  readonly data: ExecutionSummary;
}

/** An execution without its output. */
export interface ExecutionSummary {
  /** The execution's id. */
  readonly id: string;
  /** The sandbox it runs in. */
  readonly sandboxId: string;
  /** Where the execution stands. */
  readonly state: "held" | "starting" | "running" | "finished";
  /** Why it ended; null before it has. */
  readonly reason: "exited" | "signaled" | "timeout" | "out_of_memory" | "output_limit" | "cancelled" | "killed" | "denied" | "setup_failed" | "lost" | null;
  /** The program and its arguments. There is no shell. */
  readonly argv: readonly string[];
  /** Whether it was started in the background. */
  readonly background: boolean;
  /** Whether it has a terminal. */
  readonly terminal: boolean;
  /** The program's exit status as the guest reported it; null if it did not exit by itself. */
  readonly exitCode: number | null;
  /** The signal that ended the program, as SIGKILL; null if none did. */
  readonly signal: string | null;
  /** Bytes of stdout so far, kept or not. */
  readonly stdoutBytes: number;
  /** Bytes of stderr so far, kept or not. */
  readonly stderrBytes: number;
  /** Bytes of stdout that were dropped. */
  readonly stdoutTruncated: number;
  /** Bytes of stderr that were dropped. */
  readonly stderrTruncated: number;
  /** What it used; null before it has ended or when it never started. */
  readonly usage: ExecutionUsage | null;
  readonly decision: ExecutionDecision;
  /** What is known of the code's risk. */
  readonly risk: AnalyzedRisk | NotAnalyzed;
  /** Why the program was never started, with the reason `setup_failed` or `denied`; null otherwise. */
  readonly error: ErrorInfo | null;
  /** RFC 3339 in UTC with milliseconds. */
  readonly createdAt: string;
  /** When its program was started. */
  readonly startedAt: string | null;
  /** When it ended. */
  readonly finishedAt: string | null;
}

/** What an execution used. */
export interface ExecutionUsage {
  /** From the start of the program to its end, seen from outside. */
  readonly wallMs: number;
  /** Processor time, as the guest's agent reports it. */
  readonly cpuMs: number | null;
  /** The most memory of one process, as the guest's agent reports it. */
  readonly memoryPeakBytes: number | null;
  /** Who says so. */
  readonly source: "guest";
}

/** One entry of a folder. */
export interface FileEntry {
  /** Its absolute path; null where its bytes are not UTF-8. */
  readonly path: string | null;
  /** The path's bytes, where `path` would not be accepted in a request: send this one instead. */
  readonly pathBase64?: string | undefined;
  /** What it is; `other` is a FIFO, a socket or a device. */
  readonly kind: "file" | "folder" | "link" | "other";
  /** Permission bits as a number, with set-id and sticky bits. */
  readonly mode: number;
  /** Its size. */
  readonly bytes: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly modifiedAt: string;
}

/** What lies at a path. */
export interface FileInfo {
  /** Its absolute path; null where its bytes are not UTF-8. */
  readonly path: string | null;
  /** The path's bytes, where `path` would not be accepted in a request: send this one instead. */
  readonly pathBase64?: string | undefined;
  /** What it is; `other` is a FIFO, a socket or a device. */
  readonly kind: "file" | "folder" | "link" | "other";
  /** Permission bits as a number, with set-id and sticky bits. */
  readonly mode: number;
  /** Its size. */
  readonly bytes: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly modifiedAt: string;
  /** Its owner, as the sandbox counts them. */
  readonly uid: number;
  /** Its group, as the sandbox counts them. */
  readonly gid: number;
  /** Where a link leads to; null if not UTF-8. */
  readonly target?: string | null | undefined;
  /** The same as bytes, where they are not UTF-8. */
  readonly targetBase64?: string | undefined;
}

/** A page of a folder's entries. */
export interface FileList {
  /** Entries; a folder before what is in it. */
  readonly items: readonly FileEntry[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
  /** There are more entries than one listing looks at; list the folders in it one by one. */
  readonly truncated: boolean;
}

/** One thing that weighs in a score. */
export interface Finding {
  /** The rule that matched, as docs/risk-rules.md lists it. */
  readonly id: string;
  /** How much it weighs. */
  readonly severity: "low" | "medium" | "high";
  /** What was found, in a sentence. */
  readonly title: string;
  /** The file in the sandbox that it stands in; null for the command line. */
  readonly file: string | null;
  /** The line, from 1; null where there are no lines. */
  readonly line: number | null;
  /** The column in characters, from 1; null where there are no lines. */
  readonly column: number | null;
  /** What it was seen by, cut short. Text of the code: show it with care. */
  readonly evidence: string;
  /** certain: seen as it stands; likely: concluded from what is known; possible: a guess. */
  readonly confidence: "certain" | "likely" | "possible";
}

/** Folders of the host that the operator offers. */
export interface FolderList {
  /** In the order of the operator's list. */
  readonly items: readonly {
    /** As mounts name it. */
    readonly name: string;
    /** Whether sandboxes may only read it. */
    readonly readOnly: boolean;
  }[];
}

/** The gateway is alive. */
export interface Health {
  /** The process answers. */
  readonly status: "ok";
  /** The gateway's version. */
  readonly version: string;
}

/** What waits for an approval, and what it would do. It is the caller's text: show it with care. */
export interface Held {
  /** The run that waits; null if it is something else. */
  readonly run: RunSummary | null;
  /** The sandbox that waits; null if it is something else. */
  readonly sandbox: Sandbox | null;
  /** The execution that waits; null if it is something else. */
  readonly execution: ExecutionSummary | null;
  /** The program's text; null when the request gave argv or no program, or text that is not UTF-8. */
  readonly code: string | null;
  /** The command line; null when the request gave code or no program. */
  readonly argv: readonly string[] | null;
  /** Arguments for the code. */
  readonly args: readonly string[];
  /** Files that come with a run, or that an execution runs or names. */
  readonly files: readonly {
    /** Where it is, or would be, in the sandbox. */
    readonly path: string;
    /** Its length. */
    readonly bytes: number;
    /** Its permission bits. */
    readonly mode: number;
    /** The digest of its content. */
    readonly sha256: string;
  }[];
  /** Names of its environment; values are not shown. */
  readonly environment: readonly string[];
  /** How much standard input it has; null for none. */
  readonly stdinBytes: number | null;
  /** Folders and volumes that would be in a sandbox. */
  readonly mounts: readonly Mount[];
}

/** A file that is in the sandbox before the program starts. */
export interface InputFile {
  /** Relative to /workspace, or absolute below /workspace or /tmp. `..`, backslashes and control characters are refused. */
  readonly path: string;
  /** The content as text; written as UTF-8. */
  readonly content?: string | undefined;
  /** The content as bytes. Exactly one of content and content_base64 is given. */
  readonly contentBase64?: string | undefined;
  /** Permission bits as a number: 420 is 0644, 493 is 0755. */
  readonly mode?: number | undefined;
}

/** A key without its secret. */
export interface KeyInfo {
  /** Names the key; it is not the key. */
  readonly id: string;
  /** What the key is for, in the words of a person. */
  readonly name: string;
  /** Whose key it is. Only a key with the scope `admin` may name another tenant than its own. */
  readonly tenant: string;
  /** What the key may do. */
  readonly scopes: readonly ("run" | "sandboxes" | "read" | "files" | "snapshots" | "images" | "policy:read" | "policy:write" | "approve" | "keys" | "admin")[];
  /** RFC 3339 in UTC with milliseconds. */
  readonly createdAt: string;
  /** When it stops being valid; null if never. */
  readonly expiresAt: string | null;
  /** When it was last used, to the minute; null if never. */
  readonly lastUsedAt: string | null;
  /** When it was revoked; null if it was not. */
  readonly revokedAt: string | null;
}

/** A page of keys. */
export interface KeyList {
  /** Newest first. */
  readonly items: readonly KeyInfo[];
  /** Give it as `cursor` for the next page; null on the last. */
  readonly nextCursor: string | null;
}

/** A signal for orphans. */
export interface KillOrphansRequest {
  /** Its name, as SIGTERM. */
  readonly signal?: string | undefined;
  /** Only these; without it, all of them. */
  readonly pids?: readonly number[] | undefined;
}

/** A folder to be made. */
export interface MakeFolderRequest {
  /** A path in the sandbox, absolute or relative to /workspace. */
  readonly path?: string | undefined;
  /** Instead of `path`, its bytes in base64: for names that are not plain text. */
  readonly pathBase64?: string | undefined;
  /** Permission bits as a number: 493 is 0755. */
  readonly mode?: number | undefined;
  /** Whether missing folders above it are made, and one that is there already is fine. */
  readonly parents?: boolean | undefined;
}

/** A folder that the operator offers, or a volume, in the sandbox: either `folder` or `volume`. */
export interface Mount {
  /** A folder of the host by its name in the operator's list. A path of the host is never asked for. */
  readonly folder?: string | undefined;
  /** The caller's own name for it: lower-case letters, digits and dashes; unique for the tenant. */
  readonly volume?: string | undefined;
  /** A path of the host: always answers `unsupported`; name a folder. */
  readonly source?: string | undefined;
  /** A part of it, relative, without dots and links; all of it if absent. */
  readonly subPath?: string | undefined;
  /** Where it is in the sandbox, absolute. */
  readonly destination: string;
  /** Whether the guest may only read. Without it folders are read-only and volumes are not. */
  readonly readOnly?: boolean | undefined;
}

/** What to move, and where to. */
export interface MoveFileRequest {
  /** A path in the sandbox, absolute or relative to /workspace. */
  readonly path?: string | undefined;
  /** Instead of `path`, its bytes in base64: for names that are not plain text. */
  readonly pathBase64?: string | undefined;
  /** Its new path. */
  readonly to?: string | undefined;
  /** Instead of `to`, its bytes in base64. */
  readonly toBase64?: string | undefined;
}

/** Nothing is known of the code. */
export interface NotAnalyzed {
  /** The code was not analyzed, so there is no score. */
  readonly analyzed: false;
}

/** Processes that belong to no execution. */
export interface Orphans {
  /** How many there are. */
  readonly total: number;
  /** At most 256 of them. */
  readonly items: readonly {
    /** Its number in the sandbox. */
    readonly pid: number;
    /** Its session's number in the sandbox. */
    readonly session: number;
  }[];
}

/** What became of a signal for orphans. */
export interface OrphansSignalled {
  /** How many orphans the signal was sent to. */
  readonly signalled: number;
}

/** A piece of output: `text` or `base64`. */
export interface OutputData {
  /** Which of the two it was written to. */
  readonly stream: "stdout" | "stderr";
  /** Position of the first byte: of a run among its kept bytes, of an execution among all that it wrote. Where it is more than the end of the piece before, what lies between was dropped. */
  readonly offset: number;
  /** The bytes as text; no code point is split between two chunks that are both text. */
  readonly text?: string | undefined;
  /** The bytes, when they are not valid UTF-8. */
  readonly base64?: string | undefined;
}

/** The policy in force. */
export interface Policy {
  /** Counts up with each policy that comes into force. */
  readonly version: number;
  /** Names the exact rules, the configuration's limits included; decisions have it as `policy_digest`. */
  readonly digest: string;
  /** Where it comes from: the file of the configuration, or this API. Only one of them is ever in force. */
  readonly source: "file" | "api";
  /** RFC 3339 in UTC with milliseconds. */
  readonly since: string;
  /** The key that brought it in; null when it came from the file. */
  readonly by: string | null;
  /** The policy as YAML. */
  readonly policy: string;
  /** The file that the configuration names. */
  readonly file: {
    /** The file's name, without its folder. */
    readonly name: string;
    /** Whether this file is the source. */
    readonly inForce: boolean;
    /** The last change of the file that was not taken, and why; null when it was. */
    readonly refused: {
      /** RFC 3339 in UTC with milliseconds. */
      readonly at: string;
      /** What is wrong with it. */
      readonly problems: readonly PolicyProblem[];
    } | null;
  };
}

/** Something that is wrong in a policy. */
export interface PolicyProblem {
  /** The line, from 1. */
  readonly line: number;
  /** The column, from 1. */
  readonly column: number;
  /** What is wrong. */
  readonly reason: string;
  /** What to do about it. */
  readonly hint: string;
}

/** A policy that is or was in force. */
export interface PolicyVersion {
  /** Counts up with each policy that comes into force. */
  readonly version: number;
  /** Names the exact rules, the configuration's limits included; decisions have it as `policy_digest`. */
  readonly digest: string;
  /** Where it comes from: the file of the configuration, or this API. Only one of them is ever in force. */
  readonly source: "file" | "api";
  /** RFC 3339 in UTC with milliseconds. */
  readonly since: string;
  /** The key that brought it in; null when it came from the file. */
  readonly by: string | null;
}

/** A page of versions. */
export interface PolicyVersionList {
  /** Newest first. */
  readonly items: readonly PolicyVersion[];
  /** Give it as `cursor` for the next page; null on the last. */
  readonly nextCursor: string | null;
}

/** A policy that is or was in force, whole. */
export interface PolicyVersionText {
  /** Counts up with each policy that comes into force. */
  readonly version: number;
  /** Names the exact rules, the configuration's limits included; decisions have it as `policy_digest`. */
  readonly digest: string;
  /** Where it comes from: the file of the configuration, or this API. Only one of them is ever in force. */
  readonly source: "file" | "api";
  /** RFC 3339 in UTC with milliseconds. */
  readonly since: string;
  /** The key that brought it in; null when it came from the file. */
  readonly by: string | null;
  /** The policy as YAML. */
  readonly policy: string;
}

/** The address of a port, and a token for it. */
export interface PortGrant {
  /** The sandbox's id. */
  readonly sandboxId: string;
  /** The port that a program listens on. */
  readonly port: number;
  /** Where the port is reached, with the token as a header. */
  readonly origin: string;
  /** The same for a browser, with the token in it. */
  readonly url: string;
  /** Opens this port of this sandbox, and nothing else. */
  readonly token: string;
  /** RFC 3339 in UTC with milliseconds. */
  readonly expiresAt: string;
}

/** Whether the gateway can take runs. */
export interface Readiness {
  /** Whether a run would be accepted now. */
  readonly ready: boolean;
  /** What readiness depends on. */
  readonly checks: readonly {
    /** What was looked at. */
    readonly name: string;
    /** Whether it is as it should be. */
    readonly ok: boolean;
    /** What was seen. */
    readonly message: string;
  }[];
}

/** A new time to live. */
export interface RenewRequest {
  /** Milliseconds that it lives at most, from now. */
  readonly ttlMs: number;
}

/** A part of the audit log, decided again. */
export interface Replay {
  /** Decisions that were made again. */
  readonly requests: number;
  /** Decisions whose rules are not kept. */
  readonly skipped: number;
  /** Those that come out otherwise, oldest first. */
  readonly differences: readonly {
    /** RFC 3339 in UTC with milliseconds. */
    readonly time: string;
    /** The run, sandbox or execution; of one that was refused its request or its sandbox. */
    readonly subject: string;
    /** What was decided then. */
    readonly before: string;
    /** What would be decided now. */
    readonly after: string;
  }[];
  /** Give it as `cursor` to go on; null at the end of the log. */
  readonly nextCursor: string | null;
}

/** Decides what the audit log has again: by `policy`, or without it by the rules of the day, which has to give the same. */
export interface ReplayRequest {
  /** A policy as YAML to try instead of the one in force. */
  readonly policy?: string | undefined;
  /** RFC 3339 in UTC with milliseconds. */
  readonly since?: string | undefined;
  /** `next_cursor` of the answer before. */
  readonly cursor?: string | undefined;
}

/** What became of one rule. */
export interface RuleReading {
  /** Where the rule stands. */
  readonly rule: string;
  /** What the operator calls it; empty if nothing. */
  readonly name: string;
  /** Whether it matched. `maybe`: it looks at what nobody knows, or at words of the caller, so it only restricts. `unread`: a rule before it had decided. */
  readonly match: "yes" | "maybe" | "no" | "unread";
  /** Whether it named the level, the runtime or the denial that holds. */
  readonly decided: boolean;
}

/** A run with its output, which is complete once the run has finished. */
export interface Run {
  /** The run's id. */
  readonly id: string;
  /** The sandbox it ran in; null before one was started. */
  readonly sandboxId: string | null;
  /** Where the run stands. */
  readonly state: "held" | "queued" | "starting" | "running" | "finished";
  /** Why it ended; null before it has. */
  readonly reason: "exited" | "signaled" | "timeout" | "out_of_memory" | "output_limit" | "cancelled" | "killed" | "denied" | "setup_failed" | "lost" | null;
  /** The program's exit status as the guest reported it; null if it did not exit by itself. */
  readonly exitCode: number | null;
  /** The signal that ended the program, as SIGKILL; null if none did. */
  readonly signal: string | null;
  /** Bytes of stdout that are kept. */
  readonly stdoutBytes: number;
  /** Bytes of stderr that are kept. */
  readonly stderrBytes: number;
  /** Bytes of stdout that were dropped. */
  readonly stdoutTruncated: number;
  /** Bytes of stderr that were dropped. */
  readonly stderrTruncated: number;
  /** What it used; null before it has ended or when it never started. */
  readonly usage: Usage | null;
  /** What was decided about it. */
  readonly decision: Decision | null;
  /** What is known of the code's risk. */
  readonly risk: AnalyzedRisk | NotAnalyzed;
  /** Limits that this host could not enforce and that the operator allowed to be missing. */
  readonly unenforced: readonly ("memory" | "pids" | "cpu" | "wall_time" | "disk" | "inodes" | "output" | "open_files")[];
  /** Why the program was never started, with the reason `setup_failed` or `denied`; null otherwise. */
  readonly error: ErrorInfo | null;
  /** The language of the request; null when it gave argv. */
  readonly language: "python" | "javascript" | "typescript" | "bash" | null;
  /** The caller's own names for finding the run again. Keys are lower-case, 1 to 63 of a-z 0-9 . _ / -. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it goes on when its client goes away. */
  readonly detached: boolean;
  /** RFC 3339 in UTC with milliseconds. */
  readonly createdAt: string;
  /** When its program was started. */
  readonly startedAt: string | null;
  /** When it ended. */
  readonly finishedAt: string | null;
  /** Standard output as text; null when it is not valid UTF-8, or not there yet. */
  readonly stdout: string | null;
  /** Standard output as bytes, when it is not valid UTF-8. */
  readonly stdoutBase64?: string | undefined;
  /** Standard error as text; null when it is not valid UTF-8, or not there yet. */
  readonly stderr: string | null;
  /** Standard error as bytes, when it is not valid UTF-8. */
  readonly stderrBase64?: string | undefined;
}

/** A run ended: the last event of its stream. */
export interface RunFinishedEvent {
  /** Resumes the stream as Last-Event-ID. */
  readonly id: string;
  /** Grows from event to event. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** A run ended: the last event of its stream. */
  readonly type: "run.finished";
  /** Whose it is. */
  readonly tenant: string;
  /** The id of the run or execution. */
  readonly subject: string;
  /** The request that made it. */
  readonly requestId: string;
  readonly data: RunSummary;
}

/** A run waits for a person's approval. */
export interface RunHeldEvent {
  /** Resumes the stream as Last-Event-ID. */
  readonly id: string;
  /** Grows from event to event. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** A run waits for a person's approval. */
  readonly type: "run.held";
  /** Whose it is. */
  readonly tenant: string;
  /** The id of the run or execution. */
  readonly subject: string;
  /** The request that made it. */
  readonly requestId: string;
  readonly data: RunSummary;
}

/** A page of runs. */
export interface RunList {
  /** Newest first. */
  readonly items: readonly RunSummary[];
  /** Give it as `cursor` for the next page; null on the last. */
  readonly nextCursor: string | null;
}

/** A run's program wrote to stdout or stderr. */
export interface RunOutputEvent {
  /** Resumes the stream as Last-Event-ID. */
  readonly id: string;
  /** Grows from event to event. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** A run's program wrote to stdout or stderr. */
  readonly type: "run.output";
  /** Whose it is. */
  readonly tenant: string;
  /** The id of the run or execution. */
  readonly subject: string;
  /** The request that made it. */
  readonly requestId: string;
  readonly data: OutputData;
}

/** A run was accepted and stored. */
export interface RunQueuedEvent {
  /** Resumes the stream as Last-Event-ID. */
  readonly id: string;
  /** Grows from event to event. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** A run was accepted and stored. */
  readonly type: "run.queued";
  /** Whose it is. */
  readonly tenant: string;
  /** The id of the run or execution. */
  readonly subject: string;
  /** The request that made it. */
  readonly requestId: string;
  readonly data: RunSummary;
}

/** One run in a fresh sandbox: either `code` with `language`, or `argv`. */
export interface RunRequest {
  /** The program's text; needs `language`. It becomes a file in /workspace. */
  readonly code?: string | undefined;
  /** How `code` is run. */
  readonly language?: "python" | "javascript" | "typescript" | "bash" | undefined;
  /** Arguments for the program in `code`. */
  readonly args?: readonly string[] | undefined;
  /** A command line instead of `code` and `language`: the program and its arguments. There is no shell. */
  readonly argv?: readonly string[] | undefined;
  /** Text for standard input. Without it, reading answers end of file at once. */
  readonly stdin?: string | undefined;
  /** Bytes for standard input, instead of `stdin`. */
  readonly stdinBase64?: string | undefined;
  /** Files that are there before the program starts. */
  readonly files?: readonly InputFile[] | undefined;
  /** Added to PATH, HOME and LANG. Nothing of the gateway's environment reaches the guest. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** What stands between guest and host, from weak to strong: basic (namespaces, cgroups, system-call filter), standard (a kernel or engine in user space), strong (a virtual machine), maximum (a minimal virtual machine in a jail of its own). */
  readonly isolationLevel?: "basic" | "standard" | "strong" | "maximum" | undefined;
  /** Name of a way to isolate, as GET /v1/runtimes lists it. */
  readonly secureRuntime?: string | undefined;
  /** Name of a way to isolate, as GET /v1/runtimes lists it. */
  readonly runtimePreference?: string | undefined;
  /** Cores of processor time; 0.5 is half a core. */
  readonly cpuLimit?: number | undefined;
  /** Bytes of memory for everything in the sandbox, its files included. */
  readonly memoryLimit?: number | undefined;
  /** Milliseconds of wall-clock time from the start of the program. */
  readonly timeout?: number | undefined;
  /** Bytes for files in /workspace, /tmp and /dev/shm together; at most half of the memory limit. The default is the smaller of 64 MiB and a quarter of the memory limit. */
  readonly diskLimitBytes?: number | undefined;
  /** Processes and threads at one time. */
  readonly pidsLimit?: number | undefined;
  /** Bytes kept of each of stdout and stderr; what is beyond is dropped and counted. */
  readonly outputLimitBytes?: number | undefined;
  /** Whether more output than the limit is only dropped, or ends the run. */
  readonly onOutputLimit?: "drop" | "kill" | undefined;
  /** Only `none` is supported; anything else answers `unsupported`. */
  readonly network?: string | undefined;
  /** What of the host is in the sandbox. A volume has one writer or many readers at a time. */
  readonly mounts?: readonly Mount[] | undefined;
  /** The caller's own names for finding the run again. Keys are lower-case, 1 to 63 of a-z 0-9 . _ / -. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Whether the run goes on when the waiting client goes away. A run that nobody waits for is always detached. */
  readonly detach?: boolean | undefined;
  /** How long the answer may take; afterwards it is 202 with the run's address, and the run goes on. 0 answers at once. Without it the answer comes when the run has ended. */
  readonly waitMs?: number | undefined;
}

/** A run's program has been started. */
export interface RunStartedEvent {
  /** Resumes the stream as Last-Event-ID. */
  readonly id: string;
  /** Grows from event to event. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** A run's program has been started. */
  readonly type: "run.started";
  /** Whose it is. */
  readonly tenant: string;
  /** The id of the run or execution. */
  readonly subject: string;
  /** The request that made it. */
  readonly requestId: string;
  readonly data: RunSummary;
}

/** A sandbox is being started for a run. */
export interface RunStartingEvent {
  /** Resumes the stream as Last-Event-ID. */
  readonly id: string;
  /** Grows from event to event. */
  readonly seq: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** A sandbox is being started for a run. */
  readonly type: "run.starting";
  /** Whose it is. */
  readonly tenant: string;
  /** The id of the run or execution. */
  readonly subject: string;
  /** The request that made it. */
  readonly requestId: string;
  readonly data: RunSummary;
}

/** A run without its output. */
export interface RunSummary {
  /** The run's id. */
  readonly id: string;
  /** The sandbox it ran in; null before one was started. */
  readonly sandboxId: string | null;
  /** Where the run stands. */
  readonly state: "held" | "queued" | "starting" | "running" | "finished";
  /** Why it ended; null before it has. */
  readonly reason: "exited" | "signaled" | "timeout" | "out_of_memory" | "output_limit" | "cancelled" | "killed" | "denied" | "setup_failed" | "lost" | null;
  /** The program's exit status as the guest reported it; null if it did not exit by itself. */
  readonly exitCode: number | null;
  /** The signal that ended the program, as SIGKILL; null if none did. */
  readonly signal: string | null;
  /** Bytes of stdout that are kept. */
  readonly stdoutBytes: number;
  /** Bytes of stderr that are kept. */
  readonly stderrBytes: number;
  /** Bytes of stdout that were dropped. */
  readonly stdoutTruncated: number;
  /** Bytes of stderr that were dropped. */
  readonly stderrTruncated: number;
  /** What it used; null before it has ended or when it never started. */
  readonly usage: Usage | null;
  /** What was decided about it. */
  readonly decision: Decision | null;
  /** What is known of the code's risk. */
  readonly risk: AnalyzedRisk | NotAnalyzed;
  /** Limits that this host could not enforce and that the operator allowed to be missing. */
  readonly unenforced: readonly ("memory" | "pids" | "cpu" | "wall_time" | "disk" | "inodes" | "output" | "open_files")[];
  /** Why the program was never started, with the reason `setup_failed` or `denied`; null otherwise. */
  readonly error: ErrorInfo | null;
  /** The language of the request; null when it gave argv. */
  readonly language: "python" | "javascript" | "typescript" | "bash" | null;
  /** The caller's own names for finding the run again. Keys are lower-case, 1 to 63 of a-z 0-9 . _ / -. */
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it goes on when its client goes away. */
  readonly detached: boolean;
  /** RFC 3339 in UTC with milliseconds. */
  readonly createdAt: string;
  /** When its program was started. */
  readonly startedAt: string | null;
  /** When it ended. */
  readonly finishedAt: string | null;
}

/** A way to isolate, and whether this host can do it. */
export interface RuntimeInfo {
  /** Name of a way to isolate, as GET /v1/runtimes lists it. */
  readonly name: string;
  /** Whether something was really run in it on this host. */
  readonly available: boolean;
  /** The version that was found; null if it is not available. */
  readonly version: string | null;
  /** What is missing; null if it is available. */
  readonly reason: string | null;
  /** The command or setting that would make it available. */
  readonly hint: string | null;
  /** What else the probe saw. */
  readonly notes: readonly string[];
  /** How long the probe's sandbox took from start to end. */
  readonly probeMs: number | null;
  readonly capabilities: Capabilities;
}

/** The runtimes of this host. */
export interface RuntimeList {
  /** All that this gateway knows, available or not. */
  readonly items: readonly RuntimeInfo[];
  /** There is one page. */
  readonly nextCursor: null;
}

/** A sandbox that lives, or has lived. */
export interface Sandbox {
  /** The sandbox's id. */
  readonly id: string;
  /** The caller's own name for it; null when it has none. */
  readonly name: string | null;
  /** Where the sandbox stands. */
  readonly state: "pending" | "starting" | "running" | "pausing" | "paused" | "resuming" | "snapshotting" | "stopping" | "ended" | "failed" | "lost";
  /** Why it ended; null before it has. */
  readonly reason: "deleted" | "expired" | "idle_timeout" | "out_of_memory" | "exited" | "killed" | "denied" | "replaced" | "setup_failed" | "lost" | null;
  /** The caller's own names for finding the run again. Keys are lower-case, 1 to 63 of a-z 0-9 . _ / -. */
  readonly labels: Readonly<Record<string, string>>;
  /** What may happen in it that cannot be judged when it comes, so that it is judged now. */
  readonly allow: readonly "opaque"[];
  readonly limits: SandboxLimits;
  readonly decision: Decision;
  /** Limits that this host could not enforce and that the operator allowed to be missing. */
  readonly unenforced: readonly ("memory" | "pids" | "cpu" | "wall_time" | "disk" | "inodes" | "output" | "open_files")[];
  /** The time to live that was last given. */
  readonly ttlMs: number;
  /** 0 is none. */
  readonly idleTimeoutMs: number;
  /** What it used in all; null before it has ended. */
  readonly usage: Usage | null;
  /** Why it never came up, with the reason `setup_failed`; null otherwise. */
  readonly error: ErrorInfo | null;
  /** RFC 3339 in UTC with milliseconds. */
  readonly createdAt: string;
  /** When it came up. */
  readonly startedAt: string | null;
  /** When its time to live is over; null before it has come up. */
  readonly expiresAt: string | null;
  /** When it ended. */
  readonly endedAt: string | null;
}

/** The limits that hold for everything in it. */
export interface SandboxLimits {
  /** Cores. */
  readonly cpuLimit: number;
  /** Bytes of memory. */
  readonly memoryLimit: number;
  /** Bytes of files. */
  readonly diskLimitBytes: number;
  /** Processes and threads. */
  readonly pidsLimit: number;
}

/** A page of sandboxes. */
export interface SandboxList {
  /** Newest first. */
  readonly items: readonly Sandbox[];
  /** Give it as `cursor` for the next page; null on the last. */
  readonly nextCursor: string | null;
}

/** What a sandbox uses now, measured from outside; null where this host cannot measure it. */
export interface SandboxMetrics {
  /** RFC 3339 in UTC with milliseconds. */
  readonly time: string;
  /** Processor time so far. */
  readonly cpuMs: number | null;
  /** Of it in programs. */
  readonly cpuUserMs: number | null;
  /** Of it in the kernel. */
  readonly cpuSystemMs: number | null;
  /** How long it wanted to compute and its limit did not let it. */
  readonly cpuThrottledMs: number | null;
  /** Cores that it may use. */
  readonly cpuLimit: number;
  /** Memory now, its files included. */
  readonly memoryBytes: number | null;
  /** The most so far. */
  readonly memoryPeakBytes: number | null;
  /** Bytes that it may use. */
  readonly memoryLimit: number;
  /** Kills by the kernel for want of memory. */
  readonly oomKills: number | null;
  /** Processes and threads now, its agent among them. */
  readonly pids: number | null;
  /** How many it may have. */
  readonly pidsLimit: number;
  /** Read from block devices; null where the host does not count it. */
  readonly ioReadBytes: number | null;
  /** Written to block devices; null where the host does not count it. */
  readonly ioWrittenBytes: number | null;
  /** Programs that run in it now. */
  readonly executions: number;
}

/** A sandbox that lives until it is deleted, or its time is over. */
export interface SandboxRequest {
  /** The caller's own name for it: lower-case letters, digits and dashes. One living sandbox of a tenant has it. */
  readonly name?: string | undefined;
  /** The caller's own names for finding the run again. Keys are lower-case, 1 to 63 of a-z 0-9 . _ / -. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds that it lives at most, from now; it can be renewed. */
  readonly ttlMs?: number | undefined;
  /** Milliseconds after which it ends when no program runs in it and nobody calls it; 0 is never. */
  readonly idleTimeoutMs?: number | undefined;
  /** Added to PATH, HOME and LANG. Nothing of the gateway's environment reaches the guest. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** What may happen in it that cannot be judged when it comes, so that it is judged now. */
  readonly allow?: readonly "opaque"[] | undefined;
  /** What stands between guest and host, from weak to strong: basic (namespaces, cgroups, system-call filter), standard (a kernel or engine in user space), strong (a virtual machine), maximum (a minimal virtual machine in a jail of its own). */
  readonly isolationLevel?: "basic" | "standard" | "strong" | "maximum" | undefined;
  /** Name of a way to isolate, as GET /v1/runtimes lists it. */
  readonly secureRuntime?: string | undefined;
  /** Name of a way to isolate, as GET /v1/runtimes lists it. */
  readonly runtimePreference?: string | undefined;
  /** Cores of processor time for everything in it; 0.5 is half a core. */
  readonly cpuLimit?: number | undefined;
  /** Bytes of memory for everything in the sandbox, its files included. */
  readonly memoryLimit?: number | undefined;
  /** Bytes for files in /workspace, /tmp and /dev/shm together; at most half of the memory limit. */
  readonly diskLimitBytes?: number | undefined;
  /** Processes and threads at one time. */
  readonly pidsLimit?: number | undefined;
  /** What of the host is in the sandbox. A volume has one writer or many readers at a time. */
  readonly mounts?: readonly Mount[] | undefined;
  /** Only `none` is supported; anything else answers `unsupported`. */
  readonly network?: string | undefined;
  /** How long the answer may take; afterwards it is 202 and the sandbox goes on starting. 0 answers at once. Without it the answer comes when the sandbox runs. */
  readonly waitMs?: number | undefined;
}

/** What is worth polling of a sandbox. */
export interface SandboxStatus {
  /** The sandbox's id. */
  readonly id: string;
  /** Where the sandbox stands. */
  readonly state: "pending" | "starting" | "running" | "pausing" | "paused" | "resuming" | "snapshotting" | "stopping" | "ended" | "failed" | "lost";
  /** Why it ended; null before it has. */
  readonly reason: "deleted" | "expired" | "idle_timeout" | "out_of_memory" | "exited" | "killed" | "denied" | "replaced" | "setup_failed" | "lost" | null;
  /** Programs that run in it now. */
  readonly executions: number;
  /** When its time to live is over. */
  readonly expiresAt: string | null;
  /** Since when nothing runs in it and nobody calls it; null while something does. */
  readonly idleSince: string | null;
}

/** A setting and where its value came from. */
export interface Setting {
  /** The setting's name, as `limits.timeout_ms`. */
  readonly key: string;
  /** Its value as text; lists are separated by commas. */
  readonly value: string;
  /** What one counts; empty where nothing is counted. */
  readonly unit: string;
  /** Which of the four sources won. */
  readonly source: "default" | "file" | "environment" | "flag";
  /** The place in the file, the variable or the flag that set it; null for a default. */
  readonly from: string | null;
  /** The environment variable that would set it. */
  readonly env: string;
  /** Whether this value takes a wall away. */
  readonly unsafe: boolean;
}

/** A signal for an execution. */
export interface SignalRequest {
  /** Its name, as SIGTERM. */
  readonly signal: string;
  /** The process alone, what it started, or also its job-control groups. */
  readonly scope?: "process" | "group" | "session" | undefined;
}

/** More of standard input. */
export interface StdinRequest {
  /** Text to write. */
  readonly text?: string | undefined;
  /** Bytes to write, instead of `text`. */
  readonly base64?: string | undefined;
  /** Whether standard input ends after it. */
  readonly end?: boolean | undefined;
}

/** Input that is on its way to the program. */
export interface StdinTaken {
  /** Bytes that the sandbox has taken: all that were sent. */
  readonly takenBytes: number;
}

/** One is attached. */
export interface TerminalAttached {
  /** The first frame. */
  readonly type: "attached";
  /** Whose terminal it is. */
  readonly executionId: string;
  /** Whether what is sent reaches the program. */
  readonly mode: "write" | "view";
  /** Where the first byte that follows stands among all that the program wrote. */
  readonly offset: number;
  /** Where the execution stands. */
  readonly state: "held" | "starting" | "running" | "finished";
}

/** Newer output took the place of older. */
export interface TerminalDropped {
  /** Bytes are missing. */
  readonly type: "dropped";
  /** Where the next byte stands; those between are not kept any more. */
  readonly offset: number;
}

/** The program has ended. */
export interface TerminalExit {
  /** The last frame before the close. */
  readonly type: "exit";
  /** How much the program wrote in all. */
  readonly offset: number;
  /** Why it ended. */
  readonly reason: "exited" | "signaled" | "timeout" | "out_of_memory" | "output_limit" | "cancelled" | "killed" | "denied" | "setup_failed" | "lost";
  /** The program's exit status, if it exited. */
  readonly exitCode: number | null;
  /** The signal that ended it, if one did. */
  readonly signal: string | null;
}

/** The terminal's size is to be this. */
export interface TerminalResize {
  /** The window has another size. */
  readonly type: "resize";
  /** Lines. */
  readonly rows: number;
  /** Columns. */
  readonly cols: number;
}

/** Somebody else writes from now on. */
export interface TerminalSeat {
  /** The writer's seat was taken. */
  readonly type: "seat";
  /** From now on. */
  readonly mode: "view";
}

/** The size of a terminal. Its program has stderr in stdout, and its stdin is open. */
export interface TerminalSize {
  /** Lines. */
  readonly rows: number;
  /** Columns. */
  readonly cols: number;
}

/** A file of cases for a policy. */
export interface TestPolicyRequest {
  /** The cases as YAML. */
  readonly cases: string;
  /** A policy as YAML to try instead of the one in force. */
  readonly policy?: string | undefined;
}

/** How the cases came out. */
export interface TestedPolicy {
  /** Cases that came out as expected. */
  readonly passed: number;
  /** Cases that did not. */
  readonly failed: number;
  /** Every case, in the order of the file. */
  readonly cases: readonly {
    /** What the case is called. */
    readonly name: string;
    /** Where it stands in the file. */
    readonly line: number;
    /** Whether it came out as expected. */
    readonly passed: boolean;
    /** The rule that decided. */
    readonly rule: string;
    /** What was expected and what came, in sentences. */
    readonly differences: readonly string[];
  }[];
}

/** What an archive brought. */
export interface Unpacked {
  /** Its absolute path; null where its bytes are not UTF-8. */
  readonly path: string | null;
  /** The path's bytes, where `path` would not be accepted in a request: send this one instead. */
  readonly pathBase64?: string | undefined;
  /** Files that were written. */
  readonly files: number;
  /** Folders that the archive names. */
  readonly folders: number;
  /** Symbolic links that were made. */
  readonly links: number;
  /** Bytes of all files. */
  readonly bytes: number;
}

/** What the run used, seen from outside of the sandbox. */
export interface Usage {
  /** From the start of the program to the end of the sandbox. */
  readonly wallMs: number;
  /** Processor time of everything in the sandbox, measured from outside; null where this host cannot measure it. */
  readonly cpuMs: number | null;
  /** The most memory that the sandbox had, measured from outside; null where this host cannot measure it. */
  readonly memoryPeakBytes: number | null;
}

/** Space that outlives sandboxes. */
export interface Volume {
  /** Names the volume. */
  readonly id: string;
  /** The caller's own name for it: lower-case letters, digits and dashes; unique for the tenant. */
  readonly name: string;
  /** Bytes that fit into it. */
  readonly sizeBytes: number;
  /** Files, folders and links that fit into it. */
  readonly inodes: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly createdAt: string;
}

/** The tenant's volumes. */
export interface VolumeList {
  /** Newest first. */
  readonly items: readonly Volume[];
}

/** An address to which events are posted. */
export interface Webhook {
  /** Names the webhook. */
  readonly id: string;
  /** Where events are posted. Its host must be one that the operator allows. */
  readonly url: string;
  /** The types that are delivered. */
  readonly types: readonly ("sandbox.held" | "sandbox.approved" | "sandbox.starting" | "sandbox.started" | "sandbox.renewed" | "sandbox.ended" | "execution.held" | "execution.approved" | "execution.started" | "execution.finished" | "run.held" | "run.approved" | "run.finished")[];
  /** RFC 3339 in UTC with milliseconds. */
  readonly createdAt: string;
  /** When an event was last taken; null if none was. */
  readonly deliveredAt: string | null;
  /** Whether the last try failed; it is tried again. */
  readonly failing: boolean;
  /** The HTTP status of the last try; null when there was no answer. */
  readonly lastStatus: number | null;
  /** Why the last try failed; null when it did not. */
  readonly lastError: string | null;
  /** Events that were given up after too many tries. */
  readonly givenUp: number;
}

/** The tenant's webhooks. */
export interface WebhookList {
  /** Newest first. */
  readonly items: readonly Webhook[];
}

/** A file that is now in its place, whole. */
export interface WrittenFile {
  /** Its absolute path; null where its bytes are not UTF-8. */
  readonly path: string | null;
  /** The path's bytes, where `path` would not be accepted in a request: send this one instead. */
  readonly pathBase64?: string | undefined;
  /** How many bytes were written. */
  readonly bytes: number;
  /** Their digest, taken as they passed. */
  readonly sha256: string;
}

/** Every operation's method and address, and what its body is. */
export const operations = {
  run: { method: "POST", path: "/v1/sandboxes/run", body: "json" },
  listRuns: { method: "GET", path: "/v1/runs", body: null },
  getRun: { method: "GET", path: "/v1/runs/{id}", body: null },
  watchRun: { method: "GET", path: "/v1/runs/{id}/events", body: null },
  getRunLogs: { method: "GET", path: "/v1/runs/{id}/logs", body: null },
  cancelRun: { method: "POST", path: "/v1/runs/{id}/cancel", body: null },
  createSandbox: { method: "POST", path: "/v1/sandboxes", body: "json" },
  listSandboxes: { method: "GET", path: "/v1/sandboxes", body: null },
  getSandbox: { method: "GET", path: "/v1/sandboxes/{id}", body: null },
  deleteSandbox: { method: "DELETE", path: "/v1/sandboxes/{id}", body: null },
  getSandboxStatus: { method: "GET", path: "/v1/sandboxes/{id}/status", body: null },
  getSandboxMetrics: { method: "GET", path: "/v1/sandboxes/{id}/metrics", body: null },
  renewSandbox: { method: "POST", path: "/v1/sandboxes/{id}/renew", body: "json" },
  openPort: { method: "POST", path: "/v1/sandboxes/{id}/ports", body: "json" },
  createVolume: { method: "POST", path: "/v1/volumes", body: "json" },
  listVolumes: { method: "GET", path: "/v1/volumes", body: null },
  deleteVolume: { method: "DELETE", path: "/v1/volumes/{id}", body: null },
  listFolders: { method: "GET", path: "/v1/folders", body: null },
  watchEvents: { method: "GET", path: "/v1/events", body: null },
  createWebhook: { method: "POST", path: "/v1/webhooks", body: "json" },
  listWebhooks: { method: "GET", path: "/v1/webhooks", body: null },
  deleteWebhook: { method: "DELETE", path: "/v1/webhooks/{id}", body: null },
  exec: { method: "POST", path: "/v1/sandboxes/{id}/exec", body: "json" },
  listExecutions: { method: "GET", path: "/v1/sandboxes/{id}/executions", body: null },
  getExecution: { method: "GET", path: "/v1/sandboxes/{id}/executions/{execution}", body: null },
  getExecutionLogs: { method: "GET", path: "/v1/sandboxes/{id}/executions/{execution}/logs", body: null },
  writeStdin: { method: "POST", path: "/v1/sandboxes/{id}/executions/{execution}/stdin", body: "json" },
  signalExecution: { method: "POST", path: "/v1/sandboxes/{id}/executions/{execution}/signal", body: "json" },
  resizeTerminal: { method: "POST", path: "/v1/sandboxes/{id}/executions/{execution}/resize", body: "json" },
  cancelExecution: { method: "POST", path: "/v1/sandboxes/{id}/executions/{execution}/cancel", body: null },
  listOrphans: { method: "GET", path: "/v1/sandboxes/{id}/orphans", body: null },
  killOrphans: { method: "POST", path: "/v1/sandboxes/{id}/orphans/kill", body: "json" },
  readFile: { method: "GET", path: "/v1/sandboxes/{id}/files", body: null },
  headFile: { method: "HEAD", path: "/v1/sandboxes/{id}/files", body: null },
  writeFile: { method: "PUT", path: "/v1/sandboxes/{id}/files", body: "bytes" },
  removeFile: { method: "DELETE", path: "/v1/sandboxes/{id}/files", body: null },
  statFile: { method: "GET", path: "/v1/sandboxes/{id}/files/stat", body: null },
  listFiles: { method: "GET", path: "/v1/sandboxes/{id}/files/list", body: null },
  makeFolder: { method: "POST", path: "/v1/sandboxes/{id}/files/mkdir", body: "json" },
  moveFile: { method: "POST", path: "/v1/sandboxes/{id}/files/move", body: "json" },
  changeFileMode: { method: "POST", path: "/v1/sandboxes/{id}/files/chmod", body: "json" },
  unpackArchive: { method: "PUT", path: "/v1/sandboxes/{id}/files/archive", body: "bytes" },
  packArchive: { method: "GET", path: "/v1/sandboxes/{id}/files/archive", body: null },
  watchFiles: { method: "GET", path: "/v1/sandboxes/{id}/files/watch", body: null },
  attachTerminal: { method: "GET", path: "/v1/sandboxes/{id}/executions/{execution}/terminal", body: null },
  createKey: { method: "POST", path: "/v1/keys", body: "json" },
  listKeys: { method: "GET", path: "/v1/keys", body: null },
  revokeKey: { method: "DELETE", path: "/v1/keys/{id}", body: null },
  analyze: { method: "POST", path: "/v1/analyze", body: "json" },
  getPolicy: { method: "GET", path: "/v1/policy", body: null },
  changePolicy: { method: "PUT", path: "/v1/policy", body: "json" },
  returnToPolicyFile: { method: "DELETE", path: "/v1/policy", body: null },
  listPolicyVersions: { method: "GET", path: "/v1/policy/versions", body: null },
  getPolicyVersion: { method: "GET", path: "/v1/policy/versions/{version}", body: null },
  checkPolicy: { method: "POST", path: "/v1/policy/check", body: "json" },
  evaluatePolicy: { method: "POST", path: "/v1/policy/evaluate", body: "json" },
  testPolicy: { method: "POST", path: "/v1/policy/test", body: "json" },
  comparePolicy: { method: "POST", path: "/v1/policy/compare", body: "json" },
  replayPolicy: { method: "POST", path: "/v1/policy/replay", body: "json" },
  listApprovals: { method: "GET", path: "/v1/approvals", body: null },
  getApproval: { method: "GET", path: "/v1/approvals/{id}", body: null },
  approve: { method: "POST", path: "/v1/approvals/{id}/approve", body: null },
  deny: { method: "POST", path: "/v1/approvals/{id}/deny", body: "json" },
  showConfig: { method: "GET", path: "/v1/config", body: null },
  listRuntimes: { method: "GET", path: "/v1/runtimes", body: null },
  health: { method: "GET", path: "/health", body: null },
  ready: { method: "GET", path: "/ready", body: null },
  metrics: { method: "GET", path: "/metrics", body: null },
  openApi: { method: "GET", path: "/openapi.json", body: null },
  docs: { method: "GET", path: "/docs", body: null },
} as const;

/** What each operation takes and answers. */
export interface Operations {
  /** Run a program in a fresh sandbox. */
  readonly run: {
    readonly path: {};
    readonly query: {};
    readonly body: RunRequest;
    readonly answer: Run;
  };
  /** List runs. */
  readonly listRuns: {
    readonly path: {};
    readonly query: {
      /** Only runs in this state. */
      readonly state?: "held" | "queued" | "starting" | "running" | "finished" | undefined;
      /** Only runs that ended for this reason. */
      readonly reason?: "exited" | "signaled" | "timeout" | "out_of_memory" | "output_limit" | "cancelled" | "killed" | "denied" | "setup_failed" | "lost" | undefined;
      /** Name of a way to isolate, as GET /v1/runtimes lists it. */
      readonly runtime?: string | undefined;
      /** Only runs of this language. */
      readonly language?: "python" | "javascript" | "typescript" | "bash" | undefined;
      /** Only runs with this label, as `key=value`; may be given several times. */
      readonly label?: string | readonly string[] | undefined;
      /** Items on one page, 1 to 200; 50 if absent. */
      readonly limit?: number | string | undefined;
      /** `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: RunList;
  };
  /** Get a run. */
  readonly getRun: {
    readonly path: { readonly id: string };
    readonly query: {
      /** Milliseconds to wait for the run's end before answering as it then is. */
      readonly waitMs?: number | string | undefined;
    };
    readonly body: undefined;
    readonly answer: Run;
  };
  /** Watch a run. */
  readonly watchRun: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Get a run's output as bytes. */
  readonly getRunLogs: {
    readonly path: { readonly id: string };
    readonly query: {
      /** Which of the two. */
      readonly stream?: "stdout" | "stderr" | undefined;
    };
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Cancel a run. */
  readonly cancelRun: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: Run;
  };
  /** Make a sandbox that lives. */
  readonly createSandbox: {
    readonly path: {};
    readonly query: {};
    readonly body: SandboxRequest;
    readonly answer: Sandbox;
  };
  /** List sandboxes. */
  readonly listSandboxes: {
    readonly path: {};
    readonly query: {
      /** Only sandboxes in this state; may be given several times. */
      readonly state?: "pending" | "starting" | "running" | "pausing" | "paused" | "resuming" | "snapshotting" | "stopping" | "ended" | "failed" | "lost" | readonly ("pending" | "starting" | "running" | "pausing" | "paused" | "resuming" | "snapshotting" | "stopping" | "ended" | "failed" | "lost")[] | undefined;
      /** The caller's own name for it: lower-case letters, digits and dashes. One living sandbox of a tenant has it. */
      readonly name?: string | undefined;
      /** Only sandboxes with this label, as `key=value`; may be given several times. */
      readonly label?: string | readonly string[] | undefined;
      /** Items on one page, 1 to 200; 50 if absent. */
      readonly limit?: number | string | undefined;
      /** `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: SandboxList;
  };
  /** Get a sandbox. */
  readonly getSandbox: {
    readonly path: { readonly id: string };
    readonly query: {
      /** Milliseconds to wait before answering. */
      readonly waitMs?: number | string | undefined;
    };
    readonly body: undefined;
    readonly answer: Sandbox;
  };
  /** End a sandbox. */
  readonly deleteSandbox: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: Sandbox;
  };
  /** Get a sandbox's state. */
  readonly getSandboxStatus: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: SandboxStatus;
  };
  /** Get what a sandbox uses now. */
  readonly getSandboxMetrics: {
    readonly path: { readonly id: string };
    readonly query: {
      /** Milliseconds between two events of a stream, at least 100; 1000 if absent. */
      readonly intervalMs?: number | string | undefined;
    };
    readonly body: undefined;
    readonly answer: SandboxMetrics;
  };
  /** Give a sandbox more time. */
  readonly renewSandbox: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: RenewRequest;
    readonly answer: Sandbox;
  };
  /** Get the address of a port in a sandbox. */
  readonly openPort: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: CreatePortRequest;
    readonly answer: PortGrant;
  };
  /** Make a volume. */
  readonly createVolume: {
    readonly path: {};
    readonly query: {};
    readonly body: CreateVolumeRequest;
    readonly answer: Volume;
  };
  /** List volumes. */
  readonly listVolumes: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: VolumeList;
  };
  /** Remove a volume. */
  readonly deleteVolume: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** List folders that sandboxes can be given. */
  readonly listFolders: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: FolderList;
  };
  /** Watch what happens. */
  readonly watchEvents: {
    readonly path: {};
    readonly query: {
      /** Only events of this type; may be given several times. */
      readonly type?: "sandbox.held" | "sandbox.approved" | "sandbox.starting" | "sandbox.started" | "sandbox.renewed" | "sandbox.ended" | "execution.held" | "execution.approved" | "execution.started" | "execution.finished" | "run.held" | "run.approved" | "run.finished" | readonly ("sandbox.held" | "sandbox.approved" | "sandbox.starting" | "sandbox.started" | "sandbox.renewed" | "sandbox.ended" | "execution.held" | "execution.approved" | "execution.started" | "execution.finished" | "run.held" | "run.approved" | "run.finished")[] | undefined;
      /** Only events of this thing, or of what is in this sandbox. */
      readonly subject?: string | undefined;
      /** Where to begin. */
      readonly from?: "now" | "oldest" | undefined;
    };
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Have events posted. */
  readonly createWebhook: {
    readonly path: {};
    readonly query: {};
    readonly body: CreateWebhookRequest;
    readonly answer: CreatedWebhook;
  };
  /** List webhooks. */
  readonly listWebhooks: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: WebhookList;
  };
  /** Remove a webhook. */
  readonly deleteWebhook: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Start a program in a sandbox. */
  readonly exec: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: ExecRequest;
    readonly answer: Execution;
  };
  /** List a sandbox's executions. */
  readonly listExecutions: {
    readonly path: { readonly id: string };
    readonly query: {
      /** Only those in this state. */
      readonly state?: "held" | "starting" | "running" | "finished" | undefined;
      /** Items on one page, 1 to 200; 50 if absent. */
      readonly limit?: number | string | undefined;
      /** `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: ExecutionList;
  };
  /** Get an execution. */
  readonly getExecution: {
    readonly path: { readonly id: string; readonly execution: string };
    readonly query: {
      /** Milliseconds to wait for its end before answering. */
      readonly waitMs?: number | string | undefined;
    };
    readonly body: undefined;
    readonly answer: Execution;
  };
  /** Get an execution's output. */
  readonly getExecutionLogs: {
    readonly path: { readonly id: string; readonly execution: string };
    readonly query: {
      /** Which of the two; without it stdout, and both when they are followed. */
      readonly stream?: "stdout" | "stderr" | undefined;
      /** Where to begin; 0 if absent. A negative one counts from the end of what was written so far. */
      readonly offset?: number | string | undefined;
      /** Whether the answer is a stream of events. */
      readonly follow?: boolean | undefined;
    };
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Write to a program's standard input. */
  readonly writeStdin: {
    readonly path: { readonly id: string; readonly execution: string };
    readonly query: {};
    readonly body: StdinRequest;
    readonly answer: StdinTaken;
  };
  /** Send a signal to a program. */
  readonly signalExecution: {
    readonly path: { readonly id: string; readonly execution: string };
    readonly query: {};
    readonly body: SignalRequest;
    readonly answer: ExecutionSummary;
  };
  /** Set the size of a program's terminal. */
  readonly resizeTerminal: {
    readonly path: { readonly id: string; readonly execution: string };
    readonly query: {};
    readonly body: TerminalSize;
    readonly answer: ExecutionSummary;
  };
  /** End a program. */
  readonly cancelExecution: {
    readonly path: { readonly id: string; readonly execution: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: ExecutionSummary;
  };
  /** List a sandbox's orphans. */
  readonly listOrphans: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: Orphans;
  };
  /** Send a signal to a sandbox's orphans. */
  readonly killOrphans: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: KillOrphansRequest;
    readonly answer: OrphansSignalled;
  };
  /** Read a file. */
  readonly readFile: {
    readonly path: { readonly id: string };
    readonly query: {
      /** A path in the sandbox, absolute or relative to /workspace. */
      readonly path?: string | undefined;
      /** Instead of `path`, its bytes in base64: for names that are not plain text. */
      readonly pathBase64?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Ask for a file's size and version. */
  readonly headFile: {
    readonly path: { readonly id: string };
    readonly query: {
      /** A path in the sandbox, absolute or relative to /workspace. */
      readonly path?: string | undefined;
      /** Instead of `path`, its bytes in base64: for names that are not plain text. */
      readonly pathBase64?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Write a file. */
  readonly writeFile: {
    readonly path: { readonly id: string };
    readonly query: {
      /** A path in the sandbox, absolute or relative to /workspace. */
      readonly path?: string | undefined;
      /** Instead of `path`, its bytes in base64: for names that are not plain text. */
      readonly pathBase64?: string | undefined;
      /** Permissions in octal digits, as `0755`; no set-id bits. */
      readonly mode?: string | undefined;
    };
    readonly body: Bytes;
    readonly answer: WrittenFile;
  };
  /** Remove a file or folder. */
  readonly removeFile: {
    readonly path: { readonly id: string };
    readonly query: {
      /** A path in the sandbox, absolute or relative to /workspace. */
      readonly path?: string | undefined;
      /** Instead of `path`, its bytes in base64: for names that are not plain text. */
      readonly pathBase64?: string | undefined;
      /** Whether a folder goes with its content. */
      readonly recursive?: boolean | undefined;
    };
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Ask what lies at a path. */
  readonly statFile: {
    readonly path: { readonly id: string };
    readonly query: {
      /** A path in the sandbox, absolute or relative to /workspace. */
      readonly path?: string | undefined;
      /** Instead of `path`, its bytes in base64: for names that are not plain text. */
      readonly pathBase64?: string | undefined;
      /** Whether a link at the end of the path is shown or followed. */
      readonly links?: "show" | "follow" | undefined;
    };
    readonly body: undefined;
    readonly answer: FileInfo;
  };
  /** List a folder. */
  readonly listFiles: {
    readonly path: { readonly id: string };
    readonly query: {
      /** A path in the sandbox, absolute or relative to /workspace. */
      readonly path?: string | undefined;
      /** Instead of `path`, its bytes in base64: for names that are not plain text. */
      readonly pathBase64?: string | undefined;
      /** How deep, 1 to 32; 1, the folder itself, if absent. */
      readonly depth?: number | string | undefined;
      /** Entries on one page, 1 to 1000, which it also is if absent. */
      readonly limit?: number | string | undefined;
      /** `next_cursor` of the page before. */
      readonly cursor?: number | string | undefined;
    };
    readonly body: undefined;
    readonly answer: FileList;
  };
  /** Make a folder. */
  readonly makeFolder: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: MakeFolderRequest;
    readonly answer: FileInfo;
  };
  /** Move or rename. */
  readonly moveFile: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: MoveFileRequest;
    readonly answer: FileInfo;
  };
  /** Change permissions. */
  readonly changeFileMode: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: ChangeModeRequest;
    readonly answer: FileInfo;
  };
  /** Unpack an archive into a folder. */
  readonly unpackArchive: {
    readonly path: { readonly id: string };
    readonly query: {
      /** A path in the sandbox, absolute or relative to /workspace. */
      readonly path?: string | undefined;
      /** Instead of `path`, its bytes in base64: for names that are not plain text. */
      readonly pathBase64?: string | undefined;
    };
    readonly body: Bytes;
    readonly answer: Unpacked;
  };
  /** Get a folder as an archive. */
  readonly packArchive: {
    readonly path: { readonly id: string };
    readonly query: {
      /** A path in the sandbox, absolute or relative to /workspace. */
      readonly path?: string | undefined;
      /** Instead of `path`, its bytes in base64: for names that are not plain text. */
      readonly pathBase64?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Watch a folder. */
  readonly watchFiles: {
    readonly path: { readonly id: string };
    readonly query: {
      /** The folder, absolute or below /workspace. */
      readonly path: string;
      /** How deep: 1 is what lies in the folder itself, at most 32; 1 if absent. */
      readonly depth?: number | string | undefined;
    };
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Attach to a terminal. */
  readonly attachTerminal: {
    readonly path: { readonly id: string; readonly execution: string };
    readonly query: {
      /** Whether what is sent goes to the program. One writes at a time. */
      readonly mode?: "write" | "view" | undefined;
      /** Whether to take the writer's seat from whoever has it; he goes on as a viewer, and is told. */
      readonly take?: boolean | undefined;
      /** Where to begin; 0 if absent. A negative one counts from the end of what was written so far. */
      readonly offset?: number | string | undefined;
    };
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** Make a key. */
  readonly createKey: {
    readonly path: {};
    readonly query: {};
    readonly body: CreateKeyRequest;
    readonly answer: CreatedKey;
  };
  /** List keys. */
  readonly listKeys: {
    readonly path: {};
    readonly query: {
      /** Items on one page, 1 to 200; 50 if absent. */
      readonly limit?: number | string | undefined;
      /** `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: KeyList;
  };
  /** Revoke a key. */
  readonly revokeKey: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: KeyInfo;
  };
  /** Say what is found in code. */
  readonly analyze: {
    readonly path: {};
    readonly query: {};
    readonly body: RunRequest;
    readonly answer: AnalyzedRisk;
  };
  /** Get the policy in force. */
  readonly getPolicy: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: Policy;
  };
  /** Bring another policy into force. */
  readonly changePolicy: {
    readonly path: {};
    readonly query: {};
    readonly body: ChangePolicyRequest;
    readonly answer: Policy;
  };
  /** Return to the policy of the file. */
  readonly returnToPolicyFile: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: Policy;
  };
  /** List policies that are or were in force. */
  readonly listPolicyVersions: {
    readonly path: {};
    readonly query: {
      /** Items on one page, 1 to 200; 50 if absent. */
      readonly limit?: number | string | undefined;
      /** `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: PolicyVersionList;
  };
  /** Get a policy that is or was in force. */
  readonly getPolicyVersion: {
    readonly path: { readonly version: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: PolicyVersionText;
  };
  /** Read a policy without using it. */
  readonly checkPolicy: {
    readonly path: {};
    readonly query: {};
    readonly body: CheckPolicyRequest;
    readonly answer: CheckedPolicy;
  };
  /** Decide about a request without running it. */
  readonly evaluatePolicy: {
    readonly path: {};
    readonly query: {};
    readonly body: EvaluateRequest;
    readonly answer: Evaluation;
  };
  /** Run a file of cases against a policy. */
  readonly testPolicy: {
    readonly path: {};
    readonly query: {};
    readonly body: TestPolicyRequest;
    readonly answer: TestedPolicy;
  };
  /** Hold another policy against the one in force. */
  readonly comparePolicy: {
    readonly path: {};
    readonly query: {};
    readonly body: ComparePolicyRequest;
    readonly answer: ComparedPolicy;
  };
  /** Decide again what was decided before. */
  readonly replayPolicy: {
    readonly path: {};
    readonly query: {};
    readonly body: ReplayRequest;
    readonly answer: Replay;
  };
  /** List what waits for an approval. */
  readonly listApprovals: {
    readonly path: {};
    readonly query: {
      /** Items on one page, 1 to 200; 50 if absent. */
      readonly limit?: number | string | undefined;
      /** `next_cursor` of the page before. */
      readonly cursor?: string | undefined;
    };
    readonly body: undefined;
    readonly answer: ApprovalList;
  };
  /** Get what waits for an approval with what it would do. */
  readonly getApproval: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: Held;
  };
  /** Approve what is held. */
  readonly approve: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: undefined;
    readonly answer: Run | Sandbox | Execution;
  };
  /** Deny what is held. */
  readonly deny: {
    readonly path: { readonly id: string };
    readonly query: {};
    readonly body: DenyRequest;
    readonly answer: Run | Sandbox | Execution;
  };
  /** Show the configuration. */
  readonly showConfig: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: ConfigInfo;
  };
  /** List the runtimes of this host. */
  readonly listRuntimes: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: RuntimeList;
  };
  /** Whether the gateway lives. */
  readonly health: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: Health;
  };
  /** Whether the gateway takes runs. */
  readonly ready: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: Readiness;
  };
  /** Metrics for Prometheus. */
  readonly metrics: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: undefined;
  };
  /** This API as OpenAPI 3.1. */
  readonly openApi: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: Readonly<Record<string, unknown>>;
  };
  /** This API as a page. */
  readonly docs: {
    readonly path: {};
    readonly query: {};
    readonly body: undefined;
    readonly answer: undefined;
  };
}

