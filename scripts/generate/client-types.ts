/** `packages/sdk/src/gen/api.ts`: the types of the TypeScript client, printed from the gateway's OpenAPI document. */
import { apiDocument } from "@hsr/gateway/documents";
import { fromWireKey, opaqueKeys, toWireKey } from "@hsr/sdk/keys";

/** As much of JSON Schema as the document uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface Document {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const head = `/**
 * What the gateway takes and answers, in camelCase.
 *
 * Printed from the gateway's OpenAPI document by scripts/generate.ts. Do not edit.
 */
import type { Bytes } from "../bytes.ts";`;

/** The text of the file. */
export function clientTypes(): string {
  const document = apiDocument() as unknown as Document;
  const types = Object.entries(document.components.schemas).map(([name, schema]) => declaration(name, schema));
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const table = operations.map(
    ({ path, method, operation }) =>
      `  ${operation.operationId}: { method: "${method}", path: "${path}", body: ${bodyKind(operation)} },`,
  );
  const shapes = operations.map(({ operation }) => shape(operation));
  return [
    head,
    types.join("\n\n"),
    `/** Every operation's method and address, and what its body is. */\nexport const operations = {\n${table.join("\n")}\n} as const;`,
    `/** What each operation takes and answers. */\nexport interface Operations {\n${shapes.join("\n")}\n}`,
    "",
  ].join("\n\n");
}

function declaration(name: string, schema: Schema): string {
  return `${comment(schema.description, "")}export interface ${name} ${typeOf({ ...schema, description: "" }, "")}`;
}

function comment(text: string | undefined, indent: string): string {
  return text === undefined || text === "" ? "" : `${indent}/** ${text.replaceAll("*/", "* /")} */\n`;
}

function typeOf(schema: Schema, indent: string): string {
  if (schema.$ref !== undefined) return schema.$ref.replace("#/components/schemas/", "");
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(one, indent)).join(" | ");
  switch (schema.type) {
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    case "integer":
    case "number":
      return "number";
    case "array": {
      const item = typeOf(schema.items ?? {}, indent);
      return item.includes(" | ") ? `readonly (${item})[]` : `readonly ${item}[]`;
    }
    case "object":
      return objectType(schema, indent);
    case undefined:
      return "unknown";
    default:
      throw new Error(`no type for ${JSON.stringify(schema)}`);
  }
}

function objectType(schema: Schema, indent: string): string {
  if (schema.properties === undefined) {
    const value = Object.values(schema.patternProperties ?? {})[0];
    return `Readonly<Record<string, ${value === undefined ? "unknown" : typeOf(value, indent)}>>`;
  }
  const inner = `${indent}  `;
  const fields = Object.entries(schema.properties).map(([key, property]) => {
    const mark = schema.required?.includes(key) ? ": " : "?: ";
    const orAbsent = schema.required?.includes(key) ? "" : " | undefined";
    return `${comment(property.description, inner)}${inner}readonly ${clientKey(key)}${mark}${typeOf(property, inner)}${orAbsent};`;
  });
  return `{\n${fields.join("\n")}\n${indent}}`;
}

/** The key in camelCase. One that would not come back as it was has to be renamed in the contract. */
function clientKey(key: string): string {
  const renamed = fromWireKey(key);
  if (toWireKey(renamed) !== key) throw new Error(`the key "${key}" becomes "${renamed}" and does not come back`);
  if (opaqueKeys.has(key) && renamed !== key) throw new Error(`the key "${key}" is kept as it is, and has a case`);
  return renamed;
}

function shape({ operationId, summary, parameters = [], requestBody, responses }: Operation): string {
  const path = parameters.filter((one) => one.in === "path");
  const query = parameters.filter((one) => one.in === "query");
  const answer = Object.entries(responses).filter(([status]) => Number(status) < 400);
  const answers = new Set(answer.map(([, response]) => answerType(response.content)));
  const parts = [
    `    readonly path: { ${path.map((one) => `readonly ${clientKey(one.name)}: string`).join("; ")} };`,
    `    readonly query: {${query.map(queryField).join("")}${query.length === 0 ? "" : "\n    "}};`,
    `    readonly body: ${bodyType(requestBody?.content)};`,
    `    readonly answer: ${[...answers].filter((one) => one !== "undefined" || answers.size === 1).join(" | ")};`,
  ];
  return `${comment(`${summary}.`, "  ")}  readonly ${operationId}: {\n${parts.join("\n").replaceAll("{  }", "{}")}\n  };`;
}

function queryField({ name, required, description, schema }: Parameter): string {
  const mark = required ? ": " : "?: ";
  return `\n${comment(description, "      ")}      readonly ${clientKey(name)}${mark}${queryType(schema)}${required ? "" : " | undefined"};`;
}

/** In an address everything is text. What has to be digits may be given as a number, and yes or no as a boolean. */
function queryType(schema: Schema): string {
  const choices = schema.enum ?? [];
  if (choices.length === 2 && choices.includes("true") && choices.includes("false")) return "boolean";
  const pattern = schema.pattern === undefined ? null : new RegExp(schema.pattern);
  const takesDigits = ["9", "999"].some((digits) => pattern?.test(digits));
  if (schema.type === "string" && takesDigits && pattern?.test("a") === false) return "number | string";
  return typeOf(schema, "      ");
}

function bodyKind({ requestBody }: Operation): string {
  if (requestBody === undefined) return "null";
  return requestBody.content["application/json"] === undefined ? '"bytes"' : '"json"';
}

function bodyType(content: Content | undefined): string {
  if (content === undefined) return "undefined";
  const schema = content["application/json"]?.schema;
  return schema === undefined ? "Bytes" : typeOf(schema, "    ");
}

/** Only JSON is read for the caller; bytes and streams are his. */
function answerType(content: Content | undefined): string {
  const schema = content?.["application/json"]?.schema;
  return schema === undefined ? "undefined" : typeOf(schema, "    ");
}
