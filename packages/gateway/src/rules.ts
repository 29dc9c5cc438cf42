/** From the configuration and a policy's text to the rules that decisions are made by, named by their digest. */
import { createHash } from "node:crypto";
import type { Policy, Rules } from "@hsr/core";
import type { Config } from "./config.ts";
import { PolicyError, readPolicyText } from "./policy/read.ts";

/** A policy's text and what its rules' places begin with. */
export interface PolicyText {
  readonly source: string;
  readonly text: string;
}

/** The part of the rules that the configuration has. */
export type RuleSettings = Omit<Rules, "digest" | "policy">;

/** Rules with the text under which the store keeps them. */
export interface KeptRules {
  readonly rules: Rules;
  readonly text: string;
}

/** Raised when the kept form changes. */
const version = 1;

export function ruleSettings({ limits }: Config): RuleSettings {
  return {
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
}

/** Reads a policy for these settings. Throws `PolicyError` with every problem. */
export function rulesOf(settings: RuleSettings, policy: PolicyText): KeptRules {
  const text = JSON.stringify({ version, settings, policy: { source: policy.source, text: policy.text } });
  return { rules: assemble(settings, policyOf(policy), text), text };
}

/** Rules as the store kept them: what an old decision is made again with. Throws when they are of a newer form. */
export function keptRules(text: string): Rules {
  const kept = JSON.parse(text) as { version?: unknown; settings: RuleSettings; policy: PolicyText };
  if (kept.version !== version) throw new Error(`kept rules have version ${String(kept.version)}, known is ${version}`);
  return assemble(kept.settings, policyOf(kept.policy), text);
}

function policyOf({ source, text }: PolicyText): Policy {
  const reading = readPolicyText(text, source);
  if (reading.kind === "problems") throw new PolicyError(source, reading.problems);
  return reading.policy;
}

function assemble(settings: RuleSettings, policy: Policy, text: string): Rules {
  return { ...settings, policy, digest: `sha256:${createHash("sha256").update(text).digest("hex")}` };
}
