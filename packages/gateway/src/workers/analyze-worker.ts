/** A thread that analyzes: it parses and evaluates, and may hang or die for it without anybody else noticing. */
import { parentPort, workerData } from "node:worker_threads";
import { type AnalyzeInput, analyzeCode, type Rule, ruleSet } from "@hsr/core";
import { loadParser } from "./parser.ts";

/** What the thread is started with. */
export interface WorkerSetup {
  readonly rules: readonly Rule[];
  readonly mostBytes: number;
}

const { rules, mostBytes } = workerData as WorkerSetup;
const set = ruleSet(rules);
const parse = await loadParser();
// Once through everything, so that the first request finds it warm.
for (const language of ["python", "javascript", "typescript", "bash"])
  analyzeCode(
    {
      program: { kind: "code", language, code: Buffer.from("print(1)\n"), args: [] },
      files: [],
      environment: {},
      stdin: null,
    },
    { parse, mostBytes },
    set,
  );
parentPort?.on("message", ({ id, input }: { readonly id: number; readonly input: AnalyzeInput }) => {
  parentPort?.postMessage({ id, report: analyzeCode(input, { parse, mostBytes }, set) });
});
parentPort?.postMessage({ ready: true });
