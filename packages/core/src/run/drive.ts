/**
 * Drives one program in one sandbox: files, start, output, exit; the wall-clock limit from outside; cancelling; and a
 * stream that breaks while the sandbox lives. It ends when the program has, or when the sandbox has, or when somebody
 * stops the run; destroying the sandbox is its caller's.
 */
import { gatewayLimits, HsrError } from "@hsr/contract";
import type { RunInput } from "../action.ts";
import type { Agent, AgentExecution, Clock, Guest, OpenAgent } from "../ports.ts";
import type { ExecutionExit, SandboxEnd } from "../types.ts";
import type { ExecPlan } from "./exec-plan.ts";
import type { LiveRun } from "./live-run.ts";
import { fileError, programError } from "./start-error.ts";

/** The one execution of a run's sandbox. */
const execId = 1;
/** How often a broken stream is opened anew before the sandbox counts as out of reach. */
const mostStreams = 3;
/** After the sandbox's end, how long what it still sent may take to be read. */
const lastBytesMs = 1000;
/** How long an agent may take to answer after a restart, though the program's time is over: its output is worth waiting for. */
const leastPatienceMs = 2000;
/** A file up to this size is one message to the agent, whichever way it cuts larger ones. */
const oneMessageBytes = 32 * 1024;

export interface DriveHooks {
  /** The program runs. */
  started(): void;
  readonly openAgent: OpenAgent;
  readonly clock: Clock;
}

/** How the program ended, as far as one can tell. Exactly one of the three ways to end has happened first. */
export interface DriveEnd {
  readonly exit: ExecutionExit | null;
  /** The program was never started, for this reason. */
  readonly failed: HsrError | null;
  /** The sandbox went away by itself. */
  readonly ended: SandboxEnd | null;
  readonly detail: string | null;
}

/** The wall-clock limit and the limit on starting, as the one timer that a run has at any time. */
class Alarm {
  #timer: NodeJS.Timeout | null = null;

  set(delayMs: number, ring: () => void): void {
    this.clear();
    this.#timer = setTimeout(ring, delayMs);
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Runs the plan in a fresh sandbox. */
export async function drive(
  run: LiveRun,
  guest: Guest,
  plan: ExecPlan,
  input: RunInput,
  hooks: DriveHooks,
): Promise<DriveEnd> {
  const alarm = new Alarm();
  try {
    const agent = hooks.openAgent(await guest.attach());
    // Everything is written behind the opening at once; nothing waits for an answer before the next is sent. Files that
    // take more than one message are awaited: the start must not overtake their last part.
    const writes = plan.files.map((file, index) =>
      agent.writeFile(file.path, file.content, file.mode).catch((thrown: unknown) => {
        throw fileError(thrown, index, input.files.length);
      }),
    );
    if (plan.files.some((file) => file.content.length > oneMessageBytes)) await sent(run, guest, writes);
    const execution = agent.start(execId, plan.exec);
    const startTimer = Promise.withResolvers<never>();
    startTimer.promise.catch(ignoreLateFailure);
    alarm.set(gatewayLimits.start_timeout_ms.value, () => startTimer.reject(new HsrError("sandbox_failed")));
    const failure = new Promise<never>((_, reject) => {
      startTimer.promise.catch(reject);
      for (const write of writes) write.catch(reject);
      execution.started.then(
        () => {
          hooks.started();
          alarm.set(run.decision.limits.wallMs, () => run.stop("timeout"));
        },
        (thrown: unknown) => reject(programError(thrown, input)),
      );
    });
    return await follow(run, guest, agent, execution, failure, hooks);
  } catch (thrown) {
    return { exit: null, failed: HsrError.from(thrown), ended: null, detail: null };
  } finally {
    alarm.clear();
  }
}

/** Waits until the files are there, unless the run ends first; what ended it is seen again where it is followed. */
async function sent(run: LiveRun, guest: Guest, writes: readonly Promise<void>[]): Promise<void> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new HsrError("sandbox_failed")), gatewayLimits.start_timeout_ms.value).unref();
  });
  await Promise.race([Promise.all(writes), run.stopped, guest.ended, late]);
}

/** What an earlier gateway started, taken up again; `null` when its program was never started. */
export async function resume(run: LiveRun, guest: Guest, leftMs: number, hooks: DriveHooks): Promise<DriveEnd | null> {
  const alarm = new Alarm();
  try {
    const patienceMs = Math.min(gatewayLimits.start_timeout_ms.value, Math.max(leftMs, leastPatienceMs));
    const found = await Promise.race([join(run, guest, hooks), run.stopped, guest.ended, after(patienceMs)]);
    const isEnd = found !== null && typeof found === "object" && "end" in found;
    // It ended while no gateway looked, or one heard of it and died. By itself, so its program was under way.
    if (isEnd && (found.end === "exited" || found.end === "out_of_memory" || found.end === "deadline")) {
      hooks.started();
      return { exit: null, failed: null, ended: found.end, detail: found.detail ?? null };
    }
    if (found === null || typeof found === "string" || isEnd) {
      if (found === null && leftMs <= patienceMs) run.stop("timeout");
      throw new HsrError("sandbox_failed", { cause: "its agent was not reached" });
    }
    const { agent, execution } = found;
    if (execution === null) {
      agent.close();
      return null;
    }
    hooks.started();
    alarm.set(Math.max(0, leftMs), () => run.stop("timeout"));
    return await follow(run, guest, agent, execution, never(), hooks);
  } finally {
    alarm.clear();
  }
}

