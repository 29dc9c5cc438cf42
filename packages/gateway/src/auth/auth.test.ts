import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { HsrError, type Scope } from "@hsr/contract";
import type { Clock, Metrics, Store } from "@hsr/core";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../observe/log.ts";
import { openTestStore, quiet, temporaryFolder } from "../store/testing.ts";
import { createAuth } from "./auth.ts";
import { ensureFirstKey } from "./first-key.ts";
import { issueKey } from "./key.ts";
import { createRateLimit } from "./rate.ts";

const noMetrics: Metrics = { count: () => {}, set: () => {}, observe: () => {} };

async function setUp(more: { readonly unsafeNoKeys?: boolean; readonly requestsPerMinute?: number } = {}) {
  const folder = temporaryFolder();
  const store = await openTestStore(folder.path);
  onTestFinished(async () => {
    await store.close();
    folder[Symbol.dispose]();
  });
  const time = { now: 1_000_000 };
  const clock: Clock = { now: () => time.now, monotonic: () => time.now };
  let said = "";
  const log = createLog({ level: "trace", version: "0", destination: { write: (line) => void (said += line) } });
  const auth = createAuth({
    store,
    clock,
    log,
    metrics: noMetrics,
    requestsPerMinute: more.requestsPerMinute ?? 60_000,
    unsafeNoKeys: more.unsafeNoKeys ?? false,
  });
  return { folder, store, clock, time, auth, log, said: () => said };
}

async function makeKey(store: Store, scopes: readonly Scope[], expiresAtMs: number | null = null) {
  const key = issueKey();
  await store.keys.create(
    { id: key.id, tenant: "t", name: "n", scopes, createdAtMs: 0, lastUsedAtMs: null, revokedAtMs: null, expiresAtMs },
    key.hash,
  );
  return key;
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (thrown) {
    if (thrown instanceof HsrError) return thrown.code;
    throw thrown;
  }
  return "accepted";
}

test("no header, a wrong scheme, a wrong form, an unknown, revoked or expired key are all the same 401", async () => {
  const { auth, store, time, clock } = await setUp();
  const revoked = await makeKey(store, ["run"]);
  await store.keys.revoke("t", revoked.id, 5);
  const expired = await makeKey(store, ["run"], time.now);
  const good = await makeKey(store, ["run"]);
  for (const header of [
    undefined,
    "",
    "Bearer",
    `Basic ${good.text}`,
    `Bearer ${good.text}x`,
    `Bearer ${good.text} ${good.text}`,
    `Bearer hsr_${"A".repeat(43)}`,
    `Bearer ${good.text.toUpperCase()}`,
    `Bearer ${revoked.text}`,
    `Bearer ${expired.text}`,
    `Bearer ${"h".repeat(100_000)}`,
  ])
    expect(await codeOf(auth.authenticate(header, "req"))).toBe("unauthorized");
  expect(await auth.authenticate(`Bearer ${good.text}`, "req")).toEqual({
    keyId: good.id,
    tenant: "t",
    scopes: ["run"],
  });
  expect(clock.now()).toBe(time.now);
});

test("a scope that the key lacks is refused by name, and admin has them all", async () => {
  const { auth } = await setUp();
  const reader = { keyId: "k", tenant: "t", scopes: ["read"] } as const;
  auth.demand(reader, "read", "req");
  expect(() => auth.demand(reader, "run", "req")).toThrow(HsrError);
  auth.demand({ keyId: "k", tenant: "t", scopes: ["admin"] }, "policy:write", "req");
});

test("neither the key's text nor its hash is in a log, an audit entry or a file but the one that is for it", async () => {
  const { auth, store, folder, clock, log, said } = await setUp();
  const { made, path } = await ensureFirstKey(store, folder.path, clock, log);
  expect(made).toBe(true);
  const text = readFileSync(path, "utf8").trim();
  expect(text).toMatch(/^hsr_[A-Za-z0-9_-]{43}$/);
  expect((await auth.authenticate(`Bearer ${text}`, "req")).scopes).toEqual(["admin"]);
  await codeOf(auth.authenticate(`Bearer ${text}x`, "req"));
  const audit = await store.audit.list({ tenant: null }, 100, null);
  expect(JSON.stringify(audit)).toContain("key.created");
  for (const place of [said(), JSON.stringify(audit)]) expect(place).not.toContain(text.slice(4, 24));
  for (const name of readdirSync(folder.path).filter((one) => one !== "key"))
    expect(readFileSync(join(folder.path, name)).includes(text)).toBe(false);
});

