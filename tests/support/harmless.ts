/** The harmless set of `tests/data/harmless`: labelled programs that are read as data and never run. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the set lies, with a slash at its end. */
export const harmlessFolder = fileURLToPath(new URL("../data/harmless/", import.meta.url));

/** What a snippet is, as `labels.json` says; each field is explained in the README beside it. */
export interface HarmlessLabel {
  readonly id: string;
  readonly language: "python" | "javascript" | "typescript" | "bash";
  readonly file: string;
  readonly category: string;
  readonly groups: readonly string[];
  readonly capabilities: readonly string[];
  readonly what: string;
}

/** A labelled snippet with its text. */
export interface HarmlessSnippet extends HarmlessLabel {
  readonly code: string;
}

/** Every snippet of the set, in the order of its labels. */
export function harmlessSnippets(): readonly HarmlessSnippet[] {
  const labels = JSON.parse(readFileSync(`${harmlessFolder}labels.json`, "utf8")) as readonly HarmlessLabel[];
  return labels.map((label) => ({ ...label, code: readFileSync(harmlessFolder + label.file, "utf8") }));
}

/** The files of the set that hold code, labelled or not. */
export function harmlessFiles(): readonly string[] {
  return readdirSync(harmlessFolder).filter((name) => /\.(py|m?js|ts|sh)$/.test(name));
}
