/** What a row of the table of settings is, and the few kinds of values that there are. */

/** Where a value may come from, weakest first. */
export const sources = ["default", "file", "environment", "flag"] as const;
export type Source = (typeof sources)[number];

/** A string that cannot be read as the setting's value; the message says what is wanted, without the key's name. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

/** One setting: everything that code, documents and messages say about it comes from here. */
export interface Setting<Value> {
  /** The type in words, for the documents: `integer`, `yes or no`, … */
  readonly type: string;
  /** What one counts: `ms`, `bytes`, `cores`, `runs`, …; empty where nothing is counted. */
  readonly unit: string;
  /** The default, or how it is found from the environment that the process was started in. */
  readonly default: Value | ((host: HostFacts) => Value);
  /** The default in words where it is found at start. */
  readonly defaultText?: string;
  readonly min?: number;
  readonly max?: number;
  /** Why it exists, why this default, and what breaks when it changes: one or two sentences. */
  readonly reason: string;
  /** A name in place of the derived `HSR_…` one. */
  readonly env?: string;
  /** A command-line flag such as `--listen`; most settings have none. */
  readonly flag?: string;
  /** Its value is shown to nobody. */
  readonly secret?: true;
  /** Values that take a wall away: using one is logged loudly and counted. Switches of this kind are named `unsafe_…`. */
  readonly dangerous?: readonly Value[];
  /** Reads a text as in an environment variable or flag. Throws `SettingError`. */
  readonly fromText: (text: string) => Value;
  /** Reads a value as YAML gives it. Throws `SettingError`. */
  readonly fromYaml: (value: unknown) => Value;
}

/** What of the host a default may depend on. */
export interface HostFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cores: number;
  readonly home: string;
}

/** The part of a row that its author writes; kinds below add the reading. */
type Written<Value> = Omit<Setting<Value>, "type" | "fromText" | "fromYaml" | "unit"> & { readonly unit?: string };

/** A number without a fraction. Bounds are always given: every number has a limit. */
export function integer(row: Written<number> & { readonly min: number; readonly max: number }): Setting<number> {
  return number_("integer", row, Number.isSafeInteger);
}

/** A number that may have a fraction. */
export function decimal(row: Written<number> & { readonly min: number; readonly max: number }): Setting<number> {
  return number_("number", row, Number.isFinite);
}

function number_(
  type: string,
  row: Written<number> & { readonly min: number; readonly max: number },
  fits: (value: number) => boolean,
): Setting<number> {
  const check = (value: unknown): number => {
    if (typeof value !== "number" || !fits(value) || value < row.min || value > row.max)
      throw new SettingError(
        `wants ${type === "integer" ? "a whole number" : "a number"} from ${row.min} to ${row.max}`,
      );
    return value;
  };
  return {
    unit: "",
    ...row,
    type,
    fromYaml: check,
    // Number("") is 0 and Number("0x10") is 16: neither is what somebody meant to write.
    fromText: (text) => check(/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN),
  };
}

/** A switch. */
export function flag(row: Written<boolean>): Setting<boolean> {
  const wanted = "wants true or false";
  return {
    unit: "",
    ...row,
    type: "true or false",
    fromYaml: (value) => {
      if (typeof value !== "boolean") throw new SettingError(wanted);
      return value;
    },
    fromText: (text) => {
      if (text === "true" || text === "1") return true;
      if (text === "false" || text === "0") return false;
      throw new SettingError(wanted);
    },
  };
}

/** One of a few words. */
export function choice<const Word extends string>(words: readonly Word[], row: Written<NoInfer<Word>>): Setting<Word> {
  const check = (value: unknown): Word => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new SettingError(`wants one of ${words.join(", ")}`);
    return found;
  };
  return { unit: "", ...row, type: words.map((word) => `\`${word}\``).join(" or "), fromYaml: check, fromText: check };
}

/** A text of at most 4,096 characters without control characters. `wanted` says what its pattern means. */
export function text(row: Written<string> & { readonly pattern?: RegExp; readonly wanted?: string }): Setting<string> {
  const { pattern = /^[^\p{Cc}]{1,4096}$/u, wanted = "a text of 1 to 4096 characters", ...rest } = row;
  const check = (value: unknown): string => {
    if (typeof value !== "string" || !pattern.test(value)) throw new SettingError(`wants ${wanted}`);
    return value;
  };
  return { unit: "", ...rest, type: "text", fromYaml: check, fromText: check };
}

/** An absolute path. */
export function path(row: Written<string>): Setting<string> {
  return { ...text({ ...row, pattern: /^\/[^\p{Cc}]{0,4095}$/u, wanted: "an absolute path" }), type: "path" };
}

/** Several words: a list in YAML, comma-separated as text. */
export function list<const Word extends string>(
  item: { readonly pattern: RegExp; readonly wanted: string; readonly words?: readonly Word[] },
  row: Written<readonly NoInfer<Word>[]>,
): Setting<readonly Word[]> {
  const isItem = (value: unknown): value is Word => typeof value === "string" && item.pattern.test(value);
  const check = (values: unknown): readonly Word[] => {
    if (!Array.isArray(values) || values.length > 64) throw new SettingError(`wants a list of ${item.wanted}`);
    return values.map((value: unknown) => {
      if (!isItem(value)) throw new SettingError(`wants a list of ${item.wanted}`);
      return value;
    });
  };
  return {
    unit: "",
    ...row,
    type: "list",
    fromYaml: check,
    fromText: (value) => check(value === "" ? [] : value.split(",").map((one) => one.trim())),
  };
}
