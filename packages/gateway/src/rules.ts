/** From the configuration to the rules that decisions are made by, named by their digest. */
import { createHash } from "node:crypto";
import { builtinRule, type Rules } from "@hsr/core";
import type { Config } from "./config.ts";

export function rulesOf({ limits }: Config): Rules & { readonly text: string } {
  const rules: Omit<Rules, "digest"> = {
    defaults: {
      wallMs: limits.timeoutMs,
      cpuCores: limits.cpuCores,
      memoryBytes: limits.memoryBytes,
      pids: limits.pids,
      diskBytes: limits.diskBytes,
      inodes: limits.inodes,
      outputBytes: limits.outputBytes,
      openFiles: limits.openFiles,
    },
    most: {
      wallMs: limits.maxTimeoutMs,
      cpuCores: limits.maxCpuCores,
      memoryBytes: limits.maxMemoryBytes,
      pids: limits.maxPids,
      diskBytes: limits.maxDiskBytes,
      outputBytes: limits.maxOutputBytes,
    },
    required: limits.required,
    unenforced: limits.unenforced,
  };
  const text = JSON.stringify({ rule: builtinRule, ...rules });
  return { ...rules, text, digest: `sha256:${createHash("sha256").update(text).digest("hex")}` };
}
