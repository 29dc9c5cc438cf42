/** Keys: snake_case on the wire, camelCase here, changed by rule and never by a list. */

/** What is below these keys has names of the caller's own, or of somebody else's: it is passed on as it is. */
export const opaqueKeys: ReadonlySet<string> = new Set(["environment", "labels", "metadata", "event"]);

/** `stdin_base64` becomes `stdinBase64`. */
export function fromWireKey(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `stdinBase64` becomes `stdin_base64`. */
export function toWireKey(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A value from the wire with all of its keys in camelCase. */
export function fromWire(value: unknown): unknown {
  return renamed(value, fromWireKey);
}

/** A value for the wire with all of its keys in snake_case. */
export function toWire(value: unknown): unknown {
  return renamed(value, toWireKey);
}

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      rename(key),
      opaqueKeys.has(key) ? (inner as unknown) : renamed(inner, rename),
    ]),
  );
}
