/** What an agent that belongs to the guest can do with channels and watches: end its own epoch, and nothing else. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { WatchEvent } from "@hsr/core";
import { describe, expect, test } from "vitest";
import { FieldWriter } from "./bytes.ts";
import { AgentError } from "./errors.ts";
import { framesOf } from "./frame-writer.ts";
import { Inflow } from "./inflow.ts";
import { type Impostor, impostor } from "./testing/impostor.ts";
import { bounds, flag, tell } from "./wire.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const u32 = (value: number) => new FieldWriter().u32(value).finish();
const u64 = (value: number | bigint) => new FieldWriter().u64(value).finish();
const turn = () => new Promise((resolve) => setImmediate(resolve));
const facts = (bytes: number) => new FieldWriter().u8(1).u32(0o644).u64(bytes).u64(0).u32(1000).u32(1000).finish();
const watching = (start: number, end: number) => new FieldWriter().u32(0).u64(start).u64(end).finish();

function events(first: number, ...kinds: number[]): Buffer {
  const fields = new FieldWriter().u64(first).u16(kinds.length);
  for (const kind of kinds) fields.u8(kind).u8(0).u16(1).bytes(Buffer.from("f")).u16(0);
  return fields.finish();
}

/** A connection that the impostor has opened, with id 1. */
async function connected(window = 65_536): Promise<Impostor & { stream: Duplex }> {
  const it = await impostor();
  const asked = it.agent.connect(80);
  it.frame(tell.CHANNEL_OPENED, 1, u64(window));
  return { ...it, stream: await asked };
}

const unsolicited: Record<string, (it: Impostor) => void> = {
  "a channel that nobody asked for": (it) => it.frame(tell.CHANNEL_OPENED, 7, u64(65_536)),
  "a file that nobody asked for": (it) => it.frame(tell.CHANNEL_OPENED, 7, facts(10)),
  "bytes of no channel": (it) => it.frame(tell.CHANNEL_DATA, 7, Buffer.from("GET / HTTP/1.0\r\n\r\n")),
  "a window of no channel": (it) => it.frame(tell.CHANNEL_WINDOW, 7, u64(1000)),
  "the end of no channel": (it) => it.frame(tell.CHANNEL_CLOSED, 7, u32(0)),
  "a watch that nobody asked for": (it) => it.frame(tell.WATCHING, 7, watching(0, 0)),
  "events of no watch": (it) => it.frame(tell.WATCH_EVENTS, 7, events(0, 1)),
  "a connection that it wants": (it) => it.frame(14, 7, new FieldWriter().u8(4).u16(80).u64(65_536).finish()),
  "a file that it wants": (it) =>
    it.frame(28, 7, new FieldWriter().u64(0).u64(10).u64(10).path("/etc/passwd").finish()),
  "a file that it writes": (it) =>
    it.frame(20, 7, new FieldWriter().u64(1).u32(0o644).path("/tmp/forged").finish(), flag.BEGIN | flag.END),
};

/** How many sockets this process began to connect meanwhile. */
async function connectionsDuring(work: () => Promise<unknown>): Promise<number> {
  let begun = 0;
  const count = (): void => void begun++;
  subscribe("net.client.socket", count);
  await work();
  unsubscribe("net.client.socket", count);
  return begun;
}

describe("an agent that sends", () => {
  for (const [what, lie] of Object.entries(unsolicited)) {
    test(`${what} ends its epoch, and this side opens nothing`, async () => {
      const it = await impostor();
      const begun = await connectionsDuring(async () => {
        lie(it);
        expect(await it.agent.closed).toMatchObject({ code: "PROTOCOL" });
      });
      expect(begun).toBe(0);
    });
  }

  test("nothing of that would show: the control is a connection of this process itself", async () => {
    const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    expect(await connectionsDuring(() => once(connect(port, "127.0.0.1").resume(), "close"))).toBe(1);
    server.close();
  });
});

const lies: Record<string, (it: Impostor) => void> = {
  "bytes beyond the credit": (it) => {
    for (let i = 0; i < 5; i++) it.frame(tell.CHANNEL_DATA, 1, Buffer.alloc(65_536));
  },
  "an empty piece": (it) => it.frame(tell.CHANNEL_DATA, 1),
  "bytes after the end": (it) => {
    it.frame(tell.CHANNEL_DATA, 1, Buffer.alloc(0), flag.END);
    it.frame(tell.CHANNEL_DATA, 1, Buffer.from("x"));
  },
  "a good end in the middle": (it) => it.frame(tell.CHANNEL_CLOSED, 1, u32(0)),
  "that it is opened twice": (it) => it.frame(tell.CHANNEL_OPENED, 1, u64(1)),
  "a window cut short": (it) => it.frame(tell.CHANNEL_WINDOW, 1, u32(0)),
  "a window beyond 2^53": (it) => it.frame(tell.CHANNEL_WINDOW, 1, u64(2n ** 60n)),
  "bytes after its last word": (it) => {
    it.frame(tell.CHANNEL_CLOSED, 1, u32(104));
    it.frame(tell.CHANNEL_DATA, 1, Buffer.from("x"));
  },
};

