import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigError, type LoadInput, loadConfig } from "../config.ts";
import { temporaryFolder } from "../store/testing.ts";
import { environmentName, readFile, settingKeys } from "./sources.ts";

const host = { cores: 4, home: "/home/somebody" };

function load(argv: readonly string[] = [], env: LoadInput["env"] = {}) {
  return loadConfig({ argv, env, host });
}

function refusal(argv: readonly string[], env: LoadInput["env"] = {}): string {
  try {
    load(argv, env);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.message;
    throw thrown;
  }
  throw new Error("it was accepted");
}

function withFile<Result>(text: string, use: (path: string) => Result): Result {
  using folder = temporaryFolder();
  const path = join(folder.path, "hsr.yaml");
  writeFileSync(path, text);
  return use(path);
}

test("a file's unknown key, wrong value, duplicate and bad YAML are refused with line and column", () => {
  const at = (text: string): string =>
    readFile(text, "f")
      .problems.map((one) => `${one.from} ${one.message}`)
      .join("|");
  expect(at("limits:\n  timeout_ms: 5\n  timeout: 5\n")).toMatch(/^f:3:3 there is no setting limits\.timeout/);
  expect(at("limit:\n  pids: 5\n")).toMatch(/^f:1:1 there is no section limit; did you mean limits\?/);
  expect(at("limits:\n  pids: lots\n")).toMatch(/^f:2:3 limits\.pids wants a whole number from/);
  expect(at("limits:\n  pids: 9\n  pids: 10\n")).toMatch(/^f:3:3/);
  expect(at("limits: [\n")).toMatch(/^f:\d+:\d+/);
  expect(at("- a\n")).toMatch(/^f:1:1 the file has to be a map/);
  expect(at("limits: 5\n")).toMatch(/^f:1:1 limits has to be a map/);
  expect(at("__proto__:\n  a: 1\n")).toMatch(/there is no section __proto__/);
  expect(at("limits:\n  __proto__: 1\n")).toMatch(/there is no setting limits.__proto__/);
  expect(at("limits:\n  pids: &a 9\n  max_pids: *a\n")).toMatch(/f:3/);
});

test("an unknown flag, a flag without a value, and a misspelt variable are refused with what was meant", () => {
  expect(refusal(["--listn", "x"])).toContain("did you mean --listen?");
  expect(refusal(["--listen"])).toContain("wants a value");
  expect(refusal(["--set", "limits.pid=5"])).toContain("did you mean limits.pids?");
  expect(refusal([], { HSR_LIMITS_PID: "5" })).toContain("did you mean HSR_LIMITS_PIDS?");
  expect(refusal([], { HSR_LIMITS_PIDS: "0x10" })).toContain("HSR_LIMITS_PIDS: limits.pids wants");
  expect(refusal([], { HSR_LIMITS_PIDS: "" })).toContain("wants a whole number");
});

test("every problem is told at once", () => {
  const said = refusal(["--set", "limits.pids=1"], { HSR_RUNS_CONCURRENCY: "many", SANDBOX_TIMEOUT_SECONDS: "soon" });
  for (const part of ["--set limits.pids", "HSR_RUNS_CONCURRENCY", "SANDBOX_TIMEOUT_SECONDS"])
    expect(said).toContain(part);
});

test("defaults give way to the file, the file to the environment, the environment to flags", () => {
  withFile("limits:\n  pids: 10\n  inodes: 100\n  open_files: 20\n", (path) => {
    const { config, rows, file } = load(["--config", path, "--set", "limits.pids=30"], {
      HSR_LIMITS_PIDS: "20",
      HSR_LIMITS_INODES: "200",
    });
    expect(config.limits).toMatchObject({ pids: 30, inodes: 200, openFiles: 20, outputBytes: 1_048_576 });
    expect(file).toBe(path);
    const row = (key: string) => rows.find((one) => one.key === key);
    expect(row("limits.pids")).toMatchObject({ value: "30", source: "flag", from: "--set limits.pids" });
    expect(row("limits.inodes")).toMatchObject({ source: "environment", from: "HSR_LIMITS_INODES" });
    expect(row("limits.open_files")).toMatchObject({ source: "file", from: `${path}:4:3` });
    expect(row("limits.output_bytes")).toMatchObject({ source: "default", from: "" });
  });
});

