import Type from "typebox";

/** A value, or null while or where it does not exist. */
export function nullable<Schema extends Type.TSchema>(schema: Schema, description: string) {
  return Type.Union([schema, Type.Null()], { description });
}

/** How every list that comes in pages says where it goes on. */
export const nextCursor = nullable(
  Type.String({ maxLength: 256 }),
  "Give it as `cursor` for the next page; null on the last.",
);
