/** What a route is: one value from which the door, the OpenAPI document and the docs page are made. */
import type { ErrorCode, Scope } from "@hsr/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type Type from "typebox";

/** Who asks, as authentication found. */
export interface Caller {
  readonly keyId: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
}

/** A request whose parts have passed their schemas. */
export interface Call<Params, Query, Body> {
  readonly caller: Caller;
  readonly requestId: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/**
 * A body that is not JSON. The door does not touch it: no size limit but the route's own, and the route reads
 * `request.raw` (see `body-stream.ts`).
 */
export interface RawBody {
  /** The type that documents name; any other is taken as well, since bytes are bytes. */
  readonly contentType: string;
  readonly description: string;
}

/** One possible answer. */
export interface Answer {
  readonly description: string;
  /** JSON of this form; absent where the answer has no JSON. */
  readonly schema?: Type.TSchema;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RouteFacts {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** As OpenAPI writes it: `/v1/runs/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  /** What the key must be allowed; `open` needs no key. */
  readonly access: Scope | "open";
  readonly params?: Type.TObject;
  readonly query?: Type.TObject;
  readonly body?: Type.TObject;
  /** Instead of `body`. */
  readonly rawBody?: RawBody;
  /** Request headers that mean something here, each with a sentence. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Errors beyond those that every route can give. */
  readonly errors: readonly ErrorCode[];
}

/** A route with what it does. A returned value is the JSON of a 200; `undefined` says that the reply was sent. */
export interface Route extends RouteFacts {
  handle(call: Call<Record<string, string>, Record<string, unknown>, unknown>): Promise<unknown>;
}

type Static<Schema> = Schema extends Type.TSchema ? Type.Static<Schema> : Record<string, never>;

/** Writes a route down with the types of its schemas. The cast is sound because the door checks them before it calls. */
export function route<const Facts extends RouteFacts>(
  facts: Facts,
  handle: (call: Call<Static<Facts["params"]>, Static<Facts["query"]>, Static<Facts["body"]>>) => Promise<unknown>,
): Route {
  return { ...facts, handle: handle as unknown as Route["handle"] };
}
