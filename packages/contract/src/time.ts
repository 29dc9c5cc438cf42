import Type from "typebox";

export const timeSchema = Type.String({
  format: "date-time",
  maxLength: 24,
  description: "RFC 3339 in UTC with milliseconds.",
});
