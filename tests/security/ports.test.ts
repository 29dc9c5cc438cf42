/**
 * A guest's server as the attacker of the listener that serves its port: of the gateway's process, of other requests over
 * the same connection, and of clients, whose other places must not be reached by what it answers.
 *
 * Control: the same bytes, taken by a client straight from the guest, are two answers, and the second one is believed.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Execution, PortGrant, Sandbox } from "@hsr/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

/** Answers to `/raw/<base64url>` with those very bytes, to `/flood/<name>` without an end, and else with what it was asked. */
const guestServer = `
import { createServer } from "node:net";
const floods = {
  continue: ["", "HTTP/1.1 100 Continue\\r\\n\\r\\n"],
  information: ["", "HTTP/1.1 103 Early Hints\\r\\nlink: </x>\\r\\n\\r\\n"],
  headers: ["HTTP/1.1 200 OK\\r\\n", "x-more: " + "y".repeat(100) + "\\r\\n"],
  names: ["HTTP/1.1 200 OK\\r\\n", "x"],
  extensions: ["HTTP/1.1 200 OK\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n1;", "e=" + "e".repeat(100) + ";"],
  trailers: ["HTTP/1.1 200 OK\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n1\\r\\na\\r\\n0\\r\\n", "x-more: " + "y".repeat(100) + "\\r\\n"],
};
createServer((socket) => {
  let seen = "";
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    seen += bytes.toString("latin1");
    const end = seen.indexOf("\\r\\n\\r\\n");
    if (end < 0 || socket.answered) return;
    socket.answered = true;
    const [, what, text] = seen.split(" ", 2)[1].split("/");
    if (what === "raw") return socket.write(Buffer.from(text, "base64url"));
    if (what === "rawend") return socket.end(Buffer.from(text, "base64url"));
    if (what === "silent") return;
    if (what === "flood") {
      const [first, more] = floods[text];
      socket.write(first);
      const piece = Buffer.from(more.repeat(200));
      const pour = () => { while (socket.writable && socket.write(piece)); };
      socket.on("drain", pour);
      return pour();
    }
    setTimeout(() => {
      const body = JSON.stringify({ honest: true, seen });
      socket.end("HTTP/1.1 200 OK\\r\\ncontent-length: " + Buffer.byteLength(body) + "\\r\\n\\r\\n" + body);
    }, 30);
  });
}).listen(8080, "127.0.0.1", () => console.log("ready"));
`;

const stolen = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nstolen";
const nothing = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/** Answers of a guest that mean one thing to a strict reader and another to a lax one, or nothing to either. */
const answers: Readonly<Record<string, string>> = {
  "two at once": nothing + stolen,
  "a body that is longer than it says": `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${stolen}`,
  "a body where none can be (204)": `HTTP/1.1 204 No\r\ncontent-length: ${stolen.length}\r\n\r\n${stolen}`,
  "a body where none can be (304)": `HTTP/1.1 304 No\r\ncontent-length: ${stolen.length}\r\n\r\n${stolen}`,
  "two lengths": `HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncontent-length: ${stolen.length}\r\n\r\n${stolen}`,
  "a length and chunks": `HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${stolen}`,
  "an encoding of transfer that nobody knows": `HTTP/1.1 200 OK\r\ntransfer-encoding: x\r\ncontent-length: 0\r\n\r\n${stolen}`,
  "a space before the colon": `HTTP/1.1 200 OK\r\ncontent-length : 0\r\n\r\n${stolen}`,
  "lines that end in LF alone": `HTTP/1.1 200 OK\ncontent-length: 0\n\n${stolen}`,
  "a folded header": `HTTP/1.1 200 OK\r\nx: y\r\n content-length: 0\r\n\r\n${stolen}`,
  "a NUL in a header": `HTTP/1.1 200 OK\r\nx: y\0z\r\n\r\n${stolen}`,
  "a CR in a header": `HTTP/1.1 200 OK\r\nx: y\rset-cookie: hsr-port=1\r\n\r\n${stolen}`,
  "a negative length": `HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n${stolen}`,
  "an enormous length": `HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n${stolen}`,
  "chunks that break off": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
  "a chunk of enormous size": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
  "the length as a matter of the connection": `HTTP/1.1 200 OK\r\nconnection: content-length\r\ncontent-length: 0\r\n\r\n${stolen}`,
  "an upgrade that nobody asked for": `HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n${stolen}`,
  "a 101 without an upgrade": `HTTP/1.1 101 Switching\r\n\r\n${stolen}`,
  "hints before": `HTTP/1.1 103 Hints\r\nlink: <x>\r\n\r\n${nothing}${stolen}`,
  "an older version": `HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n${stolen}`,
  "a newer version": `HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n${stolen}`,
  "a status of four digits": `HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n${stolen}`,
  "a status that is none": "HTTP/1.1 42 Odd\r\ncontent-length: 0\r\n\r\n",
  "bytes that are no text in a header": `HTTP/1.1 200 \xff\r\nx-\x80: \xfe\r\n\r\n`,
  "nothing but an end": "",
};

