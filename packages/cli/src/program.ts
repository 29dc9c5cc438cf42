/** What the caller wants to have run: a command of the sandbox, a script, or a program file, as the request's fields. */

import { basename, extname } from "node:path";
import type { LanguageName, RunRequest } from "@hsr/contract";
import { usageFailure } from "./failure.ts";

/** The part of a request that says what is run. */
export type Program = Pick<RunRequest, "code" | "language" | "args" | "argv" | "files">;

export const languages: readonly LanguageName[] = ["python", "javascript", "typescript", "bash"];

const byExtension: Readonly<Record<string, LanguageName>> = {
  ".py": "python",
  ".js": "javascript",
  ".mjs": "javascript",
  ".ts": "typescript",
  ".mts": "typescript",
  ".sh": "bash",
  ".bash": "bash",
};

/** Interpreters of a `#!` line, without version and folder. `sh` is run by bash, which the sandbox has. */
const byInterpreter: Readonly<Record<string, LanguageName>> = {
  python: "python",
  node: "javascript",
  bash: "bash",
  sh: "bash",
  dash: "bash",
};

/** The language that a `#!` line asks for: `#!/usr/bin/env -S python3.11 -u` is python. `null` when there is no such line. */
export function shebangLanguage(content: Buffer): LanguageName | "other" | null {
  if (content.subarray(0, 2).toString("latin1") !== "#!") return null;
  const line = content.subarray(2, 256).toString("latin1").split("\n")[0] ?? "";
  const words = line.trim().split(/\s+/);
  let interpreter = basename(words[0] ?? "");
  if (interpreter === "env") interpreter = basename(words.slice(1).find((word) => !/^-|=/.test(word)) ?? "");
  return byInterpreter[interpreter.replace(/[\d.]+$/, "")] ?? "other";
}

/** How a file is to be run, from what it says itself, its name coming second. */
export function languageOfFile(name: string, content: Buffer): LanguageName | "executable" | null {
  const shebang = shebangLanguage(content);
  const extension = byExtension[extname(name).toLowerCase()];
  // TypeScript with a node line is still TypeScript.
  if (extension === "typescript") return "typescript";
  if (shebang === "other") return "executable";
  if (shebang !== null) return shebang;
  if (content.subarray(0, 4).toString("latin1") === "\u007fELF") return "executable";
  return extension ?? null;
}

/** Reads a language as people write it. */
export function parseLanguage(text: string): LanguageName {
  const aliases: Readonly<Record<string, LanguageName>> = {
    py: "python",
    python3: "python",
    js: "javascript",
    node: "javascript",
    ts: "typescript",
    sh: "bash",
  };
  const found = languages.find((one) => one === text) ?? aliases[text];
  if (!found)
    throw usageFailure(
      `there is no language ${JSON.stringify(text)}`,
      `there are ${languages.join(", ")}; any program of the sandbox runs with \`hsrctl run -- PROGRAM …\``,
    );
  return found;
}

/** Code as text. Programs that are not UTF-8 cannot travel as `code`. */
function text(content: Buffer, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(content);
  } catch {
    throw usageFailure(`${name} is not text in UTF-8`, "to run a program file give it an ELF header or a #! line");
  }
}

/** A script or program file of ours with its arguments. */
export function programOfFile(
  name: string,
  content: Buffer,
  args: readonly string[],
  language: LanguageName | undefined,
): Program {
  const kind = language ?? languageOfFile(name, content);
  if (kind === null) {
    throw usageFailure(
      `it is not clear how ${name} is to be run`,
      `say so with --language (${languages.join(", ")}), or give it a #! line`,
    );
  }
  if (kind === "executable") {
    const path = `/workspace/${basename(name)}`;
    return {
      argv: [path, ...args],
      files: [{ path, content_base64: content.toString("base64"), mode: 0o755 }],
    };
  }
  return { code: text(content, name), language: kind, ...(args.length > 0 ? { args: [...args] } : {}) };
}

/** `HOST` or `HOST:GUEST`. The guest's path is relative to /workspace; a colon in a host path needs the long form. */
export function parseFileFlag(value: string): { readonly host: string; readonly guest: string } {
  const colon = value.lastIndexOf(":");
  const host = colon === -1 ? value : value.slice(0, colon);
  const guest = colon === -1 ? basename(value) : value.slice(colon + 1);
  if (host === "" || guest === "") throw usageFailure(`--file wants HOST or HOST:GUEST, not ${JSON.stringify(value)}`);
  return { host, guest };
}

/** `NAME=VALUE` pairs as an object. A name alone takes our own value, as `docker run --env` does. */
export function parsePairs(
  values: readonly string[],
  flag: string,
  own?: (name: string) => string | undefined,
): Record<string, string> {
  return Object.fromEntries(
    values.map((value) => {
      const equals = value.indexOf("=");
      if (equals > 0) return [value.slice(0, equals), value.slice(equals + 1)];
      const inherited = equals === -1 && value !== "" ? own?.(value) : undefined;
      if (inherited === undefined) throw usageFailure(`${flag} wants NAME=VALUE, not ${JSON.stringify(value)}`);
      return [value, inherited];
    }),
  );
}
