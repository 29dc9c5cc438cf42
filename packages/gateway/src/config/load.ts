/** Puts the sources together: defaults < file < environment < flags, then the check across settings, then frozen. */
import { readFileSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { readAliases } from "./aliases.ts";
import { findConflicts } from "./check.ts";
import type { HostFacts, Setting, Source } from "./setting.ts";
import { type SettingKey, settings } from "./settings.ts";
import {
  environmentName,
  type Given,
  type Problem,
  readEnvironment,
  readFile,
  readFlags,
  settingKeys,
} from "./sources.ts";
import { type Config, camel } from "./type.ts";

/** One setting as it is in force, for `hsrctl config show`. */
export interface ConfigRow {
  readonly key: SettingKey;
  readonly value: string;
  readonly unit: string;
  readonly source: Source;
  /** Where exactly: a place in the file, a variable, a flag; empty for a default. */
  readonly from: string;
  readonly env: string;
  /** It takes a wall away. */
  readonly dangerous: boolean;
}

/** What a load gives besides the values. */
export interface LoadedConfig {
  readonly config: Config;
  readonly rows: readonly ConfigRow[];
  /** Settings in force that take a wall away: to be logged loudly and counted. */
  readonly unsafe: readonly SettingKey[];
  /** For the log: aliases that were set and mean nothing here. */
  readonly warnings: readonly Problem[];
  readonly file: string | null;
}

/** Everything that is wrong, in one message with a line each. The process should say it and end with status 78. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(`The configuration is wrong:\n${problems.map(({ from, message }) => `  ${from}: ${message}`).join("\n")}`);
    this.problems = problems;
  }
}

/** What a load starts from; tests give their own. */
export interface LoadInput {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly host?: Omit<HostFacts, "env">;
}

/** Reads the configuration. Throws `ConfigError` with every problem at once. Nothing else in the gateway reads `process.env`. */
export function loadConfig(
  { argv, env, host = { cores: availableParallelism(), home: homedir() } }: LoadInput = {
    argv: process.argv.slice(2),
    env: process.env,
  },
): LoadedConfig {
  const flags = readFlags(argv);
  const file = flags.file ?? env["HSR_CONFIG"] ?? null;
  const fromFile = file === null ? { given: [], problems: [] } : readNamedFile(file);
  const aliases = readAliases(env);
  const environment = readEnvironment(env);
  const problems = [...flags.problems, ...fromFile.problems, ...aliases.problems, ...environment.problems];
  if (problems.length > 0) throw new ConfigError(problems);
  const given = new Map<SettingKey, Given>();
  for (const one of [...fromFile.given, ...withinBounds(aliases.given), ...environment.given, ...flags.given])
    given.set(one.key, one);
  const config = assemble(given, { ...host, env });
  const origin = (key: SettingKey): string => given.get(key)?.from ?? "default";
  const conflicts = findConflicts(config);
  if (conflicts.length > 0)
    throw new ConfigError(conflicts.map(({ key, message }) => ({ from: origin(key), message: `${key} ${message}` })));
  const rows = settingKeys.map((key) => toRow(key, config, given.get(key)));
  return {
    config,
    rows,
    unsafe: rows.filter((row) => row.dangerous).map((row) => row.key),
    warnings: aliases.warnings,
    file,
  };
}

function readNamedFile(path: string): ReturnType<typeof readFile> {
  try {
    return readFile(readFileSync(path, "utf8"), path);
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";
    return { given: [], problems: [{ from: path, message: `cannot be read (${code})` }] };
  }
}

/** Aliases bring numbers past the reading of their setting, so they are checked here. */
function withinBounds(given: readonly Given[]): readonly Given[] {
  return given.map((one) => {
    try {
      return { ...one, value: settings[one.key].fromYaml(one.value) };
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : "is wrong";
      throw new ConfigError([{ from: one.from, message: `${one.key} ${message}` }]);
    }
  });
}

function assemble(given: ReadonlyMap<SettingKey, Given>, host: HostFacts): Config {
  const sections: Record<string, Record<string, unknown>> = {};
  for (const key of settingKeys) {
    const row: Setting<unknown> = settings[key];
    const start = typeof row.default === "function" ? (row.default as (host: HostFacts) => unknown)(host) : row.default;
    const [section = "", name = ""] = key.split(".");
    sections[section] ??= {};
    sections[section][camel(name)] = Object.freeze(given.get(key)?.value ?? start);
  }
  for (const section of Object.values(sections)) Object.freeze(section);
  // Every key of the table was put in with a value that its own row has read: this is what Config says.
  return Object.freeze(sections) as Config;
}

function valueOf(config: Config, key: SettingKey): unknown {
  const [section = "", name = ""] = key.split(".");
  const sections: Readonly<Record<string, Readonly<Record<string, unknown>>>> = config;
  return sections[section]?.[camel(name)];
}

function toRow(key: SettingKey, config: Config, given: Given | undefined): ConfigRow {
  const row: Setting<unknown> = settings[key];
  const value = valueOf(config, key);
  return {
    key,
    value: row.secret === true && value !== "" ? "(set)" : Array.isArray(value) ? value.join(",") : String(value),
    unit: row.unit,
    source: given?.source ?? "default",
    from: given?.from ?? "",
    env: environmentName(key),
    dangerous: row.dangerous?.includes(value) ?? false,
  };
}
