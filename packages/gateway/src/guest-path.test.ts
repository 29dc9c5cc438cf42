import fc from "fast-check";
import { expect, test } from "vitest";
import { guestPath } from "./guest-path.ts";

test.for([
  "",
  "..",
  "../x",
  "a/../x",
  "a/..",
  "./a",
  "a/./b",
  "a//b",
  "a/",
  "/",
  "/etc/passwd",
  "/workspace",
  "/workspace/",
  "/workspace/../etc/passwd",
  "/workspaces/x",
  "/tmp",
  "/tmp/../etc/x",
  "//tmp/x",
  "/proc/self/mem",
  "/opt/hsr/bin/node",
  "a\0b",
  "a\nb",
  "a\u007fb",
  "a\\b",
  "..\\x",
  "\ud800",
  "x".repeat(256),
  `${"a/".repeat(32)}b`,
  "é".repeat(600),
])("%j is refused", (path) => {
  expect(() => guestPath(path, "files[0].path")).toThrow(
    expect.objectContaining({ code: "invalid_path", field: "files[0].path" }) as Error,
  );
});

test.for([
  ["a", "/workspace/a"],
  ["a/b.txt", "/workspace/a/b.txt"],
  ["..a", "/workspace/..a"],
  ["...", "/workspace/..."],
  ["%2e%2e/x", "/workspace/%2e%2e/x"],
  ["/workspace/a b", "/workspace/a b"],
  ["/tmp/é", "/tmp/é"],
] as const)("%j is %s: percent signs and dots in names are just characters", ([path, absolute]) => {
  expect(guestPath(path, "f")).toBe(absolute);
});

test("whatever is accepted stays inside when a file system reads it", () => {
  const part = fc.oneof(
    fc.constantFrom("..", ".", "", "a", "tmp", "workspace", "etc", "\\", "\0"),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), fc.boolean(), (parts, absolute) => {
      let path: string;
      try {
        path = guestPath((absolute ? "/" : "") + parts.join("/"), "f");
      } catch {
        return;
      }
      expect(new URL(`file://${path.split("/").map(encodeURIComponent).join("/")}`).pathname).toMatch(
        /^\/(workspace|tmp)\/./,
      );
      expect(path.split("/").slice(1)).not.toContain("..");
    }),
    { numRuns: 2000 },
  );
});
