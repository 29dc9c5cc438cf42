/** What is not a request for this API: always an answer in the contract's form, never a 500, never a hang. */
import { connect } from "node:net";
import { type ErrorBody, errorBodySchema } from "@hsr/contract";
import { Compile } from "typebox/compile";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { describeWith } from "../support/host.ts";

const errorBody = Compile(errorBodySchema);

describeWith(["bubblewrap"], "bad requests", () => {
  let gateway: RunningGateway;
  let port = 0;
  beforeAll(async () => {
    gateway = await startGateway({
      env: {
        HSR_SERVER_HEADERS_TIMEOUT_MS: "1000",
        HSR_SERVER_REQUEST_TIMEOUT_MS: "1500",
        HSR_SERVER_ALLOWED_ORIGINS: "https://friend.example",
        HSR_SERVER_ALLOWED_HOSTS: "hsr.example",
      },
    });
    port = Number(new URL(gateway.url).port);
  });
  afterAll(async () => {
    await gateway.stop();
  });

  /** Sends bytes as they are; resolves with everything that comes back until the other side ends. */
  function raw(text: string | Buffer, lingerMs = 4000): Promise<{ status: number; headers: string; body: string }> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      let answer = "";
      const done = () => {
        clearTimeout(timer);
        socket.destroy();
        const [headers = "", body = ""] = answer.split("\r\n\r\n");
        resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0), headers: headers.toLowerCase(), body });
      };
      const timer = setTimeout(done, lingerMs);
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        answer += chunk;
        const length = /content-length: (\d+)/i.exec(answer)?.[1];
        const body = answer.split("\r\n\r\n")[1];
        if (length !== undefined && body !== undefined && Buffer.byteLength(body) >= Number(length)) done();
      });
      socket.on("end", done);
      socket.on("error", (error: NodeJS.ErrnoException) =>
        answer === "" && error.code !== "ECONNRESET" && error.code !== "EPIPE" ? reject(error) : done(),
      );
      socket.write(text);
    });
  }
  const head = (lines: string[]) => `${lines.join("\r\n")}\r\n\r\n`;
  const auth = () => `authorization: Bearer ${gateway.key}`;
  const post = (body: string | Buffer, lines: string[] = ["content-type: application/json"]) =>
    raw(
      Buffer.concat([
        Buffer.from(
          head([
            "POST /v1/sandboxes/run HTTP/1.1",
            "host: localhost",
            auth(),
            `content-length: ${Buffer.byteLength(body)}`,
            ...lines,
          ]),
        ),
        Buffer.from(body),
      ]),
    );
  const codeOf = (body: string) => {
    const parsed = JSON.parse(body) as ErrorBody;
    expect(errorBody.Check(parsed), body).toBe(true);
    return parsed.error.code;
  };

  test.for([
    ["nothing", ""],
    ["half an object", '{"argv":["true"]'],
    ["a list", '[{"argv":["true"]}]'],
    ["a string", '"x"'],
    ["null", "null"],
    ["a key twice", '{"argv":["true"],"argv":["false"]}'],
    ["a key twice, once escaped", '{"argv":["true"],"\\u0061rgv":["false"]}'],
    ["__proto__", '{"argv":["true"],"__proto__":{"detach":true}}'],
    ["__proto__ inside", '{"argv":["true"],"environment":{"__proto__":"x"}}'],
    ["constructor", '{"argv":["true"],"constructor":{"prototype":{}}}'],
    ["great depth", `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`],
    ["deep lists", `{"argv":${"[".repeat(50_000)}${"]".repeat(50_000)}}`],
    ["NaN", '{"argv":["true"],"timeout":NaN}'],
    ["a number without end", '{"argv":["true"],"timeout":1e999}'],
    ["a byte order mark", '\ufeff{"argv":["true"]}'],
    ["half a surrogate pair", '{"argv":["\\ud800"]}'],
  ] as const)("a body with %s is 400", async ([, body]) => {
    const answer = await post(body);
    expect(answer.status, answer.body).toBe(400);
    expect(["invalid_json", "invalid_request"]).toContain(codeOf(answer.body));
  });

  test("bytes that are not UTF-8 are 400", async () => {
    const answer = await post(
      Buffer.concat([Buffer.from('{"argv":["'), Buffer.from([0xff, 0xfe]), Buffer.from('"]}')]),
    );
    expect([answer.status, codeOf(answer.body)]).toEqual([400, "invalid_json"]);
  });

  test.for([
    ["text/plain"],
    ["application/x-www-form-urlencoded"],
    ["multipart/form-data; boundary=x"],
    ["application/json; charset=utf-16"],
    ["application/jsonp"],
  ])("a body of type %s is 415: what a web page can send without asking is no request", async ([type]) => {
    const answer = await post('{"argv":["true"]}', [`content-type: ${type}`]);
    expect([answer.status, codeOf(answer.body)]).toEqual([415, "unsupported_media_type"]);
  });

  test("a body without a type is 415, a compressed one too", async () => {
    expect((await post('{"argv":["true"]}', [])).status).toBe(415);
    expect((await post('{"argv":["true"]}', ["content-type: application/json", "content-encoding: gzip"])).status).toBe(
      415,
    );
  });

  test("a body beyond the limit is 413, by its announcement and by its bytes", async () => {
    const announced = await raw(
      head([
        "POST /v1/sandboxes/run HTTP/1.1",
        "host: localhost",
        auth(),
        "content-type: application/json",
        "content-length: 10737418240",
      ]),
    );
    expect([announced.status, codeOf(announced.body)]).toEqual([413, "body_too_large"]);
    const chunk = `100000\r\n${"x".repeat(1 << 20)}\r\n`;
    const chunked = await raw(
      head([
        "POST /v1/sandboxes/run HTTP/1.1",
        "host: localhost",
        auth(),
        "content-type: application/json",
        "transfer-encoding: chunked",
      ]) + chunk.repeat(24),
    );
    expect([413, 0]).toContain(chunked.status);
  });

  test("404 and 405 are JSON, and 405 says what is allowed", async () => {
    for (const path of ["/", "/v1", "/v1/runs/", "/v1/runs/x/y/z", "/%2e%2e/etc/passwd", "/v1/runs/%00", "/v2/runs"]) {
      const answer = await raw(head([`GET ${path} HTTP/1.1`, "host: localhost", auth()]));
      expect([404], path).toContain(answer.status);
      codeOf(answer.body);
    }
    const wrong = await raw(head(["PUT /v1/sandboxes/run HTTP/1.1", "host: localhost", auth()]));
    expect([wrong.status, codeOf(wrong.body)]).toEqual([405, "method_not_allowed"]);
    expect(wrong.headers).toContain("allow: post");
    expect(
      (await raw(head(["PUT /v1/runs HTTP/1.1", "host: localhost", auth(), "content-length: 0"]))).headers,
    ).toContain("allow: get");
  });

  test("an id that is no id is 404 before anything is looked up", async () => {
    for (const id of ["run-x", "..", "run-%27--", `run-${"a".repeat(100)}`, "a".repeat(2000)]) {
      const answer = await gateway.call("GET", `/v1/runs/${id}`);
      expect(answer.status, id).toBe(404);
    }
  });

  test.for([
    ["state=bogus", "state"],
    ["limit=0", "limit"],
    ["limit=x", "limit"],
    ["cursor=bogus", "cursor"],
    ["nope=1", "nope"],
    ["label=novalue", "label"],
    ["state=queued&state=running", "state"],
  ] as const)("the query %s is 400 and names %s", async ([query, field]) => {
    const { status, body } = await gateway.call<ErrorBody>("GET", `/v1/runs?${query}`);
    expect([status, body.error.field]).toEqual([400, field]);
  });

  describe("headers", () => {
    test("too many of them, or too long ones, are 431", async () => {
      const long = await raw(head(["GET /v1/runs HTTP/1.1", "host: localhost", `x: ${"y".repeat(20_000)}`]));
      expect([long.status, codeOf(long.body)]).toEqual([431, "headers_too_large"]);
      const many = await raw(
        head(["GET /v1/runs HTTP/1.1", "host: localhost", ...Array.from({ length: 150 }, (_, i) => `x${i}: y`)]),
      );
      expect([many.status, codeOf(many.body)]).toEqual([431, "headers_too_large"]);
    });

    test("two of one that matters are 400", async () => {
      for (const line of ["host: localhost", auth(), "content-length: 0"]) {
        const answer = await raw(
          head([
            "GET /v1/runs HTTP/1.1",
            line,
            line.replace("localhost", "evil").replace(": 0", ": 5"),
            ...(line.startsWith("host") ? [] : ["host: localhost"]),
          ]),
        );
        expect(answer.status, line).toBe(400);
      }
    });

    test("what could be read as two requests is refused", async () => {
      const both = await raw(
        `${head(["POST /v1/sandboxes/run HTTP/1.1", "host: localhost", auth(), "content-type: application/json", "content-length: 4", "transfer-encoding: chunked"])}0\r\n\r\nGET /health HTTP/1.1\r\nhost: localhost\r\n\r\n`,
      );
      expect(both.status).toBe(400);
      for (const bad of [
        "GET /health HTTP/1.1\nhost: localhost\n\n",
        "GET /health HTTP/9.9\r\nhost: localhost\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        `${head(["GET /health HTTP/1.1", "host : localhost"])}`,
      ]) {
        expect((await raw(bad)).status, JSON.stringify(bad)).toBe(400);
      }
    });

    test("an Idempotency-Key with odd characters is 400", async () => {
      for (const key of ["a b", "x".repeat(300), "é"]) {
        const answer = await post('{"argv":["true"]}', ["content-type: application/json", `idempotency-key: ${key}`]);
        expect(answer.status, key).toBe(400);
      }
    });

    test("slow headers and slow bodies are cut off with 408", async () => {
      const [headers, body] = await Promise.all([
        raw("GET /health HTTP/1.1\r\nhost: loc", 35_000),
        raw(
          `${head(["POST /v1/sandboxes/run HTTP/1.1", "host: localhost", auth(), "content-type: application/json", "content-length: 100"])}{"argv`,
          35_000,
        ),
      ]);
      expect([headers.status, body.status]).toEqual([408, 408]);
    }, 40_000);
  });

  describe("whom it listens to", () => {
    const get = (lines: string[], path = "/v1/runs") => raw(head([`GET ${path} HTTP/1.1`, ...lines]));

    test("a Host that is not ours is refused, so that no name can be rebound to it", async () => {
      for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "169.254.169.254", ""]) {
        const answer = await get([`host: ${host}`, auth()], "/health");
        expect([answer.status, codeOf(answer.body)], host).toEqual([403, "host_not_allowed"]);
      }
      for (const host of ["localhost", `127.0.0.1:${port}`, "[::1]:1", "hsr.example", "HSR.example:443"])
        expect((await get([`host: ${host}`], "/health")).status, host).toBe(200);
    });

    test("a page of another origin is refused, one that the operator named is not", async () => {
      for (const origin of ["https://evil.example", "null", "http://localhost.evil.example", "https://localhost"]) {
        const answer = await get(["host: localhost", auth(), `origin: ${origin}`]);
        expect([answer.status, codeOf(answer.body)], origin).toEqual([403, "origin_not_allowed"]);
        expect(answer.headers).not.toContain("access-control");
      }
      const friend = await get(["host: localhost", auth(), "origin: https://friend.example"]);
      expect(friend.status).toBe(200);
      expect(friend.headers).toContain("access-control-allow-origin: https://friend.example");
    });

    test("without a key, or with one that is none, the answer is 401 and names no reason", async () => {
      for (const lines of [
        [],
        ["authorization: Bearer hsr_x"],
        ["authorization: Basic eDp5"],
        [`authorization: Bearer hsr_${"A".repeat(43)}`],
        [`authorization: ${gateway.key}`],
      ]) {
        const answer = await get(["host: localhost", ...lines]);
        expect([answer.status, codeOf(answer.body)]).toEqual([401, "unauthorized"]);
        expect(answer.headers).toContain("www-authenticate: bearer");
      }
    });

    test("a key without the scope is 403, for each kind of route", async () => {
      const made = await gateway.call<{ key: string; id: string }>("POST", "/v1/keys", {
        name: "reader",
        scopes: ["read"],
      });
      expect(made.status).toBe(201);
      const theirs = { authorization: `Bearer ${made.body.key}` };
      expect((await gateway.call("GET", "/v1/runs", undefined, theirs)).status).toBe(200);
      expect((await gateway.call("POST", "/v1/sandboxes/run", { argv: ["true"] }, theirs)).body.error).toMatchObject({
        code: "scope_missing",
        details: { scope: "run" },
      });
      expect((await gateway.call("GET", "/v1/keys", undefined, theirs)).status).toBe(403);
      expect((await gateway.call("DELETE", `/v1/keys/${made.body.id}`)).body).toMatchObject({ id: made.body.id });
      expect((await gateway.call("GET", "/v1/runs", undefined, theirs)).status).toBe(401);
    });

    test("streams of a key end with the key, and others go on", async () => {
      const open = async () => {
        const made = await gateway.call<{ key: string; id: string }>("POST", "/v1/keys", {
          name: "s",
          scopes: ["read"],
        });
        const response = await fetch(`${gateway.url}/v1/events`, {
          headers: { authorization: `Bearer ${made.body.key}`, accept: "text/event-stream" },
        });
        expect(response.status).toBe(200);
        let isOpen = true;
        const reading = (async () => {
          for await (const _chunk of response.body ?? []);
        })().catch(() => undefined);
        void reading.then(() => (isOpen = false));
        return { id: made.body.id, isOpen: () => isOpen, cancel: () => response.body?.cancel().catch(() => undefined) };
      };
      const [revoked, kept] = [await open(), await open()];
      await gateway.call("DELETE", `/v1/keys/${revoked.id}`);
      await expect.poll(revoked.isOpen, { timeout: 10_000 }).toBe(false);
      expect(kept.isOpen()).toBe(true);
      await gateway.call("DELETE", `/v1/keys/${kept.id}`);
      await expect.poll(kept.isOpen, { timeout: 10_000 }).toBe(false);
    }, 30_000);

    test("a key makes no key that may more than itself, and the last that makes keys stays", async () => {
      const made = await gateway.call<{ key: string }>("POST", "/v1/keys", {
        name: "keys",
        scopes: ["keys", "read"],
        expires_in_ms: 60_000,
      });
      const theirs = { authorization: `Bearer ${made.body.key}` };
      expect((await gateway.call("POST", "/v1/keys", { name: "x", scopes: ["run"] }, theirs)).status).toBe(403);
      expect((await gateway.call("POST", "/v1/keys", { name: "x", scopes: ["admin"] }, theirs)).status).toBe(403);
      expect(
        (await gateway.call("POST", "/v1/keys", { name: "x", scopes: ["read"], tenant: "other" }, theirs)).status,
      ).toBe(403);
      const list = await gateway.call<{ items: { id: string; scopes: string[]; revoked_at: string | null }[] }>(
        "GET",
        "/v1/keys",
      );
      expect(JSON.stringify(list.body)).not.toContain("hsr_");
      const admins = list.body.items.filter((key) => key.revoked_at === null && key.scopes.includes("admin"));
      for (const key of admins)
        expect((await gateway.call("DELETE", `/v1/keys/${key.id}`, undefined, theirs)).status).toBe(403);
      expect(admins.length).toBe(1);
      for (const key of admins) expect((await gateway.call("DELETE", `/v1/keys/${key.id}`)).status).toBe(409);
    });
  });

  test("open pages need no key and carry a policy that runs nothing", async () => {
    for (const path of ["/health", "/ready", "/openapi.json", "/docs"]) {
      const response = await fetch(gateway.url + path);
      expect(response.status, path).toBe(200);
      expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    }
    const page = await (await fetch(`${gateway.url}/docs`)).text();
    expect(page).not.toMatch(/<script|https?:\/\//);
    expect(page).toContain("/v1/sandboxes/run");
    const metrics = await gateway.call<string>("GET", "/metrics");
    expect(metrics.body).toContain("hsr_runs_total");
    expect((await fetch(`${gateway.url}/metrics`)).status).toBe(401);
  });

  test("after all this it still works, and nothing was an internal error", async () => {
    expect((await gateway.run({ argv: ["true"] })).status).toBe(200);
    expect(gateway.log().includes("internal error")).toBe(false);
  });
});
