/** Requests to the gateway: JSON in and out, and errors as sentences. */
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { Readable } from "node:stream";
import type { ErrorBody } from "@hsr/contract";
import { readEvents, type ServerEvent } from "@hsr/sdk/sse";
import type { Endpoint } from "./endpoint.ts";
import { exitCodes, Failure } from "./failure.ts";

/** An error that the gateway answered, with its code for those who decide by it. */
export class Refusal extends Failure {
  readonly body: ErrorBody["error"];
  readonly status: number;

  constructor(body: ErrorBody["error"], status: number) {
    const named = body.field === undefined || body.message.includes(body.field);
    super(named ? body.message : `${body.message} (${body.field})`, {
      hint: body.hint,
      exitCode: refusalExitCode(body.code),
    });
    this.body = body;
    this.status = status;
  }
}

function refusalExitCode(code: string): number {
  if (code === "program_not_found" || code === "interpreter_missing") return exitCodes.notFound;
  if (code === "program_not_executable") return exitCodes.notExecutable;
  return exitCodes.hsr;
}

export interface Ask {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export class Client {
  readonly endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /** One request; an answer of 400 or more is thrown as a `Refusal`, an unreachable gateway as a `Failure`. */
  async send(path: string, ask: Ask = {}): Promise<Response> {
    const { url, key } = this.endpoint;
    const headers: Record<string, string> = { accept: "application/json", ...ask.headers };
    if (key !== undefined) headers["authorization"] = `Bearer ${key}`;
    if (ask.body !== undefined) headers["content-type"] = "application/json";
    let response: Response;
    try {
      response = await fetch(url + path, {
        method: ask.method ?? "GET",
        headers,
        // A key must not follow a redirect to another place.
        redirect: "error",
        ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
        ...(ask.signal === undefined ? {} : { signal: ask.signal }),
      });
    } catch (error) {
      if (ask.signal?.aborted) throw error;
      throw this.unreachable(error);
    }
    if (response.status < 400) return response;
    throw await this.refusal(response);
  }

  /** A request whose answer is JSON. The gateway is the same version as we are, so its form is believed. */
  async json<Body>(path: string, ask: Ask = {}): Promise<Body> {
    const response = await this.send(path, ask);
    try {
      return (await response.json()) as Body;
    } catch (error) {
      throw this.notHsr(error);
    }
  }

