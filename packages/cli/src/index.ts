/** hsrctl: the command line. One file per verb; this one puts them together. */
import { Command, CommanderError, Help } from "commander";
import { type Context, type GlobalFlags, makeContext } from "./context.ts";
import { exitCodes, Failure } from "./failure.ts";
import { visibleLines } from "./terminal.ts";
import { analyzeCommand } from "./verbs/analyze.ts";
import { approvalsCommand } from "./verbs/approvals.ts";
import { attachCommand } from "./verbs/attach.ts";
import { configCommand } from "./verbs/config.ts";
import { cpCommand } from "./verbs/cp.ts";
import { createCommand } from "./verbs/create.ts";
import { doctorCommand } from "./verbs/doctor.ts";
import { eventsCommand } from "./verbs/events.ts";
import { execCommand } from "./verbs/exec.ts";
import { getCommand } from "./verbs/get.ts";
import { keyCommand } from "./verbs/key.ts";
import { killCommand } from "./verbs/kill.ts";
import { logsCommand } from "./verbs/logs.ts";
import { lsCommand } from "./verbs/ls.ts";
import { policyCommand } from "./verbs/policy.ts";
import { portCommand } from "./verbs/port.ts";
import { psCommand } from "./verbs/ps.ts";
import { renewCommand } from "./verbs/renew.ts";
import { rmCommand } from "./verbs/rm.ts";
import { runCommand } from "./verbs/run.ts";
import { runsCommand } from "./verbs/runs.ts";
import { runtimesCommand } from "./verbs/runtimes.ts";
import { signalCommand } from "./verbs/signal.ts";
import { topCommand } from "./verbs/top.ts";
import { versionCommand } from "./verbs/version.ts";
import { volumeCommand } from "./verbs/volume.ts";

export { readEnvironment } from "./environment.ts";

/** The whole command line. `rawArguments` are the words after the program's name. */
function buildProgram(rawArguments: readonly string[]): { program: Command; context: Context } {
  const program = new Command("hsrctl");
  const context = makeContext(() => program.opts<GlobalFlags>());
  program
    .description("Run code that nobody vouches for, in sandboxes.")
    .option("--url <address>", "the gateway's address (HSR_URL; otherwise the one that `make up` started)")
    .option("--key-file <path>", "a file with the key (HSR_KEY has the key itself)")
    .enablePositionalOptions()
    .showHelpAfterError("(see `hsrctl --help`, or `hsrctl VERB --help`)")
    .exitOverride();
  program
    .addCommand(runCommand(context, rawArguments))
    .addCommand(runsCommand(context))
    .addCommand(createCommand(context))
    .addCommand(lsCommand(context))
    .addCommand(getCommand(context))
    .addCommand(execCommand(context))
    .addCommand(attachCommand(context))
    .addCommand(psCommand(context))
    .addCommand(cpCommand(context))
    .addCommand(logsCommand(context))
    .addCommand(signalCommand(context))
    .addCommand(killCommand(context))
    .addCommand(portCommand(context))
    .addCommand(eventsCommand(context))
    .addCommand(topCommand(context))
    .addCommand(renewCommand(context))
    .addCommand(rmCommand(context))
    .addCommand(volumeCommand(context))
    .addCommand(runtimesCommand(context))
    .addCommand(doctorCommand(context))
    .addCommand(keyCommand(context))
    .addCommand(approvalsCommand(context))
    .addCommand(analyzeCommand(context))
    .addCommand(policyCommand(context))
    .addCommand(configCommand(context))
    .addCommand(versionCommand(context));
  program.commands.forEach(throwInsteadOfExit);
  return { program, context };
}

/** Commands that were added ready-made do not inherit these settings. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError("(--help explains it)");
  command.configureHelp({
    // A list that is empty unless told otherwise goes without saying.
    optionDescription: (option) => new Help().optionDescription(option).replace(" (default: [])", ""),
  });
  command.commands.forEach(throwInsteadOfExit);
}

/** Runs a command line. Sets `process.exitCode`; never throws. */
export async function main(words: readonly string[]): Promise<void> {
  // A reader that went away (`hsrctl run … | head`) ends us as it ends every program.
  process.stdout.on("error", leaveAtBrokenPipe);
  process.stderr.on("error", leaveAtBrokenPipe);
  const { program, context } = buildProgram(words);
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    process.exitCode = await report(context, error);
  }
}

function leaveAtBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(exitCodes.signalBase + 13);
  throw error;
}

async function report(context: Context, error: unknown): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage; // commander has printed it
  if (error instanceof Failure) {
    const hint = error.hint === undefined ? "" : `\n  ${error.hint}`;
    await context.writeError(`hsrctl: ${visibleLines(error.message + hint)}\n`);
    return error.exitCode;
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EPIPE") return exitCodes.signalBase + 13;
  await context.writeError(
    `hsrctl: this is a bug in hsrctl:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return exitCodes.hsr;
}
