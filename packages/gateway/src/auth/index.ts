export { type Auth, createAuth, hasScope, type Principal, visibleTenant } from "./auth.ts";
export { ensureFirstKey } from "./first-key.ts";
export { type IssuedKey, issueKey } from "./key.ts";
