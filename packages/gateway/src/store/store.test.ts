import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunState, runStates, runTransitions } from "@hsr/contract";
import { type RunId, type Store, StoreError } from "@hsr/core";
import { expect, onTestFinished, test } from "vitest";
import { createMetrics } from "../observe/index.ts";
import { newRun, openTestStore, outcome, output, quiet, temporaryFolder } from "./testing.ts";
import { startUpkeep } from "./upkeep.ts";

async function freshStore(): Promise<Store> {
  const folder = temporaryFolder();
  const store = await openTestStore(folder.path);
  onTestFinished(async () => {
    await store.close();
    folder[Symbol.dispose]();
  });
  return store;
}

test("a foreign tenant's run is as unknown as one that never was", async () => {
  const store = await freshStore();
  const run = newRun();
  await store.runs.create(run);
  expect(await store.runs.get("beta", run.id)).toBeNull();
  expect(await store.runs.get("alpha", "run-nowhere" as RunId)).toBeNull();
  expect((await store.runs.get("alpha", run.id))?.state).toBe("queued");
  expect((await store.runs.get(null, run.id))?.tenant).toBe("alpha");
});

test("every transition that the table does not have throws, and every one that it has is done", async () => {
  const store = await freshStore();
  const pathTo: Record<RunState, RunState[]> = {
    held: [],
    queued: [],
    starting: ["starting"],
    running: ["starting", "running"],
    finished: [],
  };
  for (const from of Object.keys(runStates) as RunState[])
    for (const to of Object.keys(runStates) as RunState[]) {
      if (to === "finished") continue;
      const run = newRun({ state: from === "held" ? "held" : "queued" });
      await store.runs.create(run);
      let at: RunState = run.state;
      for (const step of pathTo[from]) {
        await store.runs.transition(run.id, at, step as "starting", 1);
        at = step;
      }
      if (from === "finished") await store.runs.finish(run.id, outcome(), output());
      const attempt = store.runs.transition(run.id, from, to, 2);
      if (runTransitions[from].includes(to)) expect((await attempt).kind).toBe("done");
      else await expect(attempt).rejects.toBeInstanceOf(TypeError);
    }
});

test("a transition from a state that the run has left changes nothing and shows the run as it is", async () => {
  const store = await freshStore();
  const run = newRun();
  await store.runs.create(run);
  await store.runs.finish(run.id, outcome({ reason: "cancelled", exitCode: null }), output());
  const late = await store.runs.transition(run.id, "queued", "starting", 5);
  expect(late).toMatchObject({ kind: "stale", run: { state: "finished", startingAtMs: null } });
});

test("the first finish wins, also against one at the same moment with megabytes of output", async () => {
  const store = await freshStore();
  const run = newRun({ state: "starting" });
  await store.runs.create(run);
  const big = randomBytes(700_000);
  const [first, second] = await Promise.all([
    store.runs.finish(run.id, outcome({ exitCode: 3 }), output(big, "e")),
    store.runs.finish(run.id, outcome({ reason: "cancelled" }), output(randomBytes(900_000))),
  ]);
  expect(first.kind).toBe("finished");
  expect(second).toMatchObject({ kind: "already", run: { outcome: { reason: "exited", exitCode: 3 } } });
  expect(Buffer.from(await store.runs.output(run.id, "stdout", 0, 2_000_000)).equals(big)).toBe(true);
});

test("output from memory and from a spool file reads back at any offset", async () => {
  const store = await freshStore();
  const folder = temporaryFolder();
  const bytes = randomBytes(300_001);
  const path = join(folder.path, "spool");
  writeFileSync(path, bytes);
  for (const stdout of [
    { kind: "spool", path, bytes: bytes.length } as const,
    { kind: "bytes", bytes } as const,
    { kind: "spool", path, bytes: 100 } as const,
  ]) {
    const run = newRun({ state: "starting" });
    await store.runs.create(run);
    await store.runs.finish(run.id, outcome(), { stdout, stderr: { kind: "bytes", bytes: Buffer.from("err") } });
    const size = stdout.kind === "spool" ? stdout.bytes : bytes.length;
    expect((await store.runs.get("alpha", run.id))?.stdoutBytes).toBe(size);
    for (const [offset, length] of [
      [0, 400_000],
      [65_535, 2],
      [65_536, 65_536],
      [299_990, 100],
      [300_001, 5],
      [10, 0],
    ] as const)
      expect(
        Buffer.from(await store.runs.output(run.id, "stdout", offset, length)).equals(
          bytes.subarray(offset, Math.min(size, offset + length)),
        ),
      ).toBe(true);
    expect(Buffer.from(await store.runs.output(run.id, "stderr", 1, 10)).toString()).toBe("rr");
  }
  folder[Symbol.dispose]();
});

