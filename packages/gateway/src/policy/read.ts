/** From a policy's text to its rules, or to everything that is wrong with it. */
import { type PolicyReading, type Problem, readPolicy, runtimeLevels } from "@hsr/core";
import { readYaml } from "./yaml.ts";

/** A policy that cannot be used. The message has a line for each problem: place, reason, what to do. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
  readonly problems: readonly Problem[];
  constructor(source: string, problems: readonly Problem[]) {
    super(`The policy is wrong:\n${problems.map((one) => `  ${describeProblem(source, one)}`).join("\n")}`);
    this.problems = problems;
  }
}

/** `policy.yaml:12:5: reason. What to do.` */
export function describeProblem(source: string, { line, column, reason, hint }: Problem): string {
  return `${source}:${line}:${column}: ${reason}. ${hint}`;
}

/** Reads a text; `source` is what its rules' places begin with. */
export function readPolicyText(text: string, source: string): PolicyReading {
  const yaml = readYaml(text);
  return yaml.kind === "problems" ? yaml : readPolicy(yaml.root, { source, runtimes: runtimeLevels });
}
