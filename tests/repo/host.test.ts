import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { needs } from "../support/host.ts";

const supportUrl = new URL("../support/features.ts", import.meta.url).href;

test("a feature that is missing is reported with a reason and a way to get it", () => {
  const found = needs("root");
  if (process.getuid?.() === 0) expect(found).toEqual({ ok: true, reason: "uid 0" });
  else expect(found.reason).toMatch(/needs root: .* \(run as root\)/);
});

test("HSR_REQUIRE with a misspelt feature is an error", () => {
  const before = process.env["HSR_REQUIRE"];
  process.env["HSR_REQUIRE"] = "bublewrap";
  try {
    expect(() => needs("root")).toThrow(/"bublewrap", which is not a feature/);
  } finally {
    if (before === undefined) delete process.env["HSR_REQUIRE"];
    else process.env["HSR_REQUIRE"] = before;
  }
});

test("every feature can be probed without an exception", () => {
  const script = `const f = await import(${JSON.stringify(supportUrl)});
    for (const name of Object.keys(f.features)) { const p = f.probe(name); console.log(name, p.ok, p.reason); }`;
  const done = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  });
  expect(done.stderr).toBe("");
  expect(done.stdout.split("\n").length).toBeGreaterThan(10);
});
