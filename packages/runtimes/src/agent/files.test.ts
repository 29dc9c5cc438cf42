import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { Agent } from "@hsr/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RealAgent, startRealAgent } from "./testing/real-agent.ts";
import { openMagic } from "./wire.ts";

let real: RealAgent;
let agent: Agent;
beforeEach(async () => {
  real = await startRealAgent();
  agent = real.open();
});
afterEach(() => real.stop());

const at = (name: string) => `${real.folder}/${name}`;
const names = (entries: readonly { path: Uint8Array }[]) =>
  entries.map(({ path }) => Buffer.from(path).toString()).sort();

describe("paths", () => {
  test("that are relative, empty, too long or have a NUL are refused", async () => {
    for (const path of ["tmp/x", "", "a\0b", "/a\0b"])
      await expect(agent.stat(path)).rejects.toMatchObject({ code: "EINVAL" });
    await expect(agent.stat(`/${"x".repeat(5000)}`)).rejects.toMatchObject({ code: "ENAMETOOLONG" });
    await agent.ping();
  });
});

describe("writeFile", () => {
  test("makes parents, applies the mode whatever the mask, and leaves no temporary name", async () => {
    await agent.writeFile(at("a/b/c.txt"), Buffer.from("text"), 0o777);
    expect(readFileSync(at("a/b/c.txt"), "utf8")).toBe("text");
    expect(statSync(at("a/b/c.txt")).mode & 0o7777).toBe(0o777);
    expect(readdirSync(at("a/b"))).toEqual(["c.txt"]);
  });

  test("refuses set-id bits", async () => {
    await expect(agent.writeFile(at("x"), Buffer.from(""), 0o4755)).rejects.toMatchObject({ code: "EINVAL" });
    await agent.writeFile(at("y"), Buffer.from(""), 0o755);
    await expect(agent.chmod(at("y"), 0o2755)).rejects.toMatchObject({ code: "EINVAL" });
  });

  test("replaces a link instead of following it, and cannot replace a folder", async () => {
    writeFileSync(at("target"), "untouched");
    symlinkSync(at("target"), at("link"));
    await agent.writeFile(at("link"), Buffer.from("new"), 0o600);
    expect(lstatSync(at("link")).isFile()).toBe(true);
    expect(readFileSync(at("target"), "utf8")).toBe("untouched");
    mkdirSync(at("folder"));
    await expect(agent.writeFile(at("folder"), Buffer.from("x"), 0o600)).rejects.toMatchObject({ code: "EISDIR" });
    expect(readdirSync(real.folder).filter((name) => name.startsWith(".hsr"))).toEqual([]);
  });

  test("of many files at once, small and large, empty too, keeps them apart", async () => {
    const large = Array.from({ length: 20 }, (_, i) => 100_000 + i);
    const sizes = [0, 1, 60 * 1024, 60 * 1024 + 1, 65_536, 300_000, 2_000_000, ...large];
    await Promise.all(
      sizes.map((size) => agent.writeFile(at(`f${size}`), Buffer.alloc(size, String(size % 7)), 0o600)),
    );
    for (const size of sizes)
      expect(readFileSync(at(`f${size}`)).equals(Buffer.alloc(size, String(size % 7)))).toBe(true);
  });

  test("of bytes that look like the protocol's own arrives whole", async () => {
    const half = openMagic.subarray(0, 9);
    const content = Buffer.concat([
      openMagic,
      openMagic,
      half,
      openMagic,
      Buffer.alloc(61_400),
      openMagic,
      half,
      openMagic.subarray(8),
    ]);
    await agent.writeFile(at("magic"), content, 0o600);
    expect(readFileSync(at("magic")).equals(content)).toBe(true);
  });

  test("that fails in the middle says why once and leaves nothing", async () => {
    await expect(agent.writeFile("/proc/x", Buffer.alloc(500_000), 0o600)).rejects.toMatchObject({
      name: "AgentError",
    });
    await expect(agent.writeFile("/dev/null/x", Buffer.alloc(500_000), 0o600)).rejects.toMatchObject({
      code: "ENOTDIR",
    });
    await agent.writeFile(at("after"), Buffer.from("fine"), 0o600);
  });

  test("that loses its epoch leaves nothing", async () => {
    const write = agent.writeFile(at("half"), Buffer.alloc(10_000_000), 0o600);
    agent.close();
    await expect(write).rejects.toMatchObject({ code: "CLOSED" });
    await real.open().ping();
    expect(readdirSync(real.folder)).toEqual([]);
  });
});

