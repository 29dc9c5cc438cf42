import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Agent, AgentWatch, WatchEvent } from "@hsr/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type RealAgent, startRealAgent } from "./testing/real-agent.ts";

let real: RealAgent;
let agent: Agent;
beforeEach(async () => {
  real = await startRealAgent();
  agent = real.open();
});
afterEach(() => real.stop());

const at = (name: string) => `${real.folder}/${name}`;
const text = (event: WatchEvent): string =>
  [event.kind, Buffer.from(event.path), ...(event.to ? [Buffer.from(event.to)] : [])].join(" ") +
  (event.folder ? "/" : "");

/** Events up to and with the one that reads like `last`. */
async function until(watch: AgentWatch, last: string): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of watch.events) {
    seen.push(text(event));
    if (seen.at(-1) === last) return seen;
  }
  return [...seen, "the end"];
}

/** What comes before a file that is made last of all. */
async function changes(watch: AgentWatch, name = "last"): Promise<string[]> {
  writeFileSync(at(name), "");
  return (await until(watch, `created ${name}`)).slice(0, -1);
}

async function watching(depth = 8): Promise<AgentWatch> {
  const watch = agent.watch(1, real.folder, depth);
  await watch.started;
  return watch;
}

/** Longer than events are gathered. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 60));

describe("a watch", () => {
  test("refuses what it cannot watch", async () => {
    writeFileSync(at("file"), "");
    const cases: [string, number, string][] = [
      [at("file"), 1, "ENOTDIR"],
      [at("missing"), 1, "ENOENT"],
      ["relative", 1, "EINVAL"],
      [real.folder, 0, "EINVAL"],
      [real.folder, 33, "EINVAL"],
      [`/${"x/".repeat(600)}`, 1, "ENAMETOOLONG"],
    ];
    for (const [path, depth, code] of cases)
      await expect(agent.watch(1, path, depth).started).rejects.toMatchObject({ code });
    await expect(agent.followWatch(1, 0).started).rejects.toMatchObject({ code: "ESRCH" });
    expect(await agent.watches()).toEqual([]);
  });

  test("tells what is created, modified, deleted and moved, in order", async () => {
    writeFileSync(at("there"), "");
    const watch = await watching();
    writeFileSync(at("new"), "content");
    await settled();
    appendFileSync(at("new"), "more");
    chmodSync(at("there"), 0o600);
    await settled();
    renameSync(at("new"), at("renamed"));
    await settled();
    unlinkSync(at("renamed"));
    mkdirSync(at("folder"));
    expect(await changes(watch)).toEqual([
      "created new",
      "modified new",
      "modified there",
      "moved new renamed",
      "deleted renamed",
      "created folder/",
    ]);
  });

  test("makes one event of a burst", async () => {
    writeFileSync(at("log"), "");
    const watch = await watching();
    for (let i = 0; i < 500; i++) appendFileSync(at("log"), "line\n");
    const events = await changes(watch);
    expect(new Set(events)).toEqual(new Set(["modified log"]));
    expect(events.length).toBeLessThan(20);
  });

  test("goes down into folders, those that come later too, as deep as it was asked", async () => {
    mkdirSync(at("a/b/c"), { recursive: true });
    const watch = await watching(3);
    writeFileSync(at("a/x"), "");
    writeFileSync(at("a/b/x"), "");
    writeFileSync(at("a/b/c/x"), "too deep");
    mkdirSync(at("new/deep/er"), { recursive: true });
    writeFileSync(at("new/deep/x"), "");
    const events = await changes(watch);
    expect(events).toEqual(
      expect.arrayContaining(["created a/x", "created a/b/x", "created new/", "created new/deep/"]),
    );
    expect(events).toEqual(expect.arrayContaining(["created new/deep/er/", "created new/deep/x"]));
    expect(events.join()).not.toContain("c/x");
  });

  test("follows a folder that is moved, and leaves one that is moved away", async () => {
    const outside = mkdtempSync(join(tmpdir(), "hsr-outside-"));
    mkdirSync(at("a/b"), { recursive: true });
    mkdirSync(at("gone"));
    const watch = await watching();
    renameSync(at("a"), at("z"));
    renameSync(at("gone"), join(outside, "gone"));
    await settled();
    writeFileSync(at("z/b/x"), "");
    writeFileSync(join(outside, "gone/x"), "");
    await settled();
    renameSync(join(outside, "gone"), at("back"));
    await settled();
    writeFileSync(at("back/y"), "");
    expect(await changes(watch)).toEqual([
      "moved a z/",
      "deleted gone/",
      "created z/b/x",
      "created back/",
      "created back/x",
      "created back/y",
    ]);
    rmSync(outside, { recursive: true });
  });

  test("does not go through a link", async () => {
    const outside = mkdtempSync(join(tmpdir(), "hsr-outside-"));
    symlinkSync(outside, at("link"));
    const watch = await watching();
    writeFileSync(join(outside, "x"), "");
    symlinkSync(outside, at("later"));
    writeFileSync(join(outside, "y"), "");
    expect(await changes(watch)).toEqual(["created later"]);
    rmSync(outside, { recursive: true });
  });

  test("ends when its folder is removed, and says so", async () => {
    mkdirSync(at("folder"));
    const watch = agent.watch(2, at("folder"), 2);
    await watch.started;
    rmSync(at("folder"), { recursive: true });
    expect(await until(watch, "nothing")).toEqual(["deleted /", "the end"]);
    expect(await agent.watches()).toMatchObject([{ watchId: 2, active: false }]);
    await watch.stop();
    expect(await agent.watches()).toEqual([]);
  });

  test("stops when it is told to, once or twice", async () => {
    const watch = await watching();
    const events = until(watch, "nothing");
    writeFileSync(at("x"), "");
    await watch.stop();
    await watch.stop();
    expect((await events).at(-1)).toBe("the end");
    writeFileSync(at("y"), "");
    await agent.ping();
    expect(await agent.watches()).toEqual([]);
  });

  test("is one of 16, and a stopped one makes room", async () => {
    const watches = Array.from({ length: 16 }, (_, i) => agent.watch(i + 1, real.folder, 1));
    await Promise.all(watches.map(({ started }) => started));
    await expect(agent.watch(17, real.folder, 1).started).rejects.toMatchObject({ code: "EAGAIN" });
    await watches[3]?.stop();
    await agent.watch(17, real.folder, 1).started;
    writeFileSync(at("x"), "");
    for (const watch of watches.filter((_, i) => i !== 3))
      expect(await until(watch, "created x")).toEqual(["created x"]);
  });

  test("of more folders than it can have says where it is blind", async () => {
    for (let i = 0; i < 1100; i++) mkdirSync(at(`d/${i}`), { recursive: true });
    const watch = await watching(3);
    const events = await changes(watch);
    expect(events.filter((event) => event.startsWith("overflow")).length).toBeGreaterThanOrEqual(70);
    expect(new Set(events.map((event) => event.split(" ")[0]))).toEqual(new Set(["overflow"]));
  });
});

describe("after a re-attach", () => {
  test("a watch goes on with the event that was asked for; what happened in between is there", async () => {
    const watch = await watching();
    writeFileSync(at("before"), "");
    let next = 0;
    for await (const event of watch.events) {
      next = event.sequence + 1;
      break;
    }
    agent.close();
    writeFileSync(at("between"), "");
    await settled();
    const again = real.open();
    const [known] = await again.watches();
    expect(known).toMatchObject({ watchId: 1, active: true, depth: 8, start: 0, end: 2 });
    expect(Buffer.from(known?.path ?? []).toString()).toBe(real.folder);
    const followed = again.followWatch(1, next);
    expect(await followed.started).toBe(2);
    writeFileSync(at("after"), "");
    expect(await until(followed, "created after")).toEqual(["created between", "created after"]);
    const repeated = again.watch(1, real.folder, 8);
    expect(await until(repeated, "created after")).toEqual(["created before", "created between", "created after"]);
  });

  test("of what nobody followed the newest is kept, and the gap is told", async () => {
    const watch = await watching();
    await watch.started;
    agent.close();
    for (let i = 0; i < 2000; i++) writeFileSync(at(`f${i}`), "");
    const again = real.open();
    await expect.poll(async () => (await again.watches())[0]?.end).toBeGreaterThan(1999);
    await settled();
    const followed = again.followWatch(1, 0);
    const events = await until(followed, "created f1999");
    expect(events[0]).toBe("overflow /");
    expect(events.length).toBeLessThanOrEqual(513);
    expect(events.at(-500)).toBe("created f1500");
    expect(Number((await again.watches())[0]?.end)).toBeGreaterThanOrEqual(2000);
  });

  test("a reader that is slow loses the oldest, and the agent keeps a bounded number", async () => {
    const watch = await watching();
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 200; i++) writeFileSync(at(`f${round}-${i}`), "");
      await settled();
    }
    const seen: WatchEvent[] = [];
    for await (const event of watch.events) {
      seen.push(event);
      if (text(event) === "created f9-199") break;
    }
    expect(seen.length).toBeLessThan(1000);
    expect(seen.some(({ kind }) => kind === "overflow")).toBe(true);
    for (let i = 1; i < seen.length; i++) expect(seen[i]?.sequence).toBeGreaterThan(seen[i - 1]?.sequence ?? 0);
  });
});
