/** Processes that outlive the script that started them, told from later ones with the same number by their start time. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A process as a record keeps it. */
export interface Known {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTicks: string;
}

/** A log is begun anew beyond this size; the previous one is kept beside it. */
const LOG_BYTES_MAX = 32 * 1024 * 1024;

/** State and start time of a process, or null when there is none. */
function statOf(pid: number): { state: string; startTicks: string } | null {
  try {
    // The name in parentheses may hold anything, so fields are counted from its end.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return { state: fields[0] ?? "", startTicks: fields[19] ?? "" };
  } catch {
    return null; // No such process.
  }
}

/** Whether the process still runs; a zombie does not. */
export function isAlive({ pid, startTicks }: Known): boolean {
  const found = statOf(pid);
  return found !== null && found.startTicks === startTicks && found.state !== "Z" && found.state !== "X";
}

export interface Start {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Appended to; or "inherit" for a foreground program. */
  readonly log: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

/** Starts a program in a session of its own, away from our terminal. */
export async function start({ command, env, log, user }: Start): Promise<Known> {
  const output = log === "inherit" ? "inherit" : openLog(log);
  const [file, ...args] = command;
  const child = spawn(file, args, {
    cwd: "/",
    env: { ...env },
    detached: true,
    stdio: ["ignore", output, output],
    // Node drops the supplementary groups when it changes the user.
    ...(user ?? {}),
  });
  if (typeof output === "number") closeSync(output);
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  child.unref();
  if (child.pid === undefined) throw new Error(`${file} was not started`);
  return { pid: child.pid, startTicks: statOf(child.pid)?.startTicks ?? "" };
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    if (statSync(path).size > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
  } catch {
    // There is no log yet.
  }
  return openSync(path, "a", 0o600);
}

/** Sends a signal, if the process is still the one we mean. */
export function signal(known: Known, name: NodeJS.Signals): void {
  if (!isAlive(known)) return;
  try {
    process.kill(known.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Waits until it has ended; false when it has not by then. */
export async function endsWithin(known: Known, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isAlive(known)) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** Asks it to end, and kills it when it takes longer than `patienceMs`. */
export async function stop(known: Known, patienceMs: number): Promise<"ended" | "killed" | "was gone"> {
  if (!isAlive(known)) return "was gone";
  signal(known, "SIGTERM");
  if (await endsWithin(known, patienceMs)) return "ended";
  signal(known, "SIGKILL");
  await endsWithin(known, 5_000);
  return "killed";
}