test("the input is there until the run has finished, small or large, and then it is nowhere", async () => {
  const store = await freshStore();
  for (const size of [10, 300_000, 3_000_000]) {
    const input = randomBytes(size);
    const run = newRun({ input });
    await store.runs.create(run);
    expect(Buffer.from((await store.runs.input(run.id)) ?? []).equals(input)).toBe(true);
    await store.runs.finish(run.id, outcome(), output());
    expect(await store.runs.input(run.id)).toBeNull();
  }
});

test("an idempotency key gives the same run for the same request, a mismatch for another, and is forgotten after a day", async () => {
  const store = await freshStore();
  const day = 86_400_000;
  const first = newRun({ idempotencyKey: "once", requestDigest: "a", createdAtMs: 10 * day });
  expect((await store.runs.create(first)).kind).toBe("created");
  const again = newRun({ idempotencyKey: "once", requestDigest: "a", createdAtMs: 11 * day - 1 });
  expect(await store.runs.create(again)).toMatchObject({ kind: "existing", run: { id: first.id } });
  expect(await store.runs.get(null, again.id)).toBeNull();
  const other = newRun({ idempotencyKey: "once", requestDigest: "b", createdAtMs: 11 * day - 1 });
  expect(await store.runs.create(other)).toEqual({ kind: "mismatch", runId: first.id });
  const foreign = newRun({ tenant: "beta", idempotencyKey: "once", requestDigest: "b", createdAtMs: 10 * day });
  expect((await store.runs.create(foreign)).kind).toBe("created");
  const late = newRun({ idempotencyKey: "once", requestDigest: "b", createdAtMs: 11 * day });
  expect((await store.runs.create(late)).kind).toBe("created");
  const herd = await Promise.all(
    Array.from({ length: 50 }, () => store.runs.create(newRun({ idempotencyKey: "herd", requestDigest: "h" }))),
  );
  expect(herd.filter((one) => one.kind === "created")).toHaveLength(1);
  expect(herd.filter((one) => one.kind === "existing")).toHaveLength(49);
});

test("a list walks every run once, newest first, while others are added and deleted", async () => {
  const store = await freshStore();
  const made: string[] = [];
  for (let i = 0; i < 25; i += 1) {
    const run = newRun();
    made.unshift(run.id);
    await store.runs.create(run);
  }
  await store.runs.create(newRun({ tenant: "beta" }));
  const seen: string[] = [];
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const answer = await store.runs.list({ tenant: "alpha" }, 7, cursor);
    if (answer.kind !== "page") throw new Error("a cursor of its own was refused");
    seen.push(...answer.page.items.map((run) => run.id));
    cursor = answer.page.nextCursor;
    await store.runs.create(newRun());
  }
  expect(seen).toEqual(made);
  const all = await store.runs.list({ tenant: null }, 100, null);
  expect(all.kind === "page" && all.page.items).toHaveLength(30);
});

test("filters hold together, and labels are compared as data, not as names of properties", async () => {
  const store = await freshStore();
  const a = newRun({ labels: { team: "red", constructor: "x" } });
  const b = newRun({ labels: { team: "red" }, language: null });
  for (const run of [a, b, newRun()]) await store.runs.create(run);
  await store.runs.finish(b.id, outcome({ reason: "timeout", exitCode: null }), output());
  const ids = async (filter: object): Promise<readonly string[]> => {
    const answer = await store.runs.list({ tenant: "alpha", ...filter }, 10, null);
    return answer.kind === "page" ? answer.page.items.map((run) => run.id) : [];
  };
  expect(await ids({ labels: { team: "red" } })).toEqual([b.id, a.id]);
  expect(await ids({ labels: { team: "red" }, states: ["finished"] })).toEqual([b.id]);
  expect(await ids({ reason: "timeout" })).toEqual([b.id]);
  expect(await ids({ labels: { constructor: "x" } })).toEqual([a.id]);
  expect(await ids({ labels: { toString: "x" } })).toEqual([]);
  expect(await ids({ createdBeforeMs: b.createdAtMs })).toEqual([a.id]);
  expect(await ids({ createdAfterMs: b.createdAtMs })).toHaveLength(1);
});

test("a cursor that this store did not make is refused", async () => {
  const store = await freshStore();
  for (const cursor of ["", "x", "' OR 1=1", Buffer.from("key1 5 a").toString("base64url"), "A".repeat(5000)])
    expect((await store.runs.list({ tenant: "alpha" }, 5, cursor)).kind).toBe("bad_cursor");
});

test("unfinished runs come back oldest first after a restart, and counts agree", async () => {
  const folder = temporaryFolder();
  const first = await openTestStore(folder.path);
  const runs = Array.from({ length: 450 }, () => newRun());
  await Promise.all(runs.map((run) => first.runs.create(run)));
  const done = runs.filter((_, i) => i % 3 === 0);
  await Promise.all(done.map((run) => first.runs.finish(run.id, outcome(), output("x"))));
  const left = runs.filter((_, i) => i % 3 !== 0).map((run) => run.id);
  await first.close();
  const second = await openTestStore(folder.path);
  expect((await second.runs.unfinished()).map((run) => run.id)).toEqual(left);
  expect(await second.runs.counts()).toMatchObject({ queued: left.length, finished: done.length, running: 0 });
  await second.close();
  folder[Symbol.dispose]();
});

