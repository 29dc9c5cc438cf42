/** JSON logs by pino, one object per line, with the names that may carry secrets blacked out. */
import { type DestinationStream, type Logger, pino } from "pino";

/** Names whose values never appear in a log, whoever hands them over. */
const secretNames = [
  "authorization",
  "cookie",
  "key",
  "secret",
  "password",
  "token",
  "code",
  "stdin",
  "stdin_base64",
  "environment",
  "env",
  "files",
  "argv",
  "args",
  "input",
  "stdout",
  "stderr",
  "body",
] as const;

/** Where a log goes and how much of it. */
export interface LogOptions {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  readonly version: string;
  /** stdout when absent. */
  readonly destination?: DestinationStream;
}

/**
 * The gateway's log. It satisfies the core's `Log` and Fastify's logger. `req` is written as method and path without
 * the query, since a query may carry anything.
 */
export function createLog(options: LogOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { service: "hsr-gateway", version: options.version, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: "[redacted]",
      },
      serializers: {
        err: errorFields,
        error: errorFields,
        req: (request: { method?: string; url?: string; id?: unknown }) => ({
          method: request.method,
          path: request.url?.split("?", 1)[0]?.slice(0, 256),
          id: request.id,
        }),
        res: (reply: { statusCode?: number }) => ({ status: reply.statusCode }),
      },
    },
    options.destination ?? standardOutput(),
  );
}

/**
 * stdout, written in batches: a system call for each line was a tenth of what a run costs the gateway. At an ordinary end everything
 * is flushed; `kill -9` loses the lines of the last moment, which the audit log in the store does not.
 */
function standardOutput(): DestinationStream {
  return pino.destination({ dest: 1, sync: false, minLength: 8192, periodicFlush: 50 });
}

/** An error with its causes. Only name, message, code and stack: other properties of errors may hold a request. */
function errorFields(thrown: unknown, depth = 0): object {
  if (!(thrown instanceof Error)) return { message: typeof thrown };
  const code: unknown = "code" in thrown ? thrown.code : undefined;
  return {
    type: thrown.name,
    message: thrown.message,
    ...(typeof code === "string" ? { errorCode: code } : {}),
    stack: thrown.stack,
    ...(thrown.cause === undefined || depth >= 4 ? {} : { cause: errorFields(thrown.cause, depth + 1) }),
  };
}
