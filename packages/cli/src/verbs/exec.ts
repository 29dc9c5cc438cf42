/** `hsrctl exec`: a program in a sandbox that lives. Output, input, exit code and Ctrl-C behave as if it ran here. */
import type { ExecRequest, Execution, ExecutionEvent, ExecutionSummary } from "@hsr/contract";
import { Command } from "commander";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { exitCodes, Failure, usageFailure } from "../failure.ts";
import { repeated } from "../flags.ts";
import { followExecution } from "../follow.ts";
import { executionBegun, sayHeld } from "../held.ts";
import { stdinIsRedirected } from "../input.ts";
import { pumpInput } from "../input-pump.ts";
import { onInterrupt } from "../interrupt.ts";
import { bytesOf, Gathered } from "../output.ts";
import { parsePairs } from "../program.ts";
import { executionRemarks, exitCodeOf } from "../result.ts";
import { findSandbox, sandboxPath } from "../sandbox-name.ts";
import { json } from "../terminal.ts";
import { mustBeTerminal, ownSize, terminalSession } from "../terminal-session.ts";
import { parseBytes, parseCount, parseDuration } from "../units.ts";

interface ExecFlags {
  readonly detach?: boolean;
  readonly stdin?: boolean;
  readonly terminal?: boolean;
  readonly timeout?: string;
  readonly outputLimit?: string;
  readonly cwd?: string;
  readonly user?: string;
  readonly env: readonly string[];
  readonly json?: boolean;
  readonly stream?: boolean;
}

const examples = `
Examples:
  hsrctl exec box -- ls -l                   a program of the sandbox, with its arguments; there is no shell
  hsrctl exec -it box -- bash                with this terminal; Ctrl-P Ctrl-Q leaves it without ending the program
  tar c . | hsrctl exec box -- tar x         standard input goes along when it is a pipe or a file
  hsrctl exec -d box -- sh -c 'make; date'   in the background: prints the execution's id for logs, ps, signal and kill

Options stand before the sandbox. The exit code is the program's own, or 128 and the signal's number; 124, 125, 126, 127 and
130 as with \`hsrctl run\`. Ctrl-C reaches the program; a second one kills it and leaves.`;

export function execCommand(context: Context): Command {
  return new Command("exec")
    .description("Run a program in a sandbox that lives")
    .argument("<sandbox>", "its id or its name")
    .argument("[program...]", "the program and its arguments, after --")
    .passThroughOptions()
    .option("-d, --detach", "in the background: print the execution's id and leave")
    .option("-i, --stdin", "send standard input also from a terminal; in the background, keep it open")
    .option("-t, --terminal", "give the program a terminal: this one, or with -d one to `hsrctl attach` to")
    .option("--no-stdin", "send no standard input; the program reads its end at once")
    .option(
      "--timeout <time>",
      "wall-clock limit, such as 10s or 5m; 30s unless it has a terminal or is in the background",
    )
    .option("--output-limit <amount>", "how much of stdout and of stderr is kept, such as 16m")
    .option("-w, --cwd <folder>", "the folder in which it starts, absolute; /workspace unless told otherwise")
    .option("-u, --user <number>", "its user id in the sandbox")
    .option(
      "-e, --env <name=value>",
      "environment of the program; NAME alone takes yours (repeat it for more)",
      repeated,
      [],
    )
    .option("--json", "print the result as JSON, output included; the exit code stays the program's")
    .option("--stream", "with --json: print each event as it happens, one per line")
    .addHelpText("after", examples)
    .action(async (said: string, words: readonly string[], flags: ExecFlags) => {
      process.exitCode = await exec(context, said, words, flags);
    });
}

/** The program's words. What looks like an option of ours after the sandbox is a mistake, not a program. */
function argvOf(words: readonly string[], said: string): string[] {
  const [first, ...rest] = words;
  const argv = first === "--" ? rest : [...words];
  if (argv.length === 0) throw usageFailure("nothing to run", `for instance: hsrctl exec ${said} -- ls -l`);
  if (first?.startsWith("-") && first !== "--")
    throw usageFailure(
      `${first} stands after the sandbox`,
      `options stand before it: hsrctl exec ${first} ${said} -- …`,
    );
  return argv;
}

function requestOf(context: Context, words: readonly string[], said: string, flags: ExecFlags): ExecRequest {
  return {
    argv: argvOf(words, said),
    ...(flags.timeout === undefined ? {} : { timeout: parseDuration(flags.timeout, "--timeout") }),
    ...(flags.outputLimit === undefined ? {} : { output_limit_bytes: parseBytes(flags.outputLimit, "--output-limit") }),
    ...(flags.cwd === undefined ? {} : { cwd: flags.cwd }),
    ...(flags.user === undefined ? {} : { user: parseCount(flags.user, "--user") }),
    ...(flags.env.length === 0 ? {} : { environment: parsePairs(flags.env, "--env", context.environment.inherited) }),
  };
}

