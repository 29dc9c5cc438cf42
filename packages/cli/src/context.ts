/** What every verb is given: where to write, what to read, and the gateway. Tests give their own. */
import { Client } from "./client.ts";
import { findEndpoint } from "./endpoint.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { hasColour, type Paints, paints } from "./terminal.ts";

/** Flags that stand before the verb. */
export interface GlobalFlags {
  readonly url?: string;
  readonly keyFile?: string;
}

export interface Context {
  readonly environment: Environment;
  /** Colours for stdout. */
  readonly paint: Paints;
  /** Columns of the terminal; without end where stdout is none. */
  readonly columns: number;
  /** Finds the gateway when it is first needed, so that `version` and `--help` work without one. */
  client(): Client;
  /** Writes bytes or text to stdout and resolves when the reader took them. */
  readonly write: (text: string | Uint8Array) => Promise<void>;
  readonly writeError: (text: string | Uint8Array) => Promise<void>;
}

/** Writes and waits for room, so that a slow reader slows us down instead of filling memory. */
function writer(stream: NodeJS.WriteStream): (text: string | Uint8Array) => Promise<void> {
  return (text) =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
}

export function makeContext(flags: () => GlobalFlags): Context {
  const environment = readEnvironment();
  return {
    environment,
    paint: paints(hasColour(process.stdout, environment.noColor)),
    columns: process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
    client: () => new Client(findEndpoint(environment, flags())),
    write: writer(process.stdout),
    writeError: writer(process.stderr),
  };
}