test("retention deletes old and surplus finished runs, never an unfinished one, and a bounded number at a time", async () => {
  const store = await freshStore();
  const old = newRun({ state: "queued", idempotencyKey: "k" });
  await store.runs.create(old);
  for (let i = 0; i < 12; i += 1) {
    const run = newRun();
    await store.runs.create(run);
    await store.runs.finish(run.id, outcome({ finishedAtMs: 1000 + i }), output(randomBytes(300_000)));
  }
  const request = {
    nowMs: 2000,
    runsFinishedBeforeMs: 1004,
    keepFinishedRuns: 6,
    keepBytes: 1e12,
    auditBeforeMs: 0,
    eventsBeforeMs: 0,
    keepEvents: 1000,
    maxRows: 5,
  };
  expect(await store.prune(request)).toMatchObject({ runs: 5, more: true });
  expect(await store.prune(request)).toMatchObject({ runs: 1, more: false });
  expect(await store.prune(request)).toMatchObject({ runs: 0, more: false });
  expect(await store.runs.counts()).toMatchObject({ finished: 6, queued: 1 });
  expect(await store.runs.get("alpha", old.id)).not.toBeNull();
});

test("beyond its bytes the store gives up the oldest finished runs, and no more of them than it must", async () => {
  const store = await freshStore();
  for (let i = 0; i < 20; i += 1) {
    const run = newRun();
    await store.runs.create(run);
    await store.runs.finish(run.id, outcome({ finishedAtMs: 1000 + i }), output(randomBytes(500_000)));
  }
  const keepBytes = 5_000_000;
  expect((await store.status()).usedBytes).toBeGreaterThan(10_000_000);
  await store.prune({
    nowMs: 0,
    runsFinishedBeforeMs: 0,
    keepFinishedRuns: 100,
    keepBytes,
    auditBeforeMs: 0,
    eventsBeforeMs: 0,
    keepEvents: 1000,
    maxRows: 50,
  });
  expect((await store.status()).usedBytes).toBeLessThanOrEqual(keepBytes);
  expect((await store.runs.counts()).finished).toBe(9);
});

test("beyond its bytes an old audit log goes before young runs, and its chain stays whole", async () => {
  const store = await freshStore();
  const entry = { type: "run.refused", tenant: "a", subject: "s", requestId: null } as const;
  for (let i = 0; i < 300; i += 1)
    await store.audit.append({ ...entry, timeMs: 1000 + i, data: { x: "y".repeat(20_000) } });
  for (let i = 0; i < 5; i += 1) {
    const run = newRun();
    await store.runs.create(run);
    await store.runs.finish(run.id, outcome({ finishedAtMs: 5000 + i }), output(randomBytes(100_000)));
  }
  const request = {
    nowMs: 6000,
    runsFinishedBeforeMs: 0,
    keepFinishedRuns: 100,
    auditBeforeMs: 0,
    eventsBeforeMs: 0,
    keepEvents: 1000,
    maxRows: 50,
  };
  let rounds = 0;
  while ((await store.prune({ ...request, keepBytes: 2_000_000 })).more) rounds += 1;
  expect(rounds).toBeLessThan(10);
  expect((await store.status()).usedBytes).toBeLessThanOrEqual(2_000_000);
  expect((await store.runs.counts()).finished).toBe(5);
  expect((await store.audit.verify()).kind).toBe("intact");
});

test("one tick of the upkeep deletes all that is due, however much came since the last", async () => {
  const store = await freshStore();
  for (let i = 0; i < 450; i += 1) {
    const run = newRun();
    await store.runs.create(run);
    await store.runs.finish(run.id, outcome({ finishedAtMs: 1000 + i }), output("x"));
  }
  const retention = {
    runDays: 1e6,
    runRows: 10,
    maxBytes: 1e12,
    auditDays: 1e6,
    eventDays: 1e6,
    eventRows: 1e6,
    tickMs: 1500,
  };
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const upkeep = startUpkeep(store, { retention }, { clock, log: quiet, metrics: createMetrics({ version: "test" }) });
  await new Promise((resolve) => setTimeout(resolve, 1510));
  const until = performance.now() + 1400;
  while ((await store.runs.counts()).finished > 10 && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await store.runs.counts()).finished).toBe(10);
  await upkeep.close();
});

test("a closed store rejects everything, and closing twice is harmless", async () => {
  const folder = temporaryFolder();
  const store = await openTestStore(folder.path);
  const pending = store.runs.create(newRun());
  await Promise.all([store.close(), store.close()]);
  expect((await pending).kind).toBe("created");
  await expect(store.runs.create(newRun())).rejects.toBeInstanceOf(StoreError);
  await expect(store.runs.list({ tenant: null }, 1, null)).rejects.toMatchObject({ code: "closed" });
  folder[Symbol.dispose]();
});
