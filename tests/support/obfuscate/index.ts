/**
 * Hides programs: variants that are spelled otherwise and do the same. What the analyzer says of a variant is compared with what it says of the
 * original. Which variants there are depends on nothing but the code and the seed.
 */
import { stripTypeScriptTypes } from "node:module";
import { bash } from "./bash.ts";
import { javascript } from "./javascript.ts";
import { python } from "./python.ts";
import { type Chance, chance } from "./random.ts";

export type ObfuscatedLanguage = "python" | "javascript" | "typescript" | "bash";

/** One hidden form of a program. */
export interface Variant {
  /** How it was made, such as `exec-base64`; unique within a language. */
  readonly method: string;
  readonly code: string;
}

const methods: Readonly<Record<ObfuscatedLanguage, Readonly<Record<string, (code: string, next: Chance) => string>>>> =
  {
    python,
    javascript,
    typescript: Object.fromEntries(
      // Types hold strings and names that are no values, so they are taken out first.
      Object.entries(javascript).map(([name, rewrite]) => [
        name,
        (code: string, next: Chance) => {
          const untyped = withoutTypes(code);
          const rewritten = rewrite(untyped, next);
          return rewritten === untyped ? code : rewritten;
        },
      ]),
    ),
    bash,
  };

/** JavaScript in the lines of the original, but for what TypeScript writes in a way of its own, such as an enum: that is translated. */
function withoutTypes(code: string): string {
  try {
    return stripTypeScriptTypes(code);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") throw thrown;
    return stripTypeScriptTypes(code, { mode: "transform" });
  }
}

/** The names of all ways for a language. */
export function obfuscationMethods(language: ObfuscatedLanguage): readonly string[] {
  return Object.keys(methods[language]);
}

/** Every variant of a program; a way that finds nothing to change in it gives none. The order is that of `obfuscationMethods`. */
export function obfuscate(language: ObfuscatedLanguage, code: string, seed: number): readonly Variant[] {
  return Object.entries(methods[language]).flatMap(([method, rewrite], at) => {
    const hidden = rewrite(code, chance(seed * 1000 + at));
    return hidden === code ? [] : [{ method, code: hidden }];
  });
}
