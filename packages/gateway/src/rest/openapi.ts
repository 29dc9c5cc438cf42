/** The OpenAPI 3.1 document, made from the table of routes and the schemas that the door itself checks with. */
import {
  busEventSchema,
  type ErrorCode,
  errorBodySchema,
  errors,
  executionEventSchemas,
  runEventSchemas,
  terminalMessageSchemas,
  terminalResizeSchema,
} from "@hsr/contract";
import type Type from "typebox";
import type { Answer, RouteFacts } from "./route.ts";

type Json = Record<string, unknown>;

/** Errors that any request can meet before its route is reached, and those of routes with a key or a body. */
const alwaysErrors: readonly ErrorCode[] = [
  "bad_http",
  "host_not_allowed",
  "origin_not_allowed",
  "request_timeout",
  "unsupported_media_type",
  "headers_too_large",
  "internal",
];
const keyErrors: readonly ErrorCode[] = ["unauthorized", "scope_missing", "rate_limited"];
const bodyErrors: readonly ErrorCode[] = ["invalid_json", "invalid_request", "body_too_large"];
const rawBodyErrors: readonly ErrorCode[] = ["invalid_request", "body_too_large"];

/** What streams and terminals carry: no answer has these forms, but who reads the document wants them. */
const streamed: readonly Type.TSchema[] = [
  ...Object.values({ ...runEventSchemas, ...executionEventSchemas, ...terminalMessageSchemas }),
  busEventSchema,
  terminalResizeSchema,
];

export function openApi(routes: readonly RouteFacts[], version: string): Json {
  const components = new Map<string, Json>();
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = (paths[route.path] ??= {});
    path[route.method.toLowerCase()] = operation(route, components);
  }
  for (const schema of streamed) refer(schema, components);
  return {
    openapi: "3.1.0",
    info: {
      title: "HSR",
      version,
      description:
        "One gateway for code that nobody vouches for: it runs programs in sandboxes and gives back what they did.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "A key, as `Authorization: Bearer hsr_…`." },
      },
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

/** Every error that a route can answer with, for documents and for the fuzzer that compares. */
export function errorsOf(route: RouteFacts): readonly ErrorCode[] {
  const codes = [...alwaysErrors, ...route.errors];
  if (route.access !== "open") codes.push(...keyErrors);
  // A body that nobody asked for is read and refused all the same, except with GET, where it is ignored.
  if (route.rawBody !== undefined) codes.push(...rawBodyErrors);
  else if (route.body !== undefined || !["GET", "HEAD"].includes(route.method)) codes.push(...bodyErrors);
  else codes.push("invalid_request");
  return [...new Set(codes)];
}

function operation(route: RouteFacts, components: Map<string, Json>): Json {
  const parameters = [
    ...parametersOf(route.params, "path", components),
    ...parametersOf(route.query, "query", components),
    ...Object.entries(route.headers ?? {}).map(([name, description]) => ({
      name,
      in: "header",
      required: false,
      description,
      schema: { type: "string", maxLength: 1024 },
    })),
  ];
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: route.description,
    ...(route.access === "open" ? { security: [] } : { "x-scope": route.access }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBody(route, components),
    responses: { ...answers(route, components), ...failures(route, components) },
  };
}

function requestBody({ body, rawBody }: RouteFacts, components: Map<string, Json>): Json {
  if (rawBody !== undefined) {
    const { contentType, description } = rawBody;
    // OpenAPI 3.1 says of raw bytes by having no schema that they are bytes.
    return { requestBody: { required: true, description, content: { [contentType]: {} } } };
  }
  if (body === undefined) return {};
  return { requestBody: { required: true, content: { "application/json": { schema: refer(body, components) } } } };
}

function parametersOf(
  schema: Type.TObject | undefined,
  where: "path" | "query",
  components: Map<string, Json>,
): readonly Json[] {
  if (schema === undefined) return [];
  const required: readonly string[] = schema.required ?? [];
  return Object.entries(schema.properties).map(([name, property]) => {
    const { description, ...rest } = refer(property, components);
    return { name, in: where, required: where === "path" || required.includes(name), description, schema: rest };
  });
}

function answers(route: RouteFacts, components: Map<string, Json>): Json {
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, answer]) => [status, response(answer, components)]),
  );
}

function response(answer: Answer, components: Map<string, Json>): Json {
  const headers = Object.entries(answer.headers ?? {}).map(([name, description]) => [
    name,
    { description, schema: { type: "string" } },
  ]);
  const type = answer.contentType ?? (answer.schema === undefined ? null : "application/json");
  return {
    description: answer.description,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    ...(type === null
      ? {}
      : {
          content: {
            [type]: { schema: answer.schema === undefined ? unnamed(type) : refer(answer.schema, components) },
          },
        }),
  };
}

/** One response for each status that errors have, with the codes in its description. */
function failures(route: RouteFacts, components: Map<string, Json>): Json {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorsOf(route)) {
    const status = errors[code].http;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const schema = refer(errorBodySchema, components);
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => route.answers[status] === undefined)
      .sort(([a], [b]) => a - b)
      .map(([status, codes]) => [
        status,
        {
          description: codes.map((code) => `\`${code}\`: ${errors[code].message}`).join(" "),
          content: { "application/json": { schema } },
        },
      ]),
  );
}

/** A schema as the document holds it: those with a title become components, once. */
function refer(schema: unknown, components: Map<string, Json>): Json {
  const plain = JSON.parse(JSON.stringify(schema)) as Json;
  return replace(plain, components) as Json;
}

function replace(value: unknown, components: Map<string, Json>): unknown {
  if (Array.isArray(value)) return value.map((child) => replace(child, components));
  if (typeof value !== "object" || value === null) return value;
  const node = value as Json;
  const inside = Object.fromEntries(Object.entries(node).map(([key, child]) => [key, replace(child, components)]));
  if (typeof node["title"] !== "string" || node["type"] !== "object") return inside;
  components.set(node["title"], inside);
  return { $ref: `#/components/schemas/${node["title"]}` };
}

/** What is said of an answer without a schema of its own: text or bytes, or some JSON object. */
function unnamed(contentType: string): Json {
  return { type: contentType === "application/json" ? "object" : "string" };
}
