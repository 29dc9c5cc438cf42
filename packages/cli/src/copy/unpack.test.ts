/**
 * Archives of a hostile guest, unpacked on our machine. Each attack has its control: Python's tarfile, told to trust what it is
 * given, writes outside of the target with the same bytes.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TarEntry, tarEnd, tarHeader, tarPadding } from "./tar.ts";
import { staysInside, unpackHere } from "./unpack.ts";

let dir = "";
let target = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hsr-unpack-"));
  target = join(dir, "deep", "target");
  mkdirSync(target, { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const content = Buffer.from("evil\n");
const file = (path: string): Buffer =>
  Buffer.concat([
    tarHeader({ kind: "file", path, mode: 0o644, bytes: content.length }),
    content,
    tarPadding(content.length),
  ]);
const entry = (one: TarEntry): Buffer => tarHeader(one);
const link = (path: string, to: string): Buffer => entry({ kind: "link", path, target: to });
const archive = (...parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, tarEnd]);

/** In pieces that fall anywhere. */
async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 77) yield bytes.subarray(at, at + 77);
}
const unpack = (bytes: Buffer, mostBytes = 1_000_000) =>
  unpackHere(pieces(bytes), { target, mostBytes, progress: () => {} });

/** The control: whoever trusts the archive is hit. */
function trusting(bytes: Buffer): void {
  writeFileSync(join(dir, "archive.tar"), bytes);
  const script = "import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2], filter='fully_trusted')";
  execFileSync("python3", ["-c", script, join(dir, "archive.tar"), target]);
}

const attacks: readonly [name: string, bytes: () => Buffer][] = [
  ["a path with ..", () => archive(file("../escaped"))],
  ["a path with .. in its middle", () => archive(file("a/../../escaped"))],
  ["an absolute path", () => archive(file(join(dir, "deep", "escaped")))],
  ["a path below a link that was sent before", () => archive(link("l", ".."), file("l/escaped"))],
  ["a path below a link to an absolute place", () => archive(link("l", join(dir, "deep")), file("l/escaped"))],
  [
    "links that lead out only together",
    () =>
      archive(
        entry({ kind: "folder", path: "d", mode: 0o755 }),
        link("d/l", "."),
        link("m", "d/l/../.."),
        file("m/escaped"),
      ),
  ],
  ["a path in GNU's long form with ..", () => archive(file(`${"x/../".repeat(40)}../escaped`))],
];

test.each(attacks)("%s writes nothing outside of the target", async (_, bytes) => {
  await unpack(bytes()).catch((error: Error) => expect(error.message).toMatch(/is refused|in the way/));
  expect(existsSync(join(dir, "deep", "escaped"))).toBe(false);
  expect(readdirSync(join(dir, "deep"))).toEqual(["target"]);
});

test.each(attacks)("control: %s hits who trusts it", (_, bytes) => {
  // What is written through a folder that has to exist, exists for the control.
  mkdirSync(join(target, "a"));
  mkdirSync(join(target, "x"));
  trusting(bytes());
  expect(readFileSync(join(dir, "deep", "escaped"), "utf8")).toBe("evil\n");
});

test("a link that was there before is not followed, as folder or as file", async () => {
  writeFileSync(join(dir, "precious"), "mine");
  mkdirSync(join(dir, "outside"));
  symlinkSync(join(dir, "outside"), join(target, "folder"));
  symlinkSync(join(dir, "precious"), join(target, "file"));
  await expect(unpack(archive(file("folder/x")))).rejects.toThrow(/"folder" is in the way/);
  await unpack(archive(file("file")));
  expect(readFileSync(join(dir, "precious"), "utf8")).toBe("mine");
  expect(readFileSync(join(target, "file"), "utf8")).toBe("evil\n");
  expect(readdirSync(join(dir, "outside"))).toEqual([]);
});

test("what is twice, too much, of another kind, cut off or changed is refused", async () => {
  await expect(unpack(archive(file("a"), file("a")))).rejects.toThrow(/has "a" twice/);
  await expect(unpack(archive(file("a"), file("b")), 9)).rejects.toThrow(/more than 9 B/);
  const whole = archive(file("c"));
  await expect(unpack(whole.subarray(0, 700))).rejects.toThrow(/ends before its end/);
  await expect(unpack(whole.subarray(0, 1024))).rejects.toThrow(/ends before its end/);
  await expect(unpack(Buffer.concat([archive(file("d")), file("e")]))).rejects.toThrow(/follows its end/);
  for (const type of ["1", "3", "4", "6", "7", "S", "x", "g"]) {
    const header = tarHeader({ kind: "folder", path: "odd", mode: 0o755 });
    // The sum grows with the type.
    const sum = Number.parseInt(header.toString("latin1", 148, 154), 8) + type.charCodeAt(0) - "5".charCodeAt(0);
    header.write(type, 156, "latin1");
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    await expect(unpack(archive(header)), type).rejects.toThrow(/neither a file, a folder nor/);
  }
  const changed = archive(file("f"));
  changed[3] = 0x41;
  await expect(unpack(changed)).rejects.toThrow(/checksum/);
  expect(readdirSync(target).filter((name) => name.startsWith(".hsr-"))).toEqual([]);
});

test("modes lose their set-id bits, and links that stay inside are made", async () => {
  const result = await unpack(
    archive(
      entry({ kind: "folder", path: "", mode: 0o755 }),
      entry({ kind: "folder", path: "bin", mode: 0o500 }),
      file("bin/tool"),
      link("bin/same", "tool"),
      link("bin/up", "../file"),
      link("out", "../x"),
      link("abs", "/etc/passwd"),
      file("long/".repeat(30) + "\u00ff\u00fe"),
    ),
  );
  expect(result).toMatchObject({ files: 2, bytes: 10, leftAway: ["out", "abs"] });
  expect(readlinkSync(join(target, "bin/up"))).toBe("../file");
  expect(readdirSync(join(target, "bin")).toSorted()).toEqual(["same", "tool", "up"]);
});

test.each([
  ["l", "a", true],
  ["d/l", "../a", true],
  ["d/l", "..", true],
  ["l", "..", false],
  ["d/l", "../../a", false],
  ["l", "a/..", false],
  ["l", "/a", false],
  ["l", "", false],
  ["l", "./a/./b", true],
])("a link %s to %s stays inside: %s", (path, to, expected) => expect(staysInside(path, to)).toBe(expected));
