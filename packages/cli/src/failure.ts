/** How hsrctl fails: with a sentence, with what to do, and with an exit code that cannot be taken for the guest's. */

/**
 * Exit codes of hsrctl's own. The guest's code is passed through as it is, so these follow what `timeout`, `env` and
 * container tools use, and scripts that know those work here too.
 */
export const exitCodes = {
  /** It was done, but not all of it. */
  incomplete: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The run reached its wall-clock limit. */
  timeout: 124,
  /** HSR itself failed or refused: no gateway, no key, denied, not enough room, lost. */
  hsr: 125,
  /** The program exists in the sandbox and cannot be executed. */
  notExecutable: 126,
  /** The program does not exist in the sandbox. */
  notFound: 127,
  /** Added to a signal's number when one ended the program; 137 is SIGKILL, which a limit sends. */
  signalBase: 128,
  /** The run was cancelled, with Ctrl-C or otherwise. */
  cancelled: 130,
} as const;

/** An error that hsrctl shows: what went wrong, and what to do about it. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { hint?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? exitCodes.hsr;
  }
}

/** A wrong command line. */
export function usageFailure(message: string, hint?: string): Failure {
  return new Failure(message, { exitCode: exitCodes.usage, ...(hint === undefined ? {} : { hint }) });
}
