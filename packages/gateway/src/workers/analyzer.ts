/**
 * The analyzer behind its port: threads with a deadline, a bounded line in front of them, and what was analyzed before. A thread
 * that dies or is late gives the strictest report there is; the next request finds a new one.
 */
import { createHash, hash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { HsrError, type LanguageName } from "@hsr/contract";
import {
  type Analyze,
  type AnalyzedRisk,
  type AnalyzeInput,
  failedReport,
  type Log,
  type Metrics,
  type Rule,
  ruleSet,
} from "@hsr/core";
import type { WorkerSetup } from "./analyze-worker.ts";

export interface AnalyzerOptions {
  readonly rules: readonly Rule[];
  readonly threads: number;
  readonly deadlineMs: number;
  readonly mostBytes: number;
  /** Reports that are kept by the digest of what was analyzed. */
  readonly cacheEntries: number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Another thread's file, for tests of threads that hang or die. */
  readonly thread?: URL;
}

export interface Analyzer {
  readonly analyze: Analyze;
  /** Names the rules in force. */
  readonly digest: string;
  close(): Promise<void>;
}

/** Requests that wait for a thread. Beyond it the answer is the queue's: later callers would wait longer than they do. */
const mostWaiting = 1024;
/** A thread that has just been started may take so long to load its grammars. */
const startMs = 20_000;
/** Memory of one thread in MB; its grammars and the tree of the largest text fit well within. */
const threadMemoryMb = 512;

interface Job {
  readonly id: number;
  readonly input: AnalyzeInput;
  readonly give: (report: AnalyzedRisk) => void;
}

interface Thread {
  readonly worker: Worker;
  ready: boolean;
  job: Job | null;
  timer: NodeJS.Timeout | null;
}

export function startAnalyzer(options: AnalyzerOptions): Analyzer {
  const { digest } = ruleSet(options.rules);
  const kept = new Map<string, AnalyzedRisk>();
  const underway = new Map<string, Promise<AnalyzedRisk>>();
  const waiting: Job[] = [];
  const threads = new Set<Thread>();
  let nextId = 1;
  let closed = false;

  function start(): void {
    const setup: WorkerSetup = { rules: options.rules, mostBytes: options.mostBytes };
    const worker = new Worker(options.thread ?? new URL("./analyze-worker.ts", import.meta.url), {
      workerData: setup,
      // Nothing of the gateway's environment reaches a thread that reads hostile text.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: threadMemoryMb, stackSizeMb: 8 },
    });
    worker.unref();
    const thread: Thread = { worker, ready: false, job: null, timer: null };
    threads.add(thread);
    thread.timer = setTimeout(() => lose(thread, "A thread did not start in time."), startMs);
    thread.timer.unref();
    worker.on("message", (message: { readonly ready?: true; readonly id?: number; readonly report?: AnalyzedRisk }) => {
      if (message.ready === true) {
        thread.ready = true;
        if (thread.timer !== null) clearTimeout(thread.timer);
        next(thread);
        return;
      }
      const { job } = thread;
      if (job === null || message.report === undefined || message.id !== job.id) return;
      finish(thread, job, message.report);
    });
    worker.on("error", (cause: unknown) => {
      options.log.warn({ err: cause }, "a thread of the analyzer failed");
      lose(thread, "The analyzer failed while it read the code.");
    });
    worker.on("exit", () => lose(thread, "The analyzer ended while it read the code."));
  }

  function finish(thread: Thread, job: Job, report: AnalyzedRisk): void {
    if (thread.timer !== null) clearTimeout(thread.timer);
    thread.job = null;
    job.give(report);
    next(thread);
  }

  /** A thread is gone, or has to go: whoever it worked for gets the strict report, and another takes its place. */
  function lose(thread: Thread, why: string): void {
    if (!threads.delete(thread)) return;
    if (thread.timer !== null) clearTimeout(thread.timer);
    void thread.worker.terminate();
    const { job } = thread;
    if (job !== null) {
      options.metrics.count("hsr_analyses_failed_total", {});
      job.give(failedReport(why, declaredOf(job.input), digest));
    }
    if (closed) return;
    // A thread that cannot even start is tried again a moment later, and what waits gets its answer meanwhile.
    if (thread.ready) start();
    else {
      for (const each of waiting.splice(0)) each.give(failedReport(why, declaredOf(each.input), digest));
      setTimeout(() => {
        if (!closed && threads.size < options.threads) start();
      }, 1000).unref();
    }
  }

  function next(thread: Thread): void {
    if (!thread.ready || thread.job !== null || !threads.has(thread)) return;
    const job = waiting.shift();
    if (job === undefined) {
      thread.worker.unref();
      return;
    }
    thread.job = job;
    thread.worker.ref();
    thread.timer = setTimeout(
      () => lose(thread, `The analysis took longer than ${options.deadlineMs} ms.`),
      options.deadlineMs,
    );
    thread.worker.postMessage({ id: job.id, input: job.input });
  }

  function read(input: AnalyzeInput): Promise<AnalyzedRisk> {
    if (closed) return Promise.resolve(failedReport("The analyzer has ended.", declaredOf(input), digest));
    if (waiting.length >= mostWaiting) return Promise.reject(new HsrError("queue_full", { retryAfterMs: 1000 }));
    return new Promise((give) => {
      waiting.push({ id: nextId++, input, give });
      for (const thread of threads) next(thread);
    });
  }

  async function analyze(input: AnalyzeInput): Promise<AnalyzedRisk> {
    const key = digestOf(input);
    const known = kept.get(key);
    if (known !== undefined) {
      kept.delete(key);
      kept.set(key, known);
      return known;
    }
    const going = underway.get(key);
    if (going !== undefined) return await going;
    const startedMs = performance.now();
    const reading = read(input).finally(() => underway.delete(key));
    underway.set(key, reading);
    const report = await reading;
    options.metrics.observe("hsr_analyze_seconds", {}, (performance.now() - startedMs) / 1000);
    // A failure may be the moment's: the next request is read again.
    if (!report.findings.some(({ id }) => id === "analysis-failed")) {
      kept.set(key, report);
      if (kept.size > options.cacheEntries) kept.delete(kept.keys().next().value ?? "");
    }
    return report;
  }

  for (let count = 0; count < options.threads; count += 1) start();
  return {
    analyze,
    digest,
    close: async () => {
      closed = true;
      await Promise.all([...threads].map(({ worker }) => worker.terminate()));
    },
  };
}

function declaredOf({ program }: AnalyzeInput): LanguageName | null {
  return program.kind === "code" ? (program.language as LanguageName) : null;
}

/** The same for the same code, files and words. Lengths stand before contents, so that nothing can be shifted between them. */
function digestOf({ program, files, environment, stdin }: AnalyzeInput): string {
  if (
    program.kind === "code" &&
    files.length === 0 &&
    stdin === null &&
    program.args.length === 0 &&
    Object.keys(environment).length === 0
  )
    return `${program.language}:${hash("sha256", program.code)}`;
  const sum = createHash("sha256");
  const put = (part: string | Uint8Array) => {
    sum.update(`${part.length}:`);
    sum.update(part);
  };
  if (program.kind === "code") {
    put(program.language);
    put(program.code);
    for (const each of program.args) put(each);
  } else for (const each of program.argv) put(each);
  put(program.kind);
  for (const file of files) {
    put(file.path);
    put(String(file.mode));
    put(file.content);
  }
  for (const [name, value] of Object.entries(environment)) put(`${name}=${value}`);
  if (stdin !== null) put(stdin);
  return sum.digest("hex");
}
