/** What the documents are printed from. */
export { aliases } from "./config/aliases.ts";
export type { Setting } from "./config/setting.ts";
export { settings } from "./config/settings.ts";
export { environmentName, settingKeys } from "./config/sources.ts";
export { createMetrics } from "./observe/index.ts";
