import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { framesOf, openingOf } from "./frame-writer.ts";
import { finish, program, type RealAgent, startRealAgent } from "./testing/real-agent.ts";
import { recorded } from "./testing/recorded.ts";
import { ask, bounds, echoMagic, openMagic } from "./wire.ts";

let real: RealAgent;
beforeEach(async () => {
  real = await startRealAgent();
});
afterEach(() => real.stop());

const say = (bytes: Buffer) => new Promise<void>((resolve) => real.attach().write(bytes, () => resolve()));

describe("a stream that becomes another one", () => {
  test("at any byte of a conversation: nothing is half done, and the next epoch works", async () => {
    const content = "0123456789".repeat(5);
    /* Anew for each cut: a token that was answered before would be answered from memory. */
    const converse = () =>
      recorded((agent) => {
        void agent.writeFile(`${real.folder}/file`, Buffer.from(content), 0o600).catch(() => undefined);
        const script = `printf %s "$1" > ${real.folder}/argument`;
        agent
          .start(7, program(["/bin/sh", "-c", script, "sh", "abcdefghij"], { stdin: Buffer.from("input") }))
          .forget();
      });
    let whole = 0;
    const { length } = await converse();
    for (let cut = 0; cut <= length; cut++) {
      await say((await converse()).subarray(0, cut));
      const agent = real.open();
      await agent.ping();
      const known = await agent.list();
      for (const { execId } of known) await finish(agent.follow(execId, { stdout: 0, stderr: 0 }));
      for (const { execId } of known) agent.follow(execId, { stdout: 0, stderr: 0 }).forget();
      await agent.ping();
      const files = readdirSync(real.folder).filter((name) => name !== "argument");
      expect(files.length === 0 || (files[0] === "file" && files.length === 1), `cut at ${cut}: ${files}`).toBe(true);
      if (files.length) expect(readFileSync(`${real.folder}/file`, "utf8"), `cut at ${cut}`).toBe(content);
      if (known.length) expect(readFileSync(`${real.folder}/argument`, "utf8"), `cut at ${cut}`).toBe("abcdefghij");
      whole += files.length;
      rmSync(`${real.folder}/file`, { force: true });
      rmSync(`${real.folder}/argument`, { force: true });
    }
    expect(whole).toBeGreaterThan(100);
  });

  test("many times at random bytes, with an execution that none of it disturbs", async () => {
    const lines = Array.from({ length: 400 }, (_, i) => `line ${i}\n`).join("");
    const opening = real.open();
    await opening.writeFile(`${real.folder}/lines`, Buffer.from(lines), 0o600);
    const script = `while read -r line; do echo "$line"; done < ${real.folder}/lines; exit 9`;
    await opening.start(1, program(["bash", "-c", script])).started;
    let seen = "";
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 4 }), fc.nat(40), async (cuts, reads) => {
        const asked = await recorded((agent) => void agent.follow(1, { stdout: seen.length, stderr: 0 }));
        for (const cut of cuts) await say(asked.subarray(0, cut));
        const execution = real.open().follow(1, { stdout: seen.length, stderr: 0 });
        const output = execution.output[Symbol.asyncIterator]();
        for (let i = 0; i < reads; i++) {
          const next = await output.next();
          if (next.done) break;
          expect(next.value.offset).toBe(seen.length);
          seen += Buffer.from(next.value.bytes).toString();
        }
      }),
      { numRuns: 40 },
    );
    const last = real.open().follow(1, { stdout: seen.length, stderr: 0 });
    const end = await finish(last);
    expect(seen + end.stdout).toBe(lines);
    expect(end.code).toBe(9);
  });
});

test("in the middle of a flood, again and again: no byte is lost, doubled or out of order", async () => {
  const expected = Array.from({ length: 150_000 }, (_, i) => `${i + 1}\n`).join("");
  let agent = real.open();
  let execution = agent.start(1, program(["seq", "1", "150000"]));
  const seen: Uint8Array[] = [];
  let offset = 0;
  let attachments = 1;
  for (let over = false; !over; ) {
    let left = 1 + (attachments % 2);
    over = true;
    for await (const chunk of execution.output) {
      expect(chunk.offset).toBe(offset);
      seen.push(chunk.bytes);
      offset += chunk.bytes.length;
      execution.acknowledge({ stdout: offset, stderr: 0 });
      if (--left > 0) continue;
      over = false;
      break;
    }
    if (over) break;
    agent = real.open();
    attachments++;
    execution = agent.follow(1, { stdout: offset, stderr: 0 });
  }
  expect(attachments).toBeGreaterThan(5);
  expect(Buffer.concat(seen).toString("latin1") === expected).toBe(true);
  expect((await execution.exit).exitCode).toBe(0);
});

describe("the gateway's bytes", () => {
  test("never hold the magic but in an opening, whatever is sent", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.nat(16).map((cut) => openMagic.subarray(0, cut)),
      fc.nat(16).map((cut) => openMagic.subarray(cut)),
      fc.constant(openMagic),
      fc.constant(Buffer.alloc(65_530)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.nat(), (pieces, id) => {
        const payload = Buffer.concat(pieces).subarray(0, bounds.messageMax);
        const frames = framesOf(0x454e_4f2d, ask.FILE_WRITE, 0, id >>> 0, payload);
        expect(Buffer.concat(frames).indexOf(openMagic)).toBe(-1);
        expect(Buffer.concat(frames.filter((_, i) => i % 3 === 1)).equals(payload)).toBe(true);
      }),
    );
  });

  test("the magic cannot begin again within itself and has no zero", () => {
    expect(openMagic.length).toBe(16);
    expect(openMagic.includes(0)).toBe(false);
    expect(openMagic.subarray(1).includes(openMagic[0] ?? 0)).toBe(false);
  });
});

