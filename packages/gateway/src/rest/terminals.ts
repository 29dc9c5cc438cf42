/** Terminals of executions over WebSocket: who may attach, and how. What is sent then stands in `terminal-session.ts`. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { HsrError, newId, type Scope, terminalLimits, terminalProtocol } from "@hsr/contract";
import { admitInput, type Log, type Metrics } from "@hsr/core";
import Type from "typebox";
import { type WebSocket, WebSocketServer } from "ws";
import { compileCheck } from "./check.ts";
import { runningExecution } from "./execution-control.ts";
import { failureOf, writeFailure } from "./failure.ts";
import { executionParams, type FoundExecution, findExecution } from "./find-execution.ts";
import { type GuardSettings, guard } from "./guards.ts";
import { bytesWritten, offsetOf, offsetPattern, recordOf } from "./output-reader.ts";
import { type Caller, type Route, type RouteFacts, route } from "./route.ts";
import type { SandboxPorts } from "./sandboxes.ts";
import { TerminalSeats } from "./terminal-seats.ts";
import { TerminalSession } from "./terminal-session.ts";

export interface TerminalPorts extends SandboxPorts {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly guard: GuardSettings;
  /** Throws `unauthorized`, `rate_limited` or `scope_missing`. */
  authenticate(authorization: string | undefined, scope: Scope, requestId: string): Promise<Caller>;
  /** Whether somebody who was let in would be again. */
  isStillValid(caller: Caller): Promise<boolean>;
}

/** How long one who is told that the gateway goes away has to answer. */
const leaveMs = 500;
/** Pieces in which one frame may arrive. */
const framePieces = 4096;

const facts = {
  method: "GET",
  path: "/v1/sandboxes/{id}/executions/{execution}/terminal",
  operationId: "attachTerminal",
  summary: "Attach to a terminal",
  description:
    "A WebSocket. Binary frames are the terminal's bytes, in both directions; text frames are JSON messages. Several may be attached; one of them writes. Attaching again with `offset` goes on where the last byte was seen, also at the next gateway. Writing needs the scope `sandboxes`. A browser, which can send no header, offers the subprotocols `hsr` and `bearer.<key>`.",
  access: "read",
  params: executionParams,
  query: Type.Object(
    {
      mode: Type.Optional(
        Type.Enum(["write", "view"] as const, {
          default: "write",
          description: "Whether what is sent goes to the program. One writes at a time.",
        }),
      ),
      take: Type.Optional(
        Type.Enum(["true", "false"] as const, {
          default: "false",
          description: "Whether to take the writer's seat from whoever has it; he goes on as a viewer, and is told.",
        }),
      ),
      offset: Type.Optional(
        Type.String({
          pattern: offsetPattern,
          description: "Where to begin; 0 if absent. A negative one counts from the end of what was written so far.",
        }),
      ),
    },
    { additionalProperties: false },
  ),
  headers: {
    "Sec-WebSocket-Protocol": "`hsr`; from browsers `hsr, bearer.<key>` instead of `Authorization`.",
  },
  answers: { 101: { description: "Attached; the first frame is the message `attached`." } },
  errors: [
    "not_found",
    "upgrade_required",
    "execution_ended",
    "approval_pending",
    "sandbox_not_running",
    "opaque_not_allowed",
    "seat_taken",
    "quota_exceeded",
    "draining",
    "storage_full",
  ],
} as const satisfies RouteFacts;

/** For the table of routes: a request that is no WebSocket is told so. */
export const terminalRoute: Route = route(facts, () => Promise.reject(new HsrError("upgrade_required")));

const address = /^\/v1\/sandboxes\/([^/?]+)\/executions\/([^/?]+)\/terminal(?:\?(.*))?$/;

interface Wish {
  readonly mode?: "write" | "view";
  readonly take?: "true" | "false";
  readonly offset?: string;
}

export class Terminals {
  readonly #ports: TerminalPorts;
  readonly #seats = new TerminalSeats();
  readonly #checkParams = compileCheck(facts.params, "path");
  readonly #checkQuery = compileCheck(facts.query, "query");
  readonly #sockets: WebSocketServer;
  #isLeaving = false;

