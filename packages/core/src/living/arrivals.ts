/**
 * Files that arrive while programs run. A program was judged with the files that there were; one that arrives under a name which
 * such a program mentions is judged with it once more before it is in its place. Judging and arriving take turns, so that no file
 * is exchanged between the look at it and the start of what runs it.
 */
import { posix } from "node:path";
import { HsrError } from "@hsr/contract";
import type { Analyze } from "../analyze/analyze.ts";
import type { Rules } from "../decide/decision.ts";
import { hasBinary } from "../decide/facts.ts";
import { type JudgeInput, judge } from "../decide/judge.ts";
import { needsApproval } from "../decide/refusals.ts";
import type { Agent } from "../ports.ts";
import type { InputFile } from "../types.ts";
import { executionFacts } from "./execution-row.ts";
import type { LiveExecution } from "./live-execution.ts";
import type { LiveSandbox } from "./live-sandbox.ts";
import { guestFolders, isMentioned, mentionedBy } from "./mentioned.ts";
import { worstOf } from "./worst.ts";

/** Who may go on in a sandbox: several that judge, or one file that arrives. */
export class Turns {
  readonly #judging = new Set<Promise<void>>();
  #arriving: Promise<void> = Promise.resolve();

  /** For whoever judges, until what it returns is called. */
  async judging(): Promise<() => void> {
    for (let before: Promise<void> | null = null; before !== this.#arriving; ) {
      before = this.#arriving;
      await before;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#judging.add(promise);
    return () => {
      this.#judging.delete(promise);
      resolve();
    };
  }

  /** For a file that arrives: nobody judges meanwhile, and nothing else arrives. */
  async arriving<Value>(work: () => Promise<Value>): Promise<Value> {
    const before = this.#arriving;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#arriving = promise;
    try {
      await before;
      await Promise.all(this.#judging);
      return await work();
    } finally {
      resolve();
    }
  }
}

/** A file on its way; its bytes are asked for only where a program mentions it. */
export interface Arrival {
  readonly path: string;
  readonly mode: number;
  content(): Promise<Uint8Array>;
}

/**
 * Rejects if a program that runs mentions the file, and the policy of now wants more for that program with it than the sandbox has.
 * Gives the worst that is known of the sandbox with the file, or `null` where nobody mentions it.
 */
export async function admitArrival(
  ports: { readonly analyze: Analyze; readonly rules: Rules },
  sandbox: LiveSandbox,
  agent: Agent,
  { path, mode, content }: Arrival,
): Promise<JudgeInput["risk"] | null> {
  let worst: JudgeInput["risk"] | null = null;
  for (const execution of sandbox.executions.values()) {
    // One that waits for a person is judged again before it starts, and what was exchanged meanwhile makes the answer void.
    if (execution.record.state === "held" || !(await mentions(execution, sandbox, agent, path))) continue;
    const { argv, timeoutMs, outputLimitBytes } = execution.record;
    const program = { kind: "argv", argv } as const;
    const environment = execution.spec?.env ?? sandbox.record.environment;
    const file: InputFile = { path, mode, content: await content() };
    const texts = [Buffer.from([...argv, ...Object.values(environment)].join("\n")), file.content];
    const known = await mentionedBy(texts, guestFolders(sandbox.decision), agent, (other) => other === path);
    const input = { program, files: [file, ...known.files], environment, stdin: null };
    worst = worstOf(worst ?? sandbox.worst, await ports.analyze(input, sandbox.record.tenant));
    const judgement = judge({
      envelope: sandbox.decision,
      allow: sandbox.record.allow,
      request: executionFacts(sandbox, program, false, hasBinary(input)),
      risk: worst,
      opacity: known.cut ? "unseen_file" : null,
      asked: { timeoutMs, outputBytes: outputLimitBytes },
      rules: ports.rules,
    });
    if (judgement.kind === "allow") continue;
    const { code, options } =
      judgement.kind === "refuse" ? judgement.refusal : needsApproval(judgement.approval, ports.rules);
    throw new HsrError(code, options);
  }
  return worst;
}

async function mentions(execution: LiveExecution, sandbox: LiveSandbox, agent: Agent, path: string): Promise<boolean> {
  // An earlier gateway has started it: its code lies in the sandbox, where its command line says.
  if (execution.words === null) {
    const texts = [Buffer.from(execution.record.argv.join("\n"))];
    execution.words = (await mentionedBy(texts, guestFolders(sandbox.decision), agent, () => false)).words;
  }
  return isMentioned(posix.resolve("/", path), execution.words);
}
