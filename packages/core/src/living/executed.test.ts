import { describe, expect, test } from "vitest";
import { executedBy } from "./executed.ts";

const around = { cwd: "/workspace", environment: { PATH: "/usr/local/bin:/usr/bin:/bin" } };
const of = (...argv: readonly string[]) => executedBy(argv, around);

describe("what a command line runs", () => {
  test.each([
    [["ls", "-l", "x"], []],
    [["/usr/bin/python3", "main.py", "data.csv"], ["/workspace/main.py"]],
    [["python3.11", "-u", "-W", "ignore", "/tmp/a.py"], ["/tmp/a.py"]],
    [
      ["python3", "-m", "tool.cli"],
      ["/workspace/tool/cli.py", "/workspace/tool/cli/__main__.py"],
    ],
    [["python3", "-c", "print(1)", "x.py"], []],
    [
      ["node", "--require=./hook.js", "main.mjs"],
      ["/workspace/./hook.js", "/workspace/main.mjs"],
    ],
    [["node", "-r", "./hook.js", "-e", "1"], ["/workspace/./hook.js"]],
    [["./prog"], ["/workspace/./prog"]],
    [["/usr/../workspace/prog"], ["/usr/../workspace/prog"]],
    [["env", "A=b", "nice", "-n", "5", "timeout", "-k", "1", "5s", "bash", "run.sh"], ["/workspace/run.sh"]],
    [["busybox", "sh", "run.sh"], ["/workspace/run.sh"]],
    [["bash", "-o", "pipefail", "run.sh"], ["/workspace/run.sh"]],
    [
      ["bash", "-ec", "A=1 ./prog; . lib.sh | cat out.txt"],
      ["/workspace/./prog", "/workspace/lib.sh"],
    ],
    [
      ["sh", "-c", "sh < run.sh; python3 <lib.py"],
      ["/workspace/run.sh", "/workspace/lib.py"],
    ],
    [["sh", "-c", "python3 --version; awk '{print}' x | sort"], []],
    [
      ["sh", "-c", "if ./test; then exec python3 'main.py'; fi"],
      ["/workspace/./test", "/workspace/main.py"],
    ],
  ])("%j", (argv, files) => {
    expect(of(...argv)).toEqual({ files, computed: false });
  });

  test.each([
    [["bash", "-c", "$(cat f)"]],
    [["bash", "-c", "true; `cat f`"]],
    [["bash", "-c", 'eval "$CODE"']],
    [["bash", "-c", '"$PROG" x']],
    [["bash", "$FILE"]],
    [["xargs", "sh"]],
    [["bash", "-c", 'cd "$DIR" && ./prog']],
    [["bash", "-c", "cd && ./prog"]],
    [["bash", "-c", '. "$(cat f)"']],
    [["bash", "-c", "cat f | sh"]],
    [["bash", "-c", "base64 -d f | python3 -u"]],
    [["bash", "-c", 'sh <<< "$x"']],
    [["find", ".", "-exec", "{}", ";"]],
    [["env", "-S", "bash run.sh"]],
    [["env", "PATH=/workspace", "ls"]],
    [["python3", "/proc/self/cwd/main.py"]],
  ])("%j says it only while it runs", (argv) => {
    expect(of(...argv).computed).toBe(true);
  });

  test("a folder of PATH that anybody may write to is looked into", () => {
    const environment = { PATH: "/workspace/bin::/usr/bin" };
    expect(executedBy(["tool"], { cwd: "/tmp", environment }).files).toEqual(["/workspace/bin/tool", "/tmp/./tool"]);
  });

  test.each([
    [{ LD_PRELOAD: "/workspace/a.so:/usr/lib/b.so libc.so.6" }, ["/workspace/a.so"]],
    [{ LD_AUDIT: "./a.so" }, ["/workspace/./a.so"]],
    [{ BASH_ENV: "/tmp/env" }, ["/tmp/env"]],
    [{ NODE_OPTIONS: "--require ./a.cjs --max-old-space-size=64" }, ["/workspace/./a.cjs"]],
    [{ PROMPT_COMMAND: ". ./a.sh" }, ["/workspace/./a.sh"]],
    [{ GIT_SSH_COMMAND: "/workspace/ssh -i key" }, ["/workspace/ssh"]],
    [{ "BASH_FUNC_ls%%": "() { /tmp/ls; }" }, ["/tmp/ls"]],
    [{ GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "core.pager", GIT_CONFIG_VALUE_0: "./page" }, ["/workspace/./page"]],
    [
      { PYTHONPATH: "/tmp/lib" },
      [
        "/tmp/lib",
        "/tmp/lib/sitecustomize.py",
        "/tmp/lib/usercustomize.py",
        "/tmp/lib/sitecustomize/__init__.py",
        "/tmp/lib/usercustomize/__init__.py",
      ],
    ],
    [{ PYTHONUNBUFFERED: "1", NODE_OPTIONS: "--no-warnings", EDITOR: "vim", GIT_AUTHOR_NAME: "a" }, []],
    [{ LD_LIBRARY_PATH: "/usr/local/lib" }, []],
  ])("a variable that loads: %j", (environment, files) => {
    const found = executedBy(["true"], { ...around, environment: { ...around.environment, ...environment } });
    const from = executedBy(["env", ...Object.entries(environment).map((each) => each.join("=")), "true"], around);
    expect(found).toEqual({ files, computed: false });
    if (!("GIT_CONFIG_COUNT" in environment || "BASH_FUNC_ls%%" in environment))
      expect(from).toEqual({ files, computed: false });
  });

  test.each([
    [{ LD_LIBRARY_PATH: "/workspace/lib" }],
    [{ PYTHONHOME: "/tmp/py" }],
    [{ GIT_EXEC_PATH: "/workspace/git" }],
    [{ BASH_ENV: "$HOME/x" }],
    [{ BASH_ENV: "$(cat f)" }],
    [{ LD_PRELOAD: "/proc/self/cwd/a.so" }],
  ])("a variable that loads what it does not name: %j", (environment) => {
    expect(executedBy(["true"], { ...around, environment: { ...around.environment, ...environment } }).computed).toBe(
      true,
    );
  });

  test("variables that a script sets", () => {
    expect(of("bash", "-c", "LD_PRELOAD=./a.so ls").files).toEqual(["/workspace/./a.so"]);
    expect(of("bash", "-c", "export BASH_ENV=/tmp/e; bash x.sh").files).toEqual(["/tmp/e", "/workspace/x.sh"]);
    expect(of("bash", "-c", "LD_PRELOAD=$x ls").computed).toBe(true);
    expect(of("bash", "-c", "export PATH=/workspace:$PATH; ls").computed).toBe(true);
    expect(of("bash", "-c", "export PATH=/usr/lib/go/bin:$PATH A=1; ls").computed).toBe(false);
  });

  test("no command line is walked for ever", () => {
    expect(of(...Array.from({ length: 1000 }, () => "nice"), "ls").computed).toBe(true);
    expect(of("bash", "-c", "x;".repeat(10_000)).computed).toBe(true);
  });
});
