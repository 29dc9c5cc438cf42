/**
 * Plain base64 in honest use: each harmless program as data that a program brings in base64, decodes and uses as data, the way
 * templates, pictures and settings are embedded. Beside it, for comparison, the same programs with their texts in base64 and the
 * same programs run from base64, which is how code is hidden: those are reported without a bound.
 */
import type { LanguageName } from "@hsr/contract";
import { obfuscate } from "../../tests/support/obfuscate/index.ts";
import { read } from "./read.ts";
import type { Program } from "./sets.ts";
import { type Levels, levelColumns, noLevels, printTable, type Row } from "./table.ts";

/** Programs that bring `data` along and use it as data. */
const embeddings: Readonly<Record<"python" | "javascript" | "bash", readonly ((data: string) => string)[]>> = {
  python: [
    (data) => `import base64\n\nTEMPLATE = "${data}"\nprint(base64.b64decode(TEMPLATE).decode())\n`,
    (data) =>
      `from base64 import b64decode\nfrom pathlib import Path\n\nASSETS = {"page": "${data}"}\n\nfor name, content in ASSETS.items():\n    Path("out", f"{name}.txt").write_bytes(b64decode(content))\n`,
    (data) =>
      `import base64\nimport hashlib\n\nFIXTURE = """\n${data.replace(/.{76}/g, "$&\n")}\n"""\n\n\ndef load():\n    return base64.b64decode(FIXTURE)\n\n\ndef test_fixture():\n    assert len(load()) > 0\n    print(hashlib.sha256(load()).hexdigest())\n`,
    (data) =>
      `import base64\nimport requests\n\nreport = base64.b64decode("${data}")\nanswer = requests.post("https://reports.example.com/upload", data=report, timeout=10)\nprint(answer.status_code)\n`,
  ],
  javascript: [
    (data) => `const template = "${data}";\nconsole.log(Buffer.from(template, "base64").toString("utf8"));\n`,
    (data) =>
      `import { writeFileSync } from "node:fs";\n\nconst assets = { page: "${data}" };\nfor (const [name, content] of Object.entries(assets)) writeFileSync(\`out/\${name}.txt\`, Buffer.from(content, "base64"));\n`,
    (data) =>
      `const fixture = atob("${data}");\nconst lines = fixture.split("\\n");\nconsole.log(lines.length, lines.filter((line) => line.trim() !== "").length);\n`,
  ],
  bash: [
    (data) =>
      `#!/usr/bin/env bash\nset -euo pipefail\ntemplate='${data}'\nprintf '%s' "$template" | base64 -d > template.txt\n`,
    (data) =>
      `#!/usr/bin/env bash\nset -e\nmkdir -p out\nbase64 --decode > out/page.txt <<'DATA'\n${data.replace(/.{76}/g, "$&\n")}\nDATA\nwc -c out/page.txt\n`,
    (data) => `settings="$(echo ${data} | base64 -d)"\ngrep -c . <<< "$settings" || true\n`,
  ],
};

/** Ways of the generator that only write texts in base64, and those that run a whole program from it. */
const texts = new Set(["string-base64", "string-atob", "base64-word"]);
const runs = new Set(["exec-base64", "exec-base64-pieces", "eval-base64", "pipe-base64"]);

export interface Base64Seen {
  readonly rows: readonly Row[];
  /** Of the honest forms. */
  readonly n: number;
  readonly levels: Levels;
  readonly alarms: readonly string[];
}

export function measureBase64(programs: readonly Program[]): Base64Seen {
  const count = new Map<string, { n: number; readonly levels: Levels }>();
  const add = (form: string, language: LanguageName, code: string) => {
    const row = count.get(form) ?? { n: 0, levels: noLevels() };
    count.set(form, row);
    const { level, findings } = read(language, code);
    row.n += 1;
    row.levels[level] += 1;
    return level === "low" ? null : (findings[0]?.id ?? "capabilities");
  };
  const alarms: string[] = [];
  const honest = "decoded and used as data";
  for (const [index, { id, language, code }] of programs.entries()) {
    const forms = embeddings[language === "typescript" ? "javascript" : language];
    const embed = forms[index % forms.length];
    if (embed !== undefined) {
      const alarm = add(honest, language, embed(Buffer.from(code).toString("base64")));
      if (alarm !== null) alarms.push(`${id} as data: ${alarm}`);
    }
    for (const { method, code: hidden } of obfuscate(language, code, index + 1)) {
      if (texts.has(method)) add("its own texts in base64", language, hidden);
      if (runs.has(method)) add("run from base64", language, hidden);
    }
  }
  const rows = [...count].map(([form, { n, levels }]) => ({ form, n, ...levelColumns(levels) }));
  printTable("harmless programs in base64", rows);
  for (const alarm of alarms) console.log(`  harmless but ${alarm}`);
  const { n, levels } = count.get(honest) ?? { n: 0, levels: noLevels() };
  return { rows, n, levels, alarms };
}
