import type { AskedLimits } from "../action.ts";
import type { LimitName, Limits } from "../types.ts";
import type { Refusal, Rules } from "./decision.ts";
import { type LimitClamps, type LimitField, limitFields } from "./policy.ts";

/** Files take at most this part of the memory, since they are memory: beyond it the guest would be killed for writing files. */
const mostDiskPart = 1 / 2;
const defaultDiskPart = 1 / 4;
/** An inode costs about this much kernel memory, and inodes together may take an eighth of the sandbox's. */
const inodeBytes = 1024;
const inodePart = 1 / 8;
const pageBytes = 4096;

export type LimitsVerdict =
  | { readonly kind: "limits"; readonly limits: Limits; readonly named: readonly LimitName[] }
  | { readonly kind: "refuse"; readonly refusal: Refusal };

/** The limits of a run: the caller's where it named one, the operator's elsewhere; never beyond what the operator allows. */
export function settleLimits(asked: AskedLimits, rules: Rules): LimitsVerdict {
  const named: LimitName[] = [];
  for (const [field, { key, name }] of Object.entries(limitFields)) {
    const value = asked[key];
    if (value === undefined) continue;
    named.push(name);
    if (value > rules.most[key]) {
      return refuse(
        field,
        `\`${field}\` is ${value}; the operator allows at most ${rules.most[key]}.`,
        "Ask for less.",
      );
    }
  }
  const memoryBytes = asked.memoryBytes ?? Math.min(rules.defaults.memoryBytes, rules.most.memoryBytes);
  const mostDisk = Math.floor(memoryBytes * mostDiskPart);
  if (asked.diskBytes !== undefined && asked.diskBytes > mostDisk) {
    return refuse(
      "disk_limit_bytes",
      `Files are kept in memory: with ${memoryBytes} bytes of memory there can be at most ${mostDisk} bytes of files.`,
      "Ask for more memory_limit, or for less disk_limit_bytes.",
    );
  }
  const spareDisk = Math.min(rules.defaults.diskBytes, rules.most.diskBytes, Math.floor(memoryBytes * defaultDiskPart));
  const wanted = asked.diskBytes ?? spareDisk;
  const limits: Limits = {
    wallMs: asked.wallMs ?? Math.min(rules.defaults.wallMs, rules.most.wallMs),
    cpuCores: asked.cpuCores ?? Math.min(rules.defaults.cpuCores, rules.most.cpuCores),
    memoryBytes,
    pids: asked.pids ?? Math.min(rules.defaults.pids, rules.most.pids),
    // Whole pages: a tmpfs rounds up, and what is promised should be what is enforced.
    diskBytes: Math.max(pageBytes, wanted - (wanted % pageBytes)),
    inodes: Math.min(rules.defaults.inodes, Math.floor((memoryBytes * inodePart) / inodeBytes)),
    outputBytes: asked.outputBytes ?? Math.min(rules.defaults.outputBytes, rules.most.outputBytes),
    openFiles: rules.defaults.openFiles,
  };
  return { kind: "limits", limits, named };
}

/** Limits after the policy's bounds, and which of them it made smaller. Files never outgrow the memory that they are. */
export function clampLimits(
  limits: Limits,
  clamps: LimitClamps,
): { readonly limits: Limits; readonly clamped: readonly LimitField[] } {
  const clamped: LimitField[] = [];
  const lowered: { -readonly [Key in keyof Limits]: Limits[Key] } = { ...limits };
  for (const [field, { key }] of Object.entries(limitFields) as [LimitField, (typeof limitFields)[LimitField]][]) {
    const most = clamps[key];
    if (most === undefined || most >= limits[key]) continue;
    lowered[key] = most;
    clamped.push(field);
  }
  const { memoryBytes } = lowered;
  const diskBytes = Math.min(lowered.diskBytes, Math.floor(memoryBytes * mostDiskPart));
  lowered.diskBytes = Math.max(pageBytes, diskBytes - (diskBytes % pageBytes));
  lowered.inodes = Math.min(lowered.inodes, Math.floor((memoryBytes * inodePart) / inodeBytes));
  return { limits: lowered, clamped };
}

function refuse(field: string, message: string, hint: string): LimitsVerdict {
  return { kind: "refuse", refusal: { code: "invalid_request", options: { field, message, hint } } };
}
