/** Configuration: the only place that reads files, environment and flags. See `docs/configuration.md`. */
export { type Setting, type Source } from "./config/setting.ts";
export { type SettingKey, settings } from "./config/settings.ts";
export type { Config } from "./config/type.ts";
