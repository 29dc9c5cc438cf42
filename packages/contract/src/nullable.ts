import Type from "typebox";

/** A value, or null while or where it does not exist. */
export function nullable<Schema extends Type.TSchema>(schema: Schema, description: string) {
  return Type.Union([schema, Type.Null()], { description });
}
