/** Values that fit a JSON schema, by fast-check: the half of the requests that is valid. */
import fc from "fast-check";

/** What the OpenAPI document's schemas are made of. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxProperties?: number;
  readonly pattern?: string;
  readonly contentEncoding?: string;
}

/** Named schemas of the document. */
export type Components = Readonly<Record<string, JsonSchema>>;

/** Most strings are short: what is long is a matter for the mutations. */
const usualLength = 40;

/** An arbitrary of values that fit. */
export function fitting(schema: JsonSchema, components: Components): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const named = components[schema.$ref.split("/").at(-1) ?? ""];
    if (named === undefined) throw new Error(`no schema ${schema.$ref}`);
    return fitting(named, components);
  }
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => fitting(one, components)));
  switch (schema.type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1000, Number.MAX_SAFE_INTEGER) }),
        fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 1000),
      );
    case "number":
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000, noNaN: true });
    case "string":
      return strings(schema);
    case "array":
      return arrays(schema, components);
    case "object":
      return objects(schema, components);
    default:
      throw new Error(`a schema that this does not know: ${JSON.stringify(schema).slice(0, 200)}`);
  }
}

function strings(schema: JsonSchema): fc.Arbitrary<string> {
  const minLength = schema.minLength ?? 0;
  const maxLength = Math.min(schema.maxLength ?? usualLength, Math.max(minLength, usualLength));
  if (schema.contentEncoding === "base64")
    return fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString("base64"));
  if (schema.pattern !== undefined)
    return fc
      .stringMatching(new RegExp(schema.pattern))
      .filter((text) => text.length <= (schema.maxLength ?? Number.POSITIVE_INFINITY) && text.length >= minLength);
  return fc
    .oneof(
      fc.string({ minLength, maxLength, unit: "grapheme" }),
      fc.string({ minLength, maxLength, unit: "binary" }),
      fc.string({ minLength, maxLength, unit: "grapheme-ascii" }),
    )
    .filter((text) => text.length <= (schema.maxLength ?? usualLength));
}

function arrays(schema: JsonSchema, components: Components): fc.Arbitrary<unknown[]> {
  const minLength = schema.minItems ?? 0;
  const bounds = { minLength, maxLength: Math.min(schema.maxItems ?? 4, Math.max(minLength, 4)) };
  const item = fitting(schema.items ?? {}, components);
  return schema.uniqueItems === true
    ? fc.uniqueArray(item, { ...bounds, selector: (value) => JSON.stringify(value) })
    : fc.array(item, bounds);
}

function objects(schema: JsonSchema, components: Components): fc.Arbitrary<Record<string, unknown>> {
  const [pattern] = Object.entries(schema.patternProperties ?? {});
  if (pattern !== undefined)
    return fc.dictionary(fc.stringMatching(new RegExp(pattern[0])), fitting(pattern[1], components), {
      maxKeys: Math.min(schema.maxProperties ?? 5, 5),
    });
  const properties = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required ?? []);
  return fc.record(Object.fromEntries(properties.map(([name, one]) => [name, fitting(one, components)])), {
    requiredKeys: [...required],
  });
}

/** One value, always the same for the same seed. */
export function sample<Value>(arbitrary: fc.Arbitrary<Value>, seed: number): Value {
  const [value] = fc.sample(arbitrary, { seed, numRuns: 1 });
  if (value === undefined) throw new Error("nothing was generated");
  return value;
}
