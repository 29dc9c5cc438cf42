import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findEndpoint } from "./endpoint.ts";
import { type Environment, readEnvironment } from "./environment.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hsr-cli-"));
  mkdirSync(join(dir, "a"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const environment = (more: Partial<Environment> = {}): Environment => ({
  url: undefined,
  key: undefined,
  noColor: undefined,
  endpointDirs: [join(dir, "missing"), join(dir, "a")],
  inherited: () => undefined,
  ...more,
});
const leave = (value: unknown) => writeFileSync(join(dir, "a", "endpoint.json"), JSON.stringify(value));

test("without a gateway the error says how to start one", () => {
  expect(() => findEndpoint(environment())).toThrow(
    expect.objectContaining({
      message: "no gateway is running here",
      hint: expect.stringContaining("make up") as string,
    }),
  );
});

test("the key that `make up` wrote is never sent to an address from elsewhere", () => {
  writeFileSync(join(dir, "key"), "hsr_secret\n");
  leave({ url: "http://127.0.0.1:3000", key_file: join(dir, "key") });
  expect(findEndpoint(environment({ url: "http://evil.example" })).key).toBeUndefined();
  expect(findEndpoint(environment(), { url: "http://evil.example" }).key).toBeUndefined();
});

test("the file is found, its key read, and HSR_KEY goes before it", () => {
  writeFileSync(join(dir, "key"), "hsr_secret\n");
  leave({ url: "http://127.0.0.1:3000/", key_file: join(dir, "key") });
  expect(findEndpoint(environment())).toMatchObject({ url: "http://127.0.0.1:3000", key: "hsr_secret" });
  expect(findEndpoint(environment({ key: "hsr_other" })).key).toBe("hsr_other");
});

test("a damaged file, a missing key and a bad address are named", () => {
  leave({ url: 3 });
  expect(() => findEndpoint(environment())).toThrow(/endpoint.json is damaged/);
  leave({ url: "http://127.0.0.1:1", key_file: join(dir, "nokey") });
  expect(() => findEndpoint(environment())).toThrow(/there is no key in .*nokey/);
  expect(() => findEndpoint(environment({ url: "localhost:3000" }))).toThrow(/HSR_URL is not an address/);
});

test.skipIf(process.getuid?.() === 0)("a key of another user is an error that says so", () => {
  writeFileSync(join(dir, "key"), "hsr_secret\n");
  chmodSync(join(dir, "key"), 0);
  leave({ url: "http://127.0.0.1:1", key_file: join(dir, "key") });
  expect(() => findEndpoint(environment())).toThrow(/may not be read by this user/);
});

test("the places are the user's own ones and root's", () => {
  const asUser = readEnvironment({ HOME: "/home/a", XDG_RUNTIME_DIR: "/run/user/1000" }).endpointDirs;
  expect([...asUser].sort()).toEqual(["/home/a/.local/state/hsr", "/run/hsr", "/run/user/1000/hsr"]);
  expect(readEnvironment({ HOME: "/home/a", XDG_STATE_HOME: "/s" }).endpointDirs).toContain("/s/hsr");
});
