export * from "./agent/index.ts";
export { BubblewrapRuntime } from "./bubblewrap/runtime.ts";
export { builtins } from "./builtins.ts";
export type { LauncherFacts } from "./launcher/facts.ts";
export { type Launched, Launcher } from "./launcher/launcher.ts";
export type { SandboxReport } from "./launcher/replies.ts";
export { LauncherVolumes } from "./launcher/volumes.ts";
