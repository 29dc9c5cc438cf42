/**
 * Executions in living sandboxes: each is judged against its sandbox's decision, started, followed over as many streams
 * as it takes, and stored with its output. A program is started once: whoever does not know whether it was, asks the agent.
 */
import { isDeepStrictEqual } from "node:util";
import { gatewayLimits, HsrError, newId, type SandboxReason } from "@hsr/contract";
import type { AnalyzeInput } from "../analyze/analyze.ts";
import type { RiskReport } from "../analyze/report.ts";
import { signalName } from "../collect/signals.ts";
import { hasBinary } from "../decide/facts.ts";
import { type JudgeInput, judge } from "../decide/judge.ts";
import { type NamedFile, type NamedFiles, namedFiles } from "../files/named-files.ts";
import { asJson } from "../ingress.ts";
import type { Agent, AgentExecution } from "../ports.ts";
import { baseEnvironment } from "../run/exec-plan.ts";
import { fileError } from "../run/start-error.ts";
import type { ExecutionExit, ExecutionId, InputFile } from "../types.ts";
import type { ExecAction } from "./actions.ts";
import { admitArrival } from "./arrivals.ts";
import type { Deadlines } from "./deadlines.ts";
import { executedBy } from "./executed.ts";
import { type ExecutionPlan, executionPlan } from "./execution-plan.ts";
import { executionFacts, executionOutcome, executionRefusedEntry, newExecution } from "./execution-row.ts";
import { HeldExecutions } from "./held-executions.ts";
import { type ExecutionEnd, LiveExecution } from "./live-execution.ts";
import type { Link, LiveSandbox } from "./live-sandbox.ts";
import type { LogFile } from "./log-files.ts";
import { guestFolders, mentionedBy } from "./mentioned.ts";
import { opacityOf } from "./opacity.ts";
import type { ExecutionRecord } from "./records.ts";
import type { LivingPorts } from "./sandboxes.ts";
import { lookAt } from "./seen-files.ts";
import { startError } from "./start-error.ts";
import { worstOf } from "./worst.ts";

/** What an earlier gateway had written of an execution's output. */
export interface RestoredLogs {
  readonly stdout: readonly LogFile[];
  readonly stderr: readonly LogFile[];
}

const lostEnd: ExecutionEnd = { exit: null, failed: null, lost: true };

/** Bytes of one piece of output on its way to the store. */
const pieceBytes = 64 * 1024;

/** What an execution is judged by, and its own risk beside the worst of its sandbox. */
export interface Considered {
  readonly considered: JudgeInput;
  /** What it may mention of files that arrive while it runs. */
  readonly words: ReadonlySet<string>;
  readonly risk: RiskReport;
  /** Files of the sandbox that were looked at for it. */
  readonly files: readonly InputFile[];
}

export class Executions {
  readonly #ports: LivingPorts;
  readonly #deadlines: Deadlines;
  readonly #named: NamedFiles;
  readonly #held: HeldExecutions;
  #draining = false;

