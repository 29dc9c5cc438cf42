/** Ports inside of sandboxes, from outside: who gets in, what passes, and what does not. */
import { once } from "node:events";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { ErrorBody, Execution, PortGrant, Sandbox } from "@hsr/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

/** A server that says what it was asked, sets cookies, upgrades, and answers nonsense where it is told to. */
const guestServer = `
import { createServer } from "node:http";
import { createServer as rawServer } from "node:net";
import { createHash } from "node:crypto";
const server = createServer((request, response) => {
  let bytes = 0;
  request.on("data", (data) => { bytes += data.length; });
  request.on("end", () => {
    response.setHeader("set-cookie", ["session=abc; Domain=localhost; Path=/; HttpOnly", "plain=1"]);
    response.setHeader("strict-transport-security", "max-age=1000; includeSubDomains");
    response.setHeader("alt-svc", 'h2="elsewhere:443"');
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, bytes }));
  });
});
server.on("upgrade", (request, socket) => {
  const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nupgrade: websocket\\r\\nconnection: Upgrade\\r\\nsec-websocket-accept: " + accept + "\\r\\n\\r\\n");
  socket.pipe(socket);
});
server.listen(8080, "127.0.0.1");
for (const [port, text] of [[8081, "HTTP/1.1 7 Odd\\r\\nx: y\\r\\n\\r\\n"], [8082, "nonsense\\r\\n\\r\\n"], [8083, "HTTP/1.1 200 OK\\r\\ncontent-length: 100\\r\\n\\r\\nshort"]])
  rawServer((socket) => { socket.on("error", () => {}); socket.once("data", () => socket.end(text)); }).listen(port, "127.0.0.1");
console.log("ready");
`;

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: number;
}

