/** What is found in code: over REST, on the command line, and kept with a run. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnalyzedRiskBody, ErrorBody } from "@hsr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";
import { hsrctl } from "../support/hsrctl.ts";

const wicked = "import os\n\nname = '/etc/' + 'shadow'\nprint(open(name).read())\nos.remove('/etc/hosts')\n";

describeWith(["bubblewrap"], "the analyzer of a running gateway", () => {
  let gateway: RunningGateway;
  const folder = mkdtempSync(join(tmpdir(), "hsr-analyze-"));
  beforeAll(async () => {
    gateway = await startGateway({ env: { HSR_POLICY_FILE: join(import.meta.dirname, "../../config/policy.yaml") } });
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await gateway?.stop();
  });

  test("says what it found, where, and how sure it is, and runs nothing", async () => {
    const { status, body } = await gateway.call<AnalyzedRiskBody & ErrorBody>("POST", "/v1/analyze", {
      code: wicked,
      language: "python",
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      analyzed: true,
      level: "high",
      language: { declared: "python", found: "python" },
      binary: false,
      unknown_lang: false,
    });
    expect(body.capabilities).toEqual(["file_read", "delete", "system"]);
    expect(body.findings[0]).toMatchObject({
      id: "removes-system-files",
      severity: "high",
      file: "/workspace/main.py",
      line: 5,
      column: 1,
      evidence: "os.remove('/etc/hosts')",
      confidence: "certain",
    });
    expect((await gateway.call<{ items: readonly unknown[] }>("GET", "/v1/runs")).body.items).toEqual([]);
  });

  test("a run keeps the report, and the default policy wants more than this host has for what looks like an attack", async () => {
    const fine = await gateway.run({ code: "print(6 * 7)", language: "python" });
    expect(fine.body).toMatchObject({
      stdout: "42\n",
      decision: { level: "basic" },
      risk: { analyzed: true, level: "low" },
    });
    const refused = await gateway.run({ code: wicked, language: "python" });
    expect(refused.body).toMatchObject({ error: { code: "level_unavailable" } });
    expect(refused.body.error.message).toContain("Deletes files of the system");
  });

  test("hsrctl analyze shows each finding with its line, and --json the report", async () => {
    const file = join(folder, "wicked.py");
    writeFileSync(file, wicked);
    const shown = await hsrctl(["analyze", file], { url: gateway.url, key: gateway.key });
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.stdout.toString()).toMatch(/risk +high \(\d+ of 100\)/);
    expect(shown.stdout.toString()).toContain(
      `${file}:5:1: high: Deletes files of the system [removes-system-files, certain]\n    os.remove('/etc/hosts')\n    ^\n`,
    );
    expect(
      JSON.parse((await hsrctl(["analyze", "--json", file], { url: gateway.url, key: gateway.key })).stdout.toString()),
    ).toMatchObject({
      analyzed: true,
      level: "high",
    });
  });
});
