/** What the documents are printed from. */
export { apiDocument } from "./api-document.ts";
export { aliases } from "./config/aliases.ts";
export type { Setting } from "./config/setting.ts";
export { settings } from "./config/settings.ts";
export { environmentName, settingKeys } from "./config/sources.ts";
export { createMetrics } from "./observe/index.ts";
export { readPolicyText } from "./policy/read.ts";
export { readYaml } from "./policy/yaml.ts";
