import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run, RunEvent } from "@hsr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { type HsrctlOptions, hsrctl, startHsrctl } from "../support/hsrctl.ts";

describeWith(["bubblewrap", "python3"], "hsrctl run", () => {
  let gateway: RunningGateway;
  let dir = "";
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "hsr-cli-"));
    gateway = await startGateway();
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const run = (args: readonly string[], options: HsrctlOptions = {}) =>
    hsrctl(["run", ...args], { url: gateway.url, key: gateway.key, cwd: dir, ...options });
  const file = (name: string, content: string, mode = 0o644) => writeFileSync(join(dir, name), content, { mode });
  const text = (bytes: Buffer) => bytes.toString("utf8");
  const lastRun = async () => {
    const { body } = await gateway.call<{ items: Run[] }>("GET", "/v1/runs?limit=1");
    return body.items[0] as Run;
  };
  const untilFinished = async (id: string) => (await gateway.call<Run>("GET", `/v1/runs/${id}?wait_ms=10000`)).body;

  test.each([
    ["a gateway that is not there", ["--", "true"], { url: "http://127.0.0.1:9" }, 125, /cannot be reached/],
    ["a key that is not known", ["--", "true"], { key: "hsr_no" }, 125, /valid key is needed/],
    ["no gateway at all", ["--", "true"], { env: { HSR_URL: "" } }, 125, /make up/],
    ["nothing to run", [], {}, 2, /nothing to run/],
    ["a file that is not there", ["nothing.py"], {}, 2, /no file nothing\.py here\n {2}.*run -- nothing\.py/],
    ["a time without a unit", ["--timeout", "5", "--", "true"], {}, 2, /--timeout wants a time with its unit/],
    ["an option that does not exist", ["--nope"], {}, 2, /unknown option '--nope'/],
    ["code on stdin without a language", ["-"], { input: "x" }, 2, /needs --language/],
    ["less memory than the least", ["-m", "1k", "--", "true"], {}, 125, /memory_limit.*16777216/],
    ["a runtime that is not there", ["--runtime", "nope", "--", "true"], {}, 125, /runtime nope cannot be used/],
    ["a level that is not to be had", ["--level", "maximum", "--", "true"], {}, 125, /level maximum is not to be had/],
    ["a program that is not there", ["--", "no-such-program"], {}, 127, /no program `no-such-program`/],
    ["too much on stdin", ["--", "cat"], { input: Buffer.alloc(5_000_000) }, 2, /more than 4 MiB\n.*--file/],
  ] as const)("%s is an error that says what to do", async (_, args, options, code, message) => {
    const result = await run(args, options);
    expect(result.stderr).toMatch(message);
    expect(result).toMatchObject({ code, stdout: Buffer.alloc(0) });
  });

  test.each([
    ["its own", ["--", "bash", "-c", "exit 7"], 7, ""],
    ["128 and the signal", ["--", "bash", "-c", "kill -TERM $$"], 143, "ended by SIGTERM"],
    ["124 at the time limit", ["-t", "200ms", "--", "sleep", "30"], 124, "time limit was reached"],
    [
      "137 at the memory limit",
      ["-m", "32m", "--", "python3", "-c", "bytearray(10**9)"],
      137,
      "memory limit was reached",
    ],
  ] as const)("the exit code is %s", async (_, args, code, said) => {
    const result = await run(args);
    expect(result.stderr).toContain(said);
    expect(result.code).toBe(code);
  });

  test("stdout, stderr and stdin are the program's, byte for byte", async () => {
    const bytes = randomBytes(100_000);
    const result = await run(["--", "bash", "-c", "echo problem >&2; cat"], { input: bytes });
    expect(result.stdout.equals(bytes)).toBe(true);
    expect(result).toMatchObject({ code: 0, stderr: "problem\n" });
  });

  test("a script takes no stdin unless asked, and an open stdin does not make a run wait", async () => {
    file("read.py", "import sys; print(repr(sys.stdin.read()))");
    expect(text((await run(["read.py"], { openStdin: true })).stdout)).toBe("''\n");
    expect(text((await run(["--stdin", "read.py"], { input: "hi" })).stdout)).toBe("'hi'\n");
    expect(text((await run(["--no-stdin", "--", "cat"], { openStdin: true })).stdout)).toBe("");
  });

  test("scripts of every language, with arguments, and a program file", async () => {
    file("a.py", "import sys; print(sys.argv[1:])");
    file("a.ts", "const n: number = 4; console.log(process.argv.slice(2), n)");
    file("a.js", "console.log(process.argv.slice(2))");
    file("tool", "#!/bin/bash\necho $1 $#");
    expect(text((await run(["a.py", "x", "--flag"])).stdout)).toBe("['x', '--flag']\n");
    expect(text((await run(["a.ts", "x"])).stdout)).toBe("[ 'x' ] 4\n");
    expect(text((await run(["a.js", "--", "x"])).stdout)).toBe("[ '--', 'x' ]\n");
    expect(text((await run(["tool", "x", "y"])).stdout)).toBe("x 2\n");
    expect(text((await run(["-l", "python", "-", "arg"], { input: "import sys; print(sys.argv[1])" })).stdout)).toBe(
      "arg\n",
    );
    execFileSync("gcc", ["-static", "-x", "c", "-o", join(dir, "a.out"), "-"], {
      input: "int main(int n) { return 40 + n; }",
    });
    expect((await run(["./a.out", "1"])).code).toBe(42);
  });

  test("environment, files and labels arrive, and nothing of the caller's own environment does", async () => {
    file("data.csv", "1,2\n");
    const result = await run(
      [
        "-e",
        "A=b=c",
        "-e",
        "SECRET",
        "-f",
        "data.csv",
        "-f",
        "data.csv:in/other",
        "--label",
        "team=x",
        "--",
        "bash",
        "-c",
        "cat data.csv in/other; env | sort",
      ],
      { env: { SECRET: "given", OTHER: "kept back" } },
    );
    expect(text(result.stdout)).toMatch(/^1,2\n1,2\nA=b=c\nHOME=\/workspace\n/);
    expect(text(result.stdout)).toContain("SECRET=given");
    expect(text(result.stdout)).not.toContain("OTHER");
    expect((await lastRun()).labels).toEqual({ team: "x" });
  });

  test("--json prints the whole result, bytes included; --stream each event as it happens", async () => {
    const whole = await run(["--json", "--", "bash", "-c", "printf '\\xff'; printf text >&2; exit 3"]);
    const result = JSON.parse(text(whole.stdout)) as Run;
    expect(result).toMatchObject({
      reason: "exited",
      exit_code: 3,
      stdout: null,
      stdout_base64: "/w==",
      stderr: "text",
    });
    expect(whole.code).toBe(3);
    const stored = (await gateway.call<Run>("GET", `/v1/runs/${result.id}`)).body;
    expect(result).toEqual(stored);
    const streamed = await run(["--json", "--stream", "--", "echo", "hi"]);
    const events = text(streamed.stdout)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as RunEvent);
    expect(events.map((event) => event.type)).toContain("run.output");
    expect(events.at(-1)).toMatchObject({ type: "run.finished", data: { exit_code: 0 } });
  });

  test("output comes while the program runs", async () => {
    const running = startHsrctl(["run", "--", "bash", "-c", "echo early; sleep 30"], {
      url: gateway.url,
      key: gateway.key,
    });
    await running.shows("early");
    running.process.kill("SIGINT");
    expect((await running.done).code).toBe(130);
  });

  test("Ctrl-C cancels the run and waits for its end; what it wrote before is there", async () => {
    const running = startHsrctl(["run", "--", "bash", "-c", "trap '' INT TERM; echo ready; sleep 30"], {
      url: gateway.url,
      key: gateway.key,
    });
    await running.shows("ready");
    running.process.kill("SIGINT");
    const result = await running.done;
    expect(result.stderr).toMatch(/cancelling; Ctrl-C again leaves at once\nhsrctl: cancelled after/);
    expect(result).toMatchObject({ code: 130, stdout: Buffer.from("ready\n") });
    expect(await lastRun()).toMatchObject({ state: "finished", reason: "cancelled" });
  });

  test("with --detach Ctrl-C leaves the run alone", async () => {
    const running = startHsrctl(["run", "--detach", "--", "bash", "-c", "echo ready; sleep 0.5; echo done"], {
      url: gateway.url,
      key: gateway.key,
    });
    await running.shows("ready");
    running.process.kill("SIGINT");
    const result = await running.done;
    expect(result.code).toBe(130);
    const id = /left (run-\w+) running/.exec(result.stderr)?.[1] ?? "";
    expect(await untilFinished(id)).toMatchObject({ reason: "exited", stdout: "ready\ndone\n" });
  });

  test("kill -9 of hsrctl cancels its run", async () => {
    const running = startHsrctl(["run", "--", "bash", "-c", "echo ready; sleep 30"], {
      url: gateway.url,
      key: gateway.key,
    });
    await running.shows("ready");
    running.process.kill("SIGKILL");
    await running.done;
    expect(await untilFinished((await lastRun()).id)).toMatchObject({ reason: "cancelled" });
  });

  test("a reader that goes away ends hsrctl and the run", async () => {
    const running = startHsrctl(["run", "--", "yes"], { url: gateway.url, key: gateway.key });
    await running.shows("y\n");
    running.process.stdout?.destroy();
    expect((await running.done).code).toBe(141);
    expect(await untilFinished((await lastRun()).id)).toMatchObject({ reason: "cancelled" });
  });

  test("--no-wait prints the run's id at once", async () => {
    const result = await run(["--no-wait", "--", "bash", "-c", "sleep 0.3; echo later"]);
    const id = text(result.stdout).trim();
    expect(id).toMatch(/^run-[a-z2-7]{26}$/);
    expect(await untilFinished(id)).toMatchObject({ reason: "exited", stdout: "later\n" });
  });
});
