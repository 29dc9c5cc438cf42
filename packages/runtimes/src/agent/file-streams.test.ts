import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
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

describe("openWrite", () => {
  test("puts a file in its place at its commit and not before", async () => {
    writeFileSync(at("f"), "before");
    const file = agent.openWrite(at("f"), 0o640);
    const parts = [Buffer.from("a"), randomBytes(3_000_000), openMagic, Buffer.alloc(0), randomBytes(65_536)];
    for (const part of parts) await file.write(part);
    await agent.ping();
    expect(readFileSync(at("f"), "utf8")).toBe("before");
    await file.commit();
    expect(readFileSync(at("f")).equals(Buffer.concat(parts))).toBe(true);
    expect(statSync(at("f")).mode & 0o7777).toBe(0o640);
    expect(readdirSync(real.folder)).toEqual(["f"]);
    await file.abort();
    await expect(file.write(Buffer.from("x"))).rejects.toMatchObject({ code: "EBADF" });
    expect(readdirSync(real.folder)).toEqual(["f"]);
  });

  test("makes parents, replaces a link instead of following it, and may stay empty", async () => {
    writeFileSync(at("target"), "untouched");
    symlinkSync(at("target"), at("link"));
    const [deep, link] = [agent.openWrite(at("a/b/c"), 0o600), agent.openWrite(at("link"), 0o600)];
    await Promise.all([deep.commit(), link.commit()]);
    expect([readFileSync(at("a/b/c")).length, readFileSync(at("link")).length]).toEqual([0, 0]);
    expect(readFileSync(at("target"), "utf8")).toBe("untouched");
  });

  test("leaves nothing when it is aborted, or its epoch ends", async () => {
    const file = agent.openWrite(at("f"), 0o600);
    await file.write(randomBytes(500_000));
    await agent.ping();
    expect(readdirSync(real.folder).length).toBe(1);
    await file.abort();
    expect(readdirSync(real.folder)).toEqual([]);
    await file.abort();
    const lost = agent.openWrite(at("f"), 0o600);
    await lost.write(randomBytes(500_000));
    await agent.ping();
    agent.close();
    await expect(lost.commit()).rejects.toMatchObject({ code: "CLOSED" });
    await lost.abort();
    await real.open().ping();
    expect(readdirSync(real.folder)).toEqual([]);
  });

  test("says what went wrong by its next call, and 16 at once are the most", async () => {
    mkdirSync(at("folder"));
    const cases = { "/proc/x": "ENOENT", "/dev/null/x": "ENOTDIR", [at("folder")]: "EISDIR" };
    for (const [path, code] of Object.entries(cases)) {
      const file = agent.openWrite(path, 0o600);
      await agent.ping();
      const error = await file
        .write(randomBytes(100))
        .then(
          () => file.commit(),
          (reason: unknown) => Promise.reject(reason),
        )
        .catch((reason: { code: string }) => reason.code);
      expect(error).toBe(code);
      await expect(file.write(randomBytes(1))).rejects.toMatchObject({ code });
    }
    await expect(agent.openWrite(at("x"), 0o4755).commit()).rejects.toMatchObject({ code: "EINVAL" });
    const files = Array.from({ length: 17 }, (_, i) => agent.openWrite(at(`f${i}`), 0o600));
    await expect(files[16]?.commit()).rejects.toMatchObject({ code: "EAGAIN" });
    await Promise.all(files.slice(0, 16).map((file) => file.commit()));
    expect(readdirSync(real.folder).length).toBe(17);
  });

  test("of more than the window waits for the agent", async () => {
    const file = agent.openWrite(at("f"), 0o600);
    let done = false;
    const written = file.write(Buffer.alloc(64 << 20, "x")).then(() => (done = true));
    await Promise.resolve();
    expect(done).toBe(false);
    await written;
    await file.commit();
    expect(statSync(at("f")).size).toBe(64 << 20);
  });
});

describe("readStream", () => {
  test("brings a file, a part of it, and its facts", async () => {
    const content = randomBytes(3_000_000);
    writeFileSync(at("f"), content, { mode: 0o640 });
    const whole = await agent.readStream(at("f"));
    expect(whole.stat).toMatchObject({ kind: "file", bytes: 3_000_000, mode: 0o640, target: null });
    expect((await buffer(whole.bytes)).equals(content)).toBe(true);
    for (const [offset, bytes] of [
      [0, 0],
      [5, 1],
      [2_999_999, 100],
      [4_000_000, 1],
      [65_000, 200_000],
    ] as const) {
      const part = await agent.readStream(at("f"), { offset, bytes });
      expect((await buffer(part.bytes)).equals(content.subarray(offset, offset + bytes))).toBe(true);
    }
    writeFileSync(at("empty"), "");
    expect((await buffer((await agent.readStream(at("empty"))).bytes)).length).toBe(0);
  });

  test("refuses what is not a regular file", async () => {
    const cases = { "/proc/self/status": "EACCES", "/dev/zero": "EINVAL", [real.folder]: "EISDIR", "/no": "ENOENT" };
    for (const [path, code] of Object.entries(cases))
      await expect(agent.readStream(path)).rejects.toMatchObject({ code });
    await expect(agent.readStream("relative")).rejects.toMatchObject({ code: "EINVAL" });
  });

  test("that nobody reads stops, and is cancelled by being destroyed", async () => {
    writeFileSync(at("f"), "");
    truncateSync(at("f"), 2 ** 40);
    const streams = await Promise.all(Array.from({ length: 16 }, () => agent.readStream(at("f"))));
    await expect(agent.readStream(at("f"))).rejects.toMatchObject({ code: "EAGAIN" });
    const before = process.memoryUsage.rss();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await agent.ping();
    expect(process.memoryUsage.rss() - before).toBeLessThan(40 << 20);
    for (const { bytes } of streams) bytes.destroy();
    await agent.ping();
    expect((await agent.readStream(at("f"), { offset: 2 ** 40 - 5, bytes: 9 })).stat.bytes).toBe(2 ** 40);
  });

  test("ends early where the file shrinks", async () => {
    writeFileSync(at("f"), Buffer.alloc(8 << 20, "x"));
    const { bytes } = await agent.readStream(at("f"));
    truncateSync(at("f"), 10);
    expect((await buffer(bytes)).length).toBeLessThan(8 << 20);
  });

  test("fails with its epoch", async () => {
    writeFileSync(at("f"), Buffer.alloc(8 << 20, "x"));
    const { bytes } = await agent.readStream(at("f"));
    agent.close();
    await expect(buffer(bytes)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("of several files at once keeps them apart", async () => {
    const contents = Array.from({ length: 6 }, () => randomBytes(2_000_000));
    contents.forEach((content, i) => writeFileSync(at(`f${i}`), content));
    const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
    const read = await Promise.all(
      contents.map(async (_, i) => digest(await buffer((await agent.readStream(at(`f${i}`))).bytes))),
    );
    expect(read).toEqual(contents.map(digest));
  });
});
