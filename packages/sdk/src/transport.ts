/** Requests: the key, the address, JSON in both directions, errors, and trying again where that is safe. */
import { type Bytes, sendable } from "./bytes.ts";
import { errorOf, HsrConnectionError } from "./errors.ts";
import { type Operations, operations } from "./gen/api.ts";
import { fromWire, toWire, toWireKey } from "./keys.ts";
import type { CallOptions, HsrOptions } from "./options.ts";
import { pause, pauseBefore } from "./retry.ts";

/** The name of something that the gateway can be asked for. */
export type OperationName = keyof Operations;

/** A field that has to be given only where it has something required in it. */
type Part<Name extends string, Value> = [Value] extends [undefined]
  ? { readonly [Key in Name]?: undefined }
  : Record<never, never> extends Value
    ? { readonly [Key in Name]?: Value }
    : { readonly [Key in Name]: Value };

/** What one operation is asked. */
export type Ask<Name extends OperationName> = Part<"path", Operations[Name]["path"]> &
  Part<"query", Operations[Name]["query"]> &
  Part<"body", Operations[Name]["body"]> &
  CallOptions & { readonly headers?: Readonly<Record<string, string>> };

/** The same without its types, which the caller has checked. */
interface LooseAsk extends CallOptions {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How often a request is tried again when nobody says how often. */
const defaultRetries = 4;

export class Transport {
  readonly #url: string;
  readonly #key: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly retries: number;
  readonly #webSocket: HsrOptions["WebSocket"];

  constructor(options: HsrOptions) {
    this.#url = options.url.replace(/\/+$/, "");
    this.#key = options.key;
    this.retries = options.retries ?? defaultRetries;
    const given = options.fetch ?? globalThis.fetch;
    // Browsers want to see it called without an owner.
    this.#fetch = (...args) => given(...args);
    this.#webSocket = options.WebSocket ?? globalThis.WebSocket;
  }

  /** The answer's JSON, in camelCase. */
  async json<Name extends OperationName>(name: Name, ask: Ask<Name>): Promise<Operations[Name]["answer"]> {
    const response = await this.send(name, ask);
    return (await this.#body(response, ask.signal)) as Operations[Name]["answer"];
  }

  async #body(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
    if (response.status === 204) return undefined;
    try {
      return fromWire(await response.json());
    } catch (cause) {
      signal?.throwIfAborted();
      throw new HsrConnectionError("the answer broke off, or is not a gateway's", { cause, status: response.status });
    }
  }

  /** The answer, whose status is below 400. Throws `HsrApiError`, `HsrConnectionError`, or the signal's reason. */
  async send<Name extends OperationName>(name: Name, ask: Ask<Name>): Promise<Response> {
    const loose = ask as LooseAsk;
    const retries = mayRepeat(name, loose) ? this.retries : 0;
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#once(name, loose);
      } catch (error) {
        loose.signal?.throwIfAborted();
        const wait = pauseBefore(error, failures, retries);
        if (wait === null) throw error;
        await pause(wait, loose.signal);
      }
    }
  }

  async #once(name: OperationName, { path, query, body, headers, signal }: LooseAsk): Promise<Response> {
    const url = this.#url + address(name, path, query);
    const isRaw = operations[name].body === "bytes";
    const init: RequestInit & { duplex?: "half" } = {
      method: operations[name].method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": isRaw ? "application/octet-stream" : "application/json" }),
        ...headers,
        authorization: `Bearer ${this.#key}`,
      },
      // A key must not follow a redirect to another place.
      redirect: "error",
      credentials: "omit",
      ...(signal === undefined ? {} : { signal }),
    };
    if (body !== undefined) init.body = isRaw ? await sendable(body as Bytes) : JSON.stringify(toWire(body));
    if (init.body instanceof ReadableStream) init.duplex = "half";
    let response: Response;
    try {
      response = await this.#fetch(url, init);
    } catch (cause) {
      signal?.throwIfAborted();
      throw new HsrConnectionError(`the gateway at ${this.#url} did not answer: ${reasonOf(cause)}`, { cause });
    }
    if (response.status < 400) return response;
    throw await errorOf(response);
  }

  /** A WebSocket to the gateway. Browsers can send no header with it, so the key goes as a subprotocol. */
  socket<Name extends OperationName>(name: Name, ask: Ask<Name>): WebSocket {
    if (this.#webSocket === undefined)
      throw new TypeError("there is no WebSocket here; give one as an option of the client");
    const { path, query } = ask as LooseAsk;
    const url = this.#url.replace(/^http/, "ws") + address(name, path, query);
    return new this.#webSocket(url, ["hsr", `bearer.${this.#key}`]);
  }
}

/** Repeating is safe where the method says so, where a key makes it so, and never with a body that is read only once. */
function mayRepeat(name: OperationName, { body, headers }: LooseAsk): boolean {
  if (body instanceof ReadableStream) return false;
  return operations[name].method !== "POST" || headers?.["idempotency-key"] !== undefined;
}

function address(
  name: OperationName,
  path: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, unknown>> = {},
): string {
  const filled = operations[name].path.replaceAll(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(path[key] ?? ""),
  );
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    [value].flat().flatMap((one) => (one === undefined ? [] : `${toWireKey(key)}=${encodeURIComponent(String(one))}`)),
  );
  return pairs.length === 0 ? filled : `${filled}?${pairs.join("&")}`;
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  // Node says what it was one level down.
  return thrown.cause instanceof Error && thrown.cause.message !== "" ? thrown.cause.message : thrown.message;
}
