/** Flags that several verbs have. */
import type { RunRequest } from "@hsr/contract";
import { Option } from "commander";
import { parseBytes, parseCores, parseCount } from "./units.ts";

/** Gathers the values of an option that may stand several times; its default is `[]`. */
export const repeated = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `--level`, as runs and sandboxes have it. */
export function levelOption(): Option {
  return new Option("--level <level>", "at least this isolation").choices(["basic", "standard", "strong", "maximum"]);
}

export interface LimitFlags {
  readonly memory?: string;
  readonly cpus?: string;
  readonly pids?: string;
  readonly disk?: string;
  readonly level?: RunRequest["isolation_level"];
  readonly runtime?: string;
  readonly prefer?: string;
}

/** Limits and the runtime as a request has them. */
export function limitFields(flags: LimitFlags) {
  return {
    ...(flags.memory === undefined ? {} : { memory_limit: parseBytes(flags.memory, "--memory") }),
    ...(flags.cpus === undefined ? {} : { cpu_limit: parseCores(flags.cpus, "--cpus") }),
    ...(flags.pids === undefined ? {} : { pids_limit: parseCount(flags.pids, "--pids") }),
    ...(flags.disk === undefined ? {} : { disk_limit_bytes: parseBytes(flags.disk, "--disk") }),
    ...(flags.level === undefined ? {} : { isolation_level: flags.level }),
    ...(flags.runtime === undefined ? {} : { secure_runtime: flags.runtime }),
    ...(flags.prefer === undefined ? {} : { runtime_preference: flags.prefer }),
  };
}