describe("of a connection an agent that says", () => {
  for (const [what, lie] of Object.entries(lies)) {
    test(`${what} ends its epoch, and the stream with it`, async () => {
      const it = await connected();
      const closed = new Promise((resolve) => it.stream.once("close", resolve));
      lie(it);
      expect(await it.agent.closed).toMatchObject({ code: "PROTOCOL" });
      await closed;
      expect(it.stream.errored).toBeInstanceOf(AgentError);
    });
  }

  test("its first and its last word at once ends nothing here, though nobody listens yet", async () => {
    const it = await impostor();
    const asked = it.agent.connect(80);
    it.frame(tell.CHANNEL_OPENED, 1, u64(65_536));
    it.frame(tell.CHANNEL_CLOSED, 1, u32(104));
    const stream = await asked;
    await expect(buffer(stream)).rejects.toMatchObject({ code: "ECONNRESET" });
    const file = it.agent.readStream("/x");
    it.frame(tell.CHANNEL_OPENED, 2, facts(10));
    it.frame(tell.CHANNEL_CLOSED, 2, u32(5));
    await expect(buffer((await file).bytes)).rejects.toMatchObject({ code: "EIO" });
    it.agent.close();
  });

  test("a window that is too large gets no more than was written, and one too small nothing", async () => {
    const it = await connected(0);
    let done = false;
    it.stream.write("x", () => (done = true));
    await turn();
    expect(done).toBe(false);
    it.frame(tell.CHANNEL_WINDOW, 1, u64(2 ** 52));
    await turn();
    expect(done).toBe(true);
    it.agent.close();
  });

  test("anything after this side gave it up is passed over", async () => {
    const it = await connected();
    it.stream.destroy();
    it.frame(tell.CHANNEL_DATA, 1, Buffer.alloc(65_536));
    it.frame(tell.CHANNEL_CLOSED, 1, u32(0));
    it.frame(tell.RESULT, 2, u32(0));
    const ping = it.agent.ping();
    it.frame(tell.RESULT, 3, u32(0));
    await ping;
    it.agent.close();
  });
});

