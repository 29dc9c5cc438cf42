/** The runtimes that a gateway offers, in one list. A new one is a folder, a line here, and a page in docs/runtimes. */
import type { Runtime } from "@hsr/core";
import { BubblewrapRuntime } from "./bubblewrap/runtime.ts";
import type { Launcher } from "./launcher/launcher.ts";

export function builtins(launcher: Launcher): readonly Runtime[] {
  return [new BubblewrapRuntime(launcher)];
}
