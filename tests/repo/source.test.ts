import { expect, test } from "vitest";
import { files, lineCount, matching, read } from "./tree.ts";

const code = matching(/\.(ts|c|h|sh|mjs)$|^Makefile$|\/Makefile$|^bin\/|^\.ci\//);
const handWritten = code.filter((path) => /\.(ts|c|h|sh)$/.test(path) && !path.includes("/gen/"));
const prose = matching(/\.(md|yml|yaml|json)$/).filter((path) => !path.endsWith("package-lock.json"));

/** Files that may be longer than the limit, each with its reason. */
const longOnPurpose: Readonly<Record<string, string>> = {};
const LINES_MAX = 700;

test("no hand-written file is longer than 700 lines", () => {
  const long = handWritten.filter((path) => lineCount(read(path)) > LINES_MAX && !(path in longOnPurpose));
  expect(long.map((path) => `${path}: ${lineCount(read(path))} lines; split it by what its parts are for`)).toEqual([]);
});

test("files longer than 400 lines are few", () => {
  const long = handWritten
    .filter((path) => lineCount(read(path)) > 400)
    .map((path) => `${path} (${lineCount(read(path))})`);
  if (long.length > 0) console.warn(`think again about: ${long.join(", ")}`);
  expect(long.length).toBeLessThan(Math.max(4, handWritten.length * 0.05));
});

test("no path of somebody's machine, and no address of a package registry", () => {
  const self = "tests/repo/source.test.ts";
  const machine = /(?<![\w.-])\/(work|home\/[a-z]+|Users\/[a-z]+)[/\w]/i;
  const registry =
    /registry\.npmjs\.org|npm\.pkg\.github\.com|artifactory|\bpypi\.org\/simple|deb\.debian\.org|archive\.ubuntu\.com/;
  const wrong = [...code, ...prose]
    .filter((path) => path !== self)
    .flatMap((path) =>
      read(path)
        .split("\n")
        .flatMap((line, at) => {
          // A guest's home and its workspace are ours to name; so is a made-up user in an example.
          const shown = line.replaceAll(/\/workspace|\/root\/secret|\/home\/(user|a|alice|somebody)\b/g, "");
          return machine.test(shown) || registry.test(shown) ? `${path}:${at + 1}: ${line.trim()}` : [];
        }),
    );
  expect(wrong).toEqual([]);
});

test("lock files name packages by hash, not by address", () => {
  const locks = files.filter((path) => path.endsWith("package-lock.json"));
  expect(locks.length).toBeGreaterThan(1);
  for (const path of locks) {
    const { packages } = JSON.parse(read(path)) as {
      packages: Record<string, { resolved?: string; link?: boolean; integrity?: string; version?: string }>;
    };
    for (const [name, entry] of Object.entries(packages)) {
      if (entry.link || !name.includes("node_modules/")) continue;
      expect(entry.resolved, `${path}: ${name} has an address`).toBeUndefined();
      expect(entry.integrity, `${path}: ${name} has no hash`).toMatch(/^sha512-/);
    }
  }
});

test("optional packages of other platforms are locked too, so that npm ci works everywhere", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const absent = Object.values(packages)
    .flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
    .filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
  expect(absent).toEqual([]);
});

test("nothing is mocked", () => {
  const tests = matching(/\.test\.ts$|^tests\/.*\.ts$/).filter((path) => !path.startsWith("tests/repo/"));
  const wrong = tests.filter((path) =>
    /\bvi\.(mock|doMock|spyOn|stubGlobal)\b|from "(sinon|nock|msw|memfs)/.test(read(path)),
  );
  expect(wrong).toEqual([]);
});

test("checks are not silenced, and nothing is put off", () => {
  const putOff = /\b(TODO|FIXME|XXX)\b|\bfor now\b/;
  const silenced = /@ts-(ignore|nocheck|expect-error)|\bas any\b|: any\b(?!\w)|catch (\(\w+\) )?\{\s*\}/;
  const wrong = code
    .filter((path) => path !== "tests/repo/source.test.ts")
    .flatMap((path) =>
      read(path)
        .split("\n")
        .flatMap((line, at) =>
          putOff.test(line) || (path.endsWith(".ts") && silenced.test(line)) ? `${path}:${at + 1}: ${line.trim()}` : [],
        ),
    );
  expect(wrong).toEqual([]);
});

/** Who may read the environment, each with its reason. Everything else is given what it needs. */
const readsEnvironment: Readonly<Record<string, string>> = {
  "packages/gateway/src/config.ts": "the gateway's configuration",
  "packages/gateway/src/main.ts": "hands the environment to the configuration",
  "packages/cli/src/environment.ts": "hsrctl's own few variables",
};

test("the environment is read in one place of each program", () => {
  const wrong = matching(/^packages\/.*(?<!\.test)\.ts$/)
    .filter(
      (path) =>
        !path.includes("/testing/") && !(path in readsEnvironment) && !path.startsWith("packages/gateway/src/config/"),
    )
    .filter((path) =>
      read(path)
        .split("\n")
        .some((line) => /process\.env\b/.test(line) && !/^\s*(\*|\/\/|\/\*)/.test(line)),
    );
  expect(wrong.map((path) => `${path} reads process.env: take it from the configuration`)).toEqual([]);
});

test("the gateway reads the environment in one file only", () => {
  const readers = matching(/^packages\/(gateway|core|contract)\/src\/.*\.ts$/).filter(
    (path) => !path.endsWith(".test.ts") && /process\.env\b/.test(read(path).replaceAll(/\/\*[\s\S]*?\*\//g, "")),
  );
  expect(readers).toEqual(["packages/gateway/src/config/load.ts"]);
});
