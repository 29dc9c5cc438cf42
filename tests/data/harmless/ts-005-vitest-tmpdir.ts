import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../src/config";

describe("loadConfig", () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "config-"));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it("reads JSON", async () => {
    await writeFile(join(dir, "app.json"), '{"port": 8080}');
    expect(await loadConfig(dir)).toEqual({ port: 8080 });
  });

  it("says where a bad file is", async () => {
    await writeFile(join(dir, "app.json"), "{port}");
    await expect(loadConfig(dir)).rejects.toThrow(/app\.json/);
  });
});
