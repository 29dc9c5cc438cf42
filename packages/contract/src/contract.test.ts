import fc from "fast-check";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import * as contract from "./index.ts";
import {
  errorBody,
  errorBodySchema,
  errors,
  HsrError,
  idPattern,
  isId,
  newId,
  runRequestSchema,
  runStates,
  runTransitions,
} from "./index.ts";

/** Every schema of the contract with the path that leads to it. */
function* walk(schema: Type.TSchema, path: string): Generator<[string, Record<string, unknown>]> {
  const node = schema as unknown as Record<string, unknown>;
  yield [path, node];
  for (const [name, child] of Object.entries((node.properties as Record<string, Type.TSchema>) ?? {}))
    yield* walk(child, `${path}.${name}`);
  for (const [name, child] of Object.entries((node.patternProperties as Record<string, Type.TSchema>) ?? {}))
    yield* walk(child, `${path}{${name}}`);
  if (node.items) yield* walk(node.items as Type.TSchema, `${path}[]`);
  for (const child of (node.anyOf as Type.TSchema[]) ?? []) yield* walk(child, `${path}|`);
}

const all = Object.entries(contract).flatMap(([name, value]) =>
  name.endsWith("Schema") ? [...walk(value as unknown as Type.TSchema, name)] : [],
);
const requestNodes = [runRequestSchema, contract.createKeyRequestSchema].flatMap((schema) => [
  ...walk(schema, "request"),
]);

describe("schemas", () => {
  test("every named field has a description", () => {
    const bare = all.filter(([path, node]) => /\.\w+$/.test(path) && !node.description).map(([path]) => path);
    expect(bare).toEqual([]);
  });

  test("every object refuses unknown keys", () => {
    const open = all
      .filter(([path, node]) => node.type === "object" && node.additionalProperties !== false && !/details$/.test(path))
      .map(([path]) => path);
    expect(open).toEqual([]);
  });

  test("everything that a caller sends is bounded", () => {
    const unbounded = requestNodes
      .filter(([, node]) => {
        if (node.type === "string") return node.maxLength === undefined && node.pattern === undefined;
        if (node.type === "array") return node.maxItems === undefined;
        if (node.type === "integer" || node.type === "number")
          return node.minimum === undefined || node.maximum === undefined;
        return node.patternProperties !== undefined && node.maxProperties === undefined;
      })
      .map(([path]) => path);
    expect(unbounded).toEqual([]);
  });

  test("the seed's example is accepted and a misspelt key is not", () => {
    const validator = Compile(runRequestSchema);
    const seed = {
      code: "print('Hello, World!')",
      language: "python",
      isolation_level: "standard",
      runtime_preference: "gvisor",
      cpu_limit: 1.0,
      memory_limit: 536870912,
      timeout: 30000,
      environment: { PYTHONPATH: "/workspace" },
      mounts: [{ source: "/host/data", destination: "/workspace/data", read_only: true }],
    };
    expect(validator.Check(seed)).toBe(true);
    expect(validator.Check({ ...seed, isolation_levle: "strong" })).toBe(false);
    expect(validator.Check({ ...seed, timeout: "30000" })).toBe(false);
  });
});

describe("ids", () => {
  test("are valid by their own pattern, and by no other kind's", () => {
    for (let i = 0; i < 300; i += 1) {
      const id = newId("run");
      expect(id).toMatch(new RegExp(idPattern("run")));
      expect(isId("run", id)).toBe(true);
      expect(isId("sandbox", id)).toBe(false);
    }
  });

  test("do not repeat", () => {
    expect(new Set(Array.from({ length: 5000 }, () => newId("sandbox"))).size).toBe(5000);
  });

  test("isId agrees with the pattern on any text", () => {
    const pattern = new RegExp(idPattern("run"));
    fc.assert(fc.property(fc.string(), (text) => isId("run", `run-${text}`) === pattern.test(`run-${text}`)));
  });
});

describe("states", () => {
  test("every transition leads to a state of the table, and nothing leaves `finished`", () => {
    for (const next of Object.values(runTransitions))
      for (const state of next) expect(Object.keys(runStates)).toContain(state);
    expect(runTransitions.finished).toEqual([]);
  });

  test("every walk can reach `finished`", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), (choices) => {
        let state: contract.RunState = "queued";
        for (const choice of choices) {
          const next: readonly contract.RunState[] = runTransitions[state];
          const step = next[choice % Math.max(1, next.length)];
          if (step === undefined) break;
          expect(contract.mayBecome(state, step)).toBe(true);
          state = step;
        }
        return state === "finished" || runTransitions[state].includes("finished");
      }),
    );
  });
});

describe("errors", () => {
  test("an error body fits its own schema and leaks nothing of its cause", () => {
    const validator = Compile(errorBodySchema);
    for (const code of Object.keys(errors) as contract.ErrorCode[]) {
      const body = errorBody(new HsrError(code, { cause: new Error("/root/secret") }), "req-1");
      expect(validator.Check(body)).toBe(true);
      expect(JSON.stringify(body)).not.toContain("/root/secret");
    }
  });

  test("classes and statuses fit each other", () => {
    for (const [code, row] of Object.entries(errors)) {
      // 503: the gateway has no room; 507: the sandbox has none.
      const isServers = row.class === "unavailable" || row.class === "internal" || [503, 507].includes(row.http);
      expect(row.http >= 500, code).toBe(isServers);
      expect(row.message.endsWith("."), code).toBe(true);
      expect(row.hint.endsWith("."), code).toBe(true);
    }
  });
});
