/** HTTP over a plain socket, so that nothing mends or refuses a request before the gateway sees it. */
import { connect } from "node:net";

/** A request as it is put on the wire. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | null;
}

/** What came back: everything until the other side closed, or nothing more in time. */
export interface WireAnswer {
  /** 0 when no status line came. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Every byte that came, for raw attempts. */
  readonly received: Buffer;
  readonly tookMs: number;
  /** The answer was not complete in time. */
  readonly hung: boolean;
}

/** How long a stream of events is read. */
const streamMs = 300;

/** The bytes of a request. Header texts are written as latin1: what is in them goes out as it is. */
export function encode(request: WireRequest): Buffer {
  const head = [
    `${request.method} ${request.target} HTTP/1.1`,
    ...request.headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), request.body ?? new Uint8Array()]);
}

/** Sends bytes, in pieces with pauses if asked to, and reads until the end. */
export function exchange(
  url: URL,
  bytes: Buffer,
  limits: { readonly hangMs: number; readonly pieces?: number; readonly pauseMs?: number },
): Promise<WireAnswer> {
  const { promise, resolve } = Promise.withResolvers<WireAnswer>();
  const began = performance.now();
  const received: Buffer[] = [];
  const socket = connect(Number(url.port), url.hostname);
  let drip: NodeJS.Timeout | undefined;
  const end = (hung: boolean): void => {
    clearTimeout(timer);
    clearInterval(drip);
    socket.destroy();
    const all = Buffer.concat(received);
    resolve({ ...parse(all), received: all, tookMs: performance.now() - began, hung });
  };
  const timer = setTimeout(() => end(true), limits.hangMs);
  socket.on("connect", () => {
    const pieces = limits.pieces ?? 1;
    if (pieces === 1) {
      socket.write(bytes);
      return;
    }
    const size = Math.ceil(bytes.length / pieces);
    let sent = 0;
    drip = setInterval(() => {
      if (sent < bytes.length && socket.writable) socket.write(bytes.subarray(sent, sent + size));
      sent += size;
    }, limits.pauseMs ?? 100);
  });
  let isStream = false;
  socket.on("data", (chunk: Buffer) => {
    received.push(chunk);
    if (isStream || !/^content-type: text\/event-stream/im.test(Buffer.concat(received.slice(0, 2)).toString("latin1")))
      return;
    // Some streams have no end: that this one has begun, and what comes at once, is its answer.
    isStream = true;
    setTimeout(() => end(false), streamMs).unref();
  });
  // A reset is an answer too: what was read before it counts.
  socket.on("error", () => end(false));
  socket.on("close", () => end(false));
  return promise;
}

function parse(bytes: Buffer): Pick<WireAnswer, "status" | "headers" | "body"> {
  // Interim answers (100, 102, 103) come before the one that counts.
  const interim = /^HTTP\/1\.1 1\d\d [^\r]*\r\n(?:[^\r]+\r\n)*\r\n/.exec(bytes.subarray(0, 4096).toString("latin1"));
  if (interim !== null) return parse(bytes.subarray(interim[0].length));
  const split = bytes.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = bytes
    .subarray(0, split === -1 ? 0 : split)
    .toString("latin1")
    .split("\r\n");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const raw = split === -1 ? bytes : bytes.subarray(split + 4);
  const length = Number(headers.get("content-length") ?? raw.length);
  const body = headers.get("transfer-encoding") === "chunked" ? unchunk(raw) : raw.subarray(0, length);
  return { status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0), headers, body };
}

function unchunk(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) break;
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString("latin1"), 16);
    if (!(size > 0)) break;
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(pieces);
}
