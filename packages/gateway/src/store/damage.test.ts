import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Store, StoreError } from "@hsr/core";
import { expect, test } from "vitest";
import { newRun, openTestStore, outcome, output, quiet, temporaryFolder } from "./testing.ts";

async function fill(store: Store, runs: number): Promise<void> {
  for (let i = 0; i < runs; i += 1) {
    const run = newRun({ state: "starting", audit: auditOf(i) });
    await store.runs.create(run);
    await store.runs.finish(run.id, outcome(), output(`line ${i}\n`.repeat(50)));
  }
}

function auditOf(i: number) {
  return {
    timeMs: i,
    type: "run.decided",
    tenant: "alpha",
    subject: `run-${i}`,
    requestId: null,
    data: { i },
  } as const;
}

async function total(store: Store): Promise<number> {
  return Object.values(await store.runs.counts()).reduce((sum, count) => sum + count, 0);
}

/** A data directory as `kill -9` leaves it: the copy of a living one, with its log not yet in the database. */
async function killedCopy(from: string, to: string, runs: number): Promise<void> {
  const store = await openTestStore(from);
  await fill(store, runs);
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter((one) => one.startsWith("hsr.sqlite")))
    copyFileSync(join(from, name), join(to, name));
  await store.close();
}

const damages: Record<string, (path: string) => void> = {
  "an empty file": (path) => truncateSync(path, 0),
  "a file cut in the middle of a page": (path) => truncateSync(path, Math.floor(statSync(path).size / 2) + 100),
  "garbage from the first byte": (path) => writeFileSync(path, Buffer.alloc(8192, 0xa5)),
  "a garbage page in the middle": (path) => {
    const pages = statSync(path).size / 4096;
    const file = openSync(path, "r+");
    // The root pages of tables and indexes lie at the beginning; one of them is enough.
    for (let page = 2; page < Math.min(pages, 8); page += 1)
      writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, page * 4096);
    closeSync(file);
  },
};

for (const [name, damage] of Object.entries(damages))
  test(`${name} is set aside with a loud error, and the store starts empty and works`, async () => {
    using folder = temporaryFolder();
    const first = await openTestStore(folder.path);
    await fill(first, 40);
    await first.close();
    damage(join(folder.path, "hsr.sqlite"));
    const errors: string[] = [];
    const log = { ...quiet, error: (_: object, message: string) => void errors.push(message) };
    const second = await openTestStore(folder.path, { log });
    expect(errors).toHaveLength(1);
    const { quarantined } = await second.status();
    expect(quarantined?.path).toContain(join(folder.path, "quarantine", "hsr-"));
    expect(readdirSync(join(folder.path, "quarantine")).some((one) => one.endsWith(".sqlite"))).toBe(true);
    expect(await total(second)).toBe(0);
    await fill(second, 3);
    expect((await second.audit.verify()).kind).toBe("intact");
    await second.close();
    const third = await openTestStore(folder.path, { log });
    expect(await total(third)).toBe(3);
    expect((await third.status()).quarantined).toBeNull();
    expect(errors).toHaveLength(1);
    await third.close();
  });

test("control: a database that nobody damaged is not set aside", async () => {
  using folder = temporaryFolder();
  const first = await openTestStore(folder.path);
  await fill(first, 40);
  await first.close();
  const second = await openTestStore(folder.path);
  expect((await second.status()).quarantined).toBeNull();
  expect(await total(second)).toBe(40);
  await second.close();
});

test("what kill -9 leaves is recovered whole from the write-ahead log", async () => {
  using folder = temporaryFolder();
  const copy = join(folder.path, "copy");
  await killedCopy(join(folder.path, "a"), copy, 30);
  const store = await openTestStore(copy);
  expect(await total(store)).toBe(30);
  expect(await store.audit.verify()).toMatchObject({ kind: "intact", entries: 30 });
  await store.close();
});

test("a write-ahead log that is cut short gives back a whole state of before, or is set aside, and never half a state", async () => {
  using folder = temporaryFolder();
  const original = join(folder.path, "b");
  await killedCopy(join(folder.path, "a"), original, 30);
  const size = statSync(join(original, "hsr.sqlite-wal")).size;
  for (const part of [0, 0.1, 0.5, 0.9, 0.999]) {
    const copy = join(folder.path, `cut-${part}`);
    mkdirSync(copy);
    for (const name of ["hsr.sqlite", "hsr.sqlite-wal"]) copyFileSync(join(original, name), join(copy, name));
    truncateSync(join(copy, "hsr.sqlite-wal"), Math.floor(size * part));
    const store = await openTestStore(copy);
    const verdict = await store.audit.verify();
    expect(verdict.kind).toBe("intact");
    const listed = await store.runs.list({ tenant: null }, 100, null);
    if (listed.kind !== "page") throw new Error("no page");
    expect(listed.page.items.length).toBeLessThanOrEqual(30);
    for (const run of listed.page.items)
      expect(run.state === "finished" ? run.outcome?.reason : run.state).toBe(
        run.state === "finished" ? "exited" : "starting",
      );
    await fill(store, 1);
    await store.close();
  }
});

