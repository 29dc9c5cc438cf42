/** The configuration of a running gateway: who may see it, where values come from, and what it refuses to start with. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ConfigInfo } from "@hsr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

const main = fileURLToPath(new URL("../../packages/gateway/src/main.ts", import.meta.url));

describeWith(["bubblewrap"], "the configuration of a running gateway", () => {
  let gateway: RunningGateway;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hsr-config-"));
    writeFileSync(join(folder, "hsr.yaml"), "limits:\n  timeout_ms: 700\nretention:\n  run_rows: 3\n  tick_ms: 50\n");
    gateway = await startGateway({
      env: {
        HSR_CONFIG: join(folder, "hsr.yaml"),
        HSR_LIMITS_UNENFORCED: "allow",
        SANDBOX_ALLOW_NETWORK: "true",
        SANDBOX_MEMORY_LIMIT: "131072",
      },
    });
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  test("is shown to administrators with the place that each value came from, and to nobody else", async () => {
    const made = await gateway.call<{ key: string }>("POST", "/v1/keys", {
      name: "r",
      scopes: ["run", "read", "keys"],
    });
    const refused = await gateway.call("GET", "/v1/config", undefined, { authorization: `Bearer ${made.body.key}` });
    expect([refused.status, refused.body.error.code]).toEqual([403, "scope_missing"]);
    const { body } = await gateway.call<ConfigInfo>("GET", "/v1/config");
    const row = (key: string) => body.items.find((one) => one.key === key);
    expect(row("limits.timeout_ms")).toMatchObject({ value: "700", source: "file", unit: "ms" });
    expect(row("limits.timeout_ms")?.from).toMatch(/hsr\.yaml:2:3$/);
    expect(row("limits.memory_bytes")).toMatchObject({ value: "134217728", from: "SANDBOX_MEMORY_LIMIT" });
    expect(row("data.dir")).toMatchObject({ source: "flag", from: "--data-dir" });
    expect(row("limits.unenforced")).toMatchObject({ unsafe: true });
    expect(row("limits.pids")).toMatchObject({ source: "default", from: null });
  });

  test("holds: the file's timeout ends a run, and what the older daemon opened stays closed", async () => {
    const slow = await gateway.run({ argv: ["sleep", "20"] });
    expect(slow.body).toMatchObject({ reason: "timeout" });
    const routes = await gateway.run({
      language: "python",
      code: "print(open('/proc/net/route').read().count('\\n'))",
    });
    expect(routes.body.stdout).toBe("1\n");
  });

  test("is shouted where it takes a wall away, in the log and in the metrics", async () => {
    expect(gateway.log()).toContain("UNSAFE: a setting takes a wall away");
    expect(gateway.log()).toContain("SANDBOX_ALLOW_NETWORK is ignored");
    const { body } = await gateway.call<string>("GET", "/metrics");
    expect(body).toContain('hsr_unsafe_settings{setting="limits.unenforced"} 1');
  });

  test("prunes finished runs to the number that may be kept", async () => {
    for (let i = 0; i < 8; i += 1) await gateway.run({ argv: ["/bin/true"] });
    const until = performance.now() + 5000;
    let kept = -1;
    while (kept !== 3 && performance.now() < until) {
      kept = (await gateway.call<{ items: unknown[] }>("GET", "/v1/runs")).body.items.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(kept).toBe(3);
  });

  test("that is wrong keeps a gateway from starting, with status 78 and every problem at once", () => {
    const file = join(folder, "wrong.yaml");
    writeFileSync(file, "limits:\n  pids: many\n  tiemout_ms: 5\n");
    const done = spawnSync(process.execPath, [main, "--config", file, "--listen", "0.0.0.0:0"], {
      env: { PATH: process.env["PATH"] ?? "", HOME: folder, HSR_RUNS_CONCURENCY: "5" },
      encoding: "utf8",
    });
    expect(done.status).toBe(78);
    expect(done.stderr).toContain(`${file}:2:3: limits.pids wants a whole number`);
    expect(done.stderr).toContain(
      `${file}:3:3: there is no setting limits.tiemout_ms; did you mean limits.timeout_ms?`,
    );
    expect(done.stderr).toContain("HSR_RUNS_CONCURENCY: there is no such setting; did you mean HSR_RUNS_CONCURRENCY?");
    expect(done.stderr).not.toContain("    at ");
  });
});
