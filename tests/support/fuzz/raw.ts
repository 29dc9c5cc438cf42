/** Bytes that are hardly HTTP: what a confused or hostile proxy could send, and what is not HTTP at all. */

/** A raw attempt: what to send, and how slowly. */
export interface RawAttempt {
  readonly name: string;
  readonly bytes: Buffer;
  readonly pieces?: number;
  readonly pauseMs?: number;
}

/** Every attempt, addressed to this host with this key. */
export function rawAttempts(host: string, key: string): readonly RawAttempt[] {
  const head = (lines: readonly string[]): string => [...lines, "", ""].join("\r\n");
  const post = "POST /v1/sandboxes/run HTTP/1.1";
  const common = [`Host: ${host}`, `Authorization: Bearer ${key}`, "Content-Type: application/json"];
  const smuggled = `GET /v1/config HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${key}\r\n\r\n`;
  const attempts: readonly (readonly [string, string, { readonly pieces?: number; readonly pauseMs?: number }?])[] = [
    [
      "content-length and chunked together",
      `${head([post, ...common, "Content-Length: 6", "Transfer-Encoding: chunked"])}0\r\n\r\n${smuggled}`,
    ],
    [
      "chunked and content-length together",
      `${head([post, ...common, "Transfer-Encoding: chunked", "Content-Length: 4"])}5c\r\n${smuggled}\r\n0\r\n\r\n`,
    ],
    ["two content lengths", `${head([post, ...common, "Content-Length: 2", "Content-Length: 40"])}{}${smuggled}`],
    ["a folded header", `${head([post, ...common, "X-Fold: a", "  b", "Content-Length: 2"])}{}`],
    ["a space before the colon", `${head([post, ...common, "Content-Length : 2"])}{}`],
    ["an obscured transfer encoding", `${head([post, ...common, "Transfer-Encoding: xchunked"])}0\r\n\r\n`],
    [
      "a transfer encoding twice",
      `${head([post, ...common, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"])}0\r\n\r\n`,
    ],
    ["gzip as transfer encoding", `${head([post, ...common, "Transfer-Encoding: gzip, chunked"])}2\r\n{}\r\n0\r\n\r\n`],
    [
      "a chunk size that overflows",
      `${head([post, ...common, "Transfer-Encoding: chunked"])}FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n`,
    ],
    ["a negative chunk size", `${head([post, ...common, "Transfer-Encoding: chunked"])}-1\r\n{}\r\n0\r\n\r\n`],
    [
      "endless chunk extensions",
      `${head([post, ...common, "Transfer-Encoding: chunked"])}2;${"a=b;".repeat(30_000)}\r\n{}\r\n0\r\n\r\n`,
    ],
    [
      "many trailers",
      `${head([post, ...common, "Transfer-Encoding: chunked"])}2\r\n{}\r\n0\r\n${"x: y\r\n".repeat(20_000)}\r\n`,
    ],
    ["line feeds alone", `GET /health HTTP/1.1\nHost: ${host}\n\n`],
    ["carriage returns alone", `GET /health HTTP/1.1\rHost: ${host}\r\r`],
    ["a zero byte in a header", `GET /health HTTP/1.1\r\nHost: ${host}\r\nX: a\0b\r\n\r\n`],
    ["HTTP/0.9", "GET /health\r\n\r\n"],
    ["HTTP/1.0 without a host", "GET /health HTTP/1.0\r\n\r\n"],
    ["HTTP/1.1 without a host", "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n"],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["HTTP/9.9", `GET /health HTTP/9.9\r\nHost: ${host}\r\n\r\n`],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".padEnd(520, "\x41")],
    ["an SSH greeting", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["zeros", "\0".repeat(5000)],
    ["a method without an end", "A".repeat(100_000)],
    ["a target without an end", `GET /${"a".repeat(200_000)}`],
    ["CONNECT", `CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
    [
      "an upgrade",
      `GET /v1/runs HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${key}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    ],
    [
      "an upgrade to HTTP/2",
      `GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
    ],
    [
      "fifty requests at once",
      `GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(49) +
        `GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    ],
    ["half a request", `${post}\r\nHost: ${host}\r\n`],
    ["half a body", `${head([post, ...common, "Content-Length: 1000"])}{"code"`],
    ["an expectation that is never met", head([post, ...common, "Content-Length: 10", "Expect: 100-continue"])],
    [
      "headers, one byte at a time",
      head(["GET /health HTTP/1.1", `Host: ${host}`, "X: y"]),
      { pieces: 1000, pauseMs: 200 },
    ],
    [
      "a body, one byte at a time",
      `${head([post, ...common, "Content-Length: 1000"])}${" ".repeat(1000)}`,
      { pieces: 500, pauseMs: 200 },
    ],
    ["nothing", "", { pieces: 2 }],
  ];
  return attempts.map(([name, text, pace]) => ({ name, bytes: Buffer.from(text, "latin1"), ...pace }));
}
