/** Configuration: the only place that reads files, environment and flags. See `docs/configuration.md`. */
export { announceConfig } from "./config/announce.ts";
export { splitListen } from "./config/check.ts";
export { ConfigError, type ConfigRow, type LoadedConfig, type LoadInput, loadConfig } from "./config/load.ts";
export type { Setting, Source } from "./config/setting.ts";
export type { SettingKey } from "./config/settings.ts";
export type { Config } from "./config/type.ts";
