import { gzipSync } from "node:zlib";
import { HsrError } from "@hsr/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maybeGunzip } from "./gunzip.ts";
import { readTar } from "./read-tar.ts";
import { paxRecord, type TarPart, tar, tarEnd, tarPart } from "./testing.ts";

async function* inPieces(bytes: Buffer, length: number) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** What the parser makes of it, as text. */
async function read(bytes: Buffer, length = 1000): Promise<string[]> {
  const seen: string[] = [];
  for await (const entry of readTar(maybeGunzip(inPieces(bytes, length)))) {
    const path = entry.path.toString("latin1");
    if (entry.kind === "folder") seen.push(`${path}/ ${entry.mode.toString(8)}`);
    else if (entry.kind === "link") seen.push(`${path} -> ${String(entry.target)}`);
    else {
      const parts: Uint8Array[] = [];
      for await (const part of entry.content) parts.push(part);
      seen.push(`${path} ${entry.mode.toString(8)} ${String(Buffer.concat(parts))}`);
    }
  }
  return seen;
}

async function refusal(bytes: Buffer): Promise<string> {
  try {
    return `accepted: ${(await read(bytes)).join(", ")}`;
  } catch (thrown) {
    if (thrown instanceof HsrError && thrown.code === "invalid_archive") return thrown.message;
    throw thrown;
  }
}

const long = `${"d/".repeat(30)}${"n".repeat(120)}`;
const good: readonly TarPart[] = [
  { name: "folder/", type: "5", mode: 0o755 },
  { name: "folder/file", content: "content", mode: 0o4755 },
  { name: "./dotted", content: "x".repeat(600) },
  { name: "link", type: "2", target: "../anywhere" },
];

describe("a good archive", () => {
  test.each([1, 7, 511, 512, 513, 100_000])(
    "in pieces of %d bytes gives its entries, without set-id bits",
    async (length) => {
      const seen = ["folder/ 755", "folder/file 755 content", `dotted 644 ${"x".repeat(600)}`, "link -> ../anywhere"];
      expect(await read(tar(...good), length)).toEqual(seen);
      expect(await read(gzipSync(tar(...good)), length)).toEqual(seen);
    },
  );

  test("has long names in each of the three ways", async () => {
    const name = "n".repeat(100);
    expect(await read(tar({ name, prefix: "some/folders", content: "1" }))).toEqual([`some/folders/${name} 644 1`]);
    const pax = { name: "PaxHeaders/x", type: "x", content: paxRecord("path", long) + paxRecord("mtime", "1.5") };
    expect(await read(tar(pax, { name: "short", content: "2" }))).toEqual([`${long} 644 2`]);
    const gnu = { name: "././@LongLink", type: "L", magic: "ustar  \0", content: `${long}\0` };
    expect(await read(tar(gnu, { name: "short", magic: "ustar  \0", content: "3" }))).toEqual([`${long} 644 3`]);
  });

  test("has bytes for names, and a global comment", async () => {
    const comment = { name: "pax_global_header", type: "g", content: paxRecord("comment", "abc") };
    expect(await read(tar(comment, { name: Buffer.from([0xff, 0xfe]), content: "" }))).toEqual(["\xff\xfe 644 "]);
  });

  test("names the folder itself, and has sizes in base 256", async () => {
    const size = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
    expect(await read(tar({ name: "./", type: "5" }, { name: "a", size, content: "abc" }))).toEqual(["a 644 abc"]);
  });
});

