/** An agent that belongs to the guest may say anything. It may end its own epoch with it, and do nothing else. */
import type { Agent, OutputChunk } from "@hsr/core";
import { describe, expect, test } from "vitest";
import { FieldWriter } from "./bytes.ts";
import { framesOf } from "./frame-writer.ts";
import { hello, type Impostor, impostor } from "./testing/impostor.ts";
import { program } from "./testing/real-agent.ts";
import { bounds, echoMagic, flag, tell } from "./wire.ts";

const offset = (at: number | bigint, bytes = Buffer.alloc(0)) => new FieldWriter().u64(at).bytes(bytes).finish();

function exit(stdout: number, stderr: number): Buffer {
  return new FieldWriter().u32(0).u32(0).u64(stdout).u64(0).u64(stderr).u64(0).u64(0).u64(0).u64(0).finish();
}

const echoed = (epoch: Buffer) => Buffer.concat([echoMagic, epoch]);

function header(it: Impostor, change: (header: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(17);
  bytes.writeUInt8(tell.RESULT, 1);
  bytes.writeUInt32LE(it.epoch.readUInt32LE(0), 8);
  change(bytes);
  return bytes;
}

const lies: Record<string, (it: Impostor) => void> = {
  "garbage where a frame was due": (it) => it.raw(Buffer.alloc(64, 0xee)),
  "a length of 4 GiB": (it) => it.raw(header(it, (bytes) => bytes.writeUInt32LE(0xffff_ffff, 12))),
  "a length just beyond the bound": (it) =>
    it.raw(header(it, (bytes) => bytes.writeUInt32LE(bounds.payloadMax + 1, 12))),
  "a frame of another epoch": (it) =>
    it.raw(header(it, (bytes) => bytes.writeUInt32LE((it.epoch.readUInt32LE(0) ^ 1) >>> 0, 8))),
  "a frame that does not end": (it) => it.raw(header(it, (bytes) => bytes.writeUInt8(1, 16))),
  "a reserved byte that is set": (it) => it.raw(header(it, (bytes) => bytes.writeUInt8(1, 3))),
  "its echo once more": (it) => it.raw(echoed(it.epoch)),
  "a message of several frames": (it) => it.frame(tell.OUTPUT, 1, offset(0, Buffer.from("x")), flag.MORE),
  "a second hello": (it) => it.frame(tell.HELLO, 0, hello()),
  "a message that only a gateway sends": (it) => it.frame(1, 1),
  "an unknown message": (it) => it.frame(200, 1),
  "an answer that nobody waits for": (it) => it.frame(tell.RESULT, 12_345, Buffer.alloc(4)),
  "an answer without an errno": (it) => it.frame(tell.RESULT, 1, Buffer.alloc(1)),
  "output of an execution that nobody started": (it) => it.frame(tell.OUTPUT, 2, offset(0, Buffer.from("x"))),
  "an execution forgotten unasked": (it) => it.frame(tell.FORGOTTEN, 1),
  "output without an offset": (it) => it.frame(tell.OUTPUT, 1, Buffer.alloc(3)),
  "an offset beyond 2^53": (it) => it.frame(tell.OUTPUT, 1, offset(2n ** 60n, Buffer.from("x"))),
  "an offset that goes back": (it) => {
    it.frame(tell.OUTPUT, 1, offset(0, Buffer.from("12345")));
    it.frame(tell.OUTPUT, 1, offset(4, Buffer.from("5")));
  },
  "the same output twice": (it) => {
    it.frame(tell.OUTPUT, 1, offset(0, Buffer.from("1")));
    it.frame(tell.OUTPUT, 1, offset(0, Buffer.from("1")));
  },
  "output beyond the credit": (it) => {
    for (let i = 0; i < 9; i++) it.frame(tell.OUTPUT, 1, offset(i * 32_768, Buffer.alloc(32_768)));
  },
  "an end before the output that was sent": (it) => {
    it.frame(tell.OUTPUT, 1, offset(0, Buffer.from("12345")));
    it.frame(tell.EXIT, 1, exit(4, 0));
  },
  "two ends": (it) => {
    it.frame(tell.EXIT, 1, exit(0, 0));
    it.frame(tell.EXIT, 1, exit(0, 0));
  },
  "output after the end": (it) => {
    it.frame(tell.EXIT, 1, exit(0, 0));
    it.frame(tell.OUTPUT, 1, offset(0, Buffer.from("1")));
  },
  "an end cut short": (it) => it.frame(tell.EXIT, 1, exit(0, 0).subarray(0, 50)),
  "an end with more to it": (it) => it.frame(tell.EXIT, 1, Buffer.concat([exit(0, 0), Buffer.alloc(1)])),
  "an error about a message that was never sent": (it) => it.frame(tell.ERROR, 99, Buffer.from([1, 0, 5, 0, 65])),
  "that it does not understand the stream": (it) => it.frame(tell.ERROR, 0, Buffer.from([4, 0, 0, 0, 0x1b, 0x5b, 65])),
};

describe("an agent that says", () => {
  for (const [what, tellLie] of Object.entries(lies)) {
    test(`${what} ends its epoch, and nothing is left waiting`, async () => {
      const it = await impostor();
      const execution = it.agent.start(1, program(["true"], { stdin: "open" }));
      const waiting = [it.agent.ping(), execution.writeStdin(Buffer.alloc(1_000_000))];
      const settled = Promise.allSettled([...waiting, execution.exit, execution.started]);
      tellLie(it);
      expect(await it.agent.closed).toMatchObject({ name: "AgentError", code: "PROTOCOL" });
      expect((await settled).slice(0, 2).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      await expect(it.agent.ping()).rejects.toMatchObject({ code: "PROTOCOL" });
      await expect(it.agent.start(3, program(["true"])).started).rejects.toMatchObject({ code: "PROTOCOL" });
      it.agent.close();
    });
  }

  test("an error in control characters does not get them into our messages", async () => {
    const it = await impostor();
    it.frame(tell.ERROR, 0, Buffer.concat([Buffer.from([4, 0, 0, 0]), Buffer.from("\x1b]52;c;evil\x07<script>")]));
    expect((await it.agent.closed)?.message).not.toMatch(/[^ -~]/);
  });
});

describe("answers that do not decode", () => {
  const asked: Record<string, (agent: Agent) => Promise<unknown>> = {
    list: (agent) => agent.list(),
    stat: (agent) => agent.stat("/x"),
    listFolder: (agent) => agent.listFolder("/x", { depth: 1, limit: 5 }),
    readFile: (agent) => agent.readFile("/x", { offset: 0, bytes: 4 }),
    remove: (agent) => agent.remove("/x"),
    killOrphans: (agent) => agent.killOrphans(9),
  };
  for (const [name, ask] of Object.entries(asked)) {
    test(`to ${name} end the epoch`, async () => {
      const it = await impostor();
      const answer = ask(it.agent).catch((error: unknown) => error);
      await new Promise((resolve) => setImmediate(resolve));
      it.frame(tell.RESULT, 1, Buffer.concat([Buffer.alloc(4), Buffer.alloc(name === "readFile" ? 30 : 3, 0xff)]));
      expect(await answer).toMatchObject({ code: "PROTOCOL" });
      expect(await it.agent.closed).toMatchObject({ code: "PROTOCOL" });
    });
  }
});

describe("what an agent can make this side keep", () => {
  test("is nothing of what comes before the echo, and not for ever", async () => {
    const it = await impostor("silent");
    for (let i = 0; i < 20; i++) it.raw(Buffer.alloc(1024 * 1024, echoMagic));
    expect(await it.agent.closed).toMatchObject({ code: "PROTOCOL" });
    await expect(it.agent.ready).rejects.toMatchObject({ code: "PROTOCOL" });
  });

  test("is one window of output, though it comes in single bytes of two streams", async () => {
    const it = await impostor();
    const execution = it.agent.start(1, program(["true"]));
    for (let i = 0; i < 40_000; i++) {
      it.frame(tell.OUTPUT, 1, offset(i, Buffer.from("o")));
      it.frame(tell.OUTPUT, 1, offset(i, Buffer.from("e")), flag.STDERR);
    }
    it.frame(tell.EXIT, 1, exit(40_000, 40_000));
    await execution.exit;
    const chunks: OutputChunk[] = [];
    for await (const chunk of execution.output) chunks.push(chunk);
    expect(chunks.length).toBeLessThan(20);
    expect(chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(80_000);
  });

  test("is not a chunk for each byte with a gap before it", async () => {
    const it = await impostor();
    it.agent.start(1, program(["true"]));
    for (let i = 0; i < 100_000; i++) it.frame(tell.OUTPUT, 1, offset(2 * i, Buffer.from("o")));
    expect(await it.agent.closed).toMatchObject({ code: "PROTOCOL" });
  });
});

test("a hello of another version is refused", async () => {
  const it = await impostor("silent");
  it.raw(echoed(it.epoch));
  it.frame(tell.HELLO, 0, hello(2));
  await expect(it.agent.ready).rejects.toMatchObject({ code: "PROTOCOL" });
  expect(await it.agent.closed).toMatchObject({ code: "PROTOCOL" });
});

test("a frame before the hello is refused", async () => {
  const it = await impostor("silent");
  it.agent.start(1, program(["true"]));
  it.raw(echoed(it.epoch));
  it.frame(tell.STARTED, 1, Buffer.alloc(4));
  await expect(it.agent.ready).rejects.toMatchObject({ code: "PROTOCOL" });
});

test("what belongs to an earlier epoch is passed over, even the echo of another", async () => {
  const it = await impostor("silent");
  it.raw(
    Buffer.concat([
      Buffer.from("rest of a frame"),
      echoed(Buffer.alloc(16, 3)),
      echoMagic.subarray(0, 9),
      echoed(it.epoch),
    ]),
  );
  it.frame(tell.HELLO, 0, hello());
  expect((await it.agent.ready).version).toBe(1);
});

test("an honest conversation may come in single bytes", async () => {
  const it = await impostor("silent");
  const execution = it.agent.start(1, program(["true"]));
  const tag = it.epoch.readUInt32LE(0);
  const bytes = Buffer.concat([
    echoed(it.epoch),
    ...framesOf(tag, tell.HELLO, 0, 0, hello()),
    ...framesOf(tag, tell.STARTED, 0, 1, Buffer.alloc(4)),
    ...framesOf(tag, tell.OUTPUT, 0, 1, offset(0, Buffer.from("hello"))),
    ...framesOf(tag, tell.EXIT, 0, 1, exit(5, 0)),
  ]);
  for (const byte of bytes) it.raw(Buffer.from([byte]));
  expect((await execution.exit).stdoutBytes).toBe(5);
});

test("an agent that does not know a message leaves the epoch alive", async () => {
  const it = await impostor();
  const ping = it.agent.ping();
  it.frame(tell.ERROR, 1, Buffer.from([1, 0, 10, 0]));
  await expect(ping).rejects.toMatchObject({ code: "ENOSYS" });
  const second = it.agent.ping();
  it.frame(tell.RESULT, 2, Buffer.alloc(4));
  await second;
});
