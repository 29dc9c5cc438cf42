/** The REST door: Fastify with the routes of the table, and everything that holds for all of them. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { HsrError, httpLimits, newId } from "@hsr/contract";
import type { Log, Metrics } from "@hsr/core";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { isStreamingBody } from "./body-stream.ts";
import { type Check, compileCheck } from "./check.ts";
import { failureOf, sendFailure, unroutable, writeFailure } from "./failure.ts";
import { type GuardSettings, guard } from "./guards.ts";
import { OpenAnswers } from "./open-answers.ts";
import type { Caller, Route } from "./route.ts";
import { parseStrictJson } from "./strict-json.ts";
import type { Terminals } from "./terminals.ts";

export interface ServerSettings extends GuardSettings {
  readonly bodyLimitBytes: number;
  readonly connections: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
}

export interface ServerPorts {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Throws `unauthorized` or `scope_missing`. Must not be called for open routes. */
  authenticate(request: FastifyRequest, route: Route): Promise<Caller>;
  /** Whether the key of a request that is still being answered would be let in again. */
  isStillValid(caller: Caller): Promise<boolean>;
  readonly terminals: Terminals;
}

/** How often Node looks for clients that are too slow. Its default of 30 s would make every shorter bound meaningless. */
const slowLookMs = 1000;
/** How long a key that was revoked or ran out still has its streams, at most. */
const keyLookMs = 5000;

/** Nobody asked for a key. */
const nobody: Caller = { keyId: "", tenant: "", scopes: [] };

/** Every answer carries these: nothing here is a page, except the docs page, which sets its own. */
const safeHeaders: readonly (readonly [string, string])[] = [
  ["x-content-type-options", "nosniff"],
  ["cache-control", "no-store"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-resource-policy", "same-origin"],
];

declare module "fastify" {
  interface FastifyRequest {
    startedAtMs: number;
  }
}

export function createServer(routes: readonly Route[], settings: ServerSettings, ports: ServerPorts): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: settings.bodyLimitBytes,
    genReqId: () => newId("request"),
    requestIdHeader: false,
    keepAliveTimeout: settings.keepAliveTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    exposeHeadRoutes: false,
    routerOptions: {
      ignoreTrailingSlash: false,
      maxParamLength: 128,
    },
    http: {
      maxHeaderSize: httpLimits.header_bytes.value,
      headersTimeout: settings.headersTimeoutMs,
      connectionsCheckingInterval: slowLookMs,
      shouldUpgradeCallback: (request) => ports.terminals.wants(request),
      // A request without a host is refused by the guard, in the contract's words instead of Node's.
      requireHostHeader: false,
    },
    clientErrorHandler: (error, socket) => {
      // A raw body has a pace of its own instead of the door's one time for all.
      if (error.code === "ERR_HTTP_REQUEST_TIMEOUT" && isStreamingBody(socket)) return;
      answerBrokenRequest(error, socket);
    },
    frameworkErrors: (error, request, reply) => {
      // No hook runs for these.
      for (const [name, value] of safeHeaders) reply.raw.setHeader(name, value);
      reply.raw.setHeader("hsr-request-id", request.id);
      sendFailure(reply as unknown as FastifyReply, unroutable(error), request.id);
    },
  });
  app.server.maxConnections = settings.connections;
  app.server.on("upgrade", (request, socket, head) => void ports.terminals.accept(request, socket, head));
  app.addHook("preClose", () => ports.terminals.close());
  const answers = new OpenAnswers({ ...ports, everyMs: keyLookMs });
  app.addHook("onClose", async () => answers.stop());
  // An expectation that nobody knows is ignored, as the standard allows; Node's own answer would not be in our words.
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/json(;\s*charset=utf-8)?\s*$/i,
    { parseAs: "buffer" },
    (_request, body, done) => {
      try {
        done(null, parseStrictJson(body as Buffer));
      } catch (thrown) {
        done(thrown as Error);
      }
    },
  );

  app.decorateRequest("startedAtMs", 0);
  app.addHook("onRequest", (request, reply, done) => {
    request.startedAtMs = performance.now();
    for (const [name, value] of safeHeaders) reply.raw.setHeader(name, value);
    reply.raw.setHeader("hsr-request-id", request.id);
    try {
      const origin = guard(request.raw, settings);
      if (origin !== null) allowOrigin(reply, origin);
      refuseEncodings(request);
      // Answered before a body is read: there is nobody here to read it.
      if (request.is404) void answerUnknown(routes, request, reply);
      else done();
    } catch (thrown) {
      done(thrown as Error);
    }
  });
  app.addHook("onResponse", (request, reply, done) => {
    const pattern = request.routeOptions.url ?? "none";
    const tookMs = performance.now() - request.startedAtMs;
    const status = `${Math.floor(reply.statusCode / 100)}xx`;
    ports.metrics.count("hsr_http_requests_total", { route: pattern, method: request.method, status });
    ports.metrics.observe("hsr_http_request_seconds", { route: pattern }, tookMs / 1000);
    ports.log.info(
      {
        request: request.id,
        method: request.method,
        route: pattern,
        status: reply.statusCode,
        took_ms: Math.round(tookMs * 10) / 10,
      },
      "answered",
    );
    done();
  });
  app.setErrorHandler(async (thrown, request, reply) => {
    const error = failureOf(thrown);
    await discardBody(request.raw);
    // What is still to come of a body that was refused is not waited for.
    if (!request.raw.complete) reply.header("connection", "close");
    if (error.row.class === "internal") ports.log.error({ err: thrown, request: request.id }, "internal error");
    return sendFailure(reply, error, request.id);
  });
  for (const route of routes) if (route.rawBody === undefined) addRoute(app, route, ports, answers);
  app.register((raw, _options, done) => {
    raw.removeAllContentTypeParsers();
    raw.addContentTypeParser("*", (_request, _payload, parsed) => parsed(null));
    for (const route of routes) if (route.rawBody !== undefined) addRoute(raw, route, ports, answers);
    done();
  });
  return app;
}

