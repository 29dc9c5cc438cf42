/** The four places that values come from, each read into the same shape. */
import { suggest } from "@hsr/core";
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { SettingError, type Source } from "./setting.ts";
import { type SettingKey, settings } from "./settings.ts";

/** One value that somebody set. */
export interface Given {
  readonly key: SettingKey;
  readonly value: unknown;
  readonly source: Source;
  /** For people: `hsr.yaml:3:5`, `HSR_LISTEN`, `--listen`. */
  readonly from: string;
}

/** Something that is wrong with the configuration; every one is told at once. */
export interface Problem {
  readonly from: string;
  readonly message: string;
}

/** What a source gave and what was wrong with it. */
export interface Reading {
  readonly given: readonly Given[];
  readonly problems: readonly Problem[];
}

/** Larger than any configuration, and small enough that a wrong file is refused at once. */
const fileLimitBytes = 1024 * 1024;

/** The keys of the table. */
export const settingKeys = Object.keys(settings) as readonly SettingKey[];

/** The environment variable of a setting: `HSR_` and the key in capitals, unless the row has its own. */
export function environmentName(key: SettingKey): string {
  const row: { readonly env?: string } = settings[key];
  return row.env ?? `HSR_${key.toUpperCase().replaceAll(".", "_")}`;
}

function isKey(text: string): text is SettingKey {
  return Object.hasOwn(settings, text);
}

/** A YAML file: sections with settings in them. What is not in the table is refused where it stands. */
export function readFile(text: string, name: string): Reading {
  if (text.length > fileLimitBytes) return { given: [], problems: [{ from: name, message: "is larger than 1 MiB" }] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, stringKeys: true });
  const at = (node: unknown): string => {
    const range = isScalar(node) || isMap(node) ? node.range : null;
    const position = lines.linePos(range?.[0] ?? 0);
    return `${name}:${position.line}:${position.col}`;
  };
  const problems: Problem[] = document.errors.map((error) => ({
    from: `${name}:${error.linePos?.[0].line ?? 1}:${error.linePos?.[0].col ?? 1}`,
    message: error.message.split("\n", 1)[0] ?? "is not YAML",
  }));
  if (problems.length > 0 || document.contents === null) return { given: [], problems };
  const given: Given[] = [];
  if (!isMap(document.contents))
    return { given, problems: [{ from: at(document.contents), message: "the file has to be a map of sections" }] };
  for (const section of document.contents.items) {
    const sectionName = String(section.key);
    if (!settingKeys.some((key) => key.startsWith(`${sectionName}.`))) {
      problems.push({
        from: at(section.key),
        message: `there is no section ${sectionName}${suggest(sectionName, sections())}`,
      });
      continue;
    }
    if (!isMap(section.value)) {
      problems.push({ from: at(section.key), message: `${sectionName} has to be a map of settings` });
      continue;
    }
    for (const item of section.value.items) {
      const key = `${sectionName}.${String(item.key)}`;
      const from = at(item.key);
      if (!isKey(key)) problems.push({ from, message: `there is no setting ${key}${suggest(key, settingKeys)}` });
      else read(key, () => settings[key].fromYaml(toPlain(item.value)), "file", from, given, problems);
    }
  }
  return { given, problems };
}

/** Settings are scalars and lists of scalars. Anchors, aliases and maps are more than a setting can be. */
function toPlain(node: unknown): unknown {
  if (node === null) return null;
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map(toPlain);
  throw new SettingError("wants a plain value, not a map or an alias");
}

/**
 * The environment's `HSR_…`. A name that looks like a setting and is none is refused, since a misspelt limit would not
 * hold. Others belong to the command line, the scripts or the tests and are left alone.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Reading {
  const given: Given[] = [];
  const problems: Problem[] = [];
  const keyOf = new Map(settingKeys.map((key) => [environmentName(key), key]));
  const prefixes = sections().map((section) => `HSR_${section.toUpperCase()}_`);
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith("HSR_") || text === undefined) continue;
    const key = keyOf.get(name);
    if (key !== undefined) read(key, () => settings[key].fromText(text), "environment", name, given, problems);
    else if (prefixes.some((prefix) => name.startsWith(prefix)))
      problems.push({ from: name, message: `there is no such setting${suggest(name, [...keyOf.keys()])}` });
  }
  return { given, problems };
}

/** Flags that name their setting, and `--set section.name=value` for all others. */
export function readFlags(argv: readonly string[]): Reading & { readonly file: string | null } {
  const given: Given[] = [];
  const problems: Problem[] = [];
  let file: string | null = null;
  const flags = new Map<string, SettingKey>();
  for (const key of settingKeys) {
    const row: { readonly flag?: string } = settings[key];
    if (row.flag !== undefined) flags.set(row.flag, key);
  }
  const rest = argv.flatMap((word) => {
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    return equals === -1 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
  });
  for (let i = 0; i < rest.length; i += 2) {
    const name = rest[i] ?? "";
    const value = rest[i + 1];
    const key = flags.get(name);
    if (key === undefined && name !== "--config" && name !== "--set")
      return {
        given,
        problems: [
          { from: name, message: `there is no such flag${suggest(name, [...flags.keys(), "--config", "--set"])}` },
        ],
        file,
      };
    if (value === undefined) return { given, problems: [{ from: name, message: "wants a value" }], file };
    if (name === "--config") file = value;
    else if (key !== undefined) read(key, () => settings[key].fromText(value), "flag", name, given, problems);
    else {
      const equals = value.indexOf("=");
      const set = value.slice(0, equals);
      const from = `--set ${set}`;
      if (equals === -1 || !isKey(set))
        problems.push({ from, message: `there is no such setting${suggest(set, settingKeys)}` });
      else read(set, () => settings[set].fromText(value.slice(equals + 1)), "flag", from, given, problems);
    }
  }
  return { given, problems, file };
}

function read(
  key: SettingKey,
  take: () => unknown,
  source: Source,
  from: string,
  given: Given[],
  problems: Problem[],
): void {
  try {
    given.push({ key, value: take(), source, from });
  } catch (thrown) {
    if (!(thrown instanceof SettingError)) throw thrown;
    problems.push({ from, message: `${key} ${thrown.message}` });
  }
}

function sections(): readonly string[] {
  return [...new Set(settingKeys.map((key) => key.split(".", 1)[0] ?? key))];
}
