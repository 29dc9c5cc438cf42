/** Labels in queries of lists. */
import { HsrError, requestLimits } from "@hsr/contract";
import Type from "typebox";

const labelText = Type.String({ maxLength: 512, pattern: "^[^=]+=.*$" });

/** The field of a query, for a list of these things. */
export function labelQuery(things: string) {
  return Type.Optional(
    Type.Union([labelText, Type.Array(labelText, { maxItems: requestLimits.labels.value })], {
      description: `Only ${things} with this label, as \`key=value\`; may be given several times.`,
    }),
  );
}

/** The labels that a query asks for; `null` when it asks for none. */
export function labelsOf(query: string | readonly string[] | undefined): Readonly<Record<string, string>> | null {
  if (query === undefined) return null;
  const labels = (typeof query === "string" ? [query] : query).map((text) => {
    const split = text.indexOf("=");
    return [text.slice(0, split), text.slice(split + 1)] as const;
  });
  const twice = labels.find(([name], index) => labels.findIndex(([other]) => other === name) !== index);
  if (twice !== undefined)
    throw new HsrError("invalid_request", { field: "label", message: "A label can have one value only." });
  return Object.fromEntries(labels);
}
