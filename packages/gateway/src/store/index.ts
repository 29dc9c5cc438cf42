export { makePrivateDirectory } from "./directory.ts";
export { openSqliteStore, type SqliteStoreOptions } from "./sqlite.ts";
export { measureStore, startUpkeep, type Upkeep } from "./upkeep.ts";
