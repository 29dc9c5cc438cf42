import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { harmlessFiles, harmlessFolder, harmlessSnippets } from "../support/harmless.ts";
import { read } from "./tree.ts";

const snippets = harmlessSnippets();
const words = [...read("tests/data/capabilities.md").matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, word = ""]) => word);

test("every file has a label and every label a file, each once", () => {
  expect(snippets.map((one) => one.file).toSorted()).toEqual(harmlessFiles().toSorted());
  expect(new Set(snippets.map((one) => one.id)).size).toBe(snippets.length);
});

/** Of every file and label, in order. It was written with the set; a set that is bent towards the analyzer changes it. */
const DIGEST = "7e7699f386778b01c27d910d38002c2565988bd0572853e70aa61528e971470b";

test("nobody has edited the set since it was written", () => {
  const hash = createHash("sha256");
  for (const name of [...harmlessFiles().toSorted(), "labels.json"])
    hash.update(`${name}\0`).update(readFileSync(harmlessFolder + name));
  expect(hash.digest("hex")).toBe(DIGEST);
});

test("the set is as large, and its groups are as well filled, as was planned", () => {
  const count = (group: string) => snippets.filter((one) => one.groups.includes(group)).length;
  expect(snippets.length).toBeGreaterThanOrEqual(330);
  for (const group of ["http", "subprocess", "outside", "delete_move", "environment", "decode_eval"])
    expect(count(group), group).toBeGreaterThanOrEqual(45);
  for (const language of ["python", "javascript", "bash"])
    expect(snippets.filter((one) => one.language === language).length, language).toBeGreaterThanOrEqual(60);
});

test("labels use the words of the definitions, sorted, at least one", () => {
  expect(words).toHaveLength(11);
  const wrong = snippets.filter(
    ({ capabilities }) =>
      capabilities.length === 0 ||
      capabilities.some((word) => !words.includes(word)) ||
      capabilities.join() !== [...new Set(capabilities)].toSorted().join(),
  );
  expect(wrong.map((one) => one.id)).toEqual([]);
});

test("a group never stands without the capability that it needs", () => {
  const needs: Readonly<Record<string, readonly string[]>> = {
    http: ["network"],
    subprocess: ["process"],
    outside: ["file_read", "system"],
    delete_move: ["delete", "file_write"],
    environment: ["environment"],
  };
  const wrong = snippets.flatMap(({ id, groups, capabilities }) =>
    groups
      .filter((group) => !(needs[group] ?? capabilities).some((word) => capabilities.includes(word)))
      .map((group) => `${id}: ${group}`),
  );
  expect(wrong).toEqual([]);
});

test("every Python snippet parses", () => {
  const names = snippets.filter((one) => one.language === "python").map((one) => one.file);
  const check = "import ast,sys\nfor f in sys.argv[1:]: ast.parse(open(f, encoding='utf-8').read(), f)";
  const done = spawnSync("python3", ["-W", "error::SyntaxWarning", "-c", check, ...names], {
    cwd: harmlessFolder,
    encoding: "utf8",
  });
  expect(done.stderr).toBe("");
  expect(done.status).toBe(0);
});

test("every JavaScript and TypeScript snippet parses, as a script or as a module", () => {
  const check = `
    const { readFileSync } = require("node:fs");
    const { stripTypeScriptTypes, wrap } = require("node:module");
    const { Script, SourceTextModule } = require("node:vm");
    for (const file of process.argv.slice(1)) {
      const code = readFileSync(file, "utf8").replace(/^#!.*/, "");
      try {
        if (file.endsWith(".js")) new Script(wrap(code));
        else new SourceTextModule(file.endsWith(".ts") ? stripTypeScriptTypes(code) : code);
      } catch (error) { console.log(file + ": " + error.message); }
    }`;
  const names = snippets.filter((one) => one.language.endsWith("script")).map((one) => one.file);
  const flags = ["--no-warnings", "--experimental-vm-modules", "-e", check];
  expect(execFileSync(process.execPath, [...flags, ...names], { cwd: harmlessFolder, encoding: "utf8" })).toBe("");
});

test("every Bash snippet parses", () => {
  for (const { file } of snippets.filter((one) => one.language === "bash")) {
    const done = spawnSync("bash", ["-n", file], { cwd: harmlessFolder, encoding: "utf8" });
    expect(done.stderr, file).toBe("");
  }
});
