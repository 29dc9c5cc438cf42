/** What the tests of the store share: a store in a folder of its own, and runs to put into it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "@hsr/contract";
import type { Log, NewRun, NewSandbox, RunId, RunOutcome, SandboxId, Store } from "@hsr/core";

export { FileSpool } from "../spool/file-spool.ts";

import { openSqliteStore, type SqliteStoreOptions } from "./sqlite.ts";

/** Says nothing. */
export const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A folder that is gone when the scope ends. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "hsr-store-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Opens a store with settings that tests seldom care about. */
export function openTestStore(directory: string, more: Partial<SqliteStoreOptions> = {}): Promise<Store> {
  return openSqliteStore({
    directory,
    synchronous: "normal",
    listen: "127.0.0.1:0",
    nowMs: Date.now(),
    log: quiet,
    ...more,
  });
}

let clock = 1_790_000_000_000;

/** A queued run of tenant `alpha`. Each is a millisecond younger than the one before. */
export function newRun(more: Partial<NewRun> = {}): NewRun {
  clock += 1;
  return {
    id: newId("run") as RunId,
    tenant: "alpha",
    keyId: "key-a",
    requestId: "req-a",
    state: "queued",
    requestDigest: "digest-a",
    idempotencyKey: null,
    labels: {},
    language: "python",
    detach: false,
    createdAtMs: clock,
    expiresAtMs: null,
    input: Buffer.from('{"code":"print(1)"}'),
    decision: null,
    risk: { analyzed: false },
    limits: null,
    runtime: null,
    level: "basic",
    sandboxId: null,
    bootId: null,
    audit: null,
    ...more,
  };
}

/** A program that exited with 0. */
export function outcome(more: Partial<RunOutcome> = {}): RunOutcome {
  clock += 1;
  return {
    reason: "exited",
    exitCode: 0,
    signal: null,
    finishedAtMs: clock,
    usage: { wall_ms: 12 },
    error: null,
    stdoutTruncatedBytes: 0,
    stderrTruncatedBytes: 0,
    ...more,
  };
}

/** Output in memory. */
export function output(stdout: string | Uint8Array = "", stderr: string | Uint8Array = "") {
  return {
    stdout: { kind: "bytes", bytes: Buffer.from(stdout) },
    stderr: { kind: "bytes", bytes: Buffer.from(stderr) },
  } as const;
}

/** A sandbox that is being started, made at this time. */
export function newSandbox(atMs: number, more: Partial<NewSandbox> = {}): NewSandbox {
  const id = newId("sandbox") as SandboxId;
  return {
    id,
    tenant: "alpha",
    keyId: "key-a",
    requestId: "req-a",
    state: "starting",
    name: null,
    labels: {},
    allow: [],
    ttlMs: 1000,
    idleTimeoutMs: 0,
    createdAtMs: atMs,
    requestDigest: "digest-a",
    idempotencyKey: null,
    environment: { SECRET: "hush" },
    decision: {},
    risk: { analyzed: false },
    runtime: "bubblewrap",
    level: "basic",
    held: null,
    audit: { timeMs: atMs, type: "sandbox.decided", tenant: "alpha", subject: id, requestId: null, data: {} },
    ...more,
  };
}

export { loadConfig } from "../config.ts";
export { startGateway as startGatewayHere } from "../gateway.ts";
export { createMetrics as createTestMetrics } from "../observe/index.ts";
