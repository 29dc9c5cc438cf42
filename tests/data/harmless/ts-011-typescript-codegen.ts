import { readFileSync, writeFileSync } from "node:fs";

type Schema =
  | { type: "string"; enum?: string[] }
  | { type: "number" | "integer" | "boolean" }
  | { type: "array"; items: Schema }
  | { type: "object"; properties: Record<string, Schema>; required?: string[] };

function print(schema: Schema, indent = ""): string {
  switch (schema.type) {
    case "string":
      return schema.enum?.map((value) => JSON.stringify(value)).join(" | ") ?? "string";
    case "integer":
      return "number";
    case "array":
      return `readonly (${print(schema.items, indent)})[]`;
    case "object": {
      const inner = `${indent}  `;
      const fields = Object.entries(schema.properties).map(
        ([name, field]) => `${inner}readonly ${name}${schema.required?.includes(name) ? "" : "?"}: ${print(field, inner)};`,
      );
      return `{\n${fields.join("\n")}\n${indent}}`;
    }
    default:
      return schema.type;
  }
}

const definitions = JSON.parse(readFileSync("schema.json", "utf8")) as Record<string, Schema>;
const text = Object.entries(definitions).map(([name, schema]) => `export type ${name} = ${print(schema)};\n`);
writeFileSync("src/types.gen.ts", text.join("\n"));
