/** `kill -9` at each step of each write: every run is in exactly one of its states, and nothing acknowledged is lost. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RunState, runStates } from "@hsr/contract";
import type { RunId, RunRecord, Store } from "@hsr/core";
import { newRun, openTestStore, outcome, output, temporaryFolder } from "@hsr/gateway/testing";
import { expect, test } from "vitest";

/** Operations of the store, and which time each is met when the process dies: late enough that something was stored. */
const operations = {
  create: 2,
  "create.part": 16,
  queued: 2,
  starting: 2,
  running: 2,
  "finish.part": 3,
  finish: 2,
  "input.drop": 2,
  "prune.run": 2,
  "prune.output": 2,
  "prune.keys": 2,
  "prune.audit": 2,
};
const places = Object.entries(operations).flatMap(([operation, nth]) =>
  ["begun", "written", "committed"].map((step) => `${operation}.${step}:${nth}`),
);

/** A line of the child's journal: what the store had acknowledged about a run. */
interface Acknowledged {
  readonly id: RunId;
  readonly state: RunState;
  readonly input?: string;
  readonly stdout?: string;
  readonly exitCode?: number;
}

async function runChild(folder: string, place: string, early: boolean, killAfterMs?: number): Promise<string | null> {
  const script = new URL("./store-child.ts", import.meta.url).pathname;
  const child = spawn(
    process.execPath,
    [script, join(folder, "data"), join(folder, "journal"), place, ...(early ? ["early"] : [])],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  // Without a moment to kill at, the place has to be reached: then SIGTERM tells that it was not.
  const timer = setTimeout(() => child.kill(killAfterMs === undefined ? "SIGTERM" : "SIGKILL"), killAfterMs ?? 10_000);
  const [, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once("exit", (code, by) => resolve([code, by])),
  );
  clearTimeout(timer);
  return signal;
}

/** Everything that is wrong with what the child left, in sentences. */
async function findLosses(folder: string): Promise<{ readonly losses: string[]; readonly acknowledged: number }> {
  const path = join(folder, "journal");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const lines = text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Acknowledged);
  const losses: string[] = [];
  const store = await openTestStore(join(folder, "data"));
  const { quarantined } = await store.status();
  if (quarantined !== null) losses.push(`the database was set aside: ${quarantined.reason}`);
  const latest = new Map<RunId, Acknowledged>();
  for (const line of lines) latest.set(line.id, { ...latest.get(line.id), ...line });
  for (const said of latest.values()) await compare(store, said, losses);
  const verdict = await store.audit.verify();
  if (verdict.kind !== "intact") losses.push(`the audit chain is broken at ${verdict.seq}: ${verdict.reason}`);
  await useIt(store, losses);
  await store.close();
  return { losses, acknowledged: lines.length };
}

async function compare(store: Store, said: Acknowledged, losses: string[]): Promise<void> {
  const run = await store.runs.get("alpha", said.id);
  if (run === null) {
    // Retention may delete what is finished, and only that.
    if (said.state !== "finished") losses.push(`${said.id} was acknowledged as ${said.state} and is gone`);
    return;
  }
  if (rank(run.state) < rank(said.state))
    losses.push(`${said.id} was acknowledged as ${said.state} and is ${run.state}`);
  if (run.state === "finished") await compareResult(store, run, said, losses);
  else if (said.input !== undefined) {
    const input = await store.runs.input(run.id);
    if (input === null || digest(input) !== said.input)
      losses.push(`${said.id} is ${run.state} and has lost its input`);
  }
}

async function compareResult(store: Store, run: RunRecord, said: Acknowledged, losses: string[]): Promise<void> {
  if (run.outcome === null) losses.push(`${run.id} is finished without an outcome`);
  if ((await store.runs.input(run.id)) !== null) losses.push(`${run.id} is finished and keeps its input`);
  const stdout = await store.runs.output(run.id, "stdout", 0, 1_000_000);
  if (stdout.length !== run.stdoutBytes)
    losses.push(`${run.id} says ${run.stdoutBytes} bytes and has ${stdout.length}`);
  if (said.state !== "finished") return;
  if (run.outcome?.exitCode !== said.exitCode) losses.push(`${run.id} has another exit code`);
  if (digest(stdout) !== said.stdout) losses.push(`${run.id} has other output`);
}

/** What is left can be gone on with: each unfinished run can be finished, and a new one stored. */
async function useIt(store: Store, losses: string[]): Promise<void> {
  for (const run of await store.runs.unfinished()) {
    const done = await store.runs.finish(run.id, outcome({ reason: "lost", exitCode: null }), output("rest"));
    if (done.kind !== "finished") losses.push(`${run.id} could not be finished: ${done.kind}`);
    if (Buffer.from(await store.runs.output(run.id, "stdout", 0, 100)).toString() !== "rest")
      losses.push(`${run.id} has output of an attempt that was cut short`);
  }
  if ((await store.runs.create(newRun())).kind !== "created") losses.push("no new run could be stored");
}

function rank(state: RunState): number {
  return Object.keys(runStates).indexOf(state);
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

for (const place of places)
  test(`nothing acknowledged is lost by kill -9 at ${place}`, async () => {
    using folder = temporaryFolder();
    expect(await runChild(folder.path, place, false)).toBe("SIGKILL");
    const { losses, acknowledged } = await findLosses(folder.path);
    expect(losses).toEqual([]);
    expect(acknowledged).toBeGreaterThan(0);
  });

const rounds = Number(process.env["HSR_TEST_KILLS"] ?? 5);

test(`nothing acknowledged is lost by kill -9 at any of ${rounds} moments`, {
  timeout: 60_000 + rounds * 5000,
}, async () => {
  for (let round = 0; round < rounds; round += 1) {
    using folder = temporaryFolder();
    await runChild(folder.path, "never", false, 250 + ((round * 137) % 400));
    expect((await findLosses(folder.path)).losses).toEqual([]);
  }
});

test("control: an acknowledgement before the write is found as a loss", async () => {
  for (const place of ["create.begun:3", "running.written:3", "finish.written:3"]) {
    using folder = temporaryFolder();
    expect(await runChild(folder.path, place, true)).toBe("SIGKILL");
    expect((await findLosses(folder.path)).losses).not.toEqual([]);
  }
});
