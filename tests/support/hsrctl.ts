/** The real hsrctl for a test, as a process: with an address and a key of the test's, and nothing of the developer's own. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compileCache } from "./compile-cache.ts";

const program = fileURLToPath(new URL("../../bin/hsrctl", import.meta.url));

export interface HsrctlOptions {
  readonly url?: string;
  readonly key?: string;
  readonly input?: string | Buffer;
  /** Leaves stdin open and unread instead of giving `input`. */
  readonly openStdin?: boolean;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface HsrctlResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunningHsrctl {
  readonly process: ChildProcess;
  readonly done: Promise<HsrctlResult>;
  /** Resolves when stdout or stderr holds this text; rejects when hsrctl ends first. */
  shows(text: string): Promise<void>;
}

/** Starts hsrctl and does not wait for it. */
export function startHsrctl(args: readonly string[], options: HsrctlOptions = {}): RunningHsrctl {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: {
      PATH: process.env["PATH"],
      HOME: "/nonexistent",
      XDG_RUNTIME_DIR: "/nonexistent",
      ...compileCache(),
      ...(options.url === undefined ? {} : { HSR_URL: options.url }),
      ...(options.key === undefined ? {} : { HSR_KEY: options.key }),
      ...options.env,
    },
    stdio: [options.input !== undefined || options.openStdin ? "pipe" : "ignore", "pipe", "pipe"],
  });
  const stdout: Buffer[] = [];
  let stderr = "";
  let wake = () => {};
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout.push(chunk);
    wake();
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    wake();
  });
  // A program that ends before it has read its input is no error of the test's.
  child.stdin?.on("error", () => {});
  if (options.input !== undefined) child.stdin?.end(options.input);
  let ended = false;
  const done = new Promise<HsrctlResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      ended = true;
      wake();
      resolve({ code, signal, stdout: Buffer.concat(stdout), stderr });
    });
  });
  const shows = async (text: string): Promise<void> => {
    while (!`${Buffer.concat(stdout).toString("utf8")}${stderr}`.includes(text)) {
      if (ended) throw new Error(`hsrctl ended without showing ${JSON.stringify(text)}: ${stderr}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { process: child, done, shows };
}

/** Runs hsrctl to its end. */
export function hsrctl(args: readonly string[], options: HsrctlOptions = {}): Promise<HsrctlResult> {
  return startHsrctl(args, options).done;
}
