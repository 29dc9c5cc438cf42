/** What npm would publish as `@hsr/sdk`, installed into an empty folder and used by plain Node. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stageSdk } from "../../scripts/stage-sdk.ts";
import { inCheckout } from "../../scripts/support/checkout.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { testWith } from "../support/host.ts";

const consumer = `import { Hsr, HsrApiError, type api } from "@hsr/sdk";

export async function main(url: string, key: string): Promise<string> {
  const hsr = new Hsr({ url, key });
  const run: api.Run = await hsr.run({ language: "python", code: "print(1)", labels: { a_b: "c" } });
  const code: number | null = run.exitCode;
  await using sandbox = await hsr.sandboxes.create({ ttlMs: 60_000 });
  let text = "";
  for await (const chunk of sandbox.exec({ argv: ["true"] }).output) text += chunk.text;
  try {
    await hsr.runs.get("x");
  } catch (error) {
    if (error instanceof HsrApiError && error.code === "not_found") text += error.hint;
  }
  return text + String(code);
}
`;

const mistakes = `import { Hsr } from "@hsr/sdk";

const hsr = new Hsr({ url: "", key: "" });
void hsr.run({ language: "cobol", code: "" });
void hsr.run({ exit_code: 1 });
void hsr.call("getRun", {});
`;

describe("the package @hsr/sdk", () => {
  let folder: string;
  const inside = (command: string, args: readonly string[], cwd = join(folder, "app")) =>
    spawnSync(command, args, { cwd, encoding: "utf8", env: { PATH: process.env["PATH"], HOME: folder } });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hsr-sdk-"));
    stageSdk(join(folder, "sdk"));
    const packed = inside("npm", ["pack", "--pack-destination", folder], join(folder, "sdk"));
    expect(packed.stderr).toContain("hsr-sdk-");
    mkdirSync(join(folder, "app"));
    writeFileSync(join(folder, "app", "package.json"), '{"type": "module", "private": true}');
    const tarball = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
    expect(tarball).toHaveLength(1);
    const installed = inside("npm", [
      "install",
      "--offline",
      "--no-audit",
      "--no-fund",
      join(folder, tarball[0] ?? ""),
    ]);
    expect(installed.status, installed.stderr).toBe(0);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("brings nothing along, no source and no test", () => {
    expect(readdirSync(join(folder, "app", "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["@hsr"]);
    const root = join(folder, "app", "node_modules", "@hsr", "sdk");
    const files = readdirSync(root, { recursive: true, encoding: "utf8" });
    expect(files).toContain(join("dist", "index.js"));
    expect(files.filter((name) => /\.test\.|(?<!\.d)\.ts$|node_modules/.test(name))).toEqual([]);
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
    expect(Object.keys(manifest).filter((key) => /dependencies|scripts|private/i.test(key))).toEqual([]);
  });

  it("has types that a strict program with no types but a browser's checks against", () => {
    const app = join(folder, "app");
    const tsc = join(dirname(inCheckout("node_modules/.bin/tsc")), "tsc");
    const flags = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2024"];
    const check = (file: string) =>
      inside(tsc, [...flags, "--module", "nodenext", "--types", "", "--lib", "es2024,esnext.disposable,dom", file]);
    writeFileSync(join(app, "consumer.ts"), consumer);
    writeFileSync(join(app, "mistakes.ts"), mistakes);
    expect(check("consumer.ts")).toMatchObject({ status: 0, stdout: "" });
    const found = check("mistakes.ts").stdout.match(/mistakes\.ts\(\d+/g);
    expect(found).toEqual(["mistakes.ts(4", "mistakes.ts(5", "mistakes.ts(6"]);
  });

  testWith(["bubblewrap"], "runs a program from plain Node", async () => {
    const gateway: RunningGateway = await startGateway();
    try {
      const script = `import { Hsr } from "@hsr/sdk";
const hsr = new Hsr({ url: process.argv[2], key: process.argv[3] });
const run = await hsr.run({ language: "bash", code: "echo $((6 * 7))" });
console.log(run.stdout, run.exitCode);`;
      writeFileSync(join(folder, "app", "main.js"), script);
      const done = inside(process.execPath, ["main.js", gateway.url, gateway.key]);
      expect(done).toMatchObject({ status: 0, stdout: "42\n 0\n", stderr: "" });
    } finally {
      await gateway.stop();
    }
  });
});
