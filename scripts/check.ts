/**
 * `make check`: everything about the repository that can be seen without running a sandbox. Every step runs, also after a
 * failed one; a step whose tool this machine lacks is named as skipped.
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { checkout, inCheckout, toolEnvironment } from "./support/checkout.ts";
import { bold, dim, green, print, red } from "./support/print.ts";

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Why it cannot be done here; such a step is skipped, visibly. */
  readonly skip?: string | undefined;
}

const shellScripts = globSync(["scripts/*.sh", ".ci/run", "bin/*", "deploy/**/*.sh"], { cwd: checkout }).filter(
  (path) => readFileSync(inCheckout(path), "utf8").startsWith("#!/bin/sh"),
);
const cFiles = globSync("native/**/*.{c,h}", { cwd: checkout });
const onPath = (name: string): boolean => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
const unless = (there: boolean, why: string): string | undefined => (there ? undefined : why);

/** Versions of clang-format disagree in details, so one of them decides: Debian 12's. */
const CLANG_FORMAT = "14";
const clangFormat = /version (\d+)\./.exec(
  spawnSync("clang-format", ["--version"], { encoding: "utf8" }).stdout ?? "",
)?.[1];

const steps: readonly Step[] = [
  { name: "format (biome)", command: ["biome", "check", "--error-on-warnings"] },
  { name: "lint (oxlint, type-aware)", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "types (tsc), tests and scripts too", command: ["tsc", "-b"] },
  { name: "dead code (knip)", command: ["knip", "--no-progress", "--no-config-hints"] },
  {
    name: "shell scripts (shellcheck)",
    command: ["shellcheck", ...shellScripts],
    skip: unless(onPath("shellcheck"), "no shellcheck here (apt-get install shellcheck)"),
  },
  {
    name: "format of C (clang-format)",
    command: ["clang-format", "--dry-run", "--Werror", ...cFiles.map((path) => `./${path}`)],
    skip:
      unless(cFiles.length > 0, "no C yet") ??
      unless(
        clangFormat === CLANG_FORMAT,
        `clang-format ${CLANG_FORMAT} decides, and this is ${clangFormat ?? "none"}`,
      ),
  },
  { name: "rules of the repository", command: ["vitest", "run", "--project", "repo", "--reporter", "dot"] },
  { name: "documents printed from tables are fresh", command: [process.execPath, "scripts/generate.ts", "--check"] },
  { name: "SPECIFICATION.md is fresh", command: [process.execPath, "scripts/specification.ts", "--check"] },
  {
    name: "system call numbers are the kernel's",
    command: [process.execPath, "scripts/gen-syscalls.ts", "--check"],
    skip: unless(onPath("aarch64-linux-gnu-gcc"), "no aarch64-linux-gnu-gcc here"),
  },
];

let failed = 0;
for (const { name, command, skip } of steps) {
  if (skip !== undefined) {
    print(`${dim("skip")}  ${name}: ${skip}`);
    continue;
  }
  const began = performance.now();
  const [file, ...args] = command;
  const done = spawnSync(file, args, { cwd: checkout, env: toolEnvironment(), encoding: "utf8" });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (done.status === 0) {
    print(`${green("ok")}    ${name} ${dim(`${seconds} s`)}`);
  } else {
    failed += 1;
    print(`${red("FAIL")}  ${bold(name)}`, done.error ? String(done.error) : `${done.stdout}${done.stderr}`.trimEnd());
  }
}
if (failed > 0)
  print(
    `${failed} of ${steps.length} checks failed. What mends the format: \`npx biome check --write\`, and \`clang-format -i\` for C;`,
    "documents: `sh scripts/node.sh scripts/generate.ts` and `sh scripts/node.sh scripts/specification.ts`",
  );
process.exitCode = failed > 0 ? 1 : 0;
