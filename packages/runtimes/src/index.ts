export * from "./agent/index.ts";
export { BubblewrapRuntime } from "./bubblewrap/runtime.ts";
export { builtins } from "./builtins.ts";
export type { LauncherFacts } from "./launcher/facts.ts";
export { type Launched, Launcher, type SandboxReport } from "./launcher/launcher.ts";