test("the first key's file is 0600, and it is made once", async () => {
  const { store, folder, clock } = await setUp();
  const first = await ensureFirstKey(store, folder.path, clock, quiet);
  const text = readFileSync(first.path, "utf8");
  expect(statSync(first.path).mode & 0o777).toBe(0o600);
  expect((await ensureFirstKey(store, folder.path, clock, quiet)).made).toBe(false);
  expect(readFileSync(first.path, "utf8")).toBe(text);
});

test("a key that only makes keys, or one that has expired, does not stand in for the first key", async () => {
  const { store, folder, clock, time } = await setUp();
  await makeKey(store, ["keys"]);
  await makeKey(store, ["admin"], time.now);
  expect((await ensureFirstKey(store, folder.path, clock, quiet)).made).toBe(true);
});

test("the last key with the scope admin stays, also when two are revoked at the same moment", async () => {
  const { store } = await setUp();
  await makeKey(store, ["keys"]);
  const [one, two] = [await makeKey(store, ["admin"]), await makeKey(store, ["run", "admin"])];
  const at = Date.now();
  expect(await Promise.all([one, two].map((key) => store.keys.revoke(null, key.id, at)))).toEqual(["revoked", "last"]);
  expect(await store.keys.revoke("other", two.id, at)).toBe("unknown");
  expect(await store.keys.revoke(null, one.id, at)).toBe("revoked");
  expect((await store.keys.get(null, two.id))?.revokedAtMs).toBeNull();
});

test("a flood of refused requests leaves a bounded number of audit entries", async () => {
  const { auth, store } = await setUp();
  for (let i = 0; i < 500; i += 1) await codeOf(auth.authenticate("Bearer nonsense", "req"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const audit = await store.audit.list({ tenant: null }, 200, null);
  expect(audit.kind === "page" && audit.page.items.length).toBe(64);
});

test("a key that asks too often is told when to come again, and others are not held up by it", async () => {
  const { auth, store, time } = await setUp({ requestsPerMinute: 60 });
  const busy = await makeKey(store, ["run"]);
  const other = await makeKey(store, ["run"]);
  const results: string[] = [];
  for (let i = 0; i < 70; i += 1) results.push(await codeOf(auth.authenticate(`Bearer ${busy.text}`, "req")));
  expect(results.filter((one) => one === "accepted")).toHaveLength(64);
  expect(results.at(-1)).toBe("rate_limited");
  expect(await codeOf(auth.authenticate(`Bearer ${other.text}`, "req"))).toBe("accepted");
  time.now += 1001;
  expect(await codeOf(auth.authenticate(`Bearer ${busy.text}`, "req"))).toBe("accepted");
});

test("buckets do not pile up", () => {
  const rate = createRateLimit(60);
  for (let i = 0; i < 50_000; i += 1) rate.take(`key-${i}`, 0);
  expect(rate.take("key-new", 0)).toBe(0);
});

test("control: without keys everybody is administrator only where the configuration shouts for it", async () => {
  const { auth } = await setUp({ unsafeNoKeys: true });
  expect((await auth.authenticate(undefined, "req")).scopes).toEqual(["admin"]);
  expect(await codeOf(auth.authenticate("Bearer nonsense", "req"))).toBe("unauthorized");
});

test("when a key was last used is noted to the minute", async () => {
  const { auth, store, time } = await setUp();
  const key = await makeKey(store, ["run"]);
  time.now = 600_000 + 59_999;
  await auth.authenticate(`Bearer ${key.text}`, "req");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await store.keys.get("t", key.id))?.lastUsedAtMs).toBe(600_000);
});