async function exec(context: Context, said: string, words: readonly string[], flags: ExecFlags): Promise<number> {
  const request = requestOf(context, words, said, flags);
  if (flags.terminal && !flags.detach) mustBeTerminal();
  const client = context.client();
  const { id } = await findSandbox(client, said);
  if (flags.detach || flags.terminal) {
    const input = flags.terminal ? { terminal: ownSize() } : flags.stdin === true ? { open_stdin: true } : {};
    const body = { ...request, ...input, background: true };
    const execution = await client.json<Execution>(sandboxPath(id, "/exec"), { method: "POST", body });
    if (execution.state === "held") await sayHeld(context, execution.id, execution.decision.approval);
    if (!flags.detach) {
      if (execution.state === "held") await executionBegun(client, execution.sandbox_id, execution.id);
      const from = { mode: "write", take: false, from: "0", isOwner: true } as const;
      return await terminalSession(context, client, {
        sandboxId: execution.sandbox_id,
        executionId: execution.id,
        ...from,
      });
    }
    await context.write(flags.json ? `${json(execution, 2)}\n` : `${execution.id}\n`);
    return 0;
  }
  return await inForeground(context, client, id, request, flags);
}

async function inForeground(
  context: Context,
  client: Client,
  sandboxId: string,
  request: ExecRequest,
  flags: ExecFlags,
): Promise<number> {
  const hasInput = flags.stdin ?? stdinIsRedirected();
  const leaving = new AbortController();
  const answer = await client.eventsOrLater<Execution>(sandboxPath(sandboxId, "/exec"), {
    method: "POST",
    body: { ...request, ...(hasInput ? { open_stdin: true } : {}) },
    signal: leaving.signal,
  });
  const executionId = "later" in answer ? answer.later.id : answer.response.headers.get("hsr-execution-id");
  if (executionId === null) throw new Failure("the gateway did not say the execution's id");
  if ("later" in answer) await sayHeld(context, executionId, answer.later.decision.approval);
  const events =
    "later" in answer
      ? (await client.events(sandboxPath(sandboxId, `/executions/${executionId}/logs?follow=true`))).events
      : answer.events;
  const post = (what: string, body: object) =>
    client.json(sandboxPath(sandboxId, `/executions/${executionId}/${what}`), { method: "POST", body });
  using _interrupt = onInterrupt(
    (signal) => {
      // The terminal is gone: nobody is there to read the rest.
      if (signal === "SIGHUP") process.exit(exitCodes.signalBase + 1);
      post("signal", { signal, scope: "group" }).catch((error: unknown) => {
        process.stderr.write(
          `hsrctl: could not send ${signal}: ${error instanceof Error ? error.message : String(error)}\n`,
        );
      });
    },
    () => {
      process.stderr.write("hsrctl: killing it; Ctrl-C again leaves at once\n");
      const leave = () => process.exit(exitCodes.cancelled);
      post("cancel", {}).then(leave, leave);
    },
  );
  const gathered = new Gathered();
  // Input of a program that a person is asked about waits until it runs.
  const begun = Promise.withResolvers<void>();
  if (!("later" in answer)) begun.resolve();
  const passOn = (event: ExecutionEvent): void | Promise<void> => {
    if (event.type === "execution.started") begun.resolve();
    if (flags.json && flags.stream) return context.write(`${json(event)}\n`);
    if (event.type !== "execution.output") return;
    if (flags.json) return gathered.add(event.data);
    // This is the program's own output: its bytes go through as they are, as if it ran here.
    return (event.data.stream === "stdout" ? context.write : context.writeError)(bytesOf(event.data));
  };
  const finished = followExecution(
    client,
    sandboxId,
    events,
    { event: passOn, reconnecting: () => context.writeError("hsrctl: the connection was lost; connecting again\n") },
    { id: executionId },
  );
  const summary = await (hasInput ? withInput(client, sandboxId, executionId, finished, begun.promise) : finished);
  if (flags.json && !flags.stream) await context.write(`${json(gathered.result(summary), 2)}\n`);
  if (!flags.json) for (const remark of executionRemarks(summary)) await context.writeError(`hsrctl: ${remark}\n`);
  return exitCodeOf(summary);
}

/** Sends our standard input along until the program has ended. Input that may be lost ends the program. */
async function withInput(
  client: Client,
  sandboxId: string,
  executionId: string,
  finished: Promise<ExecutionSummary>,
  begun: Promise<void>,
): Promise<ExecutionSummary> {
  const pump = () => pumpInput(client, sandboxId, executionId, process.stdin as AsyncIterable<Buffer>);
  const pumped = begun.then(pump).catch(async (cause: unknown) => {
    await client.json(sandboxPath(sandboxId, `/executions/${executionId}/cancel`), { method: "POST" });
    throw new Failure("standard input may not have arrived whole, so the program was ended", { cause });
  });
  try {
    return await Promise.race([finished, pumped.then(() => finished)]);
  } finally {
    // A terminal or a pipe that says nothing more must not keep us.
    process.stdin.destroy();
  }
}
