/** Small C programs that only tests need, built when a test first asks for one. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout's root folder. */
export const checkout = fileURLToPath(new URL("../../", import.meta.url));

/** Builds tests/support/native/NAME.c unless it is newer than its source, and gives the program's path. */
export function testProgram(name: string, ...flags: readonly string[]): string {
  const source = join(checkout, "tests/support/native", `${name}.c`);
  const program = join(checkout, "build/tests", name);
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
  mkdirSync(join(checkout, "build/tests"), { recursive: true });
  const fresh = `${program}.${process.pid}`;
  const warnings = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror"];
  execFileSync("gcc", [...warnings, "-O1", "-o", fresh, source, ...flags], { stdio: ["ignore", "ignore", "inherit"] });
  // Renamed into place: two tests may build the same program at once.
  renameSync(fresh, program);
  return program;
}
