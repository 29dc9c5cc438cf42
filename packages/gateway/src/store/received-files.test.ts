/** Digests of files that came in. */
import { newId } from "@hsr/contract";
import type { ReceivedFile, SandboxId, Store } from "@hsr/core";
import { afterEach, expect, test } from "vitest";
import { newSandbox, openTestStore, temporaryFolder } from "./testing.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function storeWithSandbox(): Promise<{ store: Store; id: SandboxId }> {
  const folder = temporaryFolder();
  const store = await openTestStore(folder.path);
  open.push(async () => {
    await store.close();
    folder[Symbol.dispose]();
  });
  const row = newSandbox(1_790_000_000_000);
  await store.sandboxes.create(row);
  return { store, id: row.id };
}

const file = (path: string, receivedAtMs = 1): ReceivedFile => ({
  path: Buffer.from(path),
  sha256: "ab".repeat(32),
  bytes: 3,
  receivedAtMs,
});
const known = async (store: Store, id: SandboxId, path: string) =>
  (await store.received.at(id, Buffer.from(path))) !== null;

test("a folder that is moved takes its files along, and nothing beside it", async () => {
  const { store, id } = await storeWithSandbox();
  const odd = Buffer.from([0x2f, 0x61, 0x2f, 0xff, 0xfe]);
  await store.received.put(id, [
    file("/a/x"),
    file("/a/b/y"),
    file("/a0"),
    file("/ab"),
    file("/c/old"),
    { ...file(""), path: odd },
  ]);
  await store.received.moved(id, Buffer.from("/a"), Buffer.from("/c"));
  expect(await Promise.all(["/c/x", "/c/b/y", "/a0", "/ab"].map((path) => known(store, id, path)))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(await Promise.all(["/a/x", "/a/b/y", "/c/old"].map((path) => known(store, id, path)))).toEqual([
    false,
    false,
    false,
  ]);
  const moved = await store.received.at(id, Buffer.from([0x2f, 0x63, 0x2f, 0xff, 0xfe]));
  expect(moved).toMatchObject({ sha256: "ab".repeat(32), bytes: 3, receivedAtMs: 1 });
});

test("a tree that is removed, and a sandbox that is not known, keep nothing", async () => {
  const { store, id } = await storeWithSandbox();
  await store.received.put(id, [file("/a/x"), file("/ab")]);
  await store.received.removed(id, Buffer.from("/a"));
  expect([await known(store, id, "/a/x"), await known(store, id, "/ab")]).toEqual([false, true]);
  const nobody = newId("sandbox") as SandboxId;
  await store.received.put(nobody, [file("/a")]);
  expect(await known(store, nobody, "/a")).toBe(false);
});

test("the oldest make way", async () => {
  const { store, id } = await storeWithSandbox();
  for (let from = 0; from < 16_384; from += 4096)
    await store.received.put(
      id,
      Array.from({ length: 4096 }, (_, i) => file(`/f${from + i}`, from + i)),
    );
  await store.received.put(id, [file("/last", 1_000_000)]);
  expect(await Promise.all(["/f0", "/f1", "/last"].map((path) => known(store, id, path)))).toEqual([false, true, true]);
});
