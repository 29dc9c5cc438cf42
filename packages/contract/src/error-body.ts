import Type from "typebox";
import { type ErrorCode, errorClasses, errors, type HsrError } from "./errors.ts";

const textChars = 4096;
const fieldChars = 1024;

/** What a stored error of a run looks like: the wire's form without what belongs to one request. */
export const errorInfoSchema = Type.Object(
  {
    code: Type.Enum(Object.keys(errors) as ErrorCode[], {
      description: "What went wrong, from the closed table in docs/errors.md.",
    }),
    class: Type.Enum(Object.keys(errorClasses) as (keyof typeof errorClasses)[], { description: "Whose fault it is." }),
    message: Type.String({ maxLength: textChars, description: "One or two sentences for a person." }),
    hint: Type.String({ maxLength: textChars, description: "What to do about it." }),
    field: Type.Optional(
      Type.String({ maxLength: fieldChars, description: "The field of the request that is at fault." }),
    ),
    retryable: Type.Boolean({ description: "Whether the same request may succeed later." }),
    details: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), {
        description: "Facts for programs; they depend on the code.",
      }),
    ),
  },
  { title: "ErrorInfo", additionalProperties: false, description: "An error without the request it answered." },
);
export type ErrorInfo = Type.Static<typeof errorInfoSchema>;

export const errorBodySchema = Type.Object(
  {
    error: Type.Object(
      {
        ...errorInfoSchema.properties,
        request_id: Type.String({ maxLength: 128, description: "Names this request in the gateway's log." }),
      },
      { additionalProperties: false, description: "The one error of this answer." },
    ),
  },
  {
    title: "Error",
    additionalProperties: false,
    description: "Every answer with a status of 400 or more has this form.",
  },
);
export type ErrorBody = Type.Static<typeof errorBodySchema>;

/** An error as a run keeps it. */
export function errorInfo(error: HsrError): ErrorInfo {
  const row = error.row;
  return {
    code: error.code,
    class: row.class,
    message: cut(error.message, textChars),
    hint: cut(error.hint, textChars),
    ...(error.field === undefined ? {} : { field: cut(error.field, fieldChars) }),
    retryable: row.retryable,
    ...(error.details === undefined ? {} : { details: { ...error.details } }),
  };
}

/** A message may quote what was sent, and that may be long. Characters are counted as JSON Schema does: by code points. */
function cut(text: string, most: number): string {
  return text.length <= most
    ? text
    : `${Array.from(text.slice(0, 2 * most))
        .slice(0, most - 1)
        .join("")}…`;
}

/** An error as an answer carries it. */
export function errorBody(error: HsrError, requestId: string): ErrorBody {
  return { error: { ...errorInfo(error), request_id: requestId } };
}
