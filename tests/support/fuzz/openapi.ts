/** The operations of a running gateway, as its own OpenAPI document has them. */
import type { Components, JsonSchema } from "./schema.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: JsonSchema;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: JsonSchema | null;
  /** Statuses that the document promises, with the schema of a JSON answer. */
  readonly answers: ReadonlyMap<number, JsonSchema | null>;
}

export interface Api {
  readonly operations: readonly Operation[];
  readonly components: Components;
}

interface Content {
  readonly content?: { readonly "application/json"?: { readonly schema?: JsonSchema } };
}
interface RawOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: { readonly schemas: Components };
}

/** Reads the document from a gateway. */
export async function readApi(url: string): Promise<Api> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => ({
      id: raw.operationId,
      method: method.toUpperCase(),
      path,
      parameters: raw.parameters ?? [],
      body: schemaOf(raw.requestBody),
      answers: new Map(Object.entries(raw.responses).map(([status, answer]) => [Number(status), schemaOf(answer)])),
    })),
  );
  return { operations, components: document.components.schemas };
}

function schemaOf(content: Content | undefined): JsonSchema | null {
  return content?.content?.["application/json"]?.schema ?? null;
}
