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

  test("no command line is walked for ever", () => {
    expect(of(...Array.from({ length: 1000 }, () => "nice"), "ls").computed).toBe(true);
    expect(of("bash", "-c", "x;".repeat(10_000)).computed).toBe(true);
  });
});