/** Fresh each time: reactions on one shared promise would pile up for ever. */
function never(): Promise<never> {
  return new Promise(() => {});
}

interface Joined {
  readonly agent: Agent;
  /** `null` where the agent does not know it. */
  readonly execution: AgentExecution | null;
}

/** A new stream to a sandbox that runs. The agent belongs to the guest and may never answer: whoever waits has a limit. */
async function join(run: LiveRun, guest: Guest, hooks: DriveHooks): Promise<Joined> {
  const agent = hooks.openAgent(await guest.attach());
  const known = (await agent.list()).find((state) => state.execId === execId);
  if (known === undefined) return { agent, execution: null };
  const from = { stdout: run.stdout.agentOffset, stderr: run.stderr.agentOffset };
  return { agent, execution: agent.follow(execId, from) };
}

type Step =
  | { readonly kind: "exit"; readonly exit: ExecutionExit }
  | { readonly kind: "stopped" }
  | { readonly kind: "ended"; readonly end: SandboxEnd; readonly detail: string | null }
  | { readonly kind: "broken"; readonly cause: Error | null };

/** Follows an execution to its end, over as many streams as it takes. */
async function follow(
  run: LiveRun,
  guest: Guest,
  firstAgent: Agent,
  firstExecution: AgentExecution,
  failure: Promise<never>,
  hooks: DriveHooks,
): Promise<DriveEnd> {
  let agent = firstAgent;
  let execution = firstExecution;
  const stopped = run.stopped.then((): Step => ({ kind: "stopped" }));
  const ended = guest.ended.then((seen): Step => ({ kind: "ended", end: seen.end, detail: seen.detail ?? null }));
  for (let streams = 1; ; streams += 1) {
    const pumped = pump(run, execution);
    const exited = Promise.all([execution.exit, pumped]).then(([exit]): Step => ({ kind: "exit", exit }), never);
    const broken = agent.closed.then((cause): Step => ({ kind: "broken", cause }));
    const step = await Promise.race([exited, stopped, ended, broken, failure]);
    switch (step.kind) {
      case "exit":
        return { exit: step.exit, failed: null, ended: null, detail: null };
      case "stopped":
        return { exit: null, failed: null, ended: null, detail: null };
      case "ended": {
        // The program's exit may still lie in the stream's buffer: the end of the sandbox must not overtake it.
        const last = await Promise.race([exited, broken, failure, after(lastBytesMs)]);
        const exit = last?.kind === "exit" ? last.exit : null;
        return { exit, failed: null, ended: step.end, detail: step.detail };
      }
      case "broken": {
        const last = await Promise.race([exited, ended, stopped, failure, after(streams === 1 ? 50 : lastBytesMs)]);
        if (last?.kind === "exit") return { exit: last.exit, failed: null, ended: null, detail: null };
        if (last?.kind === "ended") return { exit: null, failed: null, ended: last.end, detail: last.detail };
        if (last?.kind === "stopped") return { exit: null, failed: null, ended: null, detail: null };
        if (streams >= mostStreams) return { exit: null, failed: null, ended: "lost", detail: describe(step.cause) };
        const joined = await Promise.race([
          join(run, guest, hooks),
          stopped,
          ended,
          after(gatewayLimits.start_timeout_ms.value),
        ]);
        if (joined !== null && "kind" in joined) {
          if (joined.kind !== "ended") return { exit: null, failed: null, ended: null, detail: null };
          return { exit: null, failed: null, ended: joined.end, detail: joined.detail };
        }
        if (joined === null || joined.execution === null)
          return { exit: null, failed: null, ended: "lost", detail: describe(step.cause) };
        agent = joined.agent;
        execution = joined.execution;
      }
    }
  }
}

/** Takes output as it comes. What is safe here may leave the agent's ring. */
async function pump(run: LiveRun, execution: AgentExecution): Promise<void> {
  let stdoutSafe = run.stdout.safeOffset;
  let stderrSafe = run.stderr.safeOffset;
  for await (const chunk of execution.output) {
    const kept = chunk.stream === "stdout" ? run.stdout : run.stderr;
    try {
      await kept.take(chunk.offset, chunk.bytes);
    } catch (thrown) {
      run.failSpool(thrown);
      return;
    }
    run.changed();
    if (kept.overLimit && run.onOutputLimit === "kill") run.stop("output_limit");
    if (run.stdout.safeOffset !== stdoutSafe || run.stderr.safeOffset !== stderrSafe) {
      stdoutSafe = run.stdout.safeOffset;
      stderrSafe = run.stderr.safeOffset;
      execution.acknowledge({ stdout: stdoutSafe, stderr: stderrSafe });
      if (kept.wantsNoMore) execution.skip(kept.stream);
    }
  }
}

function after(delayMs: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), delayMs).unref());
}

function describe(cause: Error | null): string {
  return cause === null ? "The stream to the sandbox ended." : "The stream to the sandbox broke.";
}

/** A start that fails after the run has already ended otherwise is of no interest to anybody. */
function ignoreLateFailure(): void {}
