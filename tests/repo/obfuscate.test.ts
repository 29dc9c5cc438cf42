import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { obfuscate, obfuscationMethods } from "../support/obfuscate/index.ts";
import { samples } from "../support/obfuscate/samples.ts";

const run = promisify(execFile);
const seeds = [1, 2];
const programs = {
  python: { file: "python3", extension: "py" },
  javascript: { file: process.execPath, extension: "mjs" },
  bash: { file: "bash", extension: "sh" },
} as const;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hidden-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a program prints; it must not print to standard error. */
async function printed(language: keyof typeof programs, code: string, name: string): Promise<string> {
  const script =
    language === "javascript" &&
    /\brequire\(|^'use strict'/m.test(samples.javascript[0] ?? "") &&
    name.startsWith("0-");
  const { file, extension } = programs[language];
  const path = join(folder, `${name}.${script ? "cjs" : extension}`);
  writeFileSync(path, code);
  try {
    const { stdout, stderr } = await run(file, [path], {
      cwd: folder,
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8" },
    });
    return stdout + stderr;
  } catch (error) {
    return `${name} failed: ${String((error as { stderr?: string }).stderr)}`;
  }
}

describe.each(Object.keys(programs) as (keyof typeof programs)[])("%s", (language) => {
  const list = samples[language];

  test("every variant prints what its original prints", { timeout: 120_000 }, async () => {
    const jobs = list.flatMap((code, at) =>
      seeds.flatMap((seed) => obfuscate(language, code, seed).map((variant) => ({ ...variant, at, seed }))),
    );
    expect(jobs.length).toBeGreaterThan(100);
    const wanted = await Promise.all(list.map((code, at) => printed(language, code, `${at}-original`)));
    expect(wanted.every((text) => text.length > 20 && !text.includes("failed:"))).toBe(true);
    const wrong: string[] = [];
    const worker = async (): Promise<void> => {
      for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
        const { method, code, at, seed } = job;
        const got = await printed(language, code, `${at}-${method}-${seed}`);
        if (got !== wanted[at])
          wrong.push(`${method}, seed ${seed}, sample ${at}: ${got.slice(0, 300)}\n${code.slice(0, 600)}`);
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    expect(wrong).toEqual([]);
  });

  test("every way changes at least one of the samples, and no two variants of a program are equal", () => {
    const seen = new Set(list.flatMap((code) => obfuscate(language, code, 7).map((variant) => variant.method)));
    expect(obfuscationMethods(language).filter((method) => !seen.has(method))).toEqual([]);
    for (const code of list) {
      const variants = obfuscate(language, code, 7).map((variant) => variant.code);
      expect(new Set(variants).size).toBe(variants.length);
    }
  });
});

test("the same seed gives the same variants, another seed others", () => {
  const code = samples.python[0] ?? "";
  expect(obfuscate("python", code, 5)).toEqual(obfuscate("python", code, 5));
  expect(obfuscate("python", code, 5)).not.toEqual(obfuscate("python", code, 6));
});

test("a hidden string or command can no longer be read", () => {
  const readable = (language: "python" | "javascript" | "bash", code: string, text: string): readonly string[] =>
    obfuscate(language, code, 11)
      .filter((variant) => variant.code.includes(text))
      .map(({ method }) => method);
  // Ways that are about names leave the text of strings alone.
  expect(readable("python", 'f = open("/etc/passwd")\n', "/etc/passwd").every((one) => one.startsWith("getattr"))).toBe(
    true,
  );
  expect(
    readable("javascript", 'console.log("/etc/passwd");\n', "/etc/passwd").every((one) => one.startsWith("brackets")),
  ).toBe(true);
  expect(readable("bash", "curl example.com\n", "curl example")).toEqual([]);
});

test("types are taken out of TypeScript before it is hidden", () => {
  const code = 'type Way = "up" | "down";\nconst way: Way = "up";\nconsole.log(way);\n';
  const variants = obfuscate("typescript", code, 1);
  expect(variants.length).toBeGreaterThan(5);
  for (const variant of variants) expect(variant.code).not.toContain("type Way");
});
