/** Our terminal as the terminal of a program in a sandbox, until the program ends or we leave it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Execution } from "@hsr/contract";
import type { Client } from "./client.ts";
import type { Context } from "./context.ts";
import { DetachKeys } from "./detach-keys.ts";
import { exitCodes, usageFailure } from "./failure.ts";
import { executionRemarks, exitCodeOf } from "./result.ts";
import { sandboxPath } from "./sandbox-name.ts";
import { rawKeys } from "./screen.ts";
import { TerminalLink, type TerminalSize } from "./terminal-link.ts";
import { TerminalModes } from "./terminal-modes.ts";

const ctrlC = 0x03;
/** What a terminal answers to a program's questions comes late; it must not be typed into the shell that we return to. */
const lateAnswersMs = 50;

/** The size of our terminal, as far as the gateway takes it. */
export function ownSize(): TerminalSize {
  const bounded = (cells: number | undefined, otherwise: number) => Math.min(1000, Math.max(1, cells || otherwise));
  return { rows: bounded(process.stdout.rows, 24), cols: bounded(process.stdout.columns, 80) };
}

/** A terminal needs keys. */
export function mustBeTerminal(): void {
  if (!process.stdin.isTTY)
    throw usageFailure("standard input is no terminal", "leave -t out; input of pipes and files goes along without it");
}

export interface SessionOptions {
  readonly sandboxId: string;
  readonly executionId: string;
  readonly mode: "write" | "view";
  readonly take: boolean;
  readonly from: string;
  /** Whether the program was started for this terminal, so that it hears when the terminal is gone. */
  readonly isOwner: boolean;
}

/** Resolves with hsrctl's exit code. The terminal is given back as it was, whatever happens. */
export async function terminalSession(context: Context, client: Client, options: SessionOptions): Promise<number> {
  const path = sandboxPath(options.sandboxId, `/executions/${encodeURIComponent(options.executionId)}`);
  const modes = new TerminalModes();
  let hasDetached = false;
  const say = (text: string) => process.stderr.write(`\r\nhsrctl: ${text}\r\n`);
  const link = new TerminalLink({
    client,
    path: `${path}/terminal`,
    mode: options.mode,
    take: options.take,
    from: options.from,
    size: ownSize,
    // This is the program's own terminal: its bytes go through as they are.
    output: (bytes) => {
      modes.see(bytes);
      process.stdout.write(bytes);
    },
    say,
  });
  const detach = () => {
    hasDetached = true;
    link.close();
  };
  const detachKeys = new DetachKeys((keys) => link.send(keys), detach);
  const undo = () => process.stdout.write(modes.undo());
  const onSignal = (signal: NodeJS.Signals) => void leaveBySignal(client, path, options.isOwner, signal);
  const onResize = () => link.resize();
  process.on("exit", undo);
  for (const signal of ["SIGHUP", "SIGTERM", "SIGINT"] as const) process.on(signal, onSignal);
  process.stdout.on("resize", onResize);
  try {
    using _keys = rawKeys(process.stdin, (keys) => {
      // Where nothing can be typed, Ctrl-C is ours.
      if ((options.mode === "view" || !link.isConnected) && keys.includes(ctrlC)) detach();
      else detachKeys.take(keys);
    });
    await link.run();
    undo();
    detachKeys.close();
    await sleep(lateAnswersMs);
  } finally {
    process.off("exit", undo);
    process.stdout.off("resize", onResize);
    for (const signal of ["SIGHUP", "SIGTERM", "SIGINT"] as const) process.off(signal, onSignal);
  }
  if (hasDetached) {
    await context.writeError(
      `\nhsrctl: detached; back with: hsrctl attach ${options.sandboxId} ${options.executionId}\n`,
    );
    return 0;
  }
  const ended = await client.json<Execution>(path);
  // Of a terminal's output the newest is kept; what was dropped had been shown.
  for (const remark of executionRemarks({ ...ended, stdout_truncated: 0, stderr_truncated: 0 }))
    await context.writeError(`hsrctl: ${remark}\n`);
  return exitCodeOf(ended);
}

/** We are told to end. The program that was started for this terminal hears of it as of a line that is cut. */
async function leaveBySignal(client: Client, path: string, isOwner: boolean, signal: NodeJS.Signals): Promise<void> {
  const leave = () => process.exit(exitCodes.signalBase + ({ SIGHUP: 1, SIGINT: 2 }[signal as string] ?? 15));
  if (!isOwner) leave();
  setTimeout(leave, 1000);
  const body = { signal: "SIGHUP", scope: "session" };
  await client.json(`${path}/signal`, { method: "POST", body }).then(leave, leave);
}
