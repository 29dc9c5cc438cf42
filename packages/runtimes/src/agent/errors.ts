import { constants } from "node:os";

/** Where two names share a number the first of the alphabet counts: EAGAIN, not EWOULDBLOCK. */
const names = new Map<number, string>();
for (const [name, number] of Object.entries(constants.errno).sort(([a], [b]) => (a < b ? -1 : 1))) {
  if (!names.has(number)) names.set(number, name);
}

/** The name of a Linux errno, as `ENOENT`; an unknown number becomes `E<number>`. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `E${errno}`;
}

/**
 * What the agent answered, or what became of the epoch. `code` is an errno's name (`ENOENT`, `EACCES`, …), or `PROTOCOL` when
 * the other side broke the protocol, or `CLOSED` when the epoch ended first.
 */
export class AgentError extends Error {
  override readonly name = "AgentError";
  readonly code: string;
  /** For a start that failed: `program`, `folder`, `limits`, … */
  readonly stage: string | null;

  constructor(code: string, message: string, stage: string | null = null) {
    super(message);
    this.code = code;
    this.stage = stage;
  }

  /** The other side broke the protocol: this epoch is over, and nothing else is. */
  static protocol(what: string): AgentError {
    return new AgentError("PROTOCOL", `the agent broke the protocol: ${what}`);
  }

  static closed(cause: Error | null): AgentError {
    const error = new AgentError("CLOSED", "the agent's stream ended");
    if (cause) error.cause = cause;
    return error;
  }

  static errno(errno: number, doing: string): AgentError {
    const code = errnoName(errno);
    return new AgentError(code, `${doing}: ${code}`);
  }
}
