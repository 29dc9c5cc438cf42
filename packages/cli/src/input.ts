/** What a run takes from the caller's machine: files and standard input, both bounded as the contract has it. */

import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { requestLimits } from "@hsr/contract/limits";
import { exitCodes, Failure, usageFailure } from "./failure.ts";
import { showBytes } from "./units.ts";

/** How long stdin may be silent before we say that we wait for it. */
const SAY_WAITING_AFTER_MS = 2_000;

/** Reads a file of the caller's, up to the contract's bound for files. */
export function readInputFile(path: string): Buffer {
  const limit = requestLimits.file_bytes_total.value;
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usageFailure(code === "ENOENT" ? `there is no file ${path}` : `${path} cannot be read (${code})`);
  }
  try {
    const facts = fstatSync(descriptor);
    if (facts.isDirectory()) throw usageFailure(`${path} is a folder`);
    if (facts.size > limit)
      throw usageFailure(`${path} has ${showBytes(facts.size)}; at most ${showBytes(limit)} can be sent`);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether stdin is something that somebody redirected to us: a pipe or a file, not a terminal and not /dev/null. */
export function stdinIsRedirected(): boolean {
  try {
    const facts = fstatSync(0);
    return facts.isFIFO() || facts.isFile() || facts.isSocket();
  } catch {
    return false; // A closed stdin is no input.
  }
}

/** Reads stdin to its end. More than the contract allows is refused, not cut. */
export async function readStdin(what: string, limit: number, say: (text: string) => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const waiting = setTimeout(
    () => say(`hsrctl: waiting for the end of standard input (Ctrl-D ends it, --no-stdin leaves it alone)\n`),
    SAY_WAITING_AFTER_MS,
  );
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      clearTimeout(waiting);
      bytes += chunk.length;
      if (bytes > limit) {
        throw new Failure(`${what} on standard input is more than ${showBytes(limit)}`, {
          hint: "send it as a file with --file",
          exitCode: exitCodes.usage,
        });
      }
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(waiting);
    process.stdin.destroy();
  }
  return Buffer.concat(chunks);
}

/** Bytes as the request's field: text where it is UTF-8, base64 otherwise. */
export function stdinFields(content: Buffer): { stdin: string } | { stdin_base64: string } {
  try {
    return { stdin: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content) };
  } catch {
    return { stdin_base64: content.toString("base64") };
  }
}