test("damage that is met while the database is open is told, and the next start sets the file aside", async () => {
  using folder = temporaryFolder();
  let told = "";
  const store = await openTestStore(folder.path, { onDamage: (reason) => void (told = reason) });
  await fill(store, 40);
  await store.close();
  const second = await openTestStore(folder.path, { onDamage: (reason) => void (told = reason) });
  damages["a garbage page in the middle"]?.(join(folder.path, "hsr.sqlite"));
  await expect(second.runs.list({ tenant: null }, 100, null)).rejects.toMatchObject({ code: "damaged" });
  expect(told).not.toBe("");
  await second.close().catch(() => {});
  const third = await openTestStore(folder.path);
  expect((await third.status()).quarantined?.reason).toBe("damage was met while it was in use");
  await third.close();
});

test("a database that is too large to be checked at start is checked while it is used", async () => {
  using folder = temporaryFolder();
  const first = await openTestStore(folder.path);
  const run = newRun();
  await first.runs.create(run);
  await first.runs.finish(run.id, outcome(), output(Buffer.alloc(5_000_000, 7)));
  await first.close();
  const path = join(folder.path, "hsr.sqlite");
  const intact = Promise.withResolvers<string>();
  const second = await openTestStore(folder.path, { checkedAtOnceBytes: 0, onDamage: intact.resolve });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await second.close();
  intact.resolve("nothing was found");
  expect(await intact.promise).toBe("nothing was found");
  const file = openSync(path, "r+");
  // The middle holds only output, which nothing reads at start.
  const middle = Math.floor(statSync(path).size / 4096 / 2);
  for (let page = middle; page < middle + 40; page += 1)
    writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, page * 4096);
  closeSync(file);
  const damage = Promise.withResolvers<string>();
  const third = await openTestStore(folder.path, { checkedAtOnceBytes: 0, onDamage: damage.resolve });
  expect(await damage.promise).not.toBe("");
  await third.close();
  const fourth = await openTestStore(folder.path, { checkedAtOnceBytes: 0 });
  expect((await fourth.status()).quarantined).not.toBeNull();
  await fourth.close();
});

test("a database of a newer version, or of another program, is refused and left as it is", async () => {
  using folder = temporaryFolder();
  await (await openTestStore(folder.path)).close();
  const path = join(folder.path, "hsr.sqlite");
  const edit = (sql: string): void => {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
  };
  const { migrations } = await import("./migrations.ts");
  edit("PRAGMA user_version = 99");
  await expect(openTestStore(folder.path)).rejects.toMatchObject({ code: "newer" });
  edit(`PRAGMA user_version = ${migrations.length}; PRAGMA application_id = 7`);
  await expect(openTestStore(folder.path)).rejects.toThrow(/another program/);
  edit(`PRAGMA application_id = ${0x48535231}`);
  await (await openTestStore(folder.path)).close();
});

test("migrations run once each and in order, and one that fails leaves the version before it", async () => {
  using folder = temporaryFolder();
  const { migrations } = await import("./migrations.ts");
  const first = await openTestStore(folder.path);
  await fill(first, 2);
  await first.close();
  const next = migrations.length + 1;
  const wider = [...migrations, { version: next, sql: "ALTER TABLE run ADD COLUMN extra TEXT" }];
  const broken = [...wider, { version: next + 1, sql: "CREATE TABLE one (a); SELECT nonsense" }];
  await expect(openTestStore(folder.path, { migrations: broken })).rejects.toThrow(`version ${next + 1} failed`);
  const second = await openTestStore(folder.path, { migrations: wider });
  expect((await second.status()).schemaVersion).toBe(next);
  expect(await total(second)).toBe(2);
  await second.close();
  await expect(openTestStore(folder.path)).rejects.toMatchObject({ code: "newer" });
});

