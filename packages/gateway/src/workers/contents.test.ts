/** Files that come with a request, and code that is not the text that it seems. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import type { LanguageName } from "@hsr/contract";
import { type AnalyzedRisk, type AnalyzeInput, analyzeCode, builtinRules, ruleSet } from "@hsr/core";
import { madeTar, madeZip } from "@hsr/core/testing";
import { describe, expect, test } from "vitest";
import { loadParser } from "./parser.ts";

const parse = await loadParser();
const set = ruleSet(builtinRules);
const mostBytes = 512 * 1024;

type Files = Readonly<Record<string, string | Uint8Array>>;

function read(program: AnalyzeInput["program"], files: Files = {}, mode = 0o644): AnalyzedRisk {
  const given = Object.entries(files).map(([path, content]) => ({
    path,
    content: Buffer.from(content as string),
    mode,
  }));
  return analyzeCode({ program, files: given, environment: {}, stdin: null }, { parse, mostBytes }, set);
}
const code = (language: LanguageName, text: string | Uint8Array): AnalyzeInput["program"] => ({
  kind: "code",
  language,
  code: Buffer.from(text as string),
  args: [],
});
const harmless = code("python", "print(1)");
const ids = (risk: AnalyzedRisk): readonly string[] => risk.findings.map(({ id }) => id);

const wickedShell = "rm -rf /usr\n";
const wickedPython = "import os\nos.remove('/etc/passwd')\n";

describe("archives among the files", () => {
  const members = { "setup.py": wickedPython, "data.csv": "1,2\n" };
  test.each<[string, string, Uint8Array]>([
    ["a zip", "x.zip", madeZip(members)],
    ["a wheel", "x-1.0-py3-none-any.whl", madeZip(members)],
    ["a tar", "x.tar", madeTar(members)],
    ["a packed tar", "x.tar.gz", gzipSync(madeTar(members))],
    ["a packed tar in a zip", "x.zip", madeZip({ "y.tgz": gzipSync(madeTar(members)) })],
  ])("%s: its members are read as files are", (_what, name, content) => {
    const risk = read(harmless, { [`/workspace/${name}`]: content });
    const found = risk.findings.find(({ id }) => id === "removes-system-files");
    expect(found?.file).toMatch(/!\/setup\.py$/);
    expect(found?.line).toBe(2);
    expect(risk.binary).toBe(false);
  });

  test("what is unpacked and run is read, whatever it is called", () => {
    const archive = gzipSync(madeTar({ "payload.txt": wickedShell }));
    const run = (text: string) => ids(read(code("bash", text), { "/workspace/a.tgz": archive }));
    expect(run("tar xzf a.tgz && sh payload.txt")).toContain("removes-system-files");
    expect(run("cat a.tgz")).not.toContain("removes-system-files");
  });

  test("a module of Python that is a zip, with or without something before it", () => {
    const app = madeZip({ "__main__.py": wickedPython });
    for (const content of [app, Buffer.concat([Buffer.from("#!/usr/bin/env python3\n"), app])])
      expect(ids(read({ kind: "argv", argv: ["python3", "app.pyz"] }, { "/workspace/app.pyz": content }))).toContain(
        "removes-system-files",
      );
  });

  test("libraries and bytecode in it are machine code", () => {
    const elf = Buffer.concat([Buffer.from("7f454c46020101", "hex"), Buffer.alloc(200)]);
    const risk = read(harmless, { "/workspace/x.whl": madeZip({ "x/_core.so": elf }) });
    expect(risk).toMatchObject({ binary: true, level: "medium" });
    expect(risk.capabilities).toContain("native_code");
  });

  test.each<[string, Uint8Array]>([
    ["encrypted", madeZip(members, { flags: 1 })],
    ["7z", Buffer.concat([Buffer.from("377abcaf271c0004", "hex"), Buffer.alloc(64)])],
    ["a bomb", gzipSync(Buffer.alloc(32 * 1024 * 1024))],
  ])("one that stays closed is a finding: %s", (_what, content) => {
    const risk = read(harmless, { "/workspace/x": content });
    expect(ids(risk)).toContain("closed-archive");
    expect(risk.capabilities).toContain("unanalysable");
    expect(risk.level).toBe("medium");
  });

  test("one of data weighs nothing", () => {
    const risk = read(harmless, {
      "/workspace/data.zip": madeZip({ "a.csv": "1,2\n".repeat(1000), "readme.md": "# a" }),
    });
    expect(ids(risk)).toEqual([]);
  });
});

describe("programs that are no text", () => {
  test("a module in WebAssembly has the capabilities of what it imports", () => {
    const name = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
    const module = (...names: readonly string[]) => {
      const imports = Buffer.concat([
        Buffer.from([names.length]),
        ...names.map((each) => Buffer.concat([name("wasi_snapshot_preview1"), name(each), Buffer.from([0, 0])])),
      ]);
      return Buffer.concat([Buffer.from("0061736d01000000", "hex"), Buffer.from([2, imports.length]), imports]);
    };
    const capabilities = (...names: readonly string[]) =>
      read(harmless, { "/workspace/x.wasm": module(...names) }).capabilities;
    expect(capabilities("proc_exit", "fd_write")).toEqual(["native_code"]);
    expect(capabilities("path_unlink_file", "environ_get")).toEqual(["delete", "environment", "native_code"]);
    expect(capabilities("sock_accept", "path_open")).toEqual(["network", "file_read", "file_write", "native_code"]);
  });

  test("a real one, of the project's own grammars", () => {
    const file = createRequire(import.meta.url).resolve("tree-sitter-bash/tree-sitter-bash.wasm");
    const risk = read(harmless, { "/workspace/x.wasm": readFileSync(file) });
    expect(risk).toMatchObject({ binary: true, capabilities: ["native_code"] });
    expect(risk.findings[0]).toMatchObject({
      id: "machine-code",
      evidence: expect.stringContaining("wasm importing env."),
    });
  });

  test("data that may be executed is in no known language", () => {
    const noise = Buffer.from(Array.from({ length: 4096 }, (_each, at) => (at * 2_654_435_761) >>> 24));
    const risk = read({ kind: "argv", argv: ["./x"] }, { "/workspace/x": noise }, 0o755);
    expect(risk).toMatchObject({ unknownLang: true, level: "medium" });
    expect(ids(read(harmless, { "/workspace/x.bin": noise }))).toEqual(["packed-data"]);
  });
});

describe("which language a file is in", () => {
  test.each<[string, string, string]>([
    ["by its first line, whatever it is called", "/workspace/tool", `#!/usr/bin/env -S python3 -u\n${wickedPython}`],
    ["behind a mark", "/workspace/tool", `\ufeff#!/bin/sh\n${wickedShell}`],
    ["with the lines of Windows", "/workspace/tool", `#!/bin/bash\r\n${wickedShell}`],
    ["lines that run whenever Python starts", "/workspace/x.pth", "import os; os.remove('/etc/passwd')\n"],
  ])("%s", (_what, path, text) => {
    expect(ids(read(harmless, { [path]: text }))).toContain("removes-system-files");
  });

  test("first bytes of machine code before a script hide nothing", () => {
    expect(ids(read(code("bash", `\x7fELF\n${wickedShell}`)))).toContain("removes-system-files");
    expect(ids(read(code("python", `1\r\r\n${wickedPython}`)))).toContain("removes-system-files");
  });

  test("one file that two languages read in two ways is read in both", () => {
    const both = `#!/bin/sh\n""":"\n${wickedShell}exit\n"""\nprint(1)\n`;
    expect(ids(read({ kind: "argv", argv: ["sh", "x"] }, { "/workspace/x": both }))).toContain("removes-system-files");
    expect(ids(read({ kind: "argv", argv: ["./x"] }, { "/workspace/x": both }, 0o755))).toContain(
      "removes-system-files",
    );
  });
});

describe("texts that are not what they seem", () => {
  test.each<[string, LanguageName, string | Uint8Array]>([
    ["UTF-16 with its mark", "python", Buffer.from(`\ufeff${wickedPython}`, "utf16le")],
    ["UTF-16 without it", "bash", Buffer.from(`# nothing\n${wickedShell}`, "utf16le")],
    ["UTF-16, big-endian", "python", Buffer.from(`\ufeff${wickedPython}`, "utf16le").swap16()],
    ["UTF-7", "python", "# coding: utf-7\n+AGkAbQBwAG8AcgB0 os\nos.remove+ACg-'/etc/passwd')\n"],
    [
      "UTF-7, said in the second line",
      "python",
      "#!/usr/bin/python3\n# vim: set fileencoding=utf_7 :\n+AGkAbQBwAG8AcgB0 os\nos.remove+ACg-'/etc/passwd')\n",
    ],
    [
      "escapes that end a comment",
      "python",
      "# coding: raw_unicode_escape\n# \\u000aimport os\n# \\u000aos.remove('/etc/passwd')\n",
    ],
    ["zeros between the letters", "bash", `echo start of a script that goes on\nr\0m -rf /u\0sr\n`],
  ])("%s", (_what, language, text) => {
    const risk = read(code(language, text));
    expect(ids(risk)).toEqual(expect.arrayContaining(["odd-encoding", "removes-system-files"]));
  });

  test("an encoding that is not understood is a gap", () => {
    const risk = read(code("python", "# coding: cp037\nprint(1)\n"));
    expect(ids(risk)).toContain("odd-encoding");
    expect(risk.capabilities).toContain("unanalysable");
  });

  test.each<[string, LanguageName, string]>([
    ["a comment that is shown as code", "javascript", "/*\u202e } \u2066if (isAdmin)\u2069 \u2066 begin */ go();\n"],
    ["a letter that nobody sees", "javascript", "const { limit,\u3164 } = query; run(limit, \u3164);\n"],
    ["bytes in signs that nobody sees", "javascript", `const s = "${"\u{e0101}\u{e0120}".repeat(10)}"; go(s);\n`],
    ["a space of no width in a name", "python", "is\u200badmin = True\n"],
  ])("signs that hide: %s", (_what, language, text) => {
    const risk = read(code(language, text));
    expect(risk.findings.find(({ id }) => id === "hidden-characters")).toMatchObject({ line: 1 });
    expect(risk.level).toBe("medium");
  });

  test.each<[string, LanguageName, string]>([
    ["letters of mathematics", "python", "import os\nos.𝓻𝓮𝓶𝓸𝓿𝓮('/etc/passwd')\n"],
    ["letters of full width", "python", "ｅｘｅｃ(\"import os; os.remove('/etc/passwd')\")\n"],
    ["escapes in a name", "javascript", "require('fs').\\u0075nlinkSync('/etc/passwd')\n"],
  ])("names that the language reads as others: %s", (_what, language, text) => {
    expect(ids(read(code(language, text)))).toContain("removes-system-files");
  });

  test.each<[LanguageName, string]>([
    ["python", "# -*- coding: latin-1 -*-\nprint('grün, 漢字, ñ, 👩‍💻, שלום')\n"],
    ["javascript", "console.log('ไทย, हिन्दी, 한국어, ❤️, e\u0301');\n"],
    ["bash", "echo 'déjà vu — “quoted” …'\n"],
  ])("the world's own letters weigh nothing: %s", (language, text) => {
    expect(ids(read(code(language, text)))).toEqual([]);
  });

  test("lines as long as the file, and files of nothing but lines", () => {
    const startedMs = performance.now();
    const long = `${"x=1;".repeat(20_000)}require('fs').unlinkSync('/etc/passwd')`;
    const risk = read(code("javascript", long));
    expect(ids(risk).length).toBeGreaterThan(0);
    expect(risk.level).toBe("high");
    for (const language of ["python", "javascript", "bash"] as const) {
      read(code(language, `${"\n".repeat(200_000)}x`));
      read(code(language, `${" ".repeat(200_000)}x`));
      read(code(language, "\t \n".repeat(60_000)));
    }
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});
