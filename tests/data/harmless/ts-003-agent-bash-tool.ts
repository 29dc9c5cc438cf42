import { spawn } from "node:child_process";

export interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly late: boolean;
}

/** Runs one command line in the project's folder; output over the limit is cut in the middle. */
export function bash(command: string, cwd: string, timeoutMs = 120_000, limit = 30_000): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-lc", command], { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const parts: string[] = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, timeoutMs);
    child.stdout.on("data", (data: Buffer) => parts.push(data.toString()));
    child.stderr.on("data", (data: Buffer) => parts.push(data.toString()));
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      const text = parts.join("");
      const half = limit / 2;
      const output = text.length > limit ? `${text.slice(0, half)}\n…\n${text.slice(-half)}` : text;
      resolve({ code, output, late });
    });
  });
}
