/** The analyzer's rules: those that come with HSR, and the operator's own from a file. */
import { readFileSync } from "node:fs";
import { confidences, riskCapabilityNames, ruleIdPattern } from "@hsr/contract";
import { builtinRules, type EffectKind, effectKinds, placeKinds, type Rule } from "@hsr/core";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { parse } from "yaml";

/** The version of the file that this gateway reads. */
const fileVersion = 1;

const words = Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 200 });
const placeWords = Type.Array(Type.Enum(placeKinds.map((kind) => kind.name)), { minItems: 1, maxItems: 64 });

/** A condition without what it may refer to; written out twice below, since files need no deeper nesting than that. */
const plain = {
  effect: Type.Optional(Type.Array(Type.Enum(Object.keys(effectKinds) as EffectKind[]), { minItems: 1, maxItems: 32 })),
  place: Type.Optional(placeWords),
  notPlace: Type.Optional(placeWords),
  target: Type.Optional(words),
  notTarget: Type.Optional(words),
  callee: Type.Optional(words),
  tag: Type.Optional(words),
  notTag: Type.Optional(words),
  hidden: Type.Optional(words),
  selfMade: Type.Optional(Type.Enum(["computed", "any"])),
  data: Type.Optional(words),
};
const inner = Type.Object(plain, { additionalProperties: false, minProperties: 1 });
const condition = Type.Object(
  { ...plain, from: Type.Optional(inner), notFrom: Type.Optional(inner), also: Type.Optional(inner) },
  { additionalProperties: false, minProperties: 1 },
);

const fileSchema = Type.Object(
  {
    version: Type.Literal(fileVersion),
    rules: Type.Array(
      Type.Object(
        {
          id: Type.String({ pattern: ruleIdPattern }),
          title: Type.String({ minLength: 1, maxLength: 160 }),
          why: Type.String({ minLength: 1, maxLength: 1000 }),
          weight: Type.Integer({ minimum: 1, maximum: 100 }),
          capability: Type.Optional(Type.Enum([...riskCapabilityNames])),
          confidence: Type.Optional(Type.Enum([...confidences])),
          when: Type.Array(condition, { minItems: 1, maxItems: 32 }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 500 },
    ),
  },
  { additionalProperties: false },
);
const file = Compile(fileSchema);

/** A file of rules that cannot be used, with what is wrong and where. */
export class RulesError extends Error {
  override readonly name = "RulesError";
}

/** The rules in force. `path` is empty where the operator has none. Throws `RulesError`. */
export function analyzerRules(path: string): readonly Rule[] {
  if (path === "") return builtinRules;
  return [...builtinRules, ...readRules(readFileSync(path, "utf8"), path)];
}

/** The operator's rules from their text. An id that is taken already is refused: a rule of HSR cannot be weakened by another. */
export function readRules(text: string, path: string): readonly Rule[] {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (thrown) {
    throw new RulesError(`${path}: ${thrown instanceof Error ? thrown.message : "it is no YAML"}`);
  }
  if (!file.Check(value)) {
    const [first] = file.Errors(value);
    throw new RulesError(
      `${path}: ${first?.instancePath ?? ""} ${first?.message ?? "does not have the form of rules"}`,
    );
  }
  const taken = new Set(builtinRules.map((rule) => rule.id));
  for (const rule of value.rules) {
    if (taken.has(rule.id)) throw new RulesError(`${path}: the rule ${rule.id} is there already`);
    taken.add(rule.id);
  }
  return value.rules.map((rule) => ({ confidence: "likely", match: [], not: [], ...rule }) as Rule);
}