describe("an opening", () => {
  /** What the agent answers, from when it holds `awaited` on. */
  const answerTo = async (bytes: Buffer, awaited: Buffer | string): Promise<Buffer> => {
    const stream = real.attach();
    let answer = Buffer.alloc(0);
    stream.write(bytes);
    for await (const chunk of stream) {
      answer = Buffer.concat([answer, chunk as Buffer]);
      if (answer.includes(awaited)) return answer;
    }
    return answer;
  };

  test("that offers no version in common is answered with an error, and the next one works", async () => {
    const answer = await answerTo(openingOf(Buffer.alloc(16, 7), 2, 9), "no version in common");
    expect(answer.subarray(16, 32)).toEqual(Buffer.alloc(16, 7));
    expect(answer.toString("latin1")).toContain("no version in common");
    await real.open().ping();
  });

  test("is found behind any bytes, and a second one of the same epoch starts it anew", async () => {
    const opening = openingOf(Buffer.alloc(16, 8), 1, 1);
    const answer = await answerTo(
      Buffer.concat([Buffer.alloc(100_000, "x"), openMagic.subarray(0, 15), opening, opening]),
      Buffer.alloc(16, 8),
    );
    expect(answer.subarray(-200).includes(Buffer.alloc(16, 8))).toBe(true);
    expect(answer.subarray(0, 16)).toEqual(echoMagic);
  });

  test("of whatever else comes as a frame ends the epoch with an error and nothing else", async () => {
    const agent = real.open();
    const running = agent.start(1, program(["sleep", "100"]));
    await running.started;
    const opening = openingOf(Buffer.alloc(16, 9), 1, 1);
    const wrongTag = Buffer.concat(framesOf(0x1234, ask.PING, 0, 1, Buffer.alloc(0)));
    expect((await answerTo(Buffer.concat([opening, wrongTag]), "not a frame")).toString("latin1")).toContain(
      "not a frame of this epoch",
    );
    const huge = Buffer.concat(framesOf(0x0909_0909, ask.PING, 0, 1, Buffer.alloc(0)));
    huge.writeUInt32LE(0xffff_ffff, 12);
    expect((await answerTo(Buffer.concat([opening, huge]), "not a frame")).toString("latin1")).toContain(
      "not a frame of this epoch",
    );
    expect((await real.open().list()).map(({ running: runs }) => runs)).toEqual([true]);
  });

  test("leaves unknown messages an error, not a death", async () => {
    const unknown = Buffer.concat(framesOf(0x0a0a_0a0a, 250, 0, 77, Buffer.from("what")));
    const ping = Buffer.concat(framesOf(0x0a0a_0a0a, ask.PING, 0, 78, Buffer.from("still here")));
    const answer = (
      await answerTo(Buffer.concat([openingOf(Buffer.alloc(16, 10), 1, 1), unknown, ping]), "still here")
    ).toString("latin1");
    expect(answer).toContain("unknown message");
    expect(answer).toContain("still here");
  });
});

describe("requests that are repeated", () => {
  test("with the token of one that was answered are answered again and not done again", async () => {
    const conversation = await recorded(
      (agent) => void agent.makeFolder(`${real.folder}/once`, 0o755, "require").catch(() => undefined),
    );
    for (let i = 0; i < 3; i++) {
      await say(conversation);
      const agent = real.open();
      await agent.ping();
      expect(existsSync(`${real.folder}/once`)).toBe(i === 0);
      if (i === 0) await agent.remove(`${real.folder}/once`);
    }
  });
});

describe("quiesce and resume", () => {
  test("nothing starts or changes between them, output is kept, and the boot id is another one afterwards", async () => {
    const agent = real.open();
    const { bootId } = await agent.ready;
    const execution = agent.start(1, program(["sh", "-c", "sleep 0.03; echo meanwhile"]));
    await execution.started;
    await agent.quiesce("keep");
    expect(await agent.closed).toBeNull();
    const between = real.open();
    expect(await between.ready).toMatchObject({ quiesced: true, bootId });
    await expect(between.start(2, program(["true"])).started).rejects.toMatchObject({ code: "EBUSY" });
    await expect(between.writeFile(`${real.folder}/x`, Buffer.from(""), 0o600)).rejects.toMatchObject({
      code: "EBUSY",
    });
    const identity = Buffer.alloc(16, 0xab);
    const resumed = await between.resume(identity, Buffer.alloc(32, 1), Date.now());
    expect(resumed.bootId).not.toBe(bootId);
    expect(resumed.clock).toBe(false);
    const after = real.open();
    expect(await after.ready).toMatchObject({
      quiesced: false,
      bootId: resumed.bootId,
      identity: identity.toString("hex"),
    });
    expect((await finish(after.follow(1, { stdout: 0, stderr: 0 }))).stdout).toBe("meanwhile\n");
  });

  test("with release the agent closes its descriptor after the answer, and lives", async () => {
    const agent = real.open();
    await agent.quiesce("release");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(real.child.exitCode).toBeNull();
    expect(readdirSync(`/proc/${real.child.pid}/fd`)).not.toContain("3");
  });
});