  /** A POST whose answer may come hours later: `fetch` gives up after some minutes without one. */
  async patient(path: string, body: unknown): Promise<void> {
    const { url, key } = this.endpoint;
    const headers = {
      "content-type": "application/json",
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const request = url.startsWith("https:") ? requestHttps : requestHttp;
    const sent = request(url + path, { method: "POST", headers }, (answer) => {
      gather(answer).then(resolve, reject);
    });
    sent.once("error", reject);
    sent.end(JSON.stringify(body));
    const response = await promise.catch((error: unknown) => {
      throw this.unreachable(error);
    });
    if (response.status >= 400) throw await this.refusal(response);
  }

  /** As `events`, where the answer may also be a JSON body with status 202: what was asked for does not go on yet. */
  async eventsOrLater<Body>(
    path: string,
    ask: Ask = {},
  ): Promise<{ response: Response; events: AsyncGenerator<ServerEvent> } | { later: Body }> {
    const response = await this.send(path, { ...ask, headers: { ...ask.headers, accept: "text/event-stream" } });
    if (response.status === 202) return { later: (await response.json()) as Body };
    return { response, events: this.eventsOf(response) };
  }

  /** A stream of events. */
  async events(path: string, ask: Ask = {}): Promise<{ response: Response; events: AsyncGenerator<ServerEvent> }> {
    const response = await this.send(path, { ...ask, headers: { ...ask.headers, accept: "text/event-stream" } });
    return { response, events: this.eventsOf(response) };
  }

  /** A PUT of bytes. A refusal that comes before all of them are sent ends the sending. */
  async upload(path: string, type: string, body: AsyncIterable<Uint8Array>, bytes: number | null): Promise<void> {
    const { url, key } = this.endpoint;
    const headers = {
      "content-type": type,
      ...(bytes === null ? {} : { "content-length": String(bytes) }),
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const request = url.startsWith("https:") ? requestHttps : requestHttp;
    const sent = request(url + path, { method: "PUT", headers }, (answer) => {
      gather(answer).then(resolve, reject);
    });
    let own: unknown = null;
    const source = Readable.from(body, { objectMode: false });
    // What goes wrong with our own file is no fault of the connection.
    source.once("error", (error) => {
      own = error;
      sent.destroy();
    });
    sent.once("error", reject);
    sent.once("response", () => source.unpipe(sent));
    source.pipe(sent);
    try {
      const response = await promise.catch((error: unknown) => {
        throw own instanceof Error ? own : this.unreachable(error);
      });
      if (response.status >= 400) throw await this.refusal(response);
    } finally {
      source.destroy();
      sent.destroy();
    }
  }

  /** A GET of bytes, whose trailers can be read when they have come. A body that is broken off throws. */
  async download(
    path: string,
  ): Promise<{ readonly body: AsyncIterable<Buffer>; trailer(name: string): string | undefined }> {
    const { url, key } = this.endpoint;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = url.startsWith("https:") ? requestHttps : requestHttp;
    const headers = { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
    request(url + path, { headers }, resolve)
      .once("error", reject)
      .end();
    const answer = await promise.catch((error: unknown) => {
      throw this.unreachable(error);
    });
    if (answer.statusCode !== 200) throw await this.refusal(await gather(answer));
    return { body: whole(answer), trailer: (name) => answer.trailers[name] };
  }

  /** A WebSocket. What a browser can do is enough: the key goes among the subprotocols, never into the address. */
  webSocket(path: string): WebSocket {
    const { url, key } = this.endpoint;
    const protocols = key === undefined ? ["hsr"] : ["hsr", `bearer.${key}`];
    try {
      return new WebSocket(url.replace(/^http/, "ws") + path, protocols);
    } catch (cause) {
      throw new Failure(`the key from ${this.endpoint.keyFrom} cannot be one of HSR`, { cause });
    }
  }

  /** Asks why a WebSocket was not opened, which its own error does not tell. Throws the refusal if there is one. */
  async refusedUpgrade(path: string): Promise<void> {
    const { url, key } = this.endpoint;
    const { promise, resolve, reject } = Promise.withResolvers<Response | null>();
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": Buffer.from("why not, gateway").toString("base64"),
      "sec-websocket-protocol": "hsr",
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    };
    const request = url.startsWith("https:") ? requestHttps : requestHttp;
    const sent = request(url + path, { headers }, (answer) => {
      gather(answer).then(resolve, reject);
    });
    sent.once("upgrade", (_answer, socket) => {
      socket.destroy();
      resolve(null);
    });
    // Nobody answers: there is no refusal.
    sent.once("error", () => resolve(null));
    sent.end();
    const response = await promise;
    if (response !== null && response.status >= 400 && response.status < 500) throw await this.refusal(response);
  }

  private eventsOf(response: Response): AsyncGenerator<ServerEvent> {
    if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream")) throw this.notHsr();
    return readEvents(response.body);
  }

  private unreachable(cause: unknown): Failure {
    const { url, urlFrom } = this.endpoint;
    const reason =
      cause instanceof Error ? (cause.cause instanceof Error ? cause.cause : cause).message : String(cause);
    const hint = urlFrom.endsWith("endpoint.json")
      ? "start it with `make up`; `hsrctl doctor` looks at everything"
      : `check the address in ${urlFrom}, and that a gateway runs there`;
    return new Failure(`the gateway at ${url} cannot be reached: ${reason || "connection failed"}`, { hint, cause });
  }

  private notHsr(cause?: unknown): Failure {
    return new Failure(`what answers at ${this.endpoint.url} is not an HSR gateway`, {
      hint: `check the address in ${this.endpoint.urlFrom}`,
      cause,
    });
  }

  private async refusal(response: Response): Promise<Failure> {
    try {
      const body = (await response.json()) as ErrorBody;
      if (typeof body.error?.message === "string") return new Refusal(body.error, response.status);
    } catch (error) {
      return this.notHsr(error);
    }
    return this.notHsr();
  }
}

/** An answer of `node:http` as `fetch` would give it. */
async function gather(answer: IncomingMessage): Promise<Response> {
  const pieces: Buffer[] = [];
  for await (const piece of answer as AsyncIterable<Buffer>) pieces.push(piece);
  return new Response(Buffer.concat(pieces), { status: answer.statusCode ?? 500 });
}

/** A body's pieces. One that is broken off says so in words. */
async function* whole(answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* answer as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new Failure("the answer was broken off before its end", {
      hint: "a file shrank while it was read, or the sandbox or the gateway ended; copy again",
      cause,
    });
  }
}
