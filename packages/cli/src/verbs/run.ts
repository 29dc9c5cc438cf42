/** `hsrctl run`: one run in a fresh sandbox. Output, exit code and Ctrl-C behave as if the program ran here. */

import { existsSync } from "node:fs";
import type { RunEvent, RunRequest, RunSummary } from "@hsr/contract";
import { requestLimits } from "@hsr/contract/limits";
import { Command } from "commander";
import type { Context } from "../context.ts";
import { exitCodes, usageFailure } from "../failure.ts";
import { type LimitFlags, levelOption, limitFields, repeated } from "../flags.ts";
import { followRun } from "../follow.ts";
import { sayHeld } from "../held.ts";
import { readInputFile, readStdin, stdinFields, stdinIsRedirected } from "../input.ts";
import { onInterrupt } from "../interrupt.ts";
import { bytesOf, Gathered } from "../output.ts";
import { type Program, parseFileFlag, parseLanguage, parsePairs, programOfFile } from "../program.ts";
import { exitCodeOf, remarks, summaryLine } from "../result.ts";
import { json } from "../terminal.ts";
import { parseBytes, parseDuration } from "../units.ts";

interface RunFlags extends LimitFlags {
  readonly language?: string;
  readonly timeout?: string;
  readonly outputLimit?: string;
  readonly env: readonly string[];
  readonly file: readonly string[];
  readonly label: readonly string[];
  readonly stdin?: boolean;
  readonly json?: boolean;
  readonly stream?: boolean;
  readonly detach?: boolean;
  readonly wait: boolean;
  readonly verbose?: boolean;
}

const examples = `
Examples:
  hsrctl run -- python3 -c 'print(1)'        a program of the sandbox, after --
  hsrctl run script.py arg                   a script of yours: python, javascript, typescript or bash
  hsrctl run ./a.out                         a program file of yours
  echo 'print(1)' | hsrctl run -l python -   code from standard input
  hsrctl run --timeout 1s --memory 64m --file data.csv script.py

The exit code is the program's own, or 128 and the signal's number. 124: the time limit was reached. 125: HSR failed or
refused. 126, 127: the program cannot be executed, does not exist. 130: cancelled. 137: killed, for memory for instance.
Ctrl-C cancels the run; a second Ctrl-C leaves at once.`;

/** The verb. `--` is told from a file's name by looking at the raw command line, since commander drops it. */
export function runCommand(context: Context, rawArguments: readonly string[]): Command {
  return new Command("run")
    .description("Run a program in a fresh sandbox")
    .argument(
      "[program...]",
      "a file of yours, or `-- PROGRAM` for one of the sandbox, with its arguments; - reads code from stdin",
    )
    .passThroughOptions()
    .option("-l, --language <name>", "language of the code: python, javascript, typescript, bash")
    .option("-t, --timeout <time>", "wall-clock limit, such as 500ms, 10s or 5m")
    .option("-m, --memory <amount>", "memory limit, such as 64m or 1g")
    .option("--cpus <number>", "cores, such as 0.5 or 2")
    .option("--pids <number>", "processes and threads at one time")
    .option("--disk <amount>", "room for files, such as 16m; at most half of the memory")
    .option("--output-limit <amount>", "how much of stdout and of stderr is kept, such as 1m")
    .addOption(levelOption())
    .option("--runtime <name>", "exactly this runtime, as `hsrctl runtimes` lists it")
    .option("--prefer <name>", "this runtime if it is available and strong enough")
    .option(
      "-e, --env <name=value>",
      "environment of the program; NAME alone takes yours (repeat it for more)",
      repeated,
      [],
    )
    .option(
      "-f, --file <host[:guest]>",
      "a file of yours that is there, in /workspace (repeat it for more)",
      repeated,
      [],
    )
    .option("--label <name=value>", "a label, for finding the run again (repeat it for more)", repeated, [])
    .option("-i, --stdin", "send standard input also from a terminal or to a script")
    .option("--no-stdin", "send no standard input; the program reads its end at once")
    .option("--json", "print the result as JSON, output included; the exit code stays the program's")
    .option("--stream", "with --json: print each event as it happens, one per line")
    .option("--detach", "the run goes on when hsrctl goes away; Ctrl-C leaves it alone")
    .option("--no-wait", "print the run's id at once and leave; implies --detach")
    .option("-v, --verbose", "say on stderr how the run was decided, and what it used")
    .addHelpText("after", examples)
    .action(async (words: readonly string[], flags: RunFlags) => {
      process.exitCode = await run(context, words, isCommandForm(rawArguments, words), flags);
    });
}

/** Whether the operands came after `--`. They are always the last words of the command line. */
export function isCommandForm(raw: readonly string[], words: readonly string[]): boolean {
  return words.length > 0 && raw[raw.length - words.length - 1] === "--";
}

