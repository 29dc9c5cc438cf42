/** `hsrctl analyze`: what is found in a program, with the lines that it stands in. Nothing is run. */
import type { AnalyzedRiskBody, FindingBody, RunRequest } from "@hsr/contract";
import { Command, Option } from "commander";
import type { Context } from "../context.ts";
import { readInputFile } from "../input.ts";
import { languages, parseLanguage, programOfFile } from "../program.ts";
import { facts, json, visible } from "../terminal.ts";

interface Flags {
  readonly language?: string;
  readonly json?: boolean;
}

/** A finding as compilers print one: where, how bad, what; below it the line, with a mark under the column. */
function describe(finding: FindingBody, path: string, lines: readonly string[]): string {
  const { line, column, severity, title, id, confidence, evidence } = finding;
  const where = line === null ? path : `${path}:${line}:${column ?? 1}`;
  const head = `${where}: ${severity}: ${visible(title)} [${id}, ${confidence}]\n`;
  // A finding in another file of the request shows its evidence; we have no line of it.
  const source = line === null ? undefined : lines[line - 1];
  if (source === undefined) return `${head}    ${visible(evidence)}\n`;
  const before = source.slice(0, (column ?? 1) - 1);
  return `${head}    ${visible(source)}\n    ${" ".repeat(visible(before).length)}^\n`;
}

export function analyzeCommand(context: Context): Command {
  return new Command("analyze")
    .description("Say what is found in a program, without running it; exits with 0 whatever that is")
    .argument("<file>", "a script or program of yours")
    .argument("[args...]")
    .addOption(new Option("-l, --language <name>", `how it is run: ${languages.join(", ")}`))
    .option("--json", "print JSON")
    .action(async (path: string, args: readonly string[], flags: Flags) => {
      const content = readInputFile(path);
      const language = flags.language === undefined ? undefined : parseLanguage(flags.language);
      const request: RunRequest = programOfFile(path, content, args, language);
      const risk = await context.client().json<AnalyzedRiskBody>("/v1/analyze", { method: "POST", body: request });
      if (flags.json) return context.write(`${json(risk, 2)}\n`);
      const lines = "code" in request && request.code !== undefined ? request.code.split(/\r?\n/) : [];
      await context.write(
        facts([
          ["risk", `${risk.level} (${risk.score} of 100)`],
          ["language", risk.language.found ?? "unknown"],
          ["can", risk.capabilities.length === 0 ? "nothing of note" : risk.capabilities.join(", ")],
        ]),
      );
      for (const finding of risk.findings) await context.write(`\n${describe(finding, path, lines)}`);
    });
}