describeWith(["bubblewrap"], "ports of sandboxes", () => {
  let gateway: RunningGateway;
  let sandbox: Sandbox;
  let grant: PortGrant;

  const open = async (port: number, ttl_ms?: number) =>
    (
      await gateway.call<PortGrant & ErrorBody>("POST", `/v1/sandboxes/${sandbox.id}/ports`, {
        port,
        ...(ttl_ms === undefined ? {} : { ttl_ms }),
      })
    ).body;

  /** A request as a client would send it that resolved the name to loopback. */
  function ask(
    origin: string,
    path: string,
    headers: Record<string, string | string[]> = {},
    method = "GET",
    body?: string,
  ) {
    const { hostname, port } = new URL(origin);
    return new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
      const request = httpRequest({
        host: "127.0.0.1",
        port,
        path,
        method,
        headers: { host: `${hostname}:${port}`, ...headers },
      });
      request.once("error", reject);
      request.once("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (more: string) => {
          text += more;
        });
        response.once("error", reject);
        response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      });
      request.end(body);
    });
  }
  const withToken = (token = grant.token) => ({ "hsr-port-token": token });

  beforeAll(async () => {
    gateway = await startGateway();
    sandbox = (await gateway.call<Sandbox>("POST", "/v1/sandboxes", { memory_limit: 512 * 1024 * 1024 })).body;
    const started = await gateway.call<Execution>("POST", `/v1/sandboxes/${sandbox.id}/exec`, {
      language: "javascript",
      code: guestServer,
      background: true,
    });
    expect(started.status).toBe(201);
    grant = await open(8080);
    while ((await ask(grant.origin, "/", withToken())).status !== 200)
      await new Promise((resolve) => setTimeout(resolve, 20));
  });
  afterAll(() => gateway.stop());

  it("are reached by name and token, with method, path, headers and body", async () => {
    const answer = await ask(grant.origin, "/a%20b?x=1", { ...withToken(), "x-own": "yes" }, "POST", "twelve bytes");
    expect(answer.status).toBe(200);
    const seen = JSON.parse(answer.text) as Seen;
    expect(seen).toMatchObject({ method: "POST", url: "/a%20b?x=1", bytes: 12 });
    expect(seen.headers).toMatchObject({ "x-own": "yes", "x-forwarded-host": new URL(grant.origin).host });
  });

  it("are not on the API's origin, and the API is not on theirs", async () => {
    const name = new URL(grant.origin).hostname;
    const api = new URL(gateway.url);
    const atApi = await ask(gateway.url, "/", { ...withToken(), host: `${name}:${api.port}` });
    expect((JSON.parse(atApi.text) as ErrorBody).error.code).toBe("host_not_allowed");
    const key = { authorization: `Bearer ${gateway.key}` };
    const atPorts = await ask(grant.origin, "/v1/sandboxes", {
      ...key,
      host: `localhost:${new URL(grant.origin).port}`,
    });
    expect((JSON.parse(atPorts.text) as ErrorBody).error.code).toBe("host_not_allowed");
  });

  describe("let nobody in", () => {
    const refused = async (headers: Record<string, string>, code = "unauthorized", path = "/") => {
      const answer = await ask(grant.origin, path, headers);
      expect((JSON.parse(answer.text) as ErrorBody).error.code).toBe(code);
    };
    it("without a token, with a wrong one, or with a key", async () => {
      await refused({});
      await refused({ authorization: `Bearer ${gateway.key}` });
      await refused(withToken(`${grant.token.slice(0, -2)}AA`));
      const [said = "", signature = ""] = grant.token.split(".");
      const forged = Buffer.from(Buffer.from(said, "base64url").toString().replace("8080", "8081")).toString(
        "base64url",
      );
      await refused(withToken(`${forged}.${signature}`));
    });
    it("with a token for another port, or another sandbox", async () => {
      await refused(withToken((await open(8081)).token));
      const other = (await gateway.call<Sandbox>("POST", "/v1/sandboxes", {})).body;
      const foreign = await gateway.call<PortGrant>("POST", `/v1/sandboxes/${other.id}/ports`, { port: 8080 });
      await refused(withToken(foreign.body.token));
      await gateway.call("DELETE", `/v1/sandboxes/${other.id}`);
      const gone = await ask(foreign.body.origin, "/", withToken(foreign.body.token));
      expect(gone.status).toBe(404);
    });
    it("with a token that is too old", async () => {
      const short = await open(8080, 1000);
      expect((await ask(short.origin, "/", withToken(short.token))).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await refused(withToken(short.token));
    });
    it("whose browser a foreign page drives", async () => {
      const cookie = { cookie: `hsr-port=${grant.token}` };
      expect((await ask(grant.origin, "/", { ...cookie, "sec-fetch-site": "same-origin" })).status).toBe(200);
      await refused({ ...cookie, "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" }, "origin_not_allowed");
      await refused({ ...cookie, origin: "http://evil.example" }, "origin_not_allowed");
    });
  });

  it("keep the token of a followed link as a cookie of this origin, and take it out of the address", async () => {
    const { pathname, search } = new URL(grant.url);
    const followed = await ask(grant.origin, `${pathname}${search}&a=1`, { "sec-fetch-mode": "navigate" });
    expect(followed.status).toBe(303);
    expect(followed.headers.location).toBe("/?a=1");
    const [cookie = ""] = followed.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^hsr-port=[^;]+; Path=\/; HttpOnly; SameSite=Lax/);
    const again = await ask(grant.origin, "/?a=1", { cookie: cookie.split(";")[0] ?? "" });
    expect(again.status).toBe(200);
    expect(again.text).not.toContain(grant.token);
  });

  it("pass no key and no foreign cookie in, and no cookie for others out", async () => {
    const headers = {
      ...withToken(),
      authorization: `Bearer ${gateway.key}`,
      cookie: `hsr-port=${grant.token}; api=secret; hsrg-session=abc`,
      "x-forwarded-for": "10.0.0.1",
    };
    const answer = await ask(grant.origin, `/?hsr_port_token=${grant.token}&b=2`, headers);
    const seen = JSON.parse(answer.text) as Seen;
    expect(seen.url).toBe("/?b=2");
    expect(seen.headers.cookie).toBe("session=abc");
    expect(answer.text).not.toContain(gateway.key);
    expect(answer.text).not.toContain(grant.token);
    expect(answer.text).not.toContain("secret");
    expect(answer.headers["set-cookie"]).toEqual(["hsrg-session=abc; Path=/; HttpOnly", "hsrg-plain=1"]);
    expect(answer.headers).not.toHaveProperty("strict-transport-security");
    expect(answer.headers).not.toHaveProperty("alt-svc");
    const honest = await ask(grant.origin, "/", { ...withToken(), authorization: "Basic Z3Vlc3Q6Z3Vlc3Q=" });
    expect((JSON.parse(honest.text) as Seen).headers.authorization).toBe("Basic Z3Vlc3Q6Z3Vlc3Q=");
  });

  it("carry WebSockets both ways, and keep the sandbox awake", async () => {
    const { hostname, port } = new URL(grant.origin);
    const request = httpRequest({
      host: "127.0.0.1",
      port,
      path: "/socket",
      headers: {
        host: `${hostname}:${port}`,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        ...withToken(),
      },
    });
    request.end();
    const [response, socket] = (await once(request, "upgrade")) as [
      { headers: IncomingHttpHeaders },
      import("node:net").Socket,
    ];
    expect(response.headers["sec-websocket-accept"]).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    socket.write(Buffer.alloc(300_000, 5));
    let echoed = 0;
    for await (const bytes of socket) {
      echoed += (bytes as Buffer).length;
      if (echoed === 300_000) break;
    }
    expect(echoed).toBe(300_000);
    const status = await gateway.call<{ idle_since: string | null }>("GET", `/v1/sandboxes/${sandbox.id}/status`);
    expect(status.body.idle_since).toBeNull();
  });

  it("that answer nonsense, or nothing, are the guest's fault and nobody's end", async () => {
    for (const port of [8081, 8082, 9999]) {
      const odd = await open(port);
      const answer = await ask(odd.origin, "/", withToken(odd.token));
      expect([port, (JSON.parse(answer.text) as ErrorBody).error.code]).toEqual([port, "port_unreachable"]);
    }
    const short = await open(8083);
    await expect(ask(short.origin, "/", withToken(short.token))).rejects.toThrow();
    expect((await ask(grant.origin, "/", withToken())).status).toBe(200);
  });

  it("serve many at once, and what is sent without a length stays a body", async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(grant.origin, `/${i}`, withToken())));
    expect(answers.map(({ text }) => (JSON.parse(text) as Seen).url)).toEqual(answers.map((_, i) => `/${i}`));
    const smuggled = "GET /second HTTP/1.1\r\nhost: x\r\n\r\n";
    const answer = await ask(
      grant.origin,
      "/first",
      { ...withToken(), "transfer-encoding": "chunked" },
      "DELETE",
      smuggled,
    );
    expect(JSON.parse(answer.text)).toMatchObject({ url: "/first", bytes: smuggled.length });
  });

  it("outlive the gateway with their tokens", async () => {
    const port = new URL(grant.origin).port;
    await gateway.restart({ HSR_PORTS_LISTEN: `127.0.0.1:${port}` });
    expect((await ask(grant.origin, "/", withToken())).status).toBe(200);
  });
});
