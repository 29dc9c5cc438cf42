/**
 * A process that writes to a store until it is killed: argv is the folder, the journal, and where to die
 * (`operation.step:nth`, or `never`). What the store has acknowledged stands in the journal, one line each, before
 * anything else happens; a line says what must be found afterwards. With `early` as a fourth argument the journal is
 * written before the store has answered, which is the mistake that the test must be able to see.
 */
import { createHash } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import type { Store } from "@hsr/core";
import { newRun, openTestStore, outcome } from "@hsr/gateway/testing";

const [folder = "", journalPath = "", place = "never", early] = process.argv.slice(2);
const [target, nth = "1"] = place.split(":");
const journal = openSync(journalPath, "a");
let met = 0;

function note(line: object): void {
  writeSync(journal, `${JSON.stringify(line)}\n`);
}

/** Notes what holds once `write` has resolved. */
async function acknowledged<Result>(line: object, write: Promise<Result>): Promise<Result> {
  if (early === "early") note(line);
  const result = await write;
  if (early !== "early") note(line);
  return result;
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const store: Store = await openTestStore(folder, {
  fault: (point) => {
    if (point !== target) return;
    met += 1;
    if (met === Number(nth)) process.kill(process.pid, "SIGKILL");
  },
});

for (let i = 0; ; i += 1) {
  const input = Buffer.alloc(i % 3 === 0 ? 700_000 : 500, i);
  const stdout = Buffer.alloc(i % 2 === 0 ? 500_000 : 100, i);
  const run = newRun({
    state: i % 4 === 0 ? "held" : "queued",
    input,
    idempotencyKey: `k-${i}`,
    audit: { timeMs: i, type: "run.decided", tenant: "alpha", subject: "s", requestId: null, data: { i } },
  });
  const { id } = run;
  await acknowledged({ id, state: run.state, input: digest(input) }, store.runs.create(run));
  if (run.state === "held") await acknowledged({ id, state: "queued" }, store.runs.transition(id, "held", "queued", i));
  await acknowledged({ id, state: "starting" }, store.runs.transition(id, "queued", "starting", i));
  await acknowledged({ id, state: "running" }, store.runs.transition(id, "starting", "running", i));
  if (i % 5 !== 4)
    await acknowledged(
      { id, state: "finished", exitCode: i % 256, stdout: digest(stdout) },
      store.runs.finish(id, outcome({ exitCode: i % 256 }), {
        stdout: { kind: "bytes", bytes: stdout },
        stderr: { kind: "bytes", bytes: Buffer.from(String(i)) },
      }),
    );
  if (i % 6 === 5)
    await store.prune({
      nowMs: 0,
      runsFinishedBeforeMs: 0,
      keepFinishedRuns: 4,
      keepBytes: 1e12,
      auditBeforeMs: i - 3,
      eventsBeforeMs: 0,
      keepEvents: 1000,
      maxRows: 50,
    });
}
