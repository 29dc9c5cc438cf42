import { once } from "node:events";
import { createServer as createHttpServer, request } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Agent } from "@hsr/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually, program, type RealAgent, startRealAgent } from "./testing/real-agent.ts";

/* The agent here has no walls around it, so its loopback is this process's own: the servers of the "guest" are ours. */
let real: RealAgent;
let agent: Agent;
const servers: Server[] = [];
beforeEach(async () => {
  real = await startRealAgent();
  agent = real.open();
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await real.stop();
});

async function listen(onSocket: (socket: Socket) => void, host = "127.0.0.1"): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => onSocket(socket.on("error", () => undefined)));
  servers.push(server);
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("connect", () => {
  test("says why it cannot", async () => {
    const port = await listen(() => undefined);
    servers.pop()?.close();
    await expect(agent.connect(port)).rejects.toMatchObject({ name: "AgentError", code: "ECONNREFUSED" });
    for (const bad of [0, -1, 65_536, 1.5]) await expect(agent.connect(bad)).rejects.toMatchObject({ code: "EINVAL" });
    await agent.ping();
  });

  test("never meets itself on a port where nobody listens", async () => {
    for (let port = 40_000; port < 40_400; port++)
      await agent.connect(port).then(
        (stream) => stream.destroy(),
        (error: { code: string }) => expect(error.code).toBe("ECONNREFUSED"),
      );
  });

  test("carries bytes both ways in order, and each half ends by itself", async () => {
    const port = await listen((socket) => {
      socket.on("data", (bytes) => socket.write(bytes));
      socket.on("end", () => socket.end("the end"));
    });
    const stream = await agent.connect(port);
    const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => i % 251));
    const answer = buffer(stream);
    stream.end(content);
    expect((await answer).equals(Buffer.concat([content, Buffer.from("the end")]))).toBe(true);
  });

  test("finds a server on ::1 only", async () => {
    const port = await listen((socket) => socket.end("six"), "::1");
    const stream = await agent.connect(port);
    expect((await buffer(stream.end())).toString()).toBe("six");
  });

  test("is a socket to an HTTP client", async () => {
    const server = createHttpServer((incoming, response) => {
      incoming.pipe(response.writeHead(201, { "x-path": incoming.url ?? "" }));
    });
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const stream = await agent.connect((server.address() as AddressInfo).port);
    const asked = request({ method: "POST", path: "/a?b", host: "guest", createConnection: () => stream });
    asked.end(Buffer.alloc(200_000, "y"));
    const [response] = await once(asked, "response");
    expect([response.statusCode, response.headers["x-path"]]).toEqual([201, "/a?b"]);
    expect((await buffer(response)).length).toBe(200_000);
    server.closeAllConnections();
  });

  test("slows a writer down that nobody reads, in both directions", async () => {
    let received = 0;
    const sockets: Socket[] = [];
    const port = await listen((socket) => {
      sockets.push(socket);
      socket.pause();
    });
    const stream = await agent.connect(port);
    await eventually(() => sockets.length === 1);
    let written = 0;
    const piece = Buffer.alloc(64 * 1024, "x");
    while (stream.write(piece)) written += piece.length;
    const fill = async () => {
      for (let i = 0; i < 400; i++) {
        const drained = once(stream, "drain");
        const timer = new Promise((resolve) => setTimeout(resolve, 100, "full"));
        if ((await Promise.race([drained, timer])) === "full") return;
        written += piece.length;
        stream.write(piece);
      }
    };
    await fill();
    expect(written).toBeLessThan(16 << 20); // what the kernel's two socket buffers take, and our windows
    sockets[0]?.on("data", (bytes) => (received += bytes.length)).resume();
    stream.end();
    await once(sockets[0] ?? expect.fail("a socket"), "end");
    expect(received).toBeGreaterThan(written);
    let sent = 0;
    while (sockets[0]?.write(piece)) sent += piece.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toBeLessThan(16 << 20);
    expect(stream.readableLength).toBeLessThanOrEqual(256 << 10);
    sockets[0]?.end();
    expect((await buffer(stream)).length).toBeGreaterThan(sent);
  });

  test("that is destroyed is reset on the other side; a reset there is an error here", async () => {
    const sockets: Socket[] = [];
    const port = await listen((socket) => sockets.push(socket));
    const stream = await agent.connect(port);
    await eventually(() => sockets.length === 1);
    const closed = new Promise((resolve) => sockets[0]?.once("close", resolve));
    stream.destroy();
    expect(await closed).toBe(true);
    const other = await agent.connect(port);
    await eventually(() => sockets.length === 2);
    const failed = once(other, "error");
    other.resume();
    sockets[1]?.resetAndDestroy();
    expect((await failed)[0]).toMatchObject({ name: "AgentError", code: "ECONNRESET" });
    await agent.ping();
  });

  test("takes 64 at once, and a 65th when one is over", async () => {
    const port = await listen((socket) => void socket.resume().on("end", () => socket.end()));
    const streams = await Promise.all(Array.from({ length: 64 }, () => agent.connect(port)));
    await expect(agent.connect(port)).rejects.toMatchObject({ code: "EAGAIN" });
    for (const stream of streams) stream.end();
    await Promise.all(streams.map((stream) => buffer(stream)));
    await agent.ping();
    (await agent.connect(port)).destroy();
  });

  test("dies with its epoch, on both sides", async () => {
    const sockets: Socket[] = [];
    const port = await listen((socket) => sockets.push(socket.resume()));
    const stream = await agent.connect(port);
    await eventually(() => sockets.length === 1);
    const failed = once(stream, "error");
    const closed = new Promise((resolve) => sockets[0]?.once("close", resolve));
    const again = real.open();
    await again.ping();
    await closed;
    agent.close();
    expect((await failed)[0]).toMatchObject({ code: "CLOSED" });
    await expect(agent.connect(port)).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("gives up after five seconds where nobody answers", { timeout: 20_000 }, async () => {
    /* A queue of one that is never emptied: the kernel drops whatever more comes. */
    const script = `import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(0)
print(s.getsockname()[1], flush=True); time.sleep(60)`;
    const deaf = agent.start(1, program(["python3", "-c", script]));
    let port = 0;
    for await (const { bytes } of deaf.output) {
      port = Number(Buffer.from(bytes).toString());
      break;
    }
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => agent.connect(port)));
    const codes = outcomes.map((one) => (one.status === "rejected" ? one.reason.code : "connected"));
    expect(codes).toContain("ETIMEDOUT");
    await deaf.signal(9, "process");
  });
});

describe("ports", () => {
  test("lists who listens, and nobody else", async () => {
    const four = await listen(() => undefined);
    const six = await listen(() => undefined, "::1");
    const everywhere = await listen(() => undefined, "0.0.0.0");
    const stream = await agent.connect(four);
    const { ports, total } = await agent.ports();
    expect(ports).toContainEqual({ family: 4, address: "127.0.0.1", port: four });
    expect(ports).toContainEqual({ family: 6, address: "::1", port: six });
    expect(ports).toContainEqual({ family: 4, address: "0.0.0.0", port: everywhere });
    expect(ports.filter(({ port }) => port === four).length).toBe(1);
    expect(total).toBe(ports.length);
    stream.destroy();
  });
});