test("a configuration of a newer version is refused", () => {
  withFile("config:\n  version: 2\n", (path) =>
    expect(refusal(["--config", path])).toContain("is newer than this gateway"),
  );
});

test("the older daemon's variables are read in their own units, and lose against HSR_ ones", () => {
  const old = { SANDBOX_MEMORY_LIMIT: "131072", SANDBOX_TIMEOUT_SECONDS: "300", SANDBOX_CPU_QUOTA: "2" };
  const { config, rows } = load([], old);
  expect(config.limits).toMatchObject({ memoryBytes: 134_217_728, timeoutMs: 300_000, cpuCores: 2 });
  expect(rows.find((row) => row.key === "limits.memory_bytes")?.from).toBe("SANDBOX_MEMORY_LIMIT");
  expect(load([], { ...old, HSR_LIMITS_TIMEOUT_MS: "5000" }).config.limits.timeoutMs).toBe(5000);
  expect(refusal([], { SANDBOX_MEMORY_LIMIT: "1" })).toContain("SANDBOX_MEMORY_LIMIT: limits.memory_bytes wants");
});

test("SANDBOX_ALLOW_NETWORK=true opens nothing and says so; a pool size is ignored visibly", () => {
  const { rows, warnings } = load([], { SANDBOX_ALLOW_NETWORK: "true", SANDBOX_POOL_SIZE: "2" });
  expect(rows.every((row) => row.source === "default")).toBe(true);
  expect(warnings.map((one) => one.from)).toEqual(["SANDBOX_ALLOW_NETWORK", "SANDBOX_POOL_SIZE"]);
  expect(load([], { SANDBOX_ALLOW_NETWORK: "false" }).warnings).toEqual([]);
});

test("an address beyond loopback, and no keys on one, are refused unless the words that shout are there", () => {
  expect(refusal(["--listen", "0.0.0.0:3000"])).toContain("unsafe_listen_beyond_loopback");
  expect(refusal(["--listen", "127.0.0.1:99999"])).toContain("port above 65535");
  const { unsafe, config } = load(["--listen", "0.0.0.0:3000", "--set", "server.unsafe_listen_beyond_loopback=true"]);
  expect(unsafe).toEqual(["server.unsafe_listen_beyond_loopback"]);
  expect(config.server.listen).toBe("0.0.0.0:3000");
  expect(
    refusal([
      "--listen",
      "0.0.0.0:3000",
      "--set",
      "server.unsafe_listen_beyond_loopback=true",
      "--set",
      "auth.unsafe_no_keys=true",
    ]),
  ).toContain("cannot be had together");
  expect(load([], { HSR_LIMITS_UNENFORCED: "allow" }).unsafe).toEqual(["limits.unenforced"]);
  expect(load(["--listen", "[::1]:0"]).config.server.listen).toBe("[::1]:0");
});

test("a default above its maximum is refused", () => {
  expect(refusal([], { HSR_LIMITS_TIMEOUT_MS: "60000", HSR_LIMITS_MAX_TIMEOUT_MS: "50000" })).toContain(
    "limits.timeout_ms is more than limits.max_timeout_ms",
  );
});

test("the configuration is frozen to the bottom", () => {
  const { config } = load();
  expect(() => Object.assign(config.limits, { pids: 1 })).toThrow(TypeError);
  expect(() => Object.assign(config, { limits: {} })).toThrow(TypeError);
  expect(() => (config.limits.required as string[]).push("x")).toThrow(TypeError);
});

test("control: every setting can be set by its variable, and no two share one", () => {
  expect(new Set(settingKeys.map(environmentName)).size).toBe(settingKeys.length);
  const { rows } = load();
  for (const row of rows) {
    if (row.key === "server.listen") continue;
    const again = load([], { [row.env]: row.value });
    expect(again.rows.find((one) => one.key === row.key)).toMatchObject({ value: row.value, source: "environment" });
  }
});
