import type { AgentExecution, OutputChunk } from "@hsr/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { finish, program, type RealAgent, startRealAgent } from "./testing/real-agent.ts";

let real: RealAgent;
beforeEach(async () => {
  real = await startRealAgent();
});
afterEach(() => real.stop());

const shell = (script: string) => program(["/bin/sh", "-c", script]);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function take(execution: AgentExecution, count: number): Promise<OutputChunk[]> {
  const chunks: OutputChunk[] = [];
  const iterator = execution.output[Symbol.asyncIterator]();
  for (let i = 0; i < count; i++) {
    const next = await iterator.next();
    if (next.done) break;
    chunks.push(next.value);
  }
  return chunks;
}

test("bytes arrive as they were written: NULs, invalid UTF-8, no newline at the end", async () => {
  const bytes = Buffer.from([0, 255, 254, 0x80, 0xc3, 0x28, 0xf8, 10, 0]);
  const agent = real.open();
  await agent.writeFile(`${real.folder}/bytes`, bytes, 0o600);
  const { stdout, stderr } = await finish(
    agent.start(1, shell(`cat ${real.folder}/bytes; cat ${real.folder}/bytes >&2`)),
  );
  expect(Buffer.from(stdout, "latin1")).toEqual(bytes);
  expect(Buffer.from(stderr, "latin1")).toEqual(bytes);
});

test("a flood of 50 MB arrives whole and in order, beside a small execution that is not starved", async () => {
  const agent = real.open();
  const flood = agent.start(
    1,
    program(["bash", "-c", "for i in {1..50}; do head -c 1000000 /dev/zero | tr '\\0' x; done"]),
  );
  let bytes = 0;
  const flooded = (async () => {
    for await (const chunk of flood.output) {
      if (chunk.offset !== bytes) throw new Error("a gap");
      bytes += chunk.bytes.length;
      flood.acknowledge({ stdout: bytes, stderr: 0 });
    }
  })();
  const small = await finish(agent.start(2, shell("echo small")));
  expect(small.stdout).toBe("small\n");
  await flooded;
  expect(bytes).toBe(50_000_000);
  expect((await flood.exit).stdoutBytes).toBe(50_000_000);
});

describe("a stream that is skipped", () => {
  test("is counted and not carried; the other one still comes, and the end says how much there was", async () => {
    const agent = real.open();
    await agent.ready;
    const script = "head -c 100000000 /dev/zero; sleep 0.5; head -c 1000 /dev/zero; echo done >&2";
    const execution = agent.start(1, shell(script));
    let carried = 0;
    let stderr = "";
    const stands: number[] = [];
    for await (const chunk of execution.output) {
      if (chunk.stream === "stderr") stderr += Buffer.from(chunk.bytes).toString();
      else if (chunk.bytes.length === 0) stands.push(chunk.offset);
      else carried += chunk.bytes.length;
      execution.skip("stdout");
    }
    expect(stderr).toBe("done\n");
    expect(carried).toBeLessThan(600_000);
    expect(stands).toContain(100_000_000);
    const exit = await execution.exit;
    expect(exit.stdoutBytes).toBe(100_001_000);
    expect(exit.stdoutDroppedBytes).toBeGreaterThan(99_000_000);
  });

  test("goes on being skipped while nobody is attached, and is carried again to one who follows", async () => {
    const first = real.open();
    await first.ready;
    const execution = first.start(1, shell("yes"));
    await execution.started;
    execution.skip("stdout");
    await first.ping();
    first.close();
    const second = real.open();
    const [before] = await second.list();
    await pause(50);
    const [after] = await second.list();
    expect(after?.stdout.end).toBeGreaterThan(before?.stdout.end ?? 0);
    const again = second.follow(1, { stdout: 0, stderr: 0 });
    const chunks = await take(again, 3);
    expect(chunks.some((chunk) => chunk.bytes.length > 0)).toBe(true);
    await again.signal(9, "group");
  });
});

describe("a reader in the foreground", () => {
  test("that stops reading stops the writer, and the agent keeps at most the ring", async () => {
    const agent = real.open();
    const execution = agent.start(1, shell("yes"));
    await execution.started;
    await pause(100);
    const [before] = await agent.list();
    await pause(50);
    const [after] = await agent.list();
    expect(before?.stdout).toEqual({ start: 0, end: 262_144, droppedBytes: 0 });
    expect(after?.stdout).toEqual(before?.stdout);
    await execution.signal(9, "group");
  });

  test("that reads but keeps nothing stops the writer too: what is not acknowledged must not be lost", async () => {
    const agent = real.open();
    const execution = agent.start(1, shell("yes | head -c 1000000"));
    const read = (async () => {
      let bytes = 0;
      for await (const chunk of execution.output) {
        bytes += chunk.bytes.length;
        if (bytes === 262_144) break;
      }
      return bytes;
    })();
    expect(await read).toBe(262_144);
    await pause(30);
    expect((await agent.list())[0]?.stdout).toEqual({ start: 0, end: 262_144, droppedBytes: 0 });
    execution.acknowledge({ stdout: 200_000, stderr: 0 });
    await agent.ping();
    await pause(30);
    expect((await agent.list())[0]?.stdout.start).toBe(200_000);
  });
});

