/** Random values from a JSON schema of the OpenAPI document: ones that fit, and ones that do not. Repeatable by their seed. */

export type Schema = Readonly<Record<string, unknown>>;
export type Random = () => number;

/** Numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("there is nothing to pick from");
  return item;
}

export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

const words = [
  "a",
  "x.py",
  "print(1)",
  "echo hi",
  "exit 3",
  "true",
  "/bin/true",
  "é",
  "𝕏",
  " ",
  "0",
  "-1",
  "null",
  "\u2028",
  "%s",
  "'",
  '"',
  "<b>",
  "{}",
  "main",
];
const oddities: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -0,
  "",
  "\0",
  "\ud800",
  "../../etc/passwd",
  "x".repeat(5000),
  [],
  [[]],
  {},
  { a: 1 },
  { toString: 1 },
  Number.MAX_SAFE_INTEGER,
];

export class Values {
  readonly #components: Readonly<Record<string, Schema>>;
  readonly #random: Random;

  constructor(components: Readonly<Record<string, Schema>>, random: Random) {
    this.#components = components;
    this.#random = random;
  }

  /** The schema that a reference names. */
  resolve(schema: Schema): Schema {
    const name = /^#\/components\/schemas\/(\w+)$/.exec(String(schema["$ref"] ?? ""))?.[1];
    return name === undefined ? schema : (this.#components[name] ?? {});
  }

  /** A value that fits. Bounds that would only cost time (long runs, great texts) are not used up. */
  fitting(given: Schema): unknown {
    const schema = this.resolve(given);
    const random = this.#random;
    if (Array.isArray(schema["enum"])) return pick(random, schema["enum"]);
    if ("const" in schema) return schema["const"];
    if (Array.isArray(schema["anyOf"])) return this.fitting(pick(random, schema["anyOf"] as Schema[]));
    switch (schema["type"]) {
      case "boolean":
        return random() < 0.5;
      case "integer":
        return between(random, Number(schema["minimum"] ?? 0), Math.min(Number(schema["maximum"] ?? 1000), 3e8));
      case "number":
        return Number(schema["minimum"] ?? 0) + random() * 2;
      case "string":
        return this.#text(schema);
      case "array": {
        const count = between(random, Number(schema["minItems"] ?? 0), Math.min(Number(schema["maxItems"] ?? 3), 3));
        return Array.from({ length: count }, () => this.fitting((schema["items"] ?? {}) as Schema));
      }
      case "object":
        return this.#object(schema);
      default:
        return null;
    }
  }

  /** A value that does not fit, or hardly: a fitting one with something wrong somewhere in it. */
  broken(given: Schema): unknown {
    const random = this.#random;
    if (random() < 0.15) return pick(random, oddities);
    const value = this.fitting(given);
    if (typeof value !== "object" || value === null) return pick(random, oddities);
    const schema = this.resolve(given);
    const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
    const target = value as Record<string, unknown>;
    const name =
      random() < 0.2
        ? pick(random, ["extra", "toString", "0", ""])
        : pick(random, [...Object.keys(properties), "extra"]);
    const inner = properties[name];
    target[name] = inner !== undefined && random() < 0.4 ? this.broken(inner) : pick(random, oddities);
    return target;
  }

  #object(schema: Schema): unknown {
    const random = this.#random;
    const required = (schema["required"] ?? []) as readonly string[];
    const value: Record<string, unknown> = {};
    for (const [name, property] of Object.entries((schema["properties"] ?? {}) as Record<string, Schema>)) {
      if (required.includes(name) || random() < 0.25) value[name] = this.fitting(property);
    }
    for (const property of Object.values((schema["patternProperties"] ?? {}) as Record<string, Schema>)) {
      for (let i = between(random, 0, 2); i > 0; i -= 1)
        value[pick(random, ["a", "b1", "path"])] = this.fitting(property);
    }
    return value;
  }

  #text(schema: Schema): string {
    const random = this.#random;
    const most = Number(schema["maxLength"] ?? 64);
    if (schema["contentEncoding"] === "base64") return Buffer.from(pick(random, words)).toString("base64");
    const pattern = String(schema["pattern"] ?? "");
    const byPattern: Readonly<Record<string, string>> = {
      "^[a-z]": pick(random, ["bubblewrap", "gvisor", "x"]),
      "^\\d": "5",
      "^[1-9]": "7",
      "^[^=]": "a=b",
      "^run-": `run-${"a".repeat(26)}`,
      "^key-": `key-${"a".repeat(26)}`,
    };
    const known = Object.entries(byPattern).find(([start]) => pattern.startsWith(start));
    if (known !== undefined) return known[1];
    const text = random() < 0.8 ? pick(random, words) : pick(random, words).repeat(between(random, 1, 50));
    return (text === "" ? "a" : text).slice(0, most);
  }
}
