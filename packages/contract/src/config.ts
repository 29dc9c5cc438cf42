import Type from "typebox";
import { nullable } from "./run.ts";

/** A setting in force. No setting is a secret: keys are not settings. */
export const settingSchema = Type.Object(
  {
    key: Type.String({ maxLength: 64, description: "The setting's name, as `limits.timeout_ms`." }),
    value: Type.String({ maxLength: 8192, description: "Its value as text; lists are separated by commas." }),
    unit: Type.String({ maxLength: 32, description: "What one counts; empty where nothing is counted." }),
    source: Type.Enum(["default", "file", "environment", "flag"] as const, {
      description: "Which of the four sources won.",
    }),
    from: nullable(
      Type.String({ maxLength: 4400 }),
      "The place in the file, the variable or the flag that set it; null for a default.",
    ),
    env: Type.String({ maxLength: 128, description: "The environment variable that would set it." }),
    unsafe: Type.Boolean({ description: "Whether this value takes a wall away." }),
  },
  { title: "Setting", additionalProperties: false, description: "A setting and where its value came from." },
);
export type SettingInfo = Type.Static<typeof settingSchema>;

export const configInfoSchema = Type.Object(
  {
    items: Type.Array(settingSchema, { description: "Every setting, in the order of the documents." }),
    next_cursor: Type.Null({ description: "There is only one page." }),
  },
  { title: "ConfigInfo", additionalProperties: false, description: "The configuration in force." },
);
export type ConfigInfo = Type.Static<typeof configInfoSchema>;
