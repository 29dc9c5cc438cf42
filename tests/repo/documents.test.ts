import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { files, matching, read, root } from "./tree.ts";

const documents = matching(/\.md$/);
const makefile = read("Makefile");
const targets = [...makefile.matchAll(/^([a-z][a-z-]*):(?:.*## (.*))?/gm)].map(([, name = "", help]) => ({
  name,
  help,
}));

/** The anchor that a heading gets, as GitHub makes it. */
function anchor(heading: string): string {
  return heading
    .replace(/`|\*|\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function withoutCode(text: string): string {
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "").replace(/`[^`\n]*`/g, "");
}

test("links inside the documents lead somewhere", () => {
  const broken = documents.flatMap((path) =>
    [...withoutCode(read(path)).matchAll(/\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].flatMap(([, link = ""]) => {
      if (/^[a-z]+:/i.test(link)) return [];
      const [file = "", fragment] = link.split("#");
      const target = file === "" ? path : join(dirname(path), decodeURIComponent(file));
      if (!existsSync(root + target)) return `${path}: ${link} does not exist`;
      if (fragment === undefined || !target.endsWith(".md")) return [];
      const anchors = [...read(target).matchAll(/^#+\s+(.*)$/gm)].map(([, heading = ""]) => anchor(heading));
      return anchors.includes(fragment) ? [] : `${path}: ${link}: no such heading`;
    }),
  );
  expect(broken).toEqual([]);
});

test("every target of the Makefile has a line of help, and stands in README or CONTRIBUTING", () => {
  expect(targets.length).toBeGreaterThan(8);
  expect(targets.filter((one) => !one.help).map((one) => one.name)).toEqual([]);
  const documented = ["README.md", "CONTRIBUTING.md"]
    .filter((path) => files.includes(path))
    .map(read)
    .join("\n");
  const absent = targets
    .map((one) => one.name)
    .filter((name) => name !== "help" && !documented.includes(`make ${name}`));
  expect(absent).toEqual([]);
});

test("every `make …` that a document names is a target", () => {
  const names = new Set(targets.map((one) => one.name));
  const unknown = documents.flatMap((path) =>
    [...read(path).matchAll(/(?:^|`|\$ |sudo |&& )make ([a-z][a-z-]+)/gm)].flatMap(([, name = ""]) =>
      names.has(name) ? [] : `${path}: make ${name}`,
    ),
  );
  expect(unknown).toEqual([]);
});

test("every script of a target exists", () => {
  const paths = [...makefile.matchAll(/\b((?:scripts|bench)\/[\w./-]+\.(?:ts|sh))/g)].map(([, path = ""]) => path);
  expect(paths.filter((path) => !existsSync(root + path))).toEqual([]);
});

test("every verb of hsrctl that a document names exists", () => {
  const source = matching(/^packages\/cli\/src\/verbs\/.*\.ts$/)
    .map(read)
    .join("\n");
  const verbs = new Set([...source.matchAll(/new Command\("([a-z]+)"\)/g)].map(([, name = ""]) => name));
  const commands = (text: string): readonly string[] => [
    // Between backticks every second piece is code; fences come in threes and keep the count.
    ...text.split("`").filter((_, at) => at % 2 === 1),
    ...text.split("\n").filter((line) => line.startsWith("    ")),
  ];
  const unknown = documents.flatMap((path) =>
    commands(read(path)).flatMap((code) =>
      [...code.matchAll(/(?:^|[\s|/])hsrctl ([a-z]+)/g)].flatMap(([, verb = ""]) =>
        verbs.has(verb) ? [] : `${path}: hsrctl ${verb}`,
      ),
    ),
  );
  expect(unknown).toEqual([]);
});

test("the changelog has its form", () => {
  const lines = read("CHANGELOG.md").split("\n");
  expect(lines[0]).toBe("# Changelog");
  const versions = lines.filter((line) => line.startsWith("## "));
  expect(versions[0]).toBe("## [Unreleased]");
  for (const line of versions.slice(1)) expect(line).toMatch(/^## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
  for (const line of lines.filter((one) => one.startsWith("### ")))
    expect(line).toMatch(/^### (Added|Changed|Deprecated|Removed|Fixed|Security)$/);
});

test("docs/dependencies.md and the package.json files agree, both ways", () => {
  const declared = new Set(
    files
      .filter((path) => /^(packages\/[^/]+\/|scripts\/node\/)?package\.json$/.test(path))
      .flatMap((path) => {
        const json = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
        return ["dependencies", "devDependencies", "optionalDependencies"].flatMap((kind) =>
          Object.keys(json[kind] ?? {}),
        );
      })
      .filter((name) => !name.startsWith("@hsr/")),
  );
  const page = read("docs/dependencies.md");
  const rows = page.split("\n").filter((line) => line.startsWith("|"));
  const listed = new Set(
    rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)),
  );
  expect([...declared].filter((name) => !listed.has(name)).map((name) => `${name} has no line`)).toEqual([]);
  expect([...listed].filter((name) => !declared.has(name)).map((name) => `${name} is no dependency`)).toEqual([]);
});

test("the licence is Apache-2.0, and every package says so", () => {
  expect(readFileSync(`${root}LICENSE`, "utf8")).toMatch(/Apache License\s+Version 2\.0, January 2004/);
  for (const path of files.filter((one) => /^(packages\/[^/]+\/)?package\.json$/.test(one)))
    expect((JSON.parse(read(path)) as { license?: string }).license, path).toBe("Apache-2.0");
});
