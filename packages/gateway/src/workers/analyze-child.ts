/** A process that analyzes: it parses and evaluates hostile text, and may hang or die for it without anybody else noticing. */
import { type AnalyzeInput, analyzeCode, type Rule, ruleSet } from "@hsr/core";
import { loadParser } from "./parser.ts";

/** What the process is told first. */
export interface ChildSetup {
  readonly rules: readonly Rule[];
  readonly mostBytes: number;
}

/** One program to read. */
export interface ChildJob {
  readonly id: number;
  readonly input: AnalyzeInput;
}

const parse = await loadParser();
let read: ((input: AnalyzeInput) => ReturnType<typeof analyzeCode>) | null = null;

process.on("message", (message: ChildSetup | ChildJob) => {
  if ("rules" in message) {
    const set = ruleSet(message.rules);
    const { mostBytes } = message;
    read = (input) => analyzeCode(input, { parse, mostBytes }, set);
    warmUp(read);
    process.send?.({ ready: true });
  } else if (read !== null) process.send?.({ id: message.id, report: read(message.input) });
});
// Whoever started this is gone.
process.on("disconnect", () => process.exit(0));

/** Once through everything, so that the first request finds it warm. */
function warmUp(analyze: (input: AnalyzeInput) => unknown): void {
  for (const language of ["python", "javascript", "typescript", "bash"])
    analyze({
      program: { kind: "code", language, code: Buffer.from("print(1)\n"), args: [] },
      files: [],
      environment: {},
      stdin: null,
    });
}
