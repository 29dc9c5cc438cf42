/** Compiled checks: whether a value fits its schema, and if not, which field is at fault and how, in words. */
import { HsrError } from "@hsr/contract";
import type Type from "typebox";
import { Compile } from "typebox/compile";

/** Throws `invalid_request` with the field unless the value fits. */
export type Check = (value: unknown) => void;

export function compileCheck(schema: Type.TSchema, where: "body" | "query" | "path"): Check {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return;
    // The innermost complaint says the most; what an alternative says of itself says nothing.
    const [first] = validator
      .Errors(value)
      .filter((error) => error.keyword !== "boolean" && error.keyword !== "anyOf")
      .sort((a, b) => depth(b.instancePath) - depth(a.instancePath));
    const extra = namesIn(first?.params, "additionalProperties") ?? namesIn(first?.params, "requiredProperties");
    const field = fieldName(first?.instancePath ?? "", extra);
    throw new HsrError("invalid_request", {
      ...(field === "" ? {} : { field }),
      message: sentence(where, field, first?.keyword ?? "", first?.message ?? "does not fit", first?.params),
    });
  };
}

function depth(path: string): number {
  return path.split("/").length;
}

function namesIn(params: unknown, key: string): string | undefined {
  if (typeof params !== "object" || params === null) return undefined;
  const value: unknown = (params as Record<string, unknown>)[key];
  return Array.isArray(value) && typeof value[0] === "string" ? value[0] : undefined;
}

/** `/files/2/path` as `files[2].path`. Names come from the caller, so they are cut. */
function fieldName(pointer: string, extra: string | undefined): string {
  const parts = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (extra !== undefined) parts.push(extra);
  let name = "";
  for (const part of parts) name += /^\d+$/.test(part) ? `[${part}]` : name === "" ? part : `.${part}`;
  return name.slice(0, 256);
}

function sentence(where: string, field: string, keyword: string, message: string, params: unknown): string {
  const subject = field === "" ? `The ${where}` : `\`${field}\``;
  switch (keyword) {
    case "additionalProperties":
      return `${subject} is not a field of this ${where}.`;
    case "required":
      return `${subject} is missing.`;
    case "enum":
    case "const": {
      const allowed: unknown = (params as { allowedValues?: unknown } | undefined)?.allowedValues;
      return Array.isArray(allowed) ? `${subject} must be one of ${allowed.join(", ")}.` : `${subject} ${message}.`;
    }
    default:
      return `${subject} ${message}.`;
  }
}
