/**
 * The second listener: what guests serve on ports of their own, each under an origin of its own, never the API's.
 * The name that is asked for says which sandbox and which port; a token that was signed for both opens it. A request is
 * parsed here and written anew for the guest, so that the two cannot read it differently.
 */
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as sendRequest,
} from "node:http";
import { type Duplex, PassThrough } from "node:stream";
import { errorBody, HsrError, httpLimits, idPattern, newId } from "@hsr/contract";
import type { Clock, LiveSandbox, Log, Metrics, Sandboxes, SandboxId } from "@hsr/core";
import { cookieToken, headersIn, headersOut, tokenCookie, tokenHeader, tokenQuery } from "./headers.ts";
import type { PortGrant, PortTokens } from "./token.ts";

export interface PortServerPorts {
  readonly sandboxes: Sandboxes;
  readonly tokens: PortTokens;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** How clients reach the listener: the scheme, and what stands behind the dot of each name. */
export interface PublicAddress {
  readonly scheme: "http" | "https";
  readonly host: string;
}

export interface PortServerSettings {
  address(): PublicAddress;
  readonly connections: number;
  readonly headersTimeoutMs: number;
}

/** How long a guest's server may take to begin its answer. */
const silenceMs = 120_000;
const idForm = idPattern("sandbox").replace(/^\^|\$$/g, "");

/** What a name and a token open. */
interface Opened {
  readonly sandbox: LiveSandbox;
  readonly port: number;
  readonly grant: PortGrant;
  readonly secure: boolean;
  readonly nowMs: number;
}

export function createPortServer(settings: PortServerSettings, ports: PortServerPorts): Server {
  const { sandboxes, tokens, clock, log, metrics } = ports;
  const named = new RegExp(`^(\\d{1,5})-(${idForm})\\.([a-z0-9.-]+)(?::\\d{1,5})?$`, "i");

  /** Says who may pass, or throws. */
  function open(request: IncomingMessage): Opened {
    // An absolute address names a host of its own beside the Host header, and a guest could believe the other one.
    if (request.url?.startsWith("/") !== true)
      throw new HsrError("bad_http", { message: "The request's target has to be a path." });
    const match = named.exec(request.headers.host ?? "");
    const domain = settings.address().host.replace(/:\d+$/, "");
    if (match === null || match[3]?.toLowerCase() !== domain)
      throw new HsrError("host_not_allowed", { hint: "Ask the API for the address of a port." });
    const [, port, id] = match;
    const header = request.headers[tokenHeader];
    const cookie = cookieToken(request.headers);
    const token = typeof header === "string" ? header : (queryToken(request) ?? cookie ?? "");
    const nowMs = clock.now();
    const grant = tokens.read(token, nowMs);
    if (grant === null || grant.port !== Number(port) || grant.sandbox !== id?.toLowerCase())
      throw new HsrError("unauthorized", {
        message: "A token for this port is needed, and yours is missing, too old, or for another.",
        hint: "Ask the API for a new one: POST /v1/sandboxes/{id}/ports.",
      });
    if (typeof header !== "string" && queryToken(request) === null) mustBeOwnPage(request);
    const sandbox = sandboxes.get(grant.sandbox as SandboxId);
    if (sandbox === null) throw new HsrError("not_found");
    return { sandbox, port: grant.port, grant, secure: settings.address().scheme === "https", nowMs };
  }

  async function connect(opened: Opened): Promise<Duplex> {
    const agent = await opened.sandbox.agent();
    try {
      return await agent.connect(opened.port);
    } catch (thrown) {
      throw new HsrError("port_unreachable", { details: { port: opened.port }, cause: thrown });
    }
  }

  const server = createServer({
    maxHeaderSize: httpLimits.header_bytes.value,
    headersTimeout: settings.headersTimeoutMs,
    requestTimeout: 0,
    keepAliveTimeout: httpLimits.keep_alive_ms.value,
    connectionsCheckingInterval: 1000,
  });
  server.maxConnections = settings.connections;
  server.on("checkContinue", (request, response) => {
    response.writeContinue();
    server.emit("request", request, response);
  });

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    void forward(request, response).catch((thrown: unknown) => fail(request, response, thrown));
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    void upgrade(request, socket, head).catch((thrown: unknown) => refuseUpgrade(socket, thrown));
  });

  function forwardedOf(request: IncomingMessage): readonly string[] {
    return ["x-forwarded-host", request.headers.host ?? "", "x-forwarded-proto", settings.address().scheme];
  }

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const opened = open(request);
    if (request.method === "GET" && queryToken(request) !== null && isNavigation(request)) {
      welcome(request, response, opened);
      return;
    }
    const release = opened.sandbox.hold();
    response.once("close", release);
    const stream = await connect(opened);
    // Its client went away meanwhile: nobody will say so again.
    if (response.closed || response.destroyed) {
      stream.destroy();
      return;
    }
    const up = sendRequest({
      createConnection: () => stream as never,
      method: request.method,
      path: withoutToken(request.url ?? "/"),
      headers: headersIn(request.rawHeaders, request.headers, [...framing(request), ...forwardedOf(request)]),
      setHost: false,
    });
    const outcome = Promise.withResolvers<void>();
    endIfSilent(up);
    // Each of them: one that nobody listens for ends the gateway.
    up.on("error", (error) => outcome.reject(unreachable(error)));
    up.once("response", (answer) => {
      answer.on("error", () => response.destroy());
      try {
        response.writeHead(answer.statusCode ?? 0, headersOut(answer.rawHeaders, answer.headers));
      } catch (cause) {
        // A status of 7, say: Node refuses to send it on.
        outcome.reject(new HsrError("port_unreachable", { message: "The guest's server answered nonsense.", cause }));
        return;
      }
      metrics.count("hsr_port_requests_total", { outcome: "answered" });
      answer.pipe(response);
      answer.once("end", () => outcome.resolve());
    });
    // A guest that refuses an upgrade answers as usual; one that switches without being asked is not listened to.
    up.once("upgrade", (_answer, socket) => {
      socket.destroy();
      outcome.reject(new HsrError("port_unreachable", { message: "The guest's server changed the protocol unasked." }));
    });
    response.once("close", () => {
      up.destroy();
      stream.destroy();
      outcome.resolve();
    });
    request.pipe(up);
    await outcome.promise;
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const opened = open(request);
    if ((request.headers.upgrade ?? "").toLowerCase() !== "websocket")
      throw new HsrError("unsupported", { message: "Only WebSockets can be upgraded to." });
    const release = opened.sandbox.hold();
    socket.once("close", release);
    // Read from now on, a little ahead: of a client that leaves, a socket that nobody reads does not tell.
    const sent = socket.pipe(new PassThrough());
    const leave = () => socket.destroy();
    socket.once("end", leave);
    const stream = await connect(opened);
    if (socket.destroyed) {
      stream.destroy();
      return;
    }
    const up = sendRequest({
      createConnection: () => stream as never,
      method: "GET",
      path: withoutToken(request.url ?? "/"),
      headers: [
        ...headersIn(request.rawHeaders, request.headers, forwardedOf(request)),
        "connection",
        "Upgrade",
        "upgrade",
        "websocket",
      ],
      setHost: false,
    });
    socket.once("close", () => stream.destroy());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    endIfSilent(up);
    up.on("error", (error) => reject(unreachable(error)));
    up.once("response", (answer) => {
      // It does not want to: its answer is passed on, and the connection ends.
      const lines = [`HTTP/1.1 ${answer.statusCode ?? 502} ${http1Phrase(answer.statusMessage)}`];
      const pairs = headersOut(answer.rawHeaders, answer.headers);
      for (let i = 0; i < pairs.length; i += 2) lines.push(`${pairs[i]}: ${pairs[i + 1]}`);
      socket.write(`${lines.join("\r\n")}\r\nconnection: close\r\n\r\n`);
      answer.on("error", () => socket.destroy());
      answer.pipe(socket);
      resolve();
    });
    up.once("upgrade", (answer, guest, first) => {
      metrics.count("hsr_port_requests_total", { outcome: "upgraded" });
      const lines = ["HTTP/1.1 101 Switching Protocols", "connection: Upgrade", "upgrade: websocket"];
      const pairs = headersOut(answer.rawHeaders, answer.headers);
      for (let i = 0; i < pairs.length; i += 2) lines.push(`${pairs[i]}: ${pairs[i + 1]}`);
      socket.write(`${lines.join("\r\n")}\r\n\r\n`);
      if (first.length > 0) socket.write(first);
      if (head.length > 0) guest.write(head);
      guest.on("error", () => socket.destroy());
      guest.once("close", () => socket.destroy());
      socket.once("close", () => guest.destroy());
      socket.off("end", leave);
      guest.pipe(socket);
      sent.pipe(guest);
      resolve();
    });
    up.end();
    await promise;
  }

  function fail(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
    const error = HsrError.from(thrown);
    metrics.count("hsr_port_requests_total", { outcome: "refused" });
    if (error.row.class === "internal") log.error({ err: thrown }, "a request to a port failed");
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    request.resume();
    const body = JSON.stringify(errorBody(error, newId("request")));
    response.writeHead(error.row.http, {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      connection: "close",
    });
    response.end(body);
  }

  function refuseUpgrade(socket: Duplex, thrown: unknown): void {
    const error = HsrError.from(thrown);
    metrics.count("hsr_port_requests_total", { outcome: "refused" });
    if (!socket.writable) return;
    const body = JSON.stringify(errorBody(error, newId("request")));
    socket.end(
      `HTTP/1.1 ${error.row.http} ${error.code}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  }

  return server;
}

/**
 * The cookie comes with every request of the browser, also with those that a page of another origin makes it send. Only
 * a page of this very origin, and a person who follows a link, may use it.
 */
function mustBeOwnPage(request: IncomingMessage): void {
  const site = request.headers["sec-fetch-site"];
  const isForeign = site !== undefined ? site !== "same-origin" && site !== "none" : isForeignOrigin(request);
  if (isForeign && !(request.method === "GET" && isNavigation(request))) throw new HsrError("origin_not_allowed");
}

function isForeignOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

function isNavigation(request: IncomingMessage): boolean {
  const mode = request.headers["sec-fetch-mode"];
  if (request.headers["upgrade"] !== undefined) return false;
  // A frame in a foreign page is a navigation too, and not what a person follows.
  const target = request.headers["sec-fetch-dest"];
  return mode === "navigate" && (target === undefined || target === "document");
}

function queryToken(request: IncomingMessage): string | null {
  const url = request.url ?? "";
  const at = url.indexOf("?");
  return at < 0 ? null : new URLSearchParams(url.slice(at)).get(tokenQuery);
}

/** The guest does not see the token: what it knows, it could use. */
function withoutToken(url: string): string {
  const at = url.indexOf("?");
  if (at < 0) return url;
  const rest = url
    .slice(at + 1)
    .split("&")
    .filter((part) => decodedName(part) !== tokenQuery);
  return rest.length === 0 ? url.slice(0, at) : `${url.slice(0, at)}?${rest.join("&")}`;
}

function decodedName(part: string): string {
  return [...new URLSearchParams(part).keys()][0] ?? "";
}

/** Keeps the token as a cookie, and has the browser come again without it in the address. */
function welcome(request: IncomingMessage, response: ServerResponse, { grant, secure, nowMs }: Opened): void {
  const token = queryToken(request) ?? "";
  const seconds = Math.floor((grant.expiresAtMs - nowMs) / 1000);
  const path = withoutToken(request.url ?? "/");
  response.writeHead(303, {
    // A path that begins with two slashes would lead to another host, and browsers take a backslash for a slash.
    location: path.replace(/^[/\\]+/, "/"),
    "set-cookie": `${tokenCookie}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure ? "; Secure" : ""}`,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
  });
  response.end();
}

/** A body of unknown length stays one, whatever the method: unframed it would read as the next request. */
function framing(request: IncomingMessage): readonly string[] {
  return request.headers["transfer-encoding"] === undefined ? [] : ["transfer-encoding", "chunked"];
}

function endIfSilent(up: ClientRequest): void {
  const timer = setTimeout(() => up.destroy(new HsrError("port_unreachable")), silenceMs);
  for (const event of ["response", "upgrade", "close"]) up.once(event, () => clearTimeout(timer));
}

function unreachable(error: Error): HsrError {
  return error instanceof HsrError ? error : new HsrError("port_unreachable", { cause: error });
}

/** A guest chose it: only what cannot break the line is passed on. */
function http1Phrase(text: string | undefined): string {
  return (text ?? "").replace(/[^\x20-\x7e]/g, "").slice(0, 100);
}