  constructor(ports: LivingPorts, deadlines: Deadlines) {
    this.#named = namedFiles(ports.store.received);
    this.#ports = ports;
    this.#deadlines = deadlines;
    this.#held = new HeldExecutions(ports, {
      mustHaveRoom,
      consider: (sandbox, action, agent) => this.#consider(sandbox, action, agent),
      noteWorst: (sandbox, risk) => this.#noteWorst(sandbox, risk),
      begin: (sandbox, execution, plan, agent, action) => {
        void this.#begin(sandbox, execution, plan, agent, action).then((end) => this.#finish(sandbox, execution, end));
      },
      finish: (sandbox, execution, end) => this.#finish(sandbox, execution, end),
    });
  }

  drain(): void {
    this.#draining = true;
  }

  /** Takes a request in. Resolves when its row is stored and its program is on its way. */
  async start(sandbox: LiveSandbox, action: ExecAction): Promise<LiveExecution> {
    const release = sandbox.hold();
    this.#watchArrivals(sandbox);
    const leave = await sandbox.turns.judging();
    try {
      return await this.#take(sandbox, action, release);
    } catch (thrown) {
      release();
      throw thrown;
    } finally {
      leave();
    }
  }

  async #take(sandbox: LiveSandbox, action: ExecAction, release: () => void): Promise<LiveExecution> {
    const ports = this.#ports;
    if (this.#draining) throw new HsrError("draining", { retryAfterMs: 2000 });
    const agent = await sandbox.agent();
    const looked = await this.#consider(sandbox, action, agent);
    const { considered, risk, words } = looked;
    const judgement = judge(considered);
    if (judgement.kind === "refuse") {
      const { code, options } = judgement.refusal;
      await ports.store.audit.append(executionRefusedEntry(sandbox, action, considered, code, ports.clock.now()));
      throw new HsrError(code, options);
    }
    if (judgement.kind === "hold") {
      const held = await this.#held.hold(sandbox, action, looked, judgement);
      void held.finished.then(release);
      return held;
    }
    mustHaveRoom(sandbox);
    await this.#noteWorst(sandbox, considered.risk);
    const { timeoutMs, outputBytes } = judgement.decision;
    const allowed = { ...action, timeoutMs, outputBytes };
    sandbox.lastNumber += 1;
    const id = newId("execution") as ExecutionId;
    const plan = executionPlan(id, allowed, sandbox);
    const row = newExecution(sandbox, allowed, plan.spec.argv, considered, judgement.decision, {
      id,
      number: sandbox.lastNumber,
      risk,
      nowMs: ports.clock.now(),
      held: null,
    });
    const { audit: _audit, held: _held, ...kept } = row;
    const record: ExecutionRecord = { ...kept, startedAtMs: null, outcome: null };
    const execution = new LiveExecution(record, plan.spec, ports.logFiles);
    execution.words = words;
    sandbox.executions.set(id, execution);
    const stored = ports.store.executions.create(row);
    // Its program starts while its row is written: a gateway that dies in between leaves an execution that nobody knows,
    // and the next one ends those.
    const driven = this.#begin(sandbox, execution, plan, agent, allowed);
    try {
      await stored;
    } catch (thrown) {
      execution.stop("killed");
      sandbox.executions.delete(id);
      // The agent knows a bounded number: one that nobody lets it forget would be one less for good.
      void driven.then(() => execution.forget());
      throw thrown;
    }
    void driven.then((end) => this.#finish(sandbox, execution, end));
    void execution.finished.then(release);
    return execution;
  }

  /** Brings its code, if it is code, and starts it. Never rejects. */
  #begin(
    sandbox: LiveSandbox,
    execution: LiveExecution,
    plan: ExecutionPlan,
    agent: Agent,
    action: ExecAction,
  ): Promise<ExecutionEnd> {
    if (action.program.kind === "code") sandbox.seen.addBytes(action.program.code);
    execution.codeFile = plan.file?.path ?? null;
    const written = plan.file === null ? null : agent.writeFile(plan.file.path, plan.file.content, 0o644);
    return this.#drive(sandbox, execution, { agent, known: new Map() }, written, action);
  }

  /** What is known of an execution before it starts: its program, the files that it runs, and what ran here before. */
  async #consider(sandbox: LiveSandbox, action: ExecAction, agent: Agent): Promise<Considered> {
    const ports = this.#ports;
    const environment = { ...sandbox.record.environment, ...action.environment };
    const { program } = action;
    const executed = executedBy(program.kind === "argv" ? program.argv : [], {
      cwd: action.cwd,
      environment: { ...baseEnvironment, ...environment },
    });
    const { files, unseen } = await lookAt(agent, sandbox.seen, executed);
    const stdin = givenStdin(action);
    const isBinary = hasBinary({ program, files, stdin });
    const named = program.kind === "argv" ? await this.#named.of(sandbox, program.argv, action.cwd) : [];
    const given = [...files, ...namedOnly(named, files)];
    const mentioned = await mentionedBy(
      textsOf({ program, stdin, environment, files: given }),
      guestFolders(sandbox.decision),
      agent,
      (path) => given.some((file) => file.path === path),
    );
    const { mounts } = sandbox.decision;
    const known = { program, files: [...given, ...mentioned.files], environment, stdin };
    const input = mounts === undefined || mounts.length === 0 ? known : { ...known, mounts };
    const opacity =
      opacityOf(action) ?? (unseen || mentioned.cut ? "unseen_file" : executed.computed ? "computed" : null);
    const risk = await ports.analyze(input, sandbox.record.tenant);
    const considered: JudgeInput = {
      envelope: sandbox.decision,
      allow: sandbox.record.allow,
      request: executionFacts(sandbox, program, opacity !== null, isBinary),
      risk: worstOf(sandbox.worst, risk),
      opacity,
      asked: { timeoutMs: action.timeoutMs, outputBytes: action.outputBytes },
      // After the analysis: what came into force meanwhile holds.
      rules: ports.rules,
    };
    return { considered, risk, words: mentioned.words, files: input.files };
  }

  /** From its first execution on files that arrive are judged; where nothing has to be seen in advance, they need not be. */
  #watchArrivals(sandbox: LiveSandbox): void {
    if (sandbox.record.allow.includes("opaque")) return;
    sandbox.admit ??= async (arrival) => {
      const worst = await admitArrival(this.#ports, sandbox, await sandbox.agent(), arrival);
      if (worst !== null) await this.#noteWorst(sandbox, worst);
    };
  }

  /** A sandbox's score is the highest of its life, also for the next gateway. Noted before anything runs. */
  async #noteWorst(sandbox: LiveSandbox, risk: RiskReport): Promise<void> {
    if (isDeepStrictEqual(sandbox.worst, risk)) return;
    sandbox.worst = risk;
    await this.#ports.store.sandboxes.note(sandbox.id, { risk: asJson(risk) });
  }

  /** Takes up an execution of an earlier gateway. */
  async resume(sandbox: LiveSandbox, record: ExecutionRecord, logs: RestoredLogs): Promise<void> {
    const release = sandbox.hold();
    this.#watchArrivals(sandbox);
    if (record.state === "held") {
      const held = await this.#held.resume(sandbox, record);
      void held.finished.then(release);
      return;
    }
    const execution = new LiveExecution(record, null, this.#ports.logFiles);
    execution.stdout.restore(logs.stdout);
    execution.stderr.restore(logs.stderr);
    sandbox.executions.set(record.id, execution);
    void execution.finished.then(release);
    void sandbox
      .linkAfter(null)
      .then((link) => (link === null ? lostEnd : this.#drive(sandbox, execution, link, null, null)))
      .then((end) => this.#finish(sandbox, execution, end));
  }

  /** From its start to its end, over as many streams as it takes. Never rejects. */
  async #drive(
    sandbox: LiveSandbox,
    execution: LiveExecution,
    first: Link,
    written: Promise<void> | null,
    action: ExecAction | null,
  ): Promise<ExecutionEnd> {
    try {
      await written?.catch((thrown: unknown) => {
        throw fileError(thrown, 0, 0);
      });
      for (let link: Link | null = first; link !== null; link = await sandbox.linkAfter(link.agent)) {
        const end = await this.#over(sandbox, link, execution, action);
        if (end !== null) return end;
      }
      return lostEnd;
    } catch (thrown) {
      return { exit: null, failed: HsrError.from(thrown), lost: false };
    }
  }

  /** Over one stream: what the agent knows is followed, what was never started is started. `null`: the stream ended first. */
  async #over(
    sandbox: LiveSandbox,
    link: Link,
    execution: LiveExecution,
    action: ExecAction | null,
  ): Promise<ExecutionEnd | null> {
    const joined = this.#join(link, execution);
    if (joined === null) return lostEnd;
    let failure: unknown = null;
    joined.started.then(
      () => this.#started(execution),
      (thrown: unknown) => {
        failure = thrown;
      },
    );
    const followed = await execution.follow(joined);
    if (followed.kind === "exit") return { exit: followed.exit, failed: null, lost: false };
    if (failure === null || isOver(failure)) return null;
    joined.forget();
    // The agent knew it when the stream was opened, and now does not: somebody has meddled with it.
    if (action === null) return lostEnd;
    const users = this.#ports.offers.runtime(sandbox.decision.runtime)?.capabilities.users ?? "single";
    return { exit: null, failed: startError(failure, action, users), lost: false };
  }

  #join({ agent, known }: Link, execution: LiveExecution): AgentExecution | null {
    const { number, background, terminal, state } = execution.record;
    const found = known.get(number);
    if (found !== undefined) {
      const from = { stdout: execution.stdout.end, stderr: execution.stderr.end };
      const reader = background || terminal ? "background" : "foreground";
      return agent.follow(number, from, { reader, stdinOffset: found.stdinBytes });
    }
    // It may have ended and been forgotten, or never have been started: only the latter may be started.
    return execution.spec !== null && state === "starting" ? agent.start(number, execution.spec) : null;
  }

  #started(execution: LiveExecution): void {
    const { clock } = this.#ports;
    const isNews = execution.record.state === "starting";
    execution.begun(clock);
    const { timeoutMs, background, terminal, startedAtMs } = execution.record;
    if (timeoutMs !== null && !this.#deadlines.has(execution)) {
      // A wall clock that was set back meanwhile gives no more than the whole time.
      const leftMs = Math.min(timeoutMs, Math.max(0, (startedAtMs ?? clock.now()) + timeoutMs - clock.now()));
      this.#deadlines.set(execution, leftMs, () => execution.stop("timeout"));
    }
    // Short ones are never noted as running: their end comes first, and that saves a write.
    if (isNews && (background || terminal)) this.#noteStarted(execution);
  }

  #noteStarted(execution: LiveExecution): void {
    const { store, clock, log } = this.#ports;
    store.executions
      .started(execution.id, execution.record.startedAtMs ?? clock.now())
      .catch((err: unknown) => log.warn({ err, execution: execution.id }, "its start could not be noted"));
  }

  async #finish(sandbox: LiveSandbox, execution: LiveExecution, end: ExecutionEnd): Promise<void> {
    if (execution.ending || !sandbox.executions.has(execution.id)) return;
    execution.ending = true;
    const { clock, store, log, metrics } = this.#ports;
    this.#deadlines.clear(execution);
    const nowMs = clock.now();
    const outcome = executionOutcome(execution, end, {
      nowMs,
      wallMs: execution.startedMonotonicMs === null ? null : clock.monotonic() - execution.startedMonotonicMs,
      oomKills: await this.#memoryKills(sandbox, end.exit),
      signalName,
    });
    if (end.failed !== null || execution.logFailure !== null)
      log.warn(
        {
          execution: execution.id,
          request: execution.requestId,
          err: end.failed?.cause ?? execution.logFailure,
          error_code: end.failed?.code,
        },
        "execution failed",
      );
    let record: ExecutionRecord = { ...execution.record, state: "finished", outcome };
    try {
      const output = { stdout: execution.stdout.pieces(pieceBytes), stderr: execution.stderr.pieces(pieceBytes) };
      record = (await store.executions.finish(execution.id, outcome, output)) ?? record;
    } catch (err) {
      log.error({ err, execution: execution.id }, "an execution's end could not be stored");
    }
    // Only now: until its end is stored, a gateway that dies must find it at the agent.
    execution.forget();
    sandbox.executions.delete(execution.id);
    metrics.count("hsr_executions_total", { reason: outcome.reason, runtime: sandbox.decision.runtime });
    execution.end(record);
    if (execution.codeFile !== null) this.#removeCode(sandbox, execution.codeFile);
    await this.#ports.logFiles
      .forget(execution.id)
      .catch((err: unknown) => log.warn({ err, execution: execution.id }, "its files could not be removed"));
  }

  /** Code that has run is not needed: thousands of such files would use the sandbox's inodes up. */
  #removeCode(sandbox: LiveSandbox, path: string): void {
    sandbox
      .agent()
      .then((agent) => agent.remove(path))
      .catch(() => "the sandbox is gone, or its guest has removed it");
  }

  /** Whether the kernel killed something in the sandbox for want of memory; asked only where it would explain the end. */
  async #memoryKills(sandbox: LiveSandbox, exit: ExecutionExit | null): Promise<number> {
    if (exit === null || (exit.signal !== 9 && exit.exitCode !== 128 + 9) || sandbox.guest === null) return 0;
    const before = sandbox.memoryKills;
    try {
      sandbox.memoryKills = (await sandbox.guest.usage()).oomKills ?? before;
    } catch {
      // A sandbox that is gone cannot be asked.
      return 0;
    }
    return sandbox.memoryKills - before;
  }

  /** The sandbox is gone: so is everything in it. */
  async endAll(sandbox: LiveSandbox, reason: SandboxReason): Promise<void> {
    for (const execution of [...sandbox.executions.values()]) {
      if (reason !== "lost") execution.stop(reason === "deleted" ? "cancelled" : "killed");
      await this.#finish(sandbox, execution, lostEnd);
    }
  }
}

