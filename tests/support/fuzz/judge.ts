/** What is wrong with an answer: the rules that hold for every request, however bad. */
import { fileURLToPath } from "node:url";
import { type ErrorCode, errors } from "@hsr/contract";
import { Compile, type Validator } from "typebox/schema";
import type { Api, Operation } from "./openapi.ts";
import type { JsonSchema } from "./schema.ts";
import type { WireAnswer } from "./wire.ts";

const checkout = fileURLToPath(new URL("../../../", import.meta.url));

/** Says what is wrong, in sentences; empty when all is well. `operation` is `null` for what names no operation. */
export type Judge = (answer: WireAnswer, operation: Operation | null) => readonly string[];

/** Texts that no answer may have: paths of this host, stacks, the names of what it is made of. */
const leaks = [
  /\/tmp\/hsr-/,
  /\/root\b/,
  /node_modules/,
  /node:internal/,
  /\bat [\w.<>]+ \(/,
  /SQLITE/,
  /packages\/[a-z]+\/src/,
];

/** Statuses that a gateway may answer to what is hardly a request. */
const statusesOfAnything = new Set([400, 401, 403, 404, 405, 408, 413, 415, 431]);

export function createJudge(api: Api): Judge {
  const compiled = new Map<JsonSchema, Validator>();
  const fits = (schema: JsonSchema, value: unknown): boolean => {
    let validator = compiled.get(schema);
    if (validator === undefined) {
      // References point into the document, so the schema is checked as a part of one.
      validator = Compile({ ...schema, components: { schemas: api.components } });
      compiled.set(schema, validator);
    }
    return validator.Check(value);
  };

  return (answer, operation) => {
    const wrong: string[] = [];
    if (answer.hung) wrong.push(`no end of the answer after ${Math.round(answer.tookMs)} ms`);
    if (answer.status === 0) {
      if (!answer.hung && operation !== null) wrong.push("the connection was closed without an answer");
      return wrong;
    }
    if (answer.status >= 500 && answer.status !== 503) wrong.push(`status ${answer.status}`);
    if (
      operation === null
        ? !statusesOfAnything.has(answer.status) && answer.status >= 400
        : !promised(operation, answer.status)
    )
      wrong.push(`status ${answer.status} is not in the OpenAPI document`);
    if (answer.headers.get("x-content-type-options") !== "nosniff") wrong.push("no x-content-type-options");
    const type = answer.headers.get("content-type") ?? "";
    if (type.startsWith("application/json") && answer.body.length > 0)
      wrong.push(...judgeJson(answer, operation, fits, api));
    else if (answer.status >= 400 && answer.body.length > 0) wrong.push(`an error that is no JSON: ${type}`);
    // What a guest printed is its own business.
    if (answer.status >= 400) {
      const text = answer.body.toString("latin1");
      for (const leak of leaks) if (leak.test(text)) wrong.push(`the answer tells ${leak.source}`);
      if (text.includes(checkout)) wrong.push("the answer tells where the program lies");
    }
    if ((answer.status === 429 || answer.status === 503) && retryable(answer) && !answer.headers.has("retry-after"))
      wrong.push(`${answer.status} without Retry-After`);
    return wrong;
  };
}

function promised(operation: Operation, status: number): boolean {
  // Where the method or the address was changed these are right too.
  return operation.answers.has(status) || [404, 405, 204].includes(status);
}

function codeOf(answer: WireAnswer): ErrorCode | null {
  try {
    const body = JSON.parse(answer.body.toString("utf8")) as { readonly error?: { readonly code?: string } };
    const code = body.error?.code;
    return code !== undefined && Object.hasOwn(errors, code) ? (code as ErrorCode) : null;
  } catch {
    return null; // Not JSON: another rule says so.
  }
}

function retryable(answer: WireAnswer): boolean {
  const code = codeOf(answer);
  return code !== null && errors[code].retryable && errors[code].class === "exhausted";
}

function judgeJson(
  answer: WireAnswer,
  operation: Operation | null,
  fits: (schema: JsonSchema, value: unknown) => boolean,
  api: Api,
): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(answer.body.toString("utf8"));
  } catch {
    return ["the answer is no JSON"];
  }
  if (answer.status >= 400) {
    const schema = api.components["Error"];
    // Readiness answers 503 with what is missing, in its own schema.
    const own = operation?.answers.get(answer.status) ?? null;
    if (schema !== undefined && !fits(schema, value) && !(own !== null && fits(own, value)))
      return [`the error does not fit its schema: ${answer.body.toString("utf8").slice(0, 300)}`];
    const code = codeOf(answer);
    if (code !== null && errors[code].http !== answer.status) return [`${code} came with status ${answer.status}`];
    return [];
  }
  const schema = operation?.answers.get(answer.status) ?? null;
  return schema === null || fits(schema, value)
    ? []
    : [`the answer does not fit its schema: ${answer.body.toString("utf8").slice(0, 3000)}`];
}
