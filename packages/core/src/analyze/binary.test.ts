/** Real files where this host or the project has them, and bytes made by the formats' own definitions for the rest. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formOf, layersOf } from "./binary.ts";

const folder = mkdtempSync(join(tmpdir(), "hsr-forms-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (hex: string, length = 64) => Buffer.concat([Buffer.from(hex, "hex"), Buffer.alloc(length)]);
const noise = Buffer.from(Array.from({ length: 4096 }, (_each, at) => (at * 2_654_435_761) >>> 24));

describe("real files", () => {
  test("a program and a library of this machine", () => {
    expect(formOf(readFileSync("/bin/sh")).kind).toBe("elf");
    expect(formOf(readFileSync(process.execPath)).kind).toBe("elf");
  });

  describe("what tools of this machine make", () => {
    const made = (program: string, args: readonly string[]) => spawnSync(program, args, { cwd: folder }).status === 0;
    beforeAll(() => {
      writeFileSync(join(folder, "a.py"), "x = 1\n");
      writeFileSync(join(folder, "a.c"), "int f(void) { return 1; }\n");
      writeFileSync(join(folder, "A.java"), "class A {}\n");
    });
    test.skipIf(!made("python3", ["-c", "1"]))("a module compiled by Python", () => {
      expect(made("python3", ["-c", "import py_compile; py_compile.compile('a.py')"])).toBe(true);
      const [name = ""] = readdirSync(join(folder, "__pycache__"));
      expect(formOf(readFileSync(join(folder, "__pycache__", name))).kind).toBe("python-bytecode");
    });
    test.skipIf(!made("gcc", ["--version"]))("an object, a library and an archive of objects", () => {
      expect(made("gcc", ["-c", "a.c", "-o", "a.o"])).toBe(true);
      expect(made("gcc", ["-shared", "-fPIC", "a.c", "-o", "a.so"])).toBe(true);
      expect(made("ar", ["rcs", "a.a", "a.o"])).toBe(true);
      expect(["a.o", "a.so", "a.a"].map((name) => formOf(readFileSync(join(folder, name))).kind)).toEqual([
        "elf",
        "elf",
        "native-library",
      ]);
    });
    test.skipIf(!made("javac", ["-version"]))("a class", () => {
      expect(made("javac", ["A.java"])).toBe(true);
      expect(formOf(readFileSync(join(folder, "A.class"))).kind).toBe("java");
    });
    test("archives", () => {
      const kinds: string[] = [];
      for (const [flag, name] of [
        ["", "a.tar"],
        ["z", "a.tgz"],
        ["J", "a.txz"],
        ["j", "a.tbz"],
      ] as const)
        if (made("tar", [`-c${flag}f`, name, "a.py"])) {
          const form = formOf(readFileSync(join(folder, name)));
          kinds.push(form.kind === "archive" ? form.what : form.kind);
        } else kinds.push("none");
      expect(kinds[0]).toBe("tar");
      expect(kinds[1]).toBe("gzip");
      expect(["xz", "none"]).toContain(kinds[2]);
      expect(["bzip2", "none"]).toContain(kinds[3]);
    });
  });
});

describe("bytes by their definition", () => {
  test.each<[string, Buffer, string]>([
    ["ELF of 32 bits, big-endian", bytes("7f454c46010201"), "elf"],
    ["Mach-O of 64 bits", bytes("cffaedfe07000001"), "mach-o"],
    ["Mach-O, big-endian", bytes("feedface00000012"), "mach-o"],
    ["a universal Mach-O of two architectures", bytes("cafebabe0000000201000007"), "mach-o"],
    ["a universal Mach-O with wide offsets", bytes("cafebabf0000000201000007"), "mach-o"],
    ["a class of Java 1.1", bytes("cafebabe0003002d"), "java"],
    ["a class of Java 21", bytes("cafebabe00000041"), "java"],
    ["Dalvik", bytes("6465780a30333500"), "dex"],
    ["Lua 5.4", bytes("1b4c7561540019930d0a1a0a"), "lua-bytecode"],
    ["LuaJIT", bytes("1b4c4a0202"), "lua-bytecode"],
    ["LLVM", bytes("4243c0de3514"), "llvm-bitcode"],
    ["PE", Buffer.concat([bytes("4d5a", 58), Buffer.from("40000000", "hex"), bytes("50450000")]), "pe"],
    ["WebAssembly", bytes("0061736d01000000", 0), "wasm"],
    ...["03f3", "330d", "420d", "550d", "610d", "6f0d", "a70d", "cb0d", "f30d", "2b0e"].map(
      (version): [string, Buffer, string] => [
        `Python with the number ${version}`,
        bytes(`${version}0d0a`),
        "python-bytecode",
      ],
    ),
    ["zip", bytes("504b03041400"), "archive"],
    ["an empty zip", bytes("504b0506", 18), "archive"],
    ["7z", bytes("377abcaf271c0004"), "archive"],
    ["xz", bytes("fd377a585a000004"), "archive"],
    ["rar", bytes("526172211a070100"), "archive"],
    ["squashfs", bytes("6873717307000000"), "archive"],
    ["gzip", gzipSync("x"), "archive"],
    ["zstd", zstdCompressSync(Buffer.from("x")), "archive"],
    ["noise", noise, "data"],
    ["an empty file", Buffer.alloc(0), "text"],
    ["UTF-16 with its mark", Buffer.from("\ufeffprint('x')\n", "utf16le"), "text"],
    ["UTF-16 without it", Buffer.from("import os\nprint(os)\n", "utf16le"), "text"],
    ["UTF-8 with its mark", Buffer.from("\ufeffprint('x')\n"), "text"],
  ])("%s", (_what, content, kind) => {
    expect(formOf(content).kind).toBe(kind);
  });

  test("what is encrypted or packed has the entropy of noise, what is sparse has not", () => {
    const entropy = (content: Buffer) => {
      const form = formOf(content);
      return form.kind === "data" ? form.entropy : -1;
    };
    expect(entropy(noise)).toBeGreaterThan(7.2);
    expect(entropy(bytes("0102", 4096))).toBeLessThan(1);
  });

  test("imports of a module, however it says them", () => {
    const name = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
    const imports = Buffer.concat([
      Buffer.from([2]),
      name("wasi_snapshot_preview1"),
      name("path_open"),
      Buffer.from([0, 0]),
      name("env"),
      name("memory"),
      Buffer.from([2, 1, 1, 2]),
    ]);
    const module = Buffer.concat([
      Buffer.from("0061736d01000000", "hex"),
      Buffer.from([0, 3, 1, 0x61, 0]),
      Buffer.from([2, imports.length]),
      imports,
    ]);
    expect(formOf(module)).toEqual({ kind: "wasm", imports: ["wasi_snapshot_preview1.path_open", "env.memory"] });
    for (let length = 0; length < module.length; length += 1)
      expect(() => formOf(module.subarray(0, length))).not.toThrow();
  });
});

describe("first bytes that mislead", () => {
  const script = "import os\nos.remove('x')\n".repeat(4);
  test.each(["\x7fELF", "MZ", "!<arch>\n", "BZh9", "1\r\r\n", "Rar!", "LZIP", "070701", "hsqs"])(
    "%j before a script",
    (head) => {
      expect(formOf(Buffer.from(`${head}\n${script}`)).kind).toBe("text");
    },
  );

  test("a script with a payload behind it is text up to there", () => {
    const head = Buffer.from(`#!/bin/sh\n${script}exit 0\n`);
    const layers = layersOf(Buffer.concat([head, noise]));
    expect(layers.textBytes).toBeGreaterThanOrEqual(head.length);
    expect(layers.textBytes).toBeLessThan(head.length + 200);
  });

  test("zeros among the letters", () => {
    const text = Buffer.from(`echo 1\nr\0m -rf /usr\n${script}`);
    expect(layersOf(text)).toMatchObject({ form: { kind: "data" }, textBytes: text.length });
  });
});