  constructor(ports: TerminalPorts) {
    this.#ports = ports;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: terminalLimits.frame_bytes.value,
      maxFragments: terminalLimits.fragments.value,
      maxBufferedChunks: framePieces,
      autoPong: false,
      // One frame in each turn of the event loop: a flood of tiny ones leaves the others their turns.
      allowSynchronousEvents: false,
      handleProtocols: (offered) => (offered.has(terminalProtocol) ? terminalProtocol : false),
    });
  }

  /** Whether a request is for here. Every other one that wants an upgrade is answered as if it had not asked for it. */
  wants(request: IncomingMessage): boolean {
    return request.headers.upgrade?.toLowerCase() === "websocket" && address.test(request.url ?? "");
  }

  /** Answers a request that `wants` said yes to. Never rejects. */
  async accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { log, metrics } = this.#ports;
    const requestId = newId("request");
    const ignore = () => {};
    // Until the WebSocket looks after it: it may break while its key is looked up.
    socket.on("error", ignore);
    const note = (status: number, text: string, more: object = {}) => {
      const labels = { route: facts.path.replaceAll(/\{(\w+)\}/g, ":$1"), method: "GET" };
      metrics.count("hsr_http_requests_total", { ...labels, status: `${Math.floor(status / 100)}xx` });
      log.info({ request: requestId, ...labels, status, ...more }, text);
    };
    try {
      const attach = await this.#admit(request, requestId);
      socket.off("error", ignore);
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        note(101, "attached");
        const from = performance.now();
        void attach(webSocket).then(() =>
          log.info({ request: requestId, took_ms: Math.round(performance.now() - from) }, "detached"),
        );
      });
    } catch (thrown) {
      const error = failureOf(thrown);
      if (error.row.class === "internal") log.error({ err: thrown, request: requestId }, "internal error");
      note(error.row.http, "answered");
      writeFailure(socket, error, requestId);
    }
  }

  /** Everything that can be refused, before the answer; then what is done with the WebSocket. */
  async #admit(request: IncomingMessage, requestId: string): Promise<(socket: WebSocket) => Promise<void>> {
    guard(request, this.#ports.guard);
    if (this.#isLeaving) throw new HsrError("draining", { retryAfterMs: 2000 });
    const [, id = "", execution = "", search = ""] = address.exec(request.url ?? "") ?? [];
    const wish = queryOf(search);
    const mode = wish["mode"] === "view" ? "view" : "write";
    const scope = mode === "write" ? "sandboxes" : "read";
    const caller = await this.#ports.authenticate(authorizationOf(request), scope, requestId);
    const params = { id, execution };
    try {
      this.#checkParams(params);
    } catch {
      throw new HsrError("not_found");
    }
    this.#checkQuery(wish);
    const found = await findExecution(this.#ports, caller, params);
    if (!found.record.terminal)
      throw new HsrError("invalid_request", {
        message: "This execution has no terminal.",
        hint: "Start it with `terminal`; its output is at `/logs`.",
      });
    const mayStay = await this.#leave(caller, params, mode, requestId, found);
    this.#seats.mustHaveRoom(found.record.id, { mode, take: wish["take"] === "true" });
    const offset = offsetOf((wish as Wish).offset, bytesWritten(found, "stdout"));
    return (socket) => this.#attach(socket, found, { mode, offset, requestId, mayStay });
  }

  /** Asks for leave; what it gives asks again. Nobody writes to a program that has ended, but may see what it wrote. */
  async #leave(
    caller: Caller,
    params: { readonly id: string; readonly execution: string },
    mode: "write" | "view",
    requestId: string,
    found: FoundExecution,
  ): Promise<() => Promise<void>> {
    const admit = async () => {
      if (mode === "view" || recordOf(found).state === "finished") return;
      const { sandbox, execution } = await runningExecution(this.#ports, caller, params);
      await admitInput(this.#ports.sandboxes.ports, sandbox, execution, { keyId: caller.keyId, requestId });
    };
    await admit();
    return async () => {
      if (!(await this.#ports.isStillValid(caller))) throw new HsrError("unauthorized");
      await admit();
    };
  }

  async #attach(
    socket: WebSocket,
    found: FoundExecution,
    facts: {
      readonly mode: "write" | "view";
      readonly offset: number;
      readonly requestId: string;
      mayStay(): Promise<void>;
    },
  ): Promise<void> {
    const { store, log } = this.#ports;
    const session = new TerminalSession(socket, { found, store, log, ...facts });
    const { id } = found.record;
    this.#seats.enter(id, session, facts.mode);
    try {
      await session.run();
    } finally {
      this.#seats.leave(id, session);
    }
  }

  /** Tells everybody that the gateway goes away, and ends what is left after a moment. */
  async close(): Promise<void> {
    this.#isLeaving = true;
    const attached = this.#seats.all();
    if (attached.length === 0) return;
    for (const who of attached) who.leave();
    await new Promise((resolve) => setTimeout(resolve, leaveMs));
    for (const who of attached) who.end();
  }
}

/** The key as a header, or, from where no header can be sent, among the subprotocols. Never in the address: those are logged. */
function authorizationOf(request: IncomingMessage): string | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) return authorization;
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const key = offered.find((name) => name.startsWith("bearer."));
  return key === undefined ? undefined : `Bearer ${key.slice("bearer.".length)}`;
}

function queryOf(search: string): Readonly<Record<string, string>> {
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(search)) {
    if (name in query)
      throw new HsrError("invalid_request", { field: name.slice(0, 256), message: "It stands there twice." });
    query[name] = value;
  }
  return { ...query };
}