describe("a reader in the background", () => {
  test("never stops the writer: the oldest bytes are dropped and counted", async () => {
    const agent = real.open();
    const execution = agent.start(
      1,
      program(["sh", "-c", "yes | head -c 3000000; echo end"], { reader: "background" }),
    );
    await pause(300);
    const [state] = await agent.list();
    expect(state).toMatchObject({ running: false, reader: "background", exitCode: 0 });
    const chunks: OutputChunk[] = [];
    for await (const chunk of execution.output) chunks.push(chunk);
    const exit = await execution.exit;
    const last = chunks.at(-1);
    expect(exit.stdoutBytes).toBe(3_000_004);
    expect(exit.stdoutDroppedBytes).toBeGreaterThan(2_000_000);
    expect((last?.offset ?? 0) + (last?.bytes.length ?? 0)).toBe(3_000_004);
    expect(
      Buffer.from(last?.bytes ?? [])
        .toString()
        .endsWith("y\nend\n"),
    ).toBe(true);
  });

  test("may come to the foreground, and from then on nothing is dropped", async () => {
    const agent = real.open();
    const execution = agent.start(
      1,
      program(["sh", "-c", "read x; yes | head -c 2000000"], { reader: "background", stdin: "open" }),
    );
    execution.setReader("foreground");
    await agent.ping();
    await execution.writeStdin(Buffer.from("go\n"));
    const { stdout } = await finish(execution);
    expect(stdout.length).toBe(2_000_000);
    expect((await execution.exit).stdoutDroppedBytes).toBe(0);
  });
});

describe("after a re-attach", () => {
  test("output goes on at the offset that was kept, without a gap and without a byte twice", async () => {
    const first = real.open().start(1, shell("for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.01; done"));
    const [chunk] = await take(first, 1);
    const kept = chunk?.bytes.length ?? 0;
    first.acknowledge({ stdout: kept, stderr: 0 });
    const second = real.open().follow(1, { stdout: kept, stderr: 0 });
    const { stdout } = await finish(second);
    expect(Buffer.from(chunk?.bytes ?? []).toString() + stdout).toBe(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `line ${i}\n`).join(""),
    );
    await expect(first.exit).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("the exit record is there until it is forgotten, however often it was told", async () => {
    await finish(real.open().start(1, shell("echo out; exit 5")));
    for (let i = 0; i < 3; i++) {
      const agent = real.open();
      expect(await agent.list()).toMatchObject([{ execId: 1, running: false, exitCode: 5, signal: null }]);
      expect((await finish(agent.follow(1, { stdout: 4, stderr: 0 }))).code).toBe(5);
    }
    const agent = real.open();
    agent.follow(1, { stdout: 4, stderr: 0 }).forget();
    expect(await agent.list()).toEqual([]);
    await expect(real.open().follow(1, { stdout: 0, stderr: 0 }).started).rejects.toMatchObject({ code: "ESRCH" });
  });

  test("an execution goes on without anybody attached", async () => {
    const agent = real.open();
    const execution = agent.start(1, shell("sleep 0.05; echo alone"));
    await execution.started;
    agent.close();
    await agent.closed;
    await pause(120);
    expect((await finish(real.open().follow(1, { stdout: 0, stderr: 0 }))).stdout).toBe("alone\n");
  });

  test("bytes that were acknowledged are gone, and the stream goes on behind them", async () => {
    const agent = real.open();
    await finish(agent.start(1, shell("echo 12345")));
    await agent.ping();
    const again = await take(real.open().follow(1, { stdout: 0, stderr: 0 }), 1);
    expect(again).toEqual([]);
  });
});

test("an execution that is forgotten while it runs goes on without output and leaves no record", async () => {
  const agent = real.open();
  const execution = agent.start(1, shell(`yes | head -c 1000000; echo done > ${real.folder}/done`));
  await execution.started;
  execution.forget();
  await expect(execution.exit).rejects.toMatchObject({ code: "CLOSED" });
  for (let i = 0; i < 200; i++) {
    if (await agent.stat(`${real.folder}/done`).catch(() => null)) break;
    await pause(10);
  }
  expect((await agent.readFile(`${real.folder}/done`, { offset: 0, bytes: 100 })).toString()).toBe("done\n");
  expect(await agent.list()).toEqual([]);
});
