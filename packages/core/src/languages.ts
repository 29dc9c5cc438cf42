/** Languages as data: how code becomes a file and a command line. A new language is one row, and its name in the contract. */
import { type LanguageName, languageNames } from "@hsr/contract";

export interface Language {
  /** Where the code is written before the program starts. */
  readonly mainFile: string;
  /** The command line; the caller's arguments follow. */
  readonly argv: readonly [string, ...string[]];
  /** What an operator installs when the interpreter is missing. */
  readonly install: string;
}

export const languages: Readonly<Record<LanguageName, Language>> = {
  python: {
    mainFile: "/workspace/main.py",
    argv: ["python3", "-u", "/workspace/main.py"],
    install: "apt-get install python3",
  },
  javascript: {
    mainFile: "/workspace/main.mjs",
    argv: ["/opt/hsr/bin/node", "/workspace/main.mjs"],
    install: "npm ci --ignore-scripts --prefix scripts/node",
  },
  typescript: {
    mainFile: "/workspace/main.ts",
    argv: ["/opt/hsr/bin/node", "/workspace/main.ts"],
    install: "npm ci --ignore-scripts --prefix scripts/node",
  },
  bash: { mainFile: "/workspace/main.sh", argv: ["bash", "/workspace/main.sh"], install: "apt-get install bash" },
};

/** The row of a language, or `null` for a name that nobody knows. */
export function languageOf(name: string): Language | null {
  const known: readonly string[] = languageNames;
  return known.includes(name) ? languages[name as LanguageName] : null;
}