/** A body of this size has arrived with its headers, or nearly. */
const smallBodyBytes = 64 * 1024;
/** How long such a body is read to nowhere. */
const discardMs = 1000;

/**
 * Reads what is left of a large body that nobody wants before the answer. Closing a connection with unread bytes resets it, and the
 * reset overtakes the answer: the client would see a broken connection instead of the reason.
 */
async function discardBody(request: IncomingMessage): Promise<void> {
  const length = Number(request.headers["content-length"] ?? 0);
  const isLarge = length > smallBodyBytes || request.headers["transfer-encoding"] !== undefined;
  if (!isLarge || request.complete || request.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, discardMs);
  for (const event of ["end", "close", "error"]) request.once(event, resolve);
  request.resume();
  await promise;
  clearTimeout(timer);
}

/** No such address, or no such method at it. */
async function answerUnknown(
  routes: readonly Route[],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await discardBody(request.raw);
  const allow = methodsAt(routes, request.url);
  if (allow.length === 0) return sendFailure(reply, new HsrError("route_not_found"), request.id);
  reply.header("allow", allow.join(", "));
  if (request.method === "OPTIONS") return reply.code(204).send();
  return sendFailure(reply, new HsrError("method_not_allowed"), request.id);
}

function addRoute(app: FastifyInstance, route: Route, ports: ServerPorts, answers: OpenAnswers): void {
  const checks = {
    params: route.params === undefined ? null : compileCheck(route.params, "path"),
    query: route.query === undefined ? noQuery : compileCheck(route.query, "query"),
    body: route.body === undefined ? null : compileCheck(route.body, "body"),
  };
  app.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ":$1"),
    // Before the body is read: who has no key sends none.
    onRequest: async (request, reply) => {
      request.caller = route.access === "open" ? nobody : await ports.authenticate(request, route);
      if (route.access !== "open") answers.add(reply.raw, request.caller);
      if (route.body !== undefined && request.headers["content-type"] === undefined)
        throw new HsrError("unsupported_media_type");
    },
    handler: async (request, reply) => {
      // An id that does not have an id's form names nothing.
      if (checks.params !== null) checkOr(checks.params, request.params, new HsrError("not_found"));
      checks.query(request.query);
      if (checks.body !== null) checks.body(request.body);
      else if (route.rawBody === undefined) await discardBody(request.raw);
      const value = await route.handle({
        caller: request.caller,
        requestId: request.id,
        params: request.params as Record<string, string>,
        query: request.query as Record<string, unknown>,
        body: request.body,
        request,
        reply,
      });
      if (value === undefined) return reply;
      return reply.header("content-type", "application/json; charset=utf-8").send(JSON.stringify(value));
    },
  });
}

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
  }
}

function noQuery(query: unknown): void {
  const [name] = Object.keys(query as object);
  if (name !== undefined) {
    throw new HsrError("invalid_request", { field: name.slice(0, 256), message: "This address takes no query." });
  }
}

function checkOr(check: Check, value: unknown, otherwise: HsrError): void {
  try {
    check(value);
  } catch {
    throw otherwise;
  }
}

/** A compressed body could be a thousand times as large as it looks; nothing here needs one. */
function refuseEncodings(request: FastifyRequest): void {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity")
    throw new HsrError("unsupported_media_type", { message: "Compressed bodies are not accepted." });
}

function allowOrigin(reply: FastifyReply, origin: string): void {
  reply.raw.setHeader("access-control-allow-origin", origin);
  reply.raw.setHeader("vary", "origin");
  reply.raw.setHeader(
    "access-control-allow-headers",
    "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, prefer, range",
  );
  reply.raw.setHeader("access-control-allow-methods", "GET, HEAD, POST, PUT, DELETE");
  reply.raw.setHeader(
    "access-control-expose-headers",
    "content-range, etag, hsr-run-id, hsr-execution-id, hsr-request-id, hsr-offset, hsr-next-offset, hsr-stream-bytes, hsr-execution-state, location, retry-after",
  );
  reply.raw.setHeader("cross-origin-resource-policy", "cross-origin");
}

/** The methods that exist at an address. */
function methodsAt(routes: readonly Route[], url: string): readonly string[] {
  const path = url.split("?", 1)[0] ?? "";
  const parts = path.split("/");
  return routes
    .filter((route) => {
      const pattern = route.path.split("/");
      return pattern.length === parts.length && pattern.every((part, i) => part.startsWith("{") || part === parts[i]);
    })
    .map((route) => route.method);
}

/** What Node's parser refused never becomes a request, so the answer is written by hand. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const failure =
    error.code === "HPE_HEADER_OVERFLOW"
      ? new HsrError("headers_too_large")
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? new HsrError("request_timeout")
        : new HsrError("bad_http");
  writeFailure(socket, failure, newId("request"));
}
