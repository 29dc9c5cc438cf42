/** The files of the repository, for the tests of its rules: what git knows and what is new and not ignored. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The checkout's root, with a slash at its end. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

function listFiles(): readonly string[] {
  const listed = execFileSync(
    "git",
    ["-c", `safe.directory=${root.replace(/\/$/, "")}`, "ls-files", "-co", "--exclude-standard", "-z"],
    {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  // A file that was deleted and not committed yet is still listed.
  return listed.split("\0").filter((path) => path !== "" && existsSync(root + path));
}

export const files = listFiles();

/** Text of a file of the repository. */
export function read(path: string): string {
  return readFileSync(root + path, "utf8");
}

/** Files whose path matches, generated ones left out. */
export function matching(pattern: RegExp): readonly string[] {
  return files.filter((path) => pattern.test(path) && !/(^|\/)(gen|node_modules)\//.test(path));
}

/** A number of lines, as an editor shows it. */
export function lineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}
