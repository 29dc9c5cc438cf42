/** Requests made at random from the OpenAPI document, half of them fitting: no 500, no hang, nothing left behind. */
import { readdirSync } from "node:fs";
import { errorBodySchema } from "@hsr/contract";
import { Compile } from "typebox/compile";
import { expect } from "vitest";
import { startGateway } from "../support/gateway.ts";
import { testWith } from "../support/host.ts";
import { between, pick, type Schema, seeded, Values } from "../support/json-schema-values.ts";

const soak = process.env["HSR_SOAK"] === "1";
const requests = soak ? 20_000 : 1500;
const seed = Number(process.env["HSR_SEED"] ?? Date.now() % 1_000_000_007);
/** Longer is a hang; runs are asked to take no longer than this part of it. */
const hangMs = 5000;
const longestRunMs = 1000;
const errorBody = Compile(errorBodySchema);

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly body: Schema | null;
  readonly statuses: readonly string[];
}

interface OpenApi {
  readonly paths: Record<
    string,
    Record<
      string,
      {
        parameters?: Operation["parameters"];
        requestBody?: { content: Record<string, { schema: Schema }> };
        responses: Record<string, unknown>;
      }
    >
  >;
  readonly components: { readonly schemas: Record<string, Schema> };
}

testWith(
  ["bubblewrap"],
  `${requests} random requests, seed ${seed} (HSR_SEED repeats it)`,
  async () => {
    console.log(`fuzz of REST: ${requests} requests, seed ${seed}`);
    const gateway = await startGateway({
      env: { HSR_RUNS_CONCURRENCY: "16", HSR_RUNS_STARTING_CONCURRENCY: "8", HSR_TENANT_CONCURRENCY: "16" },
    });
    try {
      const document = (await gateway.call<OpenApi>("GET", "/openapi.json")).body;
      const operations = operationsOf(document).filter((each) => !each.path.startsWith("/v1/keys/{"));
      const random = seeded(seed);
      const values = new Values(document.components.schemas, random);
      const descriptorsBefore = readdirSync(`/proc/${gateway.process().pid}/fd`).length;
      const seen = new Map<number, number>();
      const wrong: string[] = [];
      let made = 0;
      const client = async () => {
        while (made < requests && wrong.length < 5) {
          made += 1;
          const operation =
            random() < 0.5
              ? pick(
                  random,
                  operations.filter((each) => each.body !== null),
                )
              : pick(random, operations);
          const fits = random() < 0.5;
          const request = build(operation, fits, values, random);
          const began = performance.now();
          const answer = await fetch(gateway.url + request.path, {
            method: operation.method,
            headers: { authorization: `Bearer ${gateway.key}`, ...request.headers },
            ...(request.body === null ? {} : { body: request.body }),
            signal: AbortSignal.timeout(hangMs + longestRunMs),
          }).then(
            async (response) => ({ status: response.status, text: await response.text() }),
            (thrown: unknown) => ({ status: 0, text: String(thrown) }),
          );
          seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
          const tookMs = performance.now() - began;
          const complaint =
            answer.status === 0 || tookMs > hangMs
              ? `it took ${tookMs.toFixed(0)} ms: ${answer.text}`
              : answer.status === 500
                ? "it is a 500"
                : answer.status >= 400 && operation.path !== "/ready" && !errorBody.Check(JSON.parse(answer.text))
                  ? "its error has not the contract's form"
                  : !operation.statuses.includes(String(answer.status))
                    ? `status ${answer.status} is not in the document`
                    : null;
          if (complaint !== null)
            wrong.push(
              `${complaint}: ${operation.method} ${request.path} ${JSON.stringify(request.headers)} ${request.body?.slice(0, 500)} -> ${answer.text.slice(0, 300)}`,
            );
        }
      };
      await Promise.all(Array.from({ length: 8 }, client));
      console.log(
        `answers by status: ${[...seen]
          .sort(([a], [b]) => a - b)
          .map(([status, count]) => `${status} × ${count}`)
          .join(", ")}`,
      );
      expect(wrong).toEqual([]);
      for (const status of [200, 202, 400, 404])
        expect(seen.get(status) ?? 0, `answers with ${status}`).toBeGreaterThan(0);
      // Runs that nobody waited for may still run; afterwards nothing of them is left.
      for (let tries = 0; tries < 300 && (await gateway.launcher.client.list()).length > 0; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await gateway.launcher.client.list()).toEqual([]);
      expect(readdirSync(`/proc/${gateway.process().pid}/fd`).length).toBeLessThanOrEqual(descriptorsBefore + 30);
      expect((await gateway.run({ argv: ["true"] })).status).toBe(200);
      expect(await gateway.terminate()).toBe(0);
    } finally {
      await gateway.stop();
    }
  },
  soak ? 1_200_000 : 180_000,
);

function operationsOf(document: OpenApi): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      parameters: operation.parameters ?? [],
      body: operation.requestBody?.content["application/json"]?.schema ?? null,
      statuses: Object.keys(operation.responses),
    })),
  );
}

function build(
  operation: Operation,
  fits: boolean,
  values: Values,
  random: () => number,
): { path: string; headers: Record<string, string>; body: string | null } {
  let path = operation.path;
  const query: string[] = [];
  const headers: Record<string, string> = {};
  const value = (schema: Schema) => (fits ? values.fitting(schema) : values.broken(schema));
  const text = (made: unknown) =>
    typeof made === "string" ? (made.isWellFormed() ? made : "x") : (JSON.stringify(made) ?? "");
  for (const parameter of operation.parameters) {
    if (parameter.in === "path")
      path = path.replace(`{${parameter.name}}`, encodeURIComponent(text(value(parameter.schema))));
    else if (random() < 0.6) continue;
    else if (parameter.in === "query")
      query.push(`${parameter.name}=${encodeURIComponent(text(value(parameter.schema)))}`);
    else if (parameter.name !== "Accept")
      headers[parameter.name.toLowerCase()] = text(value(parameter.schema)).replace(/[^\x21-\x7e]/g, "") || "x";
  }
  if (operation.body === null)
    return { path: query.length === 0 ? path : `${path}?${query.join("&")}`, headers, body: null };
  headers["content-type"] = "application/json";
  let made = value(operation.body);
  if (operation.path === "/v1/sandboxes/run" && typeof made === "object" && made !== null && !Array.isArray(made))
    made = meaningful(made as Record<string, unknown>, fits, random);
  const body = JSON.stringify(made) ?? "null";
  // Bytes that came apart on the way.
  return { path, headers, body: fits || random() < 0.9 ? body : body.slice(0, between(random, 0, body.length)) };
}

/** Schema-valid requests exclude each other's fields by rules that a schema does not say; half of them should run. */
function meaningful(request: Record<string, unknown>, fits: boolean, random: () => number): Record<string, unknown> {
  if (typeof request["timeout"] !== "number" || request["timeout"] > longestRunMs) request["timeout"] = longestRunMs;
  if (random() < 0.15) request["wait_ms"] = 0;
  if (!fits || random() < 0.3) return request;
  const { argv, code, language, args, mounts, network, isolation_level, secure_runtime, stdin_base64, ...rest } =
    request;
  void [argv, mounts, network, isolation_level, secure_runtime, stdin_base64];
  const program =
    random() < 0.5
      ? { argv: ["/bin/echo", "x"] }
      : { code: code ?? "exit 3", language: language ?? "bash", args: args ?? [] };
  const { files, memory_limit, cpu_limit, disk_limit_bytes, ...small } = rest;
  void [files, memory_limit, cpu_limit, disk_limit_bytes];
  return { ...(random() < 0.7 ? small : rest), ...program };
}