test("a second store in the same folder is refused with the name of the holder, until that one has ended", async () => {
  using folder = temporaryFolder();
  const first = await openTestStore(folder.path, { listen: "127.0.0.1:4711" });
  await expect(openTestStore(folder.path)).rejects.toThrow(
    new RegExp(`process ${process.pid} on .*, listening on 127.0.0.1:4711 since`),
  );
  const elsewhere = spawnSync(process.execPath, [
    "--input-type=module",
    "-e",
    `const { lockDirectory } = await import(${JSON.stringify(new URL("./directory.ts", import.meta.url).href)});
     try { lockDirectory(${JSON.stringify(folder.path)}, { listen: "x" }); console.log("taken"); }
     catch (e) { console.log(e.code, e.message); }`,
  ]);
  expect(elsewhere.stdout.toString()).toMatch(/^locked .*Another gateway holds the data directory/);
  await first.close();
  await (await openTestStore(folder.path)).close();
});

test("garbage in the lock file or in the note beside it locks nobody out and lets no two in", async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "lock.sqlite"), Buffer.alloc(5000, 0x77));
  const first = await openTestStore(folder.path);
  writeFileSync(join(folder.path, "lock.json"), "{");
  await expect(openTestStore(folder.path)).rejects.toThrow(/it did not say who it is/);
  await first.close();
});

test("the folder is 0700 and every file in it 0600, also where the folder was open before", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "data");
  mkdirSync(path);
  chmodSync(path, 0o755);
  const before = process.umask(0);
  try {
    const store = await openTestStore(path);
    await fill(store, 3);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(path))
      expect([name, statSync(join(path, name)).mode & 0o777]).toEqual([name, 0o600]);
    await store.close();
  } finally {
    process.umask(before);
  }
});

test("a folder that belongs to somebody else is refused", async () => {
  if (process.geteuid?.() === 0) {
    using folder = temporaryFolder();
    const path = join(folder.path, "theirs");
    mkdirSync(path);
    const { chownSync } = await import("node:fs");
    chownSync(path, 12_345, 12_345);
    await expect(openTestStore(path)).rejects.toBeInstanceOf(StoreError);
  } else await expect(openTestStore("/")).rejects.toBeInstanceOf(StoreError);
});

test("an audit entry that was changed, removed or put between others is found", async () => {
  const tamper: Record<string, string> = {
    "its content does not fit its hash": `UPDATE audit SET data = '{"i":99}' WHERE seq = 3`,
    "an entry is missing": "DELETE FROM audit WHERE seq = 3",
    "it does not follow the entry before it": "UPDATE audit SET previous_hash = hash WHERE seq = 3",
  };
  for (const [reason, sql] of Object.entries(tamper)) {
    using folder = temporaryFolder();
    const first = await openTestStore(folder.path);
    await fill(first, 60);
    expect(await first.audit.verify()).toMatchObject({ kind: "intact", entries: 60 });
    await first.close();
    const database = new DatabaseSync(join(folder.path, "hsr.sqlite"));
    database.exec(sql);
    database.close();
    const second = await openTestStore(folder.path);
    expect(await second.audit.verify()).toEqual({ kind: "broken", seq: 3, reason });
    await second.close();
  }
});

test("the chain stays verifiable when retention has cut off its beginning, also when nothing is left", async () => {
  using folder = temporaryFolder();
  const store = await openTestStore(folder.path);
  await fill(store, 20);
  const cut = (auditBeforeMs: number) =>
    store.prune({
      nowMs: 0,
      runsFinishedBeforeMs: 0,
      keepFinishedRuns: 1000,
      keepBytes: 1e12,
      auditBeforeMs,
      eventsBeforeMs: 0,
      keepEvents: 1000,
      maxRows: 100,
    });
  expect((await cut(7)).auditEntries).toBe(7);
  expect(await store.audit.verify()).toMatchObject({ kind: "intact", entries: 13 });
  expect((await cut(1_000_000)).auditEntries).toBe(13);
  await store.close();
  const again = await openTestStore(folder.path);
  expect((await again.audit.append(auditOf(5))).seq).toBe(21);
  expect(await again.audit.verify()).toMatchObject({ kind: "intact", entries: 1 });
  await again.close();
});

test("the list of audit entries pages oldest first and filters", async () => {
  using folder = temporaryFolder();
  const store = await openTestStore(folder.path);
  for (let i = 0; i < 120; i += 1) await store.audit.append({ ...auditOf(i), tenant: i % 2 === 0 ? "alpha" : "beta" });
  const seen: number[] = [];
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const answer = await store.audit.list({ tenant: "beta" }, 25, cursor);
    if (answer.kind !== "page") throw new Error("refused");
    seen.push(...answer.page.items.map((entry) => entry.seq));
    cursor = answer.page.nextCursor;
  }
  expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => 2 * i + 2));
  const one = await store.audit.list({ tenant: null, subject: "run-7" }, 5, null);
  expect(one.kind === "page" && one.page.items.map((entry) => entry.seq)).toEqual([8]);
  expect(readFileSync(join(folder.path, "lock.json"), "utf8")).toContain(String(process.pid));
  await store.close();
});
