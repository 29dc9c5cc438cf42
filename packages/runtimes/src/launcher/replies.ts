/** What the launcher's answers mean: figures, ends and refusals as the core has them. */
import { type ErrorCode, HsrError } from "@hsr/contract";
import type { SandboxEnd, SandboxMetrics, Usage } from "@hsr/core";
import { type Message, text } from "./wire.ts";

/** How a sandbox ended, as the launcher saw it from outside. */
export interface SandboxReport {
  readonly end: SandboxEnd;
  readonly usage: Usage;
  readonly detail?: string;
}

/** Of a sandbox that nobody could measure. */
export const nothingUsed: Usage = { wallMs: 0, cpuMs: null, memoryPeakBytes: null, oomKills: null };

export function usageOf(message: Message): Usage {
  const { wallMs, cpuUs, memoryPeakBytes, oomKills } = message.numbers;
  return {
    wallMs: wallMs ?? 0,
    cpuMs: msOf(cpuUs),
    memoryPeakBytes: memoryPeakBytes ?? null,
    oomKills: oomKills ?? null,
  };
}

const msOf = (us: number | undefined): number | null => (us === undefined ? null : us / 1000);

export function metricsOf(message: Message): SandboxMetrics {
  const { numbers } = message;
  return {
    ...usageOf(message),
    cpuUserMs: msOf(numbers.cpuUserUs),
    cpuSystemMs: msOf(numbers.cpuSystemUs),
    cpuThrottledMs: msOf(numbers.cpuThrottledUs),
    cpuCoresLimit: (numbers.cpuMillis ?? 0) / 1000,
    memoryBytes: numbers.memoryNowBytes ?? null,
    memoryLimitBytes: numbers.memoryBytes ?? 0,
    pids: numbers.pidsNow ?? null,
    pidsLimit: numbers.pids ?? 0,
    ioReadBytes: numbers.ioReadBytes ?? null,
    ioWrittenBytes: numbers.ioWrittenBytes ?? null,
    deadlineMs: numbers.deadlineMs ?? 0,
  };
}

const ends: Readonly<Record<string, SandboxEnd>> = {
  destroyed: "destroyed",
  deadline: "deadline",
  out_of_memory: "out_of_memory",
  exited: "exited",
  setup_failed: "setup_failed",
};

export function reportOf(message: Message): SandboxReport {
  const detail = text(message, "detail");
  return {
    end: ends[text(message, "reason")] ?? "lost",
    usage: usageOf(message),
    ...(detail === "" ? {} : { detail }),
  };
}

/** The launcher's error codes as ours; what is not here is our own mistake. */
const errorCodes: Readonly<Record<string, ErrorCode>> = {
  unenforceable: "limit_unenforceable",
  full: "queue_full",
  stopping: "launcher_unavailable",
  failed: "sandbox_failed",
  unsupported: "unsupported",
  unknown_mount: "not_found",
  read_only: "invalid_request",
  bad_path: "invalid_request",
  in_use: "volume_in_use",
  no_room: "storage_full",
};

/** Refusals whose sentence is for the caller: it names nothing of the host. */
const told: ReadonlySet<string> = new Set([
  "unsupported",
  "unknown_mount",
  "read_only",
  "bad_path",
  "in_use",
  "no_room",
]);

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

/** What a refusal of the launcher is to a caller. */
export function refusal(message: Message): HsrError {
  const code = text(message, "errorCode");
  const limit = text(message, "limit");
  const details = limit === "" ? {} : { details: { limit } };
  const said = new Error(`launcher: ${code}: ${text(message, "message")}`);
  return new HsrError(errorCodes[code] ?? "internal", {
    ...details,
    ...(code === "unenforceable"
      ? { message: `This host cannot enforce the limit "${limit}", which is required.` }
      : {}),
    ...(told.has(code) ? { message: sentence(text(message, "message")) } : {}),
    cause: said,
  });
}

/** Whether the launcher said that it knows no such sandbox. */
export function isNotFound(error: unknown): boolean {
  return (
    error instanceof HsrError && error.cause instanceof Error && error.cause.message.startsWith("launcher: not_found")
  );
}
