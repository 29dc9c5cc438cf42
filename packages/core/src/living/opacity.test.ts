import { describe, expect, test } from "vitest";
import { opacityOf } from "./opacity.ts";

const words = (line: string) => line.split(" ");
const withInput = (argv: readonly string[]) =>
  opacityOf({ program: { kind: "argv", argv }, stdin: new Uint8Array(1), terminal: null });

describe("what a program reads is its program", () => {
  test.for([
    "sh",
    "bash -s x",
    "bash -s",
    "bash -x",
    "bash -o errexit",
    "bash /dev/stdin",
    "bash -i",
    "dash /proc/self/fd/0",
    "/usr/bin/bash -",
    "python3",
    "python3.11 -",
    "python3 -u",
    "python3 -W ignore",
    "python3 -X dev",
    "python3 -i main.py",
    "python3 -m code",
    "python3 /dev/fd/0",
    "/opt/hsr/bin/node",
    "node -r fs",
    "node -i",
    "node --title x",
    "node -",
    "perl -w",
    "busybox sh",
    "env python3",
    "env -u HOME python3",
    "env -S bash",
    "timeout -s KILL 5 sh",
    "stdbuf -o L sh",
    "nice -n 5 nohup setsid bash",
    "flock lock sh",
    "/lib64/ld-linux-x86-64.so.2 /usr/bin/python3",
    "find . -exec sh ;",
    "xargs echo",
    "sqlite3 x.db",
    "awk -f -",
    "sed -f /dev/stdin",
    "make -f-",
  ])("%s", (line) => {
    expect(withInput(words(line))).toBe("typed_input");
  });
  test.for(["python3", "cat | sh", "exec bash", "cd /tmp && python3 -", "(sh)", 'x=1 "bash"', "env -i sh -s a"])(
    "sh -c %s",
    (script) => {
      expect(withInput(["sh", "-c", script])).toBe("typed_input");
    },
  );
  test("env -S with the whole command in one word", () => {
    expect(withInput(["env", "-S", "python3 -u"])).toBe("typed_input");
    expect(withInput(["env", "-Spython3 -u"])).toBe("typed_input");
  });
});

describe("what a program reads is its data", () => {
  test.for([
    "cat",
    "wc -l",
    "grep python x",
    "python3 main.py",
    "python3 -u main.py -",
    "python3 -c print(input())",
    "python3 -X dev main.py",
    "python3 -m json.tool",
    "node main.mjs",
    "node --enable-source-maps main.mjs",
    "node -e 1",
    "bash main.sh",
    "bash -eu main.sh",
    "bash -c cat",
    "env A=1 python3 main.py",
    "timeout 5 cat",
    "perl -ne print",
    "sqlite3 x.db .dump",
    "awk {print}",
    "sed -f script",
    "jq .",
  ])("%s", (line) => {
    expect(withInput(words(line))).toBeNull();
  });
  test("sh -c with commands that read data", () => {
    expect(withInput(["sh", "-c", "sort | uniq -c > out; python3 main.py"])).toBeNull();
  });
});
