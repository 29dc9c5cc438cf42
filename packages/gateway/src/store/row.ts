/** Reads typed values from rows. The schema is STRICT, so a wrong type is a programmer's error and throws. */
import type { SQLOutputValue } from "node:sqlite";
import type { Json, JsonObject } from "@hsr/core";

export type Row = Record<string, SQLOutputValue>;

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`${column} is not a text`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw new TypeError(`${column} is not a number`);
  return value;
}

export function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : number(row, column);
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new TypeError(`${column} is not a blob`);
  return value;
}

/** JSON that this store wrote itself. */
export function json<Value extends Json>(row: Row, column: string): Value {
  return JSON.parse(text(row, column)) as Value;
}

export function objectOrNull(row: Row, column: string): JsonObject | null {
  return row[column] === null ? null : json<JsonObject>(row, column);
}

/** A value as the text of a column; `null` stays `null`. */
export function asJson(value: Json | object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