describe("what an agent can make this side keep", () => {
  test("of a connection is one window, though it comes in single bytes out of large reads", async () => {
    const growthOf = async (keep: (piece: Buffer) => void): Promise<number> => {
      collectGarbage();
      const before = process.memoryUsage().arrayBuffers;
      for (let i = 0; i < 1000; i++) keep(Buffer.allocUnsafeSlow(65_536).subarray(0, 1));
      // Memory of buffers is given back beside the collection: what can go is gone after a moment.
      let growth = Number.POSITIVE_INFINITY;
      for (let tries = 0; tries < 50 && growth >= 1 << 20; tries += 1) {
        collectGarbage();
        await new Promise((resolve) => setTimeout(resolve, 10));
        growth = process.memoryUsage().arrayBuffers - before;
      }
      return growth;
    };
    const inflow = new Inflow(256 * 1024);
    expect(await growthOf((piece) => inflow.put(piece))).toBeLessThan(1 << 20);
    const kept: Buffer[] = [];
    expect(await growthOf((piece) => kept.push(piece)), "the control").toBeGreaterThan(50 << 20);
    expect(inflow.isEmpty).toBe(false);
  });

  test("of a connection that nobody reads are few pieces", async () => {
    const it = await connected();
    it.stream.pause();
    for (let i = 0; i < 200_000; i++) it.frame(tell.CHANNEL_DATA, 1, Buffer.from("x"));
    it.frame(tell.CHANNEL_DATA, 1, Buffer.alloc(0), flag.END);
    let pieces = 0;
    let bytes = 0;
    for await (const piece of it.stream as AsyncIterable<Buffer>) {
      pieces++;
      bytes += piece.length;
    }
    expect(bytes).toBe(200_000);
    expect(pieces).toBeLessThan(100);
  });

  test("of a file is no more than was asked for", async () => {
    const it = await impostor();
    const asked = it.agent.readStream("/x", { offset: 0, bytes: 10 });
    it.frame(tell.CHANNEL_OPENED, 1, facts(10));
    const { bytes } = await asked;
    it.frame(tell.CHANNEL_DATA, 1, Buffer.alloc(11));
    expect(await it.agent.closed).toMatchObject({ code: "PROTOCOL" });
    await expect(buffer(bytes)).rejects.toMatchObject({ code: "PROTOCOL" });
  });

  test("of a watch is one window of events and one gap, however often it speaks of gaps", async () => {
    const it = await impostor();
    const watch = it.agent.watch(5, "/x", 1);
    it.frame(tell.WATCHING, 5, watching(0, 0));
    for (let i = 1; i <= 50_000; i++) it.frame(tell.WATCH_EVENTS, 5, events(i * 1000));
    const seen: WatchEvent[] = [];
    const ping = it.agent.ping();
    it.frame(tell.RESULT, 1, u32(0));
    await ping;
    it.frame(tell.WATCH_EVENTS, 5, events(50_000_000, 3));
    for await (const event of watch.events) {
      seen.push(event);
      if (event.kind === "deleted") break;
    }
    expect(seen.map(({ kind }) => kind)).toEqual(["overflow", "deleted"]);
    it.agent.close();
  });

  const watchLies: Record<string, (it: Impostor) => void> = {
    "events before it began": (it) => it.frame(tell.WATCH_EVENTS, 5, events(0, 1)),
    "two beginnings": (it) => {
      it.frame(tell.WATCHING, 5, watching(0, 0));
      it.frame(tell.WATCHING, 5, watching(0, 0));
    },
    "more events than it can keep": (it) => it.frame(tell.WATCHING, 5, watching(0, bounds.watchEventsMax + 1)),
    "events beyond the credit": (it) => {
      it.frame(tell.WATCHING, 5, watching(0, 0));
      it.frame(tell.WATCH_EVENTS, 5, events(0, ...Array<number>(129).fill(1)));
    },
    "events that go back": (it) => {
      it.frame(tell.WATCHING, 5, watching(0, 2));
      it.frame(tell.WATCH_EVENTS, 5, events(0, 1, 1));
      it.frame(tell.WATCH_EVENTS, 5, events(1, 1));
    },
    "a change of no kind": (it) => {
      it.frame(tell.WATCHING, 5, watching(0, 0));
      it.frame(tell.WATCH_EVENTS, 5, events(0, 9));
    },
    "neither events nor a gap": (it) => {
      it.frame(tell.WATCHING, 5, watching(0, 0));
      it.frame(tell.WATCH_EVENTS, 5, events(0));
    },
  };
  for (const [what, lie] of Object.entries(watchLies)) {
    test(`of a watch ${what}: nothing, its epoch ends`, async () => {
      const it = await impostor();
      const watch = it.agent.watch(5, "/x", 1);
      lie(it);
      expect(await it.agent.closed).toMatchObject({ code: "PROTOCOL" });
      const read = async (): Promise<void> => {
        for await (const event of watch.events) expect(event.kind).not.toBe("overflow");
      };
      await expect(read()).rejects.toMatchObject({ code: "PROTOCOL" });
    });
  }
});

test("bytes and an end arrive as they were sent, however the stream was cut", async () => {
  for (const pieceBytes of [1, 2, 15, 16, 17, 18, 1000]) {
    const it = await connected();
    const tag = it.epoch.readUInt32LE(0);
    const content = Buffer.from(Array.from({ length: 300 }, (_, i) => i % 256));
    const bytes = Buffer.concat([
      ...framesOf(tag, tell.CHANNEL_DATA, 0, 1, content.subarray(0, 1)),
      ...framesOf(tag, tell.CHANNEL_DATA, 0, 1, content.subarray(1)),
      ...framesOf(tag, tell.CHANNEL_DATA, flag.END, 1, content),
    ]);
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      it.raw(bytes.subarray(at, at + pieceBytes));
      await turn();
    }
    expect((await buffer(it.stream)).equals(Buffer.concat([content, content]))).toBe(true);
    it.agent.close();
  }
});

test("an older agent that knows no channels leaves the epoch alive", async () => {
  const it = await impostor();
  const asked = it.agent.connect(80);
  it.frame(tell.ERROR, 1, Buffer.from([1, 0, 14, 0]));
  await expect(asked).rejects.toMatchObject({ code: "ENOSYS" });
  const watch = it.agent.watch(5, "/x", 1);
  it.frame(tell.ERROR, 5, Buffer.from([1, 0, 18, 0]));
  await expect(watch.started).rejects.toMatchObject({ code: "ENOSYS" });
  const ping = it.agent.ping();
  it.frame(tell.RESULT, 2, u32(0));
  await ping;
});
