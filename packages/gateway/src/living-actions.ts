/** From the wire to the core for living sandboxes: what a schema cannot say is checked here, as for runs. */
import { createHash } from "node:crypto";
import { type ExecRequest, HsrError, type LanguageName, type SandboxRequest } from "@hsr/contract";
import type { ExecAction, SandboxAction } from "@hsr/core";
import {
  type Asked,
  askedLimits,
  askedMounts,
  canonical,
  environment,
  program,
  refuseUnsupported,
  stdin,
} from "./actions.ts";

export function sandboxAction(request: SandboxRequest, asked: Asked): SandboxAction {
  refuseUnsupported(request);
  return {
    door: "rest",
    tenant: asked.caller.tenant,
    keyId: asked.caller.keyId,
    requestId: asked.requestId,
    name: request.name ?? null,
    labels: request.labels ?? {},
    allow: request.allow ?? [],
    ttlMs: request.ttl_ms ?? null,
    idleTimeoutMs: request.idle_timeout_ms ?? null,
    environment: environment(request.environment ?? {}),
    wishes: {
      level: request.isolation_level ?? null,
      runtime: request.secure_runtime ?? null,
      preference: request.runtime_preference ?? null,
      limits: askedLimits(request),
      ...askedMounts(request.mounts),
    },
    idempotencyKey: asked.idempotencyKey,
    digest: createHash("sha256").update(canonical(request)).digest("hex"),
  };
}

/** How the operator bounds an execution. */
export interface OutputBounds {
  readonly outputBytes: number;
  readonly maxOutputBytes: number;
  /** Of programs that somebody waits for. */
  readonly timeoutMs: number;
}

/** Who asks for an execution, and whether the answer is a stream, in which its id comes before its end. */
export interface ExecAsked extends Asked {
  readonly isStreamed: boolean;
}

export function execAction(request: ExecRequest, asked: ExecAsked, bounds: OutputBounds): ExecAction {
  const { terminal, background = false, open_stdin: openStdin = false } = request;
  const given = stdin(request);
  if (given !== null && (openStdin || terminal !== undefined))
    throw new HsrError("invalid_request", {
      field: request.stdin === undefined ? "stdin_base64" : "stdin",
      message: `It excludes \`${openStdin ? "open_stdin" : "terminal"}\`.`,
    });
  if ((openStdin || terminal !== undefined) && !background && !asked.isStreamed && request.wait_ms === undefined)
    throw new HsrError("invalid_request", {
      field: openStdin ? "open_stdin" : "terminal",
      message: "Nobody could write to it while the answer is awaited.",
      hint: "Send `background: true` or `wait_ms`, or ask for `text/event-stream`.",
    });
  const outputBytes = request.output_limit_bytes ?? bounds.outputBytes;
  if (outputBytes > bounds.maxOutputBytes)
    throw new HsrError("invalid_request", {
      field: "output_limit_bytes",
      message: `The operator allows at most ${bounds.maxOutputBytes} bytes.`,
    });
  const cwd = request.cwd ?? "/workspace";
  if (!cwd.isWellFormed())
    throw new HsrError("invalid_path", { field: "cwd", message: "It is not well-formed Unicode." });
  return {
    escalation: request.escalation ?? "refuse",
    keyId: asked.caller.keyId,
    requestId: asked.requestId,
    program: program(request as Pick<ExecRequest, "argv" | "code" | "args"> & { readonly language?: LanguageName }),
    cwd,
    userId: request.user ?? null,
    environment: environment(request.environment ?? {}),
    stdin: openStdin ? "open" : given,
    terminal: terminal ?? null,
    background,
    timeoutMs: request.timeout ?? (background || terminal !== undefined ? null : bounds.timeoutMs),
    outputBytes,
  };
}
