import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { matching, read, root } from "./tree.ts";

const architecture = process.arch === "arm64" ? "aarch64" : "x86_64";
const built = (build: string, name: string) => join(root, "build/native", build, name);

/** Names that only test builds know, from the file that only they link. */
const wallNames = [...read("native/common/test/walls.c").matchAll(/\[WALL_\w+\] = "([^"]+)"/g)].map(
  ([, name = ""]) => name,
);
/** Walls with ordinary words for names (`memory`, `cpu`) stand in other strings too. */
const telling = wallNames.filter((name) => name.includes("-"));

describe.each(["hsr-agent", "hsr-launcher"])("the %s that is shipped", (name) => {
  const path = built(architecture, name);

  test.skipIf(!existsSync(path))("knows no way to take a wall away", () => {
    const text = readFileSync(path, "latin1");
    const words = new Set(text.split(/[^\x20-\x7e]+/));
    expect(telling.length).toBeGreaterThan(10);
    expect(telling.filter((wall) => words.has(wall))).toEqual([]);
    expect(words.has("without")).toBe(false);
    expect(text).not.toMatch(/libFuzzer|AddressSanitizer/);
  });

  test.skipIf(!existsSync(built("walls", name)))("differs in that from the test build, which does: the control", () => {
    const words = new Set(readFileSync(built("walls", name), "latin1").split(/[^\x20-\x7e]+/));
    expect(telling.filter((wall) => words.has(wall)).length).toBeGreaterThan(10);
  });

  test.skipIf(!existsSync(path))("is static, and its stack is not executable", () => {
    const headers = spawnSync("readelf", ["--wide", "--program-headers", path], { encoding: "utf8" }).stdout;
    expect(headers).not.toMatch(/INTERP/);
    expect(headers).toMatch(/GNU_STACK\s+(0x\w+\s+){5}RW\s/);
  });
});

test.skipIf(!existsSync(built("walls", "hsr-launcher")))(
  "the launcher that is shipped refuses the flag of the test build",
  () => {
    const refused = spawnSync(built(architecture, "hsr-launcher"), ["--without", "memory"], { encoding: "utf8" });
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toMatch(/unrecognized option.*without/);
  },
);

test("nothing that ships starts a test build", () => {
  const shipping = [
    ...matching(/^packages\/.*(?<!\.test)\.ts$/),
    ...matching(/^scripts\/(service\/.*|up|serve)\.ts$|^bin\//),
  ];
  const wrong = shipping.filter(
    (path) => !path.includes("/testing/") && /native\/(walls|asan|planted|fuzz)|HSR_TEST_WALLS/.test(read(path)),
  );
  expect(wrong).toEqual([]);
});