/** Every text of a request in which a file could be named. */
function textsOf({ program, stdin, environment, files }: AnalyzeInput): readonly Uint8Array[] {
  const words = program.kind === "argv" ? program.argv : program.args;
  return [
    Buffer.from([...words, ...Object.values(environment)].join("\n")),
    ...(program.kind === "code" ? [program.code] : []),
    ...(stdin === null ? [] : [stdin]),
    ...files.map((file) => file.content),
  ];
}

/** Throws where nothing more can be started. */
function mustHaveRoom(sandbox: LiveSandbox): void {
  sandbox.mustRun();
  if (sandbox.executions.size >= gatewayLimits.executions_per_sandbox.value)
    throw new HsrError("too_many_executions", { retryAfterMs: 1000 });
}

/** Files that the command line names and does not run: the analyzer sees them too. */
function namedOnly(named: readonly NamedFile[], run: readonly InputFile[]): readonly InputFile[] {
  return named.flatMap((one) => {
    const path = Buffer.from(one.file.path).toString("utf8");
    if (one.state !== "same" || run.some((file) => file.path === path)) return [];
    return [{ path, content: one.content, mode: 0o644 }];
  });
}

/** Bytes that came with the request; what is typed later cannot be seen. */
function givenStdin(action: ExecAction): Uint8Array | null {
  return action.stdin === "open" ? null : action.stdin;
}

/** The stream ended; the program is none the wiser. */
function isOver(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && (thrown.code === "CLOSED" || thrown.code === "PROTOCOL");
}
