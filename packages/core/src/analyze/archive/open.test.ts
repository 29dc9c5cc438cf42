/** Archives as other programs make them, and as nobody should: all of them are opened within their bounds or said to be closed. */
import { deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Allowance, archiveLimits, openArchive } from "./open.ts";
import { madeTar, madeZip } from "./testing.ts";

const opened = (content: Uint8Array, kind: string) => openArchive("a", content, kind, new Allowance());
const texts = (content: Uint8Array, kind: string) => {
  const { members, missed } = opened(content, kind);
  return {
    members: Object.fromEntries(members.map((each) => [each.path, Buffer.from(each.content).toString()])),
    missed,
  };
};

const files = { "run.sh": "rm -rf /usr\n", "deep/in/x.py": "x = 1\n" };
const inside = { "a!/run.sh": "rm -rf /usr\n", "a!/deep/in/x.py": "x = 1\n" };

describe("what is in an archive", () => {
  test.each<[string, Uint8Array, string]>([
    ["a zip", madeZip(files), "zip"],
    ["a zip that is not packed", madeZip(files, { method: 0 }), "zip"],
    ["a zip behind something else", Buffer.concat([Buffer.from("#!/usr/bin/env python3\n"), madeZip(files)]), "zip"],
    ["a zip with a comment", madeZip(files, { comment: "PK\x05\x06 not the end" }), "zip"],
    ["a tar", madeTar(files), "tar"],
    ["a tar without an end", madeTar(files).subarray(0, -1024), "tar"],
    ["a packed tar", gzipSync(madeTar(files)), "gzip"],
    ["a tar packed by zstd", zstdCompressSync(madeTar(files)), "zstd"],
  ])("%s", (_what, content, kind) => {
    expect(texts(content, kind)).toEqual({ members: inside, missed: null });
  });

  test("one file that is packed by itself", () => {
    expect(texts(gzipSync("x = 1"), "gzip")).toEqual({ members: { "a!/content": "x = 1" }, missed: null });
  });

  test("names longer than a header holds, in both forms", () => {
    const name = `${"long/".repeat(30)}x.py`;
    expect(Object.keys(texts(madeTar({ [name]: "1" }, "gnu"), "tar").members)).toEqual([`a!/${name}`]);
    expect(Object.keys(texts(madeTar({ [name]: "1" }, "pax"), "tar").members)).toEqual([`a!/${name}`]);
  });

  test("an archive in an archive in an archive, and no deeper", () => {
    const two = madeZip({ "b.tar": madeTar({ "c.zip": madeZip(files) }) });
    expect(texts(two, "zip")).toMatchObject({ members: { "a!/b.tar!/c.zip!/run.sh": "rm -rf /usr\n" }, missed: null });
    expect(texts(madeZip({ "d.zip": two }), "zip")).toMatchObject({
      members: {},
      missed: expect.stringContaining("deeper"),
    });
  });
});

describe("what stays closed is said", () => {
  test.each<[string, Uint8Array, string]>([
    ["7z", Buffer.from("377abcaf271c0004", "hex"), "7z"],
    ["xz", Buffer.from("fd377a585a000004", "hex"), "xz"],
    ["an encrypted zip", madeZip(files, { flags: 1 }), "zip"],
    ["a way of packing that nobody knows", madeZip(files, { method: 14 }), "zip"],
    ["a zip that is cut", madeZip(files).subarray(0, -30), "zip"],
    ["a zip that says less than it holds", madeZip(files, { said: 4 }), "zip"],
    ["a tar that is cut", madeTar(files).subarray(0, 700), "tar"],
    ["no gzip", Buffer.from("1f8b0800", "hex"), "gzip"],
  ])("%s", (_what, content, kind) => {
    expect(opened(content, kind).missed).not.toBeNull();
  });
});

describe("no archive costs more than it may", () => {
  test("one that unpacks to a gigabyte", () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    expect(opened(bomb, "gzip")).toMatchObject({ members: [], missed: expect.any(String) });
    const zipped = madeZip({ "zeros.py": Buffer.alloc(64 * 1024 * 1024) });
    expect(opened(zipped, "zip")).toMatchObject({ members: [], missed: "more than is looked at" });
  });

  test("one that lies about its size", () => {
    const packed = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
    const lying = madeZip({ "zeros.py": packed }, { packed: true, said: 100 });
    expect(opened(lying, "zip")).toMatchObject({ members: [], missed: expect.stringContaining("cannot be unpacked") });
  });

  test("one with a hundred thousand members, and many that share the bounds", () => {
    const names = Array.from({ length: 20_000 }, (_each, at) => [`${at}.py`, ""] as const);
    const { members, missed } = opened(madeZip(Object.fromEntries(names)), "zip");
    expect(members.length).toBe(archiveLimits.members);
    expect(missed).not.toBeNull();
    const left = new Allowance();
    const half = madeTar({ a: Buffer.alloc(archiveLimits.bytes * 0.6) });
    expect(openArchive("a", half, "tar", left).missed).toBeNull();
    expect(openArchive("b", half, "tar", left).missed).not.toBeNull();
  });

  test("members that overlap: each counts for itself", () => {
    const once = madeZip({ "a.py": Buffer.alloc(1024 * 1024, "x = 1\n") });
    // The directory's only entry, many times over, all on the same bytes.
    const end = once.lastIndexOf(Buffer.from("504b0506", "hex"));
    const start = once.readUInt32LE(end + 16);
    const entry = once.subarray(start, end);
    const tail = Buffer.from(once.subarray(end));
    tail.writeUInt16LE(1000, 8);
    tail.writeUInt16LE(1000, 10);
    tail.writeUInt32LE(entry.length * 1000, 12);
    const bomb = Buffer.concat([once.subarray(0, start), ...Array.from({ length: 1000 }, () => entry), tail]);
    const { members, missed } = opened(bomb, "zip");
    expect(members.length).toBeLessThanOrEqual(4);
    expect(missed).not.toBeNull();
  });

  test("whatever the bytes are", () => {
    const whole = [madeZip(files), madeTar(files, "pax"), gzipSync(madeTar(files))] as const;
    fc.assert(
      fc.property(
        fc.constantFrom("zip", "tar", "gzip", "zstd"),
        fc.constantFrom(...whole),
        fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 6 }),
        fc.nat(2000),
        (kind, content, changes, length) => {
          const damaged = Buffer.from(content.subarray(0, length));
          for (const [at, byte] of changes) if (at < damaged.length) damaged[at] = byte;
          const { members } = opened(damaged, kind);
          expect(members.length).toBeLessThanOrEqual(archiveLimits.members);
        },
      ),
      { numRuns: 500 },
    );
  });
});