describe("readFile", () => {
  test("reads ranges of a file larger than a frame", async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
    writeFileSync(at("big"), content);
    expect(Buffer.from(await agent.readFile(at("big"), { offset: 0, bytes: 1e9 })).equals(content)).toBe(true);
    expect(
      Buffer.from(await agent.readFile(at("big"), { offset: 65_000, bytes: 70_000 })).equals(
        content.subarray(65_000, 135_000),
      ),
    ).toBe(true);
    expect((await agent.readFile(at("big"), { offset: 300_000, bytes: 10 })).length).toBe(0);
    expect((await agent.readFile(at("big"), { offset: 5, bytes: 0 })).length).toBe(0);
  });

  test("of a FIFO, a device, a folder, a socket, or a file of the kernel is refused and never waits", async () => {
    execFileSync("mkfifo", [at("fifo")]);
    await expect(agent.readFile(at("fifo"), { offset: 0, bytes: 10 })).rejects.toMatchObject({ code: "EINVAL" });
    await expect(agent.readFile("/dev/zero", { offset: 0, bytes: 10 })).rejects.toMatchObject({ code: "EINVAL" });
    await expect(agent.readFile(real.folder, { offset: 0, bytes: 10 })).rejects.toMatchObject({ code: "EISDIR" });
    await expect(agent.readFile("/proc/self/environ", { offset: 0, bytes: 10 })).rejects.toMatchObject({
      code: "EACCES",
    });
    symlinkSync("/proc/self/mem", at("mem"));
    await expect(agent.readFile(at("mem"), { offset: 0x400000, bytes: 10 })).rejects.toMatchObject({ code: "EACCES" });
    symlinkSync("/proc/self/fd/3", at("stream"));
    await expect(agent.readFile(at("stream"), { offset: 0, bytes: 10 })).rejects.toMatchObject({ name: "AgentError" });
    await agent.ping();
  });

  test("of a sparse file of a petabyte reads what was asked for and no more", async () => {
    execFileSync("truncate", ["-s", "1T", at("sparse")]);
    expect((await agent.stat(at("sparse"))).bytes).toBe(2 ** 40);
    expect((await agent.readFile(at("sparse"), { offset: 2 ** 40 - 5, bytes: 100 })).length).toBe(5);
  });
});

describe("stat and listFolder", () => {
  test("tell files, folders, links and the rest apart, and follow a link only when asked", async () => {
    writeFileSync(at("file"), "12345");
    chmodSync(at("file"), 0o640);
    symlinkSync("file", at("link"));
    execFileSync("mkfifo", [at("fifo")]);
    expect(await agent.stat(at("file"))).toMatchObject({ kind: "file", mode: 0o640, bytes: 5, target: null });
    const link = await agent.stat(at("link"));
    expect(link.kind).toBe("link");
    expect(Buffer.from(link.target ?? []).toString()).toBe("file");
    expect((await agent.stat(at("link"), "follow")).kind).toBe("file");
    expect((await agent.stat(at("fifo"))).kind).toBe("other");
    expect((await agent.stat(real.folder)).kind).toBe("folder");
    const { entries, more } = await agent.listFolder(real.folder, { depth: 1, limit: 100 });
    expect(names(entries)).toEqual(["fifo", "file", "link"]);
    expect(more).toBe(false);
  });

  test("go down as deep as asked, and not through links", async () => {
    mkdirSync(at("a/b/c"), { recursive: true });
    symlinkSync("/usr", at("a/out"));
    expect(names((await agent.listFolder(real.folder, { depth: 1, limit: 100 })).entries)).toEqual(["a"]);
    expect(names((await agent.listFolder(real.folder, { depth: 2, limit: 100 })).entries)).toEqual([
      "a",
      "a/b",
      "a/out",
    ]);
    expect(names((await agent.listFolder(real.folder, { depth: 32, limit: 100 })).entries)).toEqual([
      "a",
      "a/b",
      "a/b/c",
      "a/out",
    ]);
    await expect(agent.listFolder(real.folder, { depth: 33, limit: 100 })).rejects.toMatchObject({ code: "EINVAL" });
  });

  test("list 3000 long names whole, page by page, and say when a limit cut them", async () => {
    for (let i = 0; i < 3000; i++) writeFileSync(at(`${"n".repeat(100)}${i}`), "");
    const all = await agent.listFolder(real.folder, { depth: 1, limit: 10_000 });
    expect(new Set(names(all.entries)).size).toBe(3000);
    expect(all.more).toBe(false);
    const some = await agent.listFolder(real.folder, { depth: 1, limit: 10 });
    expect([some.entries.length, some.more]).toEqual([10, true]);
  });
});

describe("makeFolder, move, remove, chmod", () => {
  test("do what they say", async () => {
    await agent.makeFolder(at("x/y/z"), 0o750);
    await agent.makeFolder(at("x/y/z"), 0o750);
    expect(statSync(at("x/y/z")).mode & 0o777).toBe(0o750);
    await expect(agent.makeFolder(at("p/q"), 0o755, "require")).rejects.toMatchObject({ code: "ENOENT" });
    await agent.writeFile(at("x/f"), Buffer.from("1"), 0o600);
    await agent.move(at("x/f"), at("g"));
    expect(readFileSync(at("g"), "utf8")).toBe("1");
    await agent.chmod(at("g"), 0o444);
    expect(statSync(at("g")).mode & 0o777).toBe(0o444);
    await expect(agent.remove(at("x"))).rejects.toMatchObject({ code: "ENOTEMPTY" });
    await agent.remove(at("g"));
    await agent.remove(at("x"), "tree");
    expect(readdirSync(real.folder)).toEqual([]);
    await expect(agent.remove(at("g"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("remove a tree of 10,000 files in bounded steps, without following a link out of it", async () => {
    mkdirSync(at("keep"));
    writeFileSync(at("keep/me"), "");
    for (let d = 0; d < 10; d++) {
      mkdirSync(at(`tree/${d}/deeper`), { recursive: true });
      for (let i = 0; i < 1000; i++) writeFileSync(at(`tree/${d}/deeper/${i}`), "");
    }
    symlinkSync(at("keep"), at("tree/5/out"));
    await agent.remove(at("tree"), "tree");
    expect(readdirSync(real.folder)).toEqual(["keep"]);
    expect(readdirSync(at("keep"))).toEqual(["me"]);
  });

  test("refuse a tree deeper than the agent goes, and live", async () => {
    execFileSync("sh", ["-c", `cd ${real.folder}; mkdir deep; cd deep; for i in $(seq 200); do mkdir d; cd d; done`]);
    await expect(agent.remove(at("deep"), "tree")).rejects.toMatchObject({ code: "ELOOP" });
    await agent.ping();
  });
});
