/** Requests that fit the OpenAPI document. */
import type { Api, Operation, Parameter } from "./openapi.ts";
import { type Random, randomFrom, seedOf } from "./random.ts";
import { fitting, sample } from "./schema.ts";
import type { WireRequest } from "./wire.ts";

/** What a request is built from; the mutations change it before it is put on the wire. */
export interface Draft {
  readonly operation: Operation;
  readonly request: WireRequest;
  /** The body's value, if it has one. */
  readonly value: unknown;
}

/** Ids that answers have shown: half of the paths name things that exist. */
export interface KnownIds {
  readonly run: string[];
  readonly key: string[];
  readonly sb: string[];
  readonly ex: string[];
  readonly wh: string[];
}

export interface Sender {
  readonly host: string;
  readonly key: string;
}

/** How often an operation is chosen: the one that takes a body and starts sandboxes is the one to try most. */
const weights: Readonly<Record<string, number>> = { run: 8, exec: 6, createKey: 3, listRuns: 3 };

export function validRequest(api: Api, sender: Sender, known: KnownIds, seed: number): Draft {
  const random = randomFrom(seed);
  const operation = random.pick(api.operations.flatMap((one) => Array(weights[one.id] ?? 1).fill(one) as Operation[]));
  let path = operation.path;
  const query: string[] = [];
  const headers: [string, string][] = [
    ["host", sender.host],
    ["connection", "close"],
    ["authorization", `Bearer ${sender.key}`],
  ];
  operation.parameters.forEach((parameter, index) => {
    if (!parameter.required && random.chance(0.6)) return;
    for (const value of textsOf(api, parameter, known, random, seedOf(seed, index))) {
      if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
      else if (parameter.in === "query") query.push(`${parameter.name}=${encodeURIComponent(value.toWellFormed())}`);
      else if (/^[\x20-\x7e]+$/.test(value)) headers.push([parameter.name, value]);
    }
  });
  const value = operation.body === null ? undefined : bodyOf(api, operation, seedOf(seed, 99), random);
  const body = value === undefined ? null : Buffer.from(JSON.stringify(value));
  if (body !== null) headers.push(["content-type", "application/json"], ["content-length", String(body.length)]);
  const target = query.length === 0 ? path : `${path}?${query.join("&")}`;
  return { operation, request: { method: operation.method, target, headers, body }, value };
}

function textsOf(api: Api, parameter: Parameter, known: KnownIds, random: Random, seed: number): readonly string[] {
  const kind = /^\^([a-z]+)-/.exec(String((parameter.schema as { pattern?: unknown }).pattern))?.[1] ?? "";
  const ids = Object.hasOwn(known, kind) ? known[kind as keyof KnownIds] : [];
  // A program that goes on is no hang of the gateway.
  if (parameter.name === "wait_ms") return [String(random.below(1500))];
  if (parameter.in === "path" && ids.length > 0 && random.chance(0.6)) return [random.pick(ids)];
  if (parameter.name === "Prefer") return ["respond-async"];
  if (parameter.name === "Accept") return ["text/event-stream"];
  const value = sample(fitting(parameter.schema, api.components), seed);
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

/**
 * A body that fits. Most of those for a run are also brought to what the description says beyond the schema (code or argv,
 * no mounts), since a request that is refused at the door tries nothing behind it.
 */
function bodyOf(api: Api, operation: Operation, seed: number, random: Random): unknown {
  const value = sample(fitting(operation.body ?? {}, api.components), seed);
  if (operation.id === "createSandbox" || operation.id === "exec") return brief(operation, value, random);
  if (operation.id !== "run" || typeof value !== "object" || value === null || random.chance(0.25)) return value;
  const run: Record<string, unknown> = { ...value };
  for (const name of ["network", "mounts", "secure_runtime", "isolation_level"])
    if (random.chance(0.9)) delete run[name];
  if (random.chance(0.5)) {
    delete run["argv"];
    run["language"] ??= "bash";
    run["code"] ??= "echo $#";
  } else {
    for (const name of ["code", "language", "args"]) delete run[name];
    run["argv"] = random.pick([run["argv"] ?? ["/bin/true"], ["/bin/echo", "hello"], ["/bin/cat"], ["/bin/false"]]);
  }
  if (run["stdin"] !== undefined) delete run["stdin_base64"];
  if (random.chance(0.8)) plain(run, random);
  for (const name of ["memory_limit", "cpu_limit", "disk_limit_bytes"]) if (random.chance(0.7)) delete run[name];
  return run;
}

/** The same for living sandboxes: short ones, and programs that end. */
function brief(operation: Operation, value: unknown, random: Random): unknown {
  if (typeof value !== "object" || value === null || random.chance(0.1)) return value;
  const body: Record<string, unknown> = { ...value };
  if (operation.id === "createSandbox") {
    plain(body, random);
    body["ttl_ms"] = 1000 + random.below(2000);
    return body;
  }
  for (const name of ["code", "language", "args", "user", "cwd", "environment", "stdin_base64"])
    if (random.chance(0.8)) delete body[name];
  if (body["code"] === undefined) {
    delete body["language"];
    delete body["args"];
    body["argv"] = random.pick([["/bin/true"], ["/bin/echo", "hello"], ["/bin/cat"], ["/bin/false"]]);
  } else {
    delete body["argv"];
    body["language"] ??= "bash";
  }
  if (body["open_stdin"] === true || body["terminal"] !== undefined) {
    delete body["stdin"];
    body["background"] = true;
  }
  body["timeout"] = 1 + random.below(1500);
  return body;
}

/** Takes out what the schema allows and the descriptions do not: odd paths, both kinds of content, zero bytes in arguments. */
function plain(run: Record<string, unknown>, random: Random): void {
  for (const name of ["network", "mounts", "secure_runtime", "isolation_level"]) delete run[name];
  if (run["timeout"] !== undefined) run["timeout"] = 1 + random.below(1500);
  if (Array.isArray(run["files"]))
    run["files"] = run["files"].map((_, i) => ({ path: `folder/file-${i}`, content: `content ${i}` }));
  for (const name of ["argv", "args"]) {
    const texts: unknown = run[name];
    if (Array.isArray(texts)) run[name] = texts.map((text) => String(text).replaceAll("\0", "").toWellFormed());
  }
  for (const name of ["environment", "memory_limit", "disk_limit_bytes", "cpu_limit", "pids_limit"]) delete run[name];
}