async function run(context: Context, words: readonly string[], commandForm: boolean, flags: RunFlags): Promise<number> {
  const request = await buildRequest(context, words, commandForm, flags);
  const client = context.client();
  if (!flags.wait) {
    const queued = await client.json<RunSummary>("/v1/sandboxes/run", {
      method: "POST",
      headers: { prefer: "respond-async" },
      body: { ...request, detach: true },
    });
    await context.write(flags.json ? `${json(queued)}\n` : `${queued.id}\n`);
    return 0;
  }
  const leaving = new AbortController();
  const answer = await client.eventsOrLater<RunSummary>("/v1/sandboxes/run", {
    method: "POST",
    body: request,
    signal: leaving.signal,
  });
  if (!("later" in answer)) {
    return follow(context, flags, answer.response.headers.get("hsr-run-id"), answer.events, leaving);
  }
  const { id, decision } = answer.later;
  await sayHeld(context, id, decision?.approval);
  const { events } = await client.events(`/v1/runs/${id}/events`, { signal: leaving.signal });
  return follow(context, flags, id, events, leaving);
}

/** Follows the run that was started, passing its output on. Shared by `run` and `runs wait`. */
async function follow(
  context: Context,
  flags: RunFlags,
  runId: string | null,
  events: Parameters<typeof followRun>[1],
  leaving: AbortController,
): Promise<number> {
  const client = context.client();
  const gathered = new Gathered();
  let id = runId;
  using _interrupt = onInterrupt(() => {
    if (flags.detach || id === null) {
      if (id !== null) process.stderr.write(`hsrctl: left ${id} running\n`);
      leaving.abort();
      process.exit(exitCodes.cancelled);
    }
    process.stderr.write("hsrctl: cancelling; Ctrl-C again leaves at once\n");
    client.json(`/v1/runs/${id}/cancel`, { method: "POST" }).catch((error: unknown) => {
      process.stderr.write(`hsrctl: could not cancel: ${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  const passOn = async (event: RunEvent): Promise<void> => {
    id = event.subject;
    if (flags.json && flags.stream) return context.write(`${json(event)}\n`);
    if (event.type !== "run.output") return;
    if (flags.json) return gathered.add(event.data);
    // This is the program's own output: its bytes go through as they are, as if it ran here.
    const write = event.data.stream === "stdout" ? context.write : context.writeError;
    return write(bytesOf(event.data));
  };
  const summary = await followRun(
    client,
    events,
    {
      event: passOn,
      reconnecting: () => context.writeError("hsrctl: the connection was lost; connecting again\n"),
    },
    runId === null ? {} : { id: runId },
  );
  if (flags.json && !flags.stream) await context.write(`${json(gathered.result(summary), 2)}\n`);
  if (!flags.json) for (const remark of remarks(summary)) await context.writeError(`hsrctl: ${remark}\n`);
  if (flags.verbose) await context.writeError(`hsrctl: ${summaryLine(summary)}\n`);
  return exitCodeOf(summary);
}

async function buildRequest(
  context: Context,
  words: readonly string[],
  commandForm: boolean,
  flags: RunFlags,
): Promise<RunRequest> {
  const { program, stdinTaken } = await findProgram(words, commandForm, flags);
  const files = flags.file.map(parseFileFlag).map(({ host, guest }) => ({
    path: guest,
    content_base64: readInputFile(host).toString("base64"),
  }));
  const wantsStdin = flags.stdin ?? (commandForm && stdinIsRedirected());
  if (flags.stdin && stdinTaken)
    throw usageFailure("standard input is the code already", "send the program's input as a file");
  const stdin =
    wantsStdin && !stdinTaken
      ? stdinFields(await readStdin("the input", requestLimits.stdin_bytes.value, (text) => process.stderr.write(text)))
      : {};
  return {
    ...program,
    ...stdin,
    ...(files.length > 0 || program.files ? { files: [...(program.files ?? []), ...files] } : {}),
    ...(flags.env.length > 0 ? { environment: parsePairs(flags.env, "--env", context.environment.inherited) } : {}),
    ...(flags.label.length > 0 ? { labels: parsePairs(flags.label, "--label") } : {}),
    ...(flags.timeout === undefined ? {} : { timeout: parseDuration(flags.timeout, "--timeout") }),
    ...(flags.outputLimit === undefined ? {} : { output_limit_bytes: parseBytes(flags.outputLimit, "--output-limit") }),
    ...limitFields(flags),
    ...(flags.detach ? { detach: true } : {}),
  };
}

async function findProgram(
  words: readonly string[],
  commandForm: boolean,
  flags: RunFlags,
): Promise<{ program: Program; stdinTaken: boolean }> {
  const [first, ...rest] = words;
  if (first === undefined) throw usageFailure("nothing to run", "see `hsrctl run --help`");
  const language = flags.language === undefined ? undefined : parseLanguage(flags.language);
  if (commandForm) {
    if (language) throw usageFailure("--language is for code, not for a program after --");
    return { program: { argv: [first, ...rest] }, stdinTaken: false };
  }
  if (first === "-") {
    if (!language)
      throw usageFailure("code on standard input needs --language", "for instance `hsrctl run -l python -`");
    const code = await readStdin("the code", requestLimits.code_bytes.value, (text) => process.stderr.write(text));
    return { program: programOfFile("standard input", code, rest, language), stdinTaken: true };
  }
  if (!existsSync(first)) {
    throw usageFailure(
      `there is no file ${first} here`,
      `for a program of the sandbox put -- before it: hsrctl run -- ${words.join(" ")}`,
    );
  }
  return { program: programOfFile(first, readInputFile(first), rest, language), stdinTaken: false };
}
