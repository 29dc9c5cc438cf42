/**
 * The level that each known way to isolate stands for, so that `use: NAME` in a policy means the same on every host, also
 * on one that has no such runtime, or with a version of HSR that cannot drive it yet. A runtime that is added is a row.
 */
import type { IsolationLevel, RuntimeName } from "../types.ts";

export const runtimeLevels: ReadonlyMap<RuntimeName, IsolationLevel> = new Map([
  ["bubblewrap", "basic"],
  ["docker", "basic"],
  ["seatbelt", "basic"],
  ["wasm", "standard"],
  ["gvisor", "standard"],
  ["kata-qemu", "strong"],
  ["kata-clh", "strong"],
  ["kata-fc", "strong"],
  ["qemu", "strong"],
  ["firecracker", "maximum"],
]);