/** What a lax reader of a kept connection finds in these bytes: the bodies, one after the other. */
function bodiesIn(bytes: string): readonly string[] {
  const bodies: string[] = [];
  for (let rest = bytes; rest.startsWith("HTTP/1.1 "); ) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) break;
    const head = rest.slice(0, end).toLowerCase();
    const length = Number(/\r\ncontent-length: *(\d+)/.exec(head)?.[1] ?? 0);
    const isChunked = /\r\ntransfer-encoding: *chunked/.test(head);
    const stop = isChunked ? rest.indexOf("0\r\n\r\n", end) + 5 : end + 4 + length;
    if (stop < end + 4) break;
    bodies.push(rest.slice(end + 4, stop));
    rest = rest.slice(stop);
  }
  return bodies;
}

describeWith(["bubblewrap"], "a hostile server behind a port", () => {
  let gateway: RunningGateway;
  let grant: PortGrant;
  let pid: number | undefined;

  beforeAll(async () => {
    gateway = await startGateway();
    pid = gateway.process().pid;
    const limits = { memory_limit: 512 * 1024 * 1024, disk_limit_bytes: 16 * 1024 * 1024 };
    const sandbox = (await gateway.call<Sandbox>("POST", "/v1/sandboxes", limits)).body;
    const server = { language: "javascript", code: guestServer, background: true };
    await gateway.call<Execution>("POST", `/v1/sandboxes/${sandbox.id}/exec`, server);
    grant = (await gateway.call<PortGrant>("POST", `/v1/sandboxes/${sandbox.id}/ports`, { port: 8080 })).body;
    while (!(await said(request("/")).catch(() => "")).includes("honest"))
      await new Promise((resolve) => setTimeout(resolve, 20));
  });
  afterAll(() => gateway.stop());

  function request(path: string, headers: readonly string[] = [], line = `GET ${path} HTTP/1.1`): string {
    const { host } = new URL(grant.origin);
    return `${[line, `host: ${host}`, `hsr-port-token: ${grant.token}`, ...headers].join("\r\n")}\r\n\r\n`;
  }

  async function open(): Promise<Socket> {
    const socket = connect(Number(new URL(grant.origin).port), "127.0.0.1");
    socket.on("error", () => socket.destroy());
    await once(socket, "connect");
    return socket;
  }

  /** Sends these one after the other over one connection, and answers with all that came back until `ms` of silence, or the end. */
  async function said(...texts: readonly string[]): Promise<string> {
    const socket = await open();
    let text = "";
    let ended = false;
    socket.once("close", () => {
      ended = true;
    });
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
    });
    for (const one of texts) {
      const before = text.length;
      if (!ended) socket.write(one, "latin1");
      const until = performance.now() + 3000;
      while (!ended && text.length === before && performance.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const until = performance.now() + 3000;
    while (!ended && texts.length > 1 && !text.includes("honest") && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
    return text;
  }

  const isWell = async () => {
    expect(gateway.process().exitCode).toBeNull();
    expect(gateway.process().pid).toBe(pid);
    expect(await said(request("/after"))).toContain("honest");
  };
  const raw = (text: string, how = "raw") => `/${how}/${Buffer.from(text, "latin1").toString("base64url")}`;

  test.for(Object.keys(answers))("that answers with %s is answered for, and reaches no other request", async (name) => {
    const path = raw(answers[name] ?? "", name === "nothing but an end" ? "rawend" : "raw");
    for (const method of ["GET", "HEAD"]) {
      const before = performance.now();
      const text = await said(request(path, [], `${method} ${path} HTTP/1.1`), request("/next"));
      // Answered, or cut off where the answer had begun; never left to wait.
      expect(performance.now() - before, name).toBeLessThan(2500);
      expect(text, name).toMatch(/^HTTP\/1\.1 \d{3} |^$/);
      // What follows the first answer is the answer to what was asked second, or the connection was ended.
      const second = text.lastIndexOf("HTTP/1.1 ");
      if (second > 0) expect(text.slice(second), name).toContain("honest");
      expect(text, name).not.toMatch(/^set-cookie: hsr-port/im);
    }
    await isWell();
  });

  test("control: to a lax reader the guest's own bytes are two answers", () => {
    expect(bodiesIn(answers["two at once"] ?? "")).toEqual(["", "stolen"]);
    expect(bodiesIn(answers["the length as a matter of the connection"] ?? "")).toEqual(["", "stolen"]);
  });

  test.for(["continue", "information", "headers", "names", "extensions", "trailers"])(
    "that sends %s without an end costs no memory, and ends nothing",
    async (name) => {
      const socket = await open();
      socket.on("data", () => {});
      socket.write(request(`/flood/${name}`));
      await new Promise((resolve) => setTimeout(resolve, 500));
      await isWell();
      socket.destroy();
      await isWell();
    },
  );

  test("cannot make a client of a connection that it left wait, or be waited for", async () => {
    for (let i = 0; i < 160; i += 1) {
      const socket = await open();
      socket.write(request("/silent/x", i % 2 === 0 ? [] : ["connection: upgrade", "upgrade: websocket"]));
      socket.destroy();
    }
    // The guest's agent carries a bounded number of connections: those that nobody waits for are given back.
    const honest = async () => {
      const texts = await Promise.all(Array.from({ length: 40 }, () => said(request("/"))));
      return texts.filter((text) => text.includes("honest")).length;
    };
    await expect.poll(honest, { timeout: 5000 }).toBe(40);
  });

  test("gets each request once, whatever its client says of lengths and connections", async () => {
    const inner = "GET /inner HTTP/1.1\r\nhost: inner\r\nhsr-inside: 1\r\n\r\n";
    const lengths = [`content-length: ${inner.length}`, "connection: content-length, host"];
    const text = await said(request("/outer", lengths) + inner);
    const seen = (JSON.parse(bodiesIn(text)[0] ?? "") as { seen: string }).seen;
    // What is in the body stays in a body: its length says so, and comes first.
    expect(seen.toLowerCase()).toContain(`content-length: ${inner.length}`);
    expect(seen).toContain(`host: ${new URL(grant.origin).host}`);
  });

  test("is not asked in another's name, and is not told the token", async () => {
    const { host, origin } = new URL(grant.origin);
    const absolute = await said(request("/", [], "GET http://other.example/ HTTP/1.1"));
    expect(absolute).toMatch(/^HTTP\/1\.1 400 /);
    const told = await said(request("/", [`referer: ${origin}/?a=1&hsr_port_token=${grant.token}`]));
    expect(told).toContain("honest");
    expect(told).not.toContain(grant.token);
    for (const name of [
      `${host}.`,
      `x.${host}`,
      host.replace("8080-", "8081-"),
      `${host}@other.example`,
      "localhost",
    ]) {
      const answer = await said(`GET / HTTP/1.1\r\nhost: ${name}\r\nhsr-port-token: ${grant.token}\r\n\r\n`);
      expect([name, /^HTTP\/1\.1 4\d\d /.test(answer)]).toEqual([name, true]);
    }
  });

  test("the redirect that welcomes a person leads nowhere else", async () => {
    for (const path of [
      "//other.example/",
      "/\\other.example/",
      "\\\\other.example/",
      "///other.example",
      "/\\/other.example",
    ]) {
      const line = `GET ${path}?hsr_port_token=${grant.token} HTTP/1.1`;
      const answer = await said(request(path, ["sec-fetch-mode: navigate"], line));
      const to = /\r\nlocation: (.*)\r\n/i.exec(answer)?.[1];
      if (to === undefined) expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      else expect(new URL(to, grant.origin).origin).toBe(grant.origin);
    }
  });

  test("a request without leave is answered and let go, also when its body never ends", async () => {
    const body = await said(
      `POST / HTTP/1.1\r\nhost: ${new URL(grant.origin).host}\r\ncontent-length: 999999\r\n\r\nx`,
      "x",
    );
    expect(body).toMatch(/^HTTP\/1\.1 401 [^]*"unauthorized"/);
  });

  test("an open WebSocket does not hold up the gateway's end", async () => {
    const socket = await open();
    const answer = `HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`;
    socket.write(request(raw(answer), ["connection: upgrade", "upgrade: websocket"]));
    const [first] = (await once(socket, "data")) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 101 /);
    const before = performance.now();
    expect(await gateway.terminate()).toBe(0);
    expect(performance.now() - before).toBeLessThan(5000);
    socket.destroy();
  });
});
