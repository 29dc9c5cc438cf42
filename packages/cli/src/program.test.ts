import { expect, test } from "vitest";
import { languageOfFile, parseFileFlag, parseLanguage, parsePairs, programOfFile, shebangLanguage } from "./program.ts";

const bytes = (text: string) => Buffer.from(text);

test("a file whose kind is unknown is refused with what to do", () => {
  expect(() => programOfFile("notes", bytes("hello"), [], undefined)).toThrow(/not clear how notes is to be run/);
  expect(() => programOfFile("data.py", Buffer.from([0xff, 0xfe]), [], undefined)).toThrow(/not text in UTF-8/);
  expect(() => parseLanguage("cobol")).toThrow(/no language "cobol"/);
});

test.each([
  ["#!/usr/bin/python3\n", "python"],
  ["#!/usr/bin/env python3.11\n", "python"],
  ["#!/usr/bin/env -S A=b python3 -u\n", "python"],
  ["#! /bin/sh -e\n", "bash"],
  ["#!/usr/local/bin/node", "javascript"],
  ["#!/usr/bin/perl\n", "other"],
  ["# no\n", null],
])("%j is run by %s", (line, language) => expect(shebangLanguage(bytes(line))).toBe(language));

test("what a file says of itself goes before its name", () => {
  expect(languageOfFile("x.py", bytes("print(1)"))).toBe("python");
  expect(languageOfFile("x.PY", bytes("print(1)"))).toBe("python");
  expect(languageOfFile("x.py", bytes("#!/bin/bash\n"))).toBe("bash");
  expect(languageOfFile("x.ts", bytes("#!/usr/bin/env node\n"))).toBe("typescript");
  expect(languageOfFile("a.out", bytes("\u007fELF\u0002"))).toBe("executable");
  expect(languageOfFile("x.pl", bytes("#!/usr/bin/perl\n"))).toBe("executable");
  expect(languageOfFile("x.txt", bytes(""))).toBe(null);
});

test("a script becomes code, a program a file with mode 0755", () => {
  expect(programOfFile("dir/x.py", bytes("print(1)"), ["a"], undefined)).toEqual({
    code: "print(1)",
    language: "python",
    args: ["a"],
  });
  expect(programOfFile("./dir/a.out", bytes("\u007fELF"), ["-v"], undefined)).toEqual({
    argv: ["/workspace/a.out", "-v"],
    files: [{ path: "/workspace/a.out", content_base64: "f0VMRg==", mode: 0o755 }],
  });
});

test("files and pairs", () => {
  expect(parseFileFlag("dir/data.csv")).toEqual({ host: "dir/data.csv", guest: "data.csv" });
  expect(parseFileFlag("data.csv:in/a.csv")).toEqual({ host: "data.csv", guest: "in/a.csv" });
  expect(() => parseFileFlag("data.csv:")).toThrow(/--file wants HOST or HOST:GUEST/);
  expect(parsePairs(["A=b=c", "E="], "--env")).toEqual({ A: "b=c", E: "" });
  expect(parsePairs(["HOME"], "--env", () => "/root")).toEqual({ HOME: "/root" });
  expect(() => parsePairs(["=x"], "--env")).toThrow(/--env wants NAME=VALUE/);
  expect(() => parsePairs(["NOPE"], "--label")).toThrow(/--label wants NAME=VALUE/);
});
