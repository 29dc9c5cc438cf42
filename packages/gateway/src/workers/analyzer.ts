/**
 * The analyzer behind its port: processes with a deadline, a bounded line in front of them, and what was analyzed before. One that
 * dies or is late gives the strictest report there is; the next request finds a new one. No threads: V8 ends the whole process
 * when a thread's heap grows past its limit too fast (docs/decisions/0060-the-analyzer-reads-in-processes.md).
 */
import { createHash, hash } from "node:crypto";
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
import type { ChildJob, ChildSetup } from "./analyze-child.ts";
import { type Child, startChild } from "./child.ts";
import { Line } from "./line.ts";

export interface AnalyzerOptions {
  readonly rules: readonly Rule[];
  readonly processes: number;
  readonly deadlineMs: number;
  readonly mostBytes: number;
  /** Reports that are kept by the digest of what was analyzed. */
  readonly cacheEntries: number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Another program, for tests of processes that hang or die. */
  readonly program?: URL;
}

export interface Analyzer {
  readonly analyze: Analyze;
  /** Names the rules in force. */
  readonly digest: string;
  close(): Promise<void>;
}

/** What waits for a process, over all tenants. Beyond it the answer is the queue's: later callers would wait longer than they do. */
const lineBounds = { places: 8192, bytes: 256 * 1024 * 1024 };
/** A process that has just been started may take so long to load its grammars. */
const startMs = 20_000;
interface Job {
  readonly id: number;
  readonly input: AnalyzeInput;
  readonly give: (report: AnalyzedRisk) => void;
}

interface Reader {
  readonly child: Child;
  ready: boolean;
  job: Job | null;
  timer: NodeJS.Timeout | null;
}

export function startAnalyzer(options: AnalyzerOptions): Analyzer {
  const { digest } = ruleSet(options.rules);
  const kept = new Map<string, AnalyzedRisk>();
  const underway = new Map<string, Promise<AnalyzedRisk>>();
  const waiting = new Line<Job>(lineBounds);
  const readers = new Set<Reader>();
  let nextId = 1;
  let closed = false;

  function start(): void {
    const child = startChild(options.program ?? new URL("./analyze-child.ts", import.meta.url));
    const reader: Reader = { child, ready: false, job: null, timer: null };
    readers.add(reader);
    reader.timer = setTimeout(() => lose(reader, "A process did not start in time."), startMs);
    reader.timer.unref();
    child.onMessage((message) => {
      if (message.ready === true) {
        reader.ready = true;
        if (reader.timer !== null) clearTimeout(reader.timer);
        next(reader);
        return;
      }
      const { job } = reader;
      if (job === null || message.report === undefined || message.id !== job.id) return;
      finish(reader, job, message.report);
    });
    child.onEnd((how) => {
      if (readers.has(reader)) options.log.warn({ how }, "a process of the analyzer ended");
      lose(reader, "The analyzer ended while it read the code.");
    });
    const setup: ChildSetup = { rules: options.rules, mostBytes: options.mostBytes };
    child.send(setup);
  }

  function finish(reader: Reader, job: Job, report: AnalyzedRisk): void {
    if (reader.timer !== null) clearTimeout(reader.timer);
    reader.job = null;
    job.give(report);
    next(reader);
  }

  /** A reader is gone, or has to go: whoever it worked for gets the strict report, and another takes its place. */
  function lose(reader: Reader, why: string): void {
    if (!readers.delete(reader)) return;
    if (reader.timer !== null) clearTimeout(reader.timer);
    void reader.child.kill();
    const { job } = reader;
    if (job !== null) {
      options.metrics.count("hsr_analyses_failed_total", {});
      job.give(failedReport(why, declaredOf(job.input), digest));
    }
    if (closed) return;
    // A reader that cannot even start is tried again a moment later, and what waits gets its answer meanwhile.
    if (reader.ready) start();
    else {
      for (const each of waiting.takeAll()) each.give(failedReport(why, declaredOf(each.input), digest));
      setTimeout(() => {
        if (!closed && readers.size < options.processes) start();
      }, 1000).unref();
    }
  }

  function next(reader: Reader): void {
    if (!reader.ready || reader.job !== null || !readers.has(reader)) return;
    const job = waiting.shift();
    if (job === undefined) {
      reader.child.unref();
      return;
    }
    reader.job = job;
    reader.child.ref();
    reader.timer = setTimeout(
      () => lose(reader, `The analysis took longer than ${options.deadlineMs} ms.`),
      options.deadlineMs,
    );
    const message: ChildJob = { id: job.id, input: job.input };
    reader.child.send(message);
  }

  function read(input: AnalyzeInput, tenant: string): Promise<AnalyzedRisk> {
    if (closed) return Promise.resolve(failedReport("The analyzer has ended.", declaredOf(input), digest));
    return new Promise((give, refuse) => {
      if (!waiting.push(tenant, { id: nextId++, input, give }, bytesOf(input)))
        refuse(new HsrError("queue_full", { retryAfterMs: 1000 }));
      for (const reader of readers) next(reader);
    });
  }

  async function analyze(input: AnalyzeInput, tenant: string): Promise<AnalyzedRisk> {
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
    const reading = read(input, tenant).finally(() => underway.delete(key));
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

  for (let count = 0; count < options.processes; count += 1) start();
  return {
    analyze,
    digest,
    close: async () => {
      closed = true;
      await Promise.all([...readers].map(({ child }) => child.kill()));
    },
  };
}

function bytesOf({ program, files, stdin }: AnalyzeInput): number {
  const code = program.kind === "code" ? program.code.length : 0;
  return files.reduce((sum, file) => sum + file.content.length, code + (stdin?.length ?? 0));
}

function declaredOf({ program }: AnalyzeInput): LanguageName | null {
  return program.kind === "code" ? (program.language as LanguageName) : null;
}

/** The same for the same code, files and words, and for nothing else: lengths and numbers of things stand before the things. */
export function digestOf({ program, files, environment, stdin, mounts = [] }: AnalyzeInput): string {
  if (
    program.kind === "code" &&
    files.length === 0 &&
    stdin === null &&
    program.args.length === 0 &&
    mounts.length === 0 &&
    Object.keys(environment).length === 0
  )
    return `${program.language}:${hash("sha256", program.code)}`;
  const sum = createHash("sha256");
  const put = (part: string | Uint8Array) => {
    sum.update(`${typeof part === "string" ? Buffer.byteLength(part) : part.length}:`);
    sum.update(part);
  };
  const putAll = (parts: readonly (string | Uint8Array)[]) => {
    sum.update(`${parts.length};`);
    for (const each of parts) put(each);
  };
  if (program.kind === "code") putAll(["code", program.language, program.code, ...program.args]);
  else putAll(["argv", ...program.argv]);
  putAll(files.flatMap((file) => [file.path, String(file.mode), file.content]));
  putAll(Object.entries(environment).flat());
  putAll(stdin === null ? [] : [stdin]);
  putAll(mounts.flatMap(({ target, access }) => [target, access]));
  return sum.digest("hex");
}