describe("refused", () => {
  const negative = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  const huge = Buffer.from([0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  test.each<[string, Buffer, RegExp]>([
    ["an absolute path", tar({ name: "/etc/passwd" }), /absolute/],
    ["dots", tar({ name: "a/../../b" }), /part `.` or `..`/],
    ["dots by prefix", tar({ name: "b", prefix: ".." }), /part `.` or `..`/],
    [
      "dots by pax",
      tar({ name: "x", type: "x", content: paxRecord("path", "../b") }, { name: "b" }),
      /part `.` or `..`/,
    ],
    ["dots by a GNU name", tar({ name: "x", type: "L", content: "../b\0" }, { name: "b" }), /part `.` or `..`/],
    ["an empty part", tar({ name: "a//b" }), /empty part/],
    ["a NUL in a pax path", tar({ name: "x", type: "x", content: paxRecord("path", "a\0b") }, { name: "b" }), /NUL/],
    ["a NUL in a GNU name", tar({ name: "x", type: "L", content: "a\0b\0" }, { name: "b" }), /NUL/],
    ["a file without a name", tar({ name: "" }), /no name/],
    ["a file with a folder's name", tar({ name: "a/" }), /empty part/],
    [
      "a path that is too deep",
      tar({ name: "a/".repeat(45), prefix: "b/".repeat(60), type: "5" }),
      /too deep|empty part/,
    ],
    ["a hard link", tar({ name: "a", type: "1", target: "/etc/passwd" }), /hard link/],
    ["a character device", tar({ name: "a", type: "3" }), /device/],
    ["a block device", tar({ name: "a", type: "4" }), /device/],
    ["a FIFO", tar({ name: "a", type: "6" }), /FIFO/],
    ["a sparse file", tar({ name: "a", type: "S", magic: "ustar  \0" }), /sparse/],
    [
      "a sparse file in pax",
      tar({ name: "x", type: "x", content: paxRecord("GNU.sparse.major", "1") }, { name: "a" }),
      /not supported/,
    ],
    ["a kind that nobody knows", tar({ name: "a", type: "Z" }), /kind/],
    ["a negative size", tar({ name: "a", size: negative }), /negative/],
    ["a size beyond numbers", tar({ name: "a", size: huge }), /too large/],
    ["a size with a sign", tar({ name: "a", size: Buffer.from("-0000000001\0") }), /not octal/],
    ["a size in hexadecimal", tar({ name: "a", size: Buffer.from("0x000000001\0") }), /not octal/],
    ["digits behind the number's end", tar({ name: "a", size: Buffer.from("0000001 777\0") }), /not octal/],
    ["a wrong checksum", tar({ name: "a", broken: true }), /checksum/],
    ["no tar at all", Buffer.from("x".repeat(4096)), /not octal|checksum/],
    ["the form before ustar", tar({ name: "a", magic: "\0\0\0\0\0\0\0\0" }), /ustar, pax or GNU/],
    ["a folder with content", tar({ name: "a/", type: "5", content: "x" }), /has content/],
    ["a link to nowhere", tar({ name: "a", type: "2" }), /nowhere/],
    [
      "two sizes",
      tar({ name: "x", type: "x", content: paxRecord("size", "512") }, { name: "a", content: "" }),
      /two sizes/,
    ],
    [
      "two names",
      tar(
        { name: "x", type: "x", content: paxRecord("path", "b") },
        { name: "x", type: "L", content: "c\0" },
        { name: "a" },
      ),
      /two names/,
    ],
    [
      "a name said twice",
      tar({ name: "x", type: "x", content: paxRecord("path", "b") + paxRecord("path", "c") }, { name: "a" }),
      /twice/,
    ],
    ["a name for all", tar({ name: "x", type: "g", content: paxRecord("path", "b") }, { name: "a" }), /global/],
    ["an extended header alone", tar({ name: "x", type: "x", content: paxRecord("path", "b") }), /no entry/],
    ["an extended header without end", tar({ name: "x", type: "x", size: 1024 * 1024 * 100 }), /too long/],
    ["a record that is too long", tar({ name: "x", type: "x", content: "99 path=b\n" }, { name: "a" }), /malformed/],
    ["a record of length 0", tar({ name: "x", type: "x", content: "0 path=b\n" }, { name: "a" }), /malformed/],
    ["one block of zeroes", Buffer.concat([tarPart({ name: "a" }), Buffer.alloc(512)]), /before its end/],
    ["no end", tarPart({ name: "a", content: "x" }), /before its end/],
    ["half a file", tarPart({ name: "a", size: 5000, content: "x" }), /middle of a file/],
    ["half a header", tarPart({ name: "a" }).subarray(0, 300), /before its end/],
    ["an archive behind the archive", Buffer.concat([tar({ name: "a" }), tar({ name: "b" })]), /follows its end/],
    ["too many zeroes", Buffer.concat([tarEnd, Buffer.alloc(2 * 1024 * 1024)]), /too much/i],
    ["nothing", Buffer.alloc(0), /before its end/],
    ["gzip that bursts", gzipSync(tar({ name: "zeroes", content: Buffer.alloc(16 * 1024 * 1024) })), /grows too much/],
    ["half of gzip", gzipSync(tar(...good)).subarray(0, 60), /gzip/],
    ["gzip that is none", Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5]), /gzip/],
  ])("%s", async (_what, bytes, why) => {
    expect(await refusal(bytes)).toMatch(why);
  });
});

describe("whatever comes", () => {
  const runs = Number(process.env["HSR_SOAK"] === undefined ? 300 : 20_000);

  test("is refused or gives paths that stay below, and never more than came", async () => {
    const base = tar(
      ...good,
      { name: "x", type: "x", content: paxRecord("path", long) },
      { name: "short", content: "2" },
    );
    const change = fc.record({ at: fc.nat(base.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 6 }), fc.nat(base.length), async (changes, length) => {
        const bytes = Buffer.from(base);
        for (const { at, byte } of changes) bytes[at] = byte;
        // Sums are made right again, so that what is behind them is reached.
        for (let at = 0; at + 512 <= bytes.length; at += 512) mendSum(bytes.subarray(at, at + 512));
        let total = 0;
        try {
          for await (const entry of readTar(inPieces(bytes.subarray(0, length || bytes.length), 700))) {
            expect(entry.path.toString("latin1")).not.toMatch(/^\/|(^|\/)\.{0,2}(\/|$)|\0/);
            if (entry.kind === "file") for await (const part of entry.content) total += part.length;
          }
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: "invalid_archive" });
        }
        expect(total).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: runs },
    );
  });
});

function mendSum(block: Buffer): void {
  if (block.toString("latin1", 257, 262) !== "ustar") return;
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}
