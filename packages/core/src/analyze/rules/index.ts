/** The rules that come with HSR. A new one is a value in one of these lists, with examples that are its tests. */
import { changeRules } from "./changes.ts";
import { codeRules } from "./code.ts";
import { dataRules } from "./data.ts";
import { environmentRules } from "./environment.ts";
import { machineRules } from "./machine.ts";
import { readingRules } from "./reading.ts";
import type { Rule } from "./rule.ts";

export const builtinRules: readonly Rule[] = [
  ...dataRules,
  ...changeRules,
  ...codeRules,
  ...machineRules,
  ...environmentRules,
  ...readingRules,
];
