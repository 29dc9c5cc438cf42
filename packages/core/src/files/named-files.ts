/**
 * The files that a program's arguments name, as far as they came by the API and are still what came: their bytes, for the
 * analyzer. Everything else that a program could read is not known here, and whoever judges has to say so.
 */
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { requestLimits } from "@hsr/contract";
import type { LiveSandbox } from "../living/live-sandbox.ts";
import { answered } from "./patience.ts";
import type { ReceivedFile, ReceivedFileStore } from "./received.ts";

/** What became of a file that came by the API. */
export type NamedFile = {
  /** Which argument names it. */
  readonly argument: number;
  readonly file: ReceivedFile;
} & (
  | { readonly state: "same"; readonly content: Uint8Array }
  /** Somebody in the sandbox has written to it, or it cannot be read any more. */
  | { readonly state: "changed" }
  /** It is the analyzer's to say what it makes of one that it cannot look at. */
  | { readonly state: "too_large" }
);

export interface NamedFiles {
  /** In the order of the arguments. Never rejects for what the guest does: what cannot be read has changed. */
  of(sandbox: LiveSandbox, argv: readonly string[], cwd: string): Promise<readonly NamedFile[]>;
}

/** Further arguments are not looked at: more files than this are not judged one by one. */
const argumentsMost = 64;

export function namedFiles(received: ReceivedFileStore): NamedFiles {
  return {
    of: async (sandbox, argv, cwd) => {
      const named: NamedFile[] = [];
      for (const [argument, text] of argv.slice(0, argumentsMost).entries()) {
        for (const path of pathsIn(text, cwd)) {
          const file = await received.at(sandbox.id, Buffer.from(path));
          if (file !== null) named.push({ argument, file, ...(await look(sandbox, file)) });
        }
      }
      return named;
    },
  };
}

/** Paths that an argument may mean: itself, and what stands behind the `=` of an option. */
export function pathsIn(argument: string, cwd: string): readonly string[] {
  const equals = argument.indexOf("=");
  const texts = equals > 0 ? [argument, argument.slice(equals + 1)] : [argument];
  return texts.filter((text) => text !== "" && !text.includes("\0")).map((text) => posix.resolve(cwd, text));
}

async function look(
  sandbox: LiveSandbox,
  file: ReceivedFile,
): Promise<{ state: "same"; content: Uint8Array } | { state: "changed" | "too_large" }> {
  if (file.bytes > requestLimits.code_bytes.value) return { state: "too_large" };
  try {
    const agent = await sandbox.agent();
    // One byte more: a file that has grown is another one.
    const content = await answered(agent.readFile(file.path, { offset: 0, bytes: file.bytes + 1 }));
    const isSame = createHash("sha256").update(content).digest("hex") === file.sha256;
    return isSame ? { state: "same", content } : { state: "changed" };
  } catch {
    return { state: "changed" };
  }
}
